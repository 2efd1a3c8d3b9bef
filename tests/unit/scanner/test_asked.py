"""Who is asked about a file, when one of them does not answer: the file goes on to the others, and that one has not said clean."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from content.clamd import Settings
from content.icap import Method, Service
from content.verdicts import Scanned, Verdict
from relay.base.limits import DEFAULTS
from relay.scanner.asked import CLAMD, ICAP, STEP_TIMEOUT_S, Asked
from relay.scanner.clamd import Clamd
from relay.scanner.connection import PROBE_TIMEOUT_S
from relay.scanner.icap import CONNECT_TIMEOUT_S, Icap, why_not_ready

WIDE = Settings(2**30, 2**30, 2**30)


@pytest.fixture
def silent() -> Iterator[Icap]:
    """Connections wait in its backlog: whoever connects is heard by nobody."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        yield Icap(address, Service(address, "avscan"), Method.RESPMOD)


@pytest.fixture
def silent_clamd(tmp_path: Path) -> Iterator[Clamd]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "clamd.ctl"))
        listener.listen(16)
        yield Clamd(tmp_path / "clamd.ctl", WIDE)


async def test_a_service_that_never_answers_is_given_up_in_time(silent: Icap, autojump_clock: MockClock) -> None:
    with Asked(None, silent) as asked:
        begun = trio.current_time()
        await asked.open()
        assert trio.current_time() - begun == pytest.approx(STEP_TIMEOUT_S)
        await asked.send(b"a piece that nobody takes")
        await asked.wait_verdicts()
        assert trio.current_time() - begun == pytest.approx(STEP_TIMEOUT_S)
        assert asked.scanned == {ICAP: Scanned(Verdict.TIMEOUT)}


async def test_a_clamd_that_takes_no_more_is_given_up_in_time(silent_clamd: Clamd, autojump_clock: MockClock) -> None:
    with Asked(silent_clamd, None) as asked:
        await asked.open()
        begun = trio.current_time()
        for _ in range(64):
            await asked.send(bytes(2**16))  # 4 MiB: more than the kernel holds for it
        assert trio.current_time() - begun == pytest.approx(STEP_TIMEOUT_S)
        await asked.wait_verdicts()
        assert asked.scanned == {CLAMD: Scanned(Verdict.TIMEOUT)}


async def test_before_the_end_nobody_has_said_anything(silent: Icap, silent_clamd: Clamd) -> None:
    with Asked(silent_clamd, silent) as asked:
        assert asked.scanned == {CLAMD: Scanned(Verdict.TIMEOUT), ICAP: Scanned(Verdict.TIMEOUT)}


async def test_health_says_what_to_mend(silent: Icap, autojump_clock: MockClock) -> None:
    begun = trio.current_time()
    assert await why_not_ready(silent) == "does not answer OPTIONS: start it, or correct scanner.icap"
    assert trio.current_time() - begun == pytest.approx(PROBE_TIMEOUT_S)


def test_all_steps_of_both_are_shorter_than_a_front_waits() -> None:
    assert (DEFAULTS.scan_timeout_ms + DEFAULTS.ipc_timeout_ms) / 1000 > 2 * STEP_TIMEOUT_S
    assert CONNECT_TIMEOUT_S < PROBE_TIMEOUT_S < STEP_TIMEOUT_S
