"""One file in one process: fork ▸ wait for its report or for the deadline ▸ end it, whatever it said."""

from __future__ import annotations

import os
import signal
from typing import Final

import trio

from content.verdicts import Verdict
from relay.scanner.child import DONE, Bounds, File, look
from relay.scanner.report import REPORT_BYTES_MAX, Report, read_report

_REAP_S: Final = 0.002  # between two looks for a process that was just killed


async def examine_apart(file: File, bounds: Bounds) -> Report | Verdict:
    """The report, or UNSCANNABLE: it crashed, went over a limit, or said something else. Cancelled, it leaves no process."""
    readable, writable = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        try:
            child = os.fork()
        except OSError:
            return Verdict.ERROR  # the host's fault and not the file's
        if child == 0:
            look(file, writable, bounds)
        os.close(writable)
        writable = -1
        raw = b""
        try:
            raw = await _read_all(readable)
        finally:
            with trio.CancelScope(shield=True):
                code = await _end(child, give_time=len(raw) > 0)
        report = read_report(raw) if code == DONE else None
        return Verdict.UNSCANNABLE if report is None else report
    finally:
        os.close(readable)
        if writable >= 0:
            os.close(writable)


async def _read_all(readable: int) -> bytes:
    """All that comes, up to one byte more than a report may have."""
    raw = b""
    while len(raw) <= REPORT_BYTES_MAX:
        await trio.lowlevel.wait_readable(readable)
        piece = os.read(readable, REPORT_BYTES_MAX + 1 - len(raw))
        if not piece:
            break
        raw += piece
    return raw


async def _end(child: int, *, give_time: bool) -> int:
    """Its exit code. It is gone afterwards: one that only closed its pipe is killed."""
    if give_time:
        with trio.move_on_after(_EXIT_S):
            return await _reap(child)
    os.kill(child, signal.SIGKILL)
    return await _reap(child)


async def _reap(child: int) -> int:
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)  # noqa: ASYNC222  it does not wait
        if ended:
            return os.waitstatus_to_exitcode(status)
        await trio.sleep(_REAP_S)


_EXIT_S: Final = 1.0  # from its report to its end; a gigabyte is unmapped in 0.2 s
