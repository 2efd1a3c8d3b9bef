"""What a drain ends, and what it lets finish."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock

from relay.net.drain import FIRST_REQUEST_S, Drain

LONG_S = 60.0


async def waited(
    drain: Drain, *, is_first: bool, deadline_s: float = LONG_S, begin_after_s: float | None = None
) -> float:
    """How long a wait for a request lasts when none comes."""
    async with trio.open_nursery() as nursery:
        started = trio.current_time()
        if begin_after_s is not None:
            nursery.start_soon(_begin, drain, begin_after_s)
        scope = drain.hold_idle(started + deadline_s, is_first=is_first)
        with scope:
            await trio.sleep_forever()
        drain.release(scope)
        return trio.current_time() - started


async def _begin(drain: Drain, after_s: float) -> None:
    await trio.sleep(after_s)
    drain.begin()


@pytest.mark.parametrize(
    ("is_first", "begin_after_s", "deadline_s", "lasts_s"),
    [
        (False, None, LONG_S, LONG_S),
        (True, None, LONG_S, LONG_S),
        (False, 5.0, LONG_S, 5.0),
        (True, 5.0, LONG_S, 5.0 + FIRST_REQUEST_S),
        (True, 5.0, 5.0 + FIRST_REQUEST_S / 2, 5.0 + FIRST_REQUEST_S / 2),
    ],
)
async def test_how_long_a_connection_may_wait_for_a_request(
    autojump_clock: MockClock, is_first: bool, begin_after_s: float | None, deadline_s: float, lasts_s: float
) -> None:
    drain = Drain()
    lasted = await waited(drain, is_first=is_first, deadline_s=deadline_s, begin_after_s=begin_after_s)
    assert lasted == pytest.approx(lasts_s)


async def test_a_wait_that_begins_during_the_drain(autojump_clock: MockClock) -> None:
    drain = Drain()
    drain.begin()
    assert drain.asked
    assert await waited(drain, is_first=False) == pytest.approx(0)
    assert await waited(drain, is_first=True) == pytest.approx(FIRST_REQUEST_S)


async def test_a_released_wait_is_left_alone() -> None:
    drain = Drain()
    scope = drain.hold_idle(trio.current_time() + LONG_S, is_first=False)
    drain.release(scope)
    drain.begin()
    assert not scope.cancel_called
