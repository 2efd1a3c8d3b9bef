"""How long streams may wait, each for itself."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock

from relay.net.patience import Patience
from relay.net.tls_stream import TlsStream
from tests.gates import link

TIMEOUT_S = 10.0


async def ended_after(patience: Patience, stream: TlsStream, ends: dict[str, float], name: str, begin_s: float) -> None:
    await trio.sleep(begin_s)
    patience.begin(stream)
    with pytest.raises(trio.ClosedResourceError):
        await stream.receive_some()
    patience.end(stream)
    ends[name] = trio.current_time()


async def test_each_wait_has_its_own_end(autojump_clock: MockClock) -> None:
    patience, ends = Patience(TIMEOUT_S), dict[str, float]()
    streams = [await link() for _ in range(3)]
    started = trio.current_time()
    async with trio.open_nursery() as sweeping:
        sweeping.start_soon(patience.run)
        async with trio.open_nursery() as waiting:
            for number, (ours, _) in enumerate(streams):
                waiting.start_soon(ended_after, patience, ours, ends, str(number), float(number))
        sweeping.cancel_scope.cancel()
    for number in range(3):
        assert ends[str(number)] - started == pytest.approx(TIMEOUT_S + number)
    for ours, theirs in streams:
        ours.close()
        theirs.close()


async def test_a_stream_whose_wait_was_ended_reads_on_when_it_may_wait_again(autojump_clock: MockClock) -> None:
    patience = Patience(TIMEOUT_S)
    ours, theirs = await link()
    patience.begin(ours)
    patience.stop_all()
    with pytest.raises(trio.ClosedResourceError):
        await ours.receive_some()
    patience.end(ours)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(theirs.send_all, b"more")
        assert await ours.receive_some() == b"more"
    ours.close()
    theirs.close()


async def test_what_is_here_is_read_though_the_time_is_over() -> None:
    patience = Patience(TIMEOUT_S)
    ours, theirs = await link()
    await theirs.send_all(b"in time")
    patience.begin(ours)
    patience.stop_all()
    assert await ours.receive_some() == b"in time"
    with pytest.raises(trio.ClosedResourceError):
        await ours.receive_some()
    ours.close()
    theirs.close()


async def test_a_writer_that_waits_is_ended_too(autojump_clock: MockClock) -> None:
    patience = Patience(TIMEOUT_S)
    ours, theirs = await link(4096)
    started = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(patience.run)
        patience.begin(ours)
        with pytest.raises(trio.ClosedResourceError):
            await ours.send_all(bytes(1 << 20))
        nursery.cancel_scope.cancel()
    assert trio.current_time() - started == pytest.approx(TIMEOUT_S)
    ours.close()
    theirs.close()


async def test_from_now_on_nobody_waits_longer(autojump_clock: MockClock) -> None:
    patience, ends = Patience(TIMEOUT_S), dict[str, float]()
    (early, e), (late, f) = await link(), await link()
    started = trio.current_time()
    async with trio.open_nursery() as sweeping:
        sweeping.start_soon(patience.run)
        async with trio.open_nursery() as waiting:
            waiting.start_soon(ended_after, patience, early, ends, "early", 0.0)
            waiting.start_soon(ended_after, patience, late, ends, "late", 3.0)
            await trio.sleep(1.0)
            patience.shorten(4.0)
        sweeping.cancel_scope.cancel()
    assert ends["early"] - started == pytest.approx(5.0)
    assert ends["late"] - started == pytest.approx(7.0)
    for stream in (early, late, e, f):
        stream.close()
