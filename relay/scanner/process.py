"""One file in one process: fork ▸ wait for its report or for the deadline ▸ end it, whatever it said ▸ seal what it made."""

from __future__ import annotations

import os
import signal
from typing import Final, NamedTuple

import trio

from content.disarm import Active
from content.examine import FILE_BYTES_MAX
from content.verdicts import Verdict
from relay.ipc.messages import ProtocolViolation
from relay.net.parcel import Parcel, unsealed_memfd
from relay.scanner.child import DONE, Bounds, File, look
from relay.scanner.report import REPORT_BYTES_MAX, Report, read_report

_REAP_S: Final = 0.002  # between two looks for a process that was just killed


class Looked(NamedTuple):
    """`made`: the file that was made anew; the caller closes it. None without a report that says so."""

    said: Report | Verdict
    made: Parcel | None = None

    def close(self) -> None:
        if self.made is not None:
            self.made.close()


async def examine_apart(file: File, bounds: Bounds) -> Looked:
    """The report, or UNSCANNABLE: it crashed, went over a limit, or said something else. Cancelled, it leaves no process."""
    if file.active is not Active.DISARM:
        return Looked(await _said(file, -1, bounds))
    try:
        memfd = unsealed_memfd()
    except OSError:
        return Looked(Verdict.ERROR)
    made: Parcel | None = None
    try:
        said = await _said(file, memfd, bounds)
        if not isinstance(said, Report) or said.faults:
            return Looked(said)
        made = _made(said, memfd)
        return Looked(Verdict.UNSCANNABLE) if made is None else Looked(said, made)
    finally:
        if made is None:
            os.close(memfd)


def _made(said: Report, memfd: int) -> Parcel | None:
    """What is in it, for ever. None where that cannot be what the report speaks of."""
    try:
        parcel = Parcel.sealed(memfd, FILE_BYTES_MAX)
    except ProtocolViolation:
        return None
    return parcel if said.tool and parcel.size else None


async def _said(file: File, made: int, bounds: Bounds) -> Report | Verdict:
    readable, writable = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        try:
            child = os.fork()
        except OSError:
            return Verdict.ERROR  # the host's fault and not the file's
        if child == 0:
            look(file, writable, made, bounds)
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
