from __future__ import annotations

import pytest

from policy.effort import REQUEST_BYTES_LEAST, REQUEST_STEPS_PER_BYTE, Effort, Spent


@pytest.mark.parametrize(
    ("size", "granted"),
    [
        (0, REQUEST_BYTES_LEAST),
        (REQUEST_BYTES_LEAST, REQUEST_BYTES_LEAST),
        (REQUEST_BYTES_LEAST + 1, REQUEST_BYTES_LEAST + 1),
    ],
)
def test_a_request_is_granted_steps_for_its_bytes(size: int, granted: int) -> None:
    assert Effort.for_bytes(size).left == granted * REQUEST_STEPS_PER_BYTE


def test_what_is_taken_is_gone() -> None:
    effort = Effort(10)
    effort.take(10)
    assert effort.left == 0
    with pytest.raises(Spent):
        effort.take(1)
