"""What a drain ends, and what it lets finish."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock

from relay.net.drain import FIRST_REQUEST_S, Drain
from tests.gates import link

LONG_S = 60.0


async def waited(drain: Drain, *, is_first: bool, begin_after_s: float | None = None) -> float:
    """How long a wait for a request lasts when none comes."""
    ours, theirs = await link()
    started = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(drain.run)
        if begin_after_s is not None:
            nursery.start_soon(_begin, drain, begin_after_s)
        patience = drain.hold_idle(ours, is_first=is_first)
        if patience is not None:
            with pytest.raises(trio.ClosedResourceError):
                await ours.receive_some()
            patience.end(ours)
        nursery.cancel_scope.cancel()
    ours.close()
    theirs.close()
    return trio.current_time() - started


async def _begin(drain: Drain, after_s: float) -> None:
    await trio.sleep(after_s)
    drain.begin()


@pytest.mark.parametrize(
    ("is_first", "begin_after_s", "idle_s", "lasts_s"),
    [
        (False, None, LONG_S, LONG_S),
        (True, None, LONG_S, LONG_S),
        (False, 5.0, LONG_S, 5.0),
        (True, 5.0, LONG_S, 5.0 + FIRST_REQUEST_S),
        (True, 5.0, 5.0 + FIRST_REQUEST_S / 2, 5.0 + FIRST_REQUEST_S / 2),
    ],
)
async def test_how_long_a_connection_may_wait_for_a_request(
    autojump_clock: MockClock, is_first: bool, begin_after_s: float | None, idle_s: float, lasts_s: float
) -> None:
    lasted = await waited(Drain(idle_s), is_first=is_first, begin_after_s=begin_after_s)
    assert lasted == pytest.approx(lasts_s)


async def test_a_wait_that_begins_during_the_drain(autojump_clock: MockClock) -> None:
    drain = Drain(LONG_S)
    drain.begin()
    assert drain.asked
    assert await waited(drain, is_first=False) == pytest.approx(0)
    assert await waited(drain, is_first=True) == pytest.approx(FIRST_REQUEST_S)


async def test_a_wait_that_is_over_is_left_alone() -> None:
    drain = Drain(LONG_S)
    ours, theirs = await link()
    patience = drain.hold_idle(ours, is_first=False)
    assert patience is not None
    patience.end(ours)
    drain.begin()
    await theirs.send_all(b"later")
    assert await ours.receive_some() == b"later"
    ours.close()
    theirs.close()
