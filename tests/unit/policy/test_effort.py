from __future__ import annotations

import pytest

from policy.effort import KEPT_PART, REQUEST_BYTES_LEAST, REQUEST_STEPS_PER_BYTE, Effort, Spent


@pytest.mark.parametrize(
    ("size", "granted"),
    [
        (0, REQUEST_BYTES_LEAST),
        (REQUEST_BYTES_LEAST, REQUEST_BYTES_LEAST),
        (REQUEST_BYTES_LEAST + 1, REQUEST_BYTES_LEAST + 1),
    ],
)
def test_a_request_is_granted_steps_for_its_bytes(size: int, granted: int) -> None:
    effort = Effort.for_bytes(size)
    assert effort.left + effort.kept == granted * REQUEST_STEPS_PER_BYTE


def test_what_is_taken_is_gone() -> None:
    effort = Effort(10)
    effort.take(10)
    assert effort.left == 0
    with pytest.raises(Spent):
        effort.take(1)


def test_patterns_leave_others_something() -> None:
    effort = Effort.for_bytes(0)
    granted = REQUEST_BYTES_LEAST * REQUEST_STEPS_PER_BYTE
    effort.spend(granted - granted // KEPT_PART)
    assert not effort.given_up
    effort.spend(1_000_000)
    assert effort.given_up
    effort.take(granted // KEPT_PART)
    with pytest.raises(Spent):
        effort.take(1)


def test_where_all_is_used_up_no_pattern_is_tried() -> None:
    effort = Effort(10)
    with pytest.raises(Spent):
        effort.take(11)
    assert effort.given_up


def test_an_answer_is_granted_steps_for_its_bytes() -> None:
    effort = Effort(0)
    effort.more(3)
    assert effort.left == 3 * REQUEST_STEPS_PER_BYTE
