"""How what looks at files is broken, by the words of tests/matrix.py: clamd, the scanner, and its process for a file."""

from __future__ import annotations

import os
import resource
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from relay.ipc.messages import (
    PACKET_BYTES,
    FileScanned,
    Recorded,
    ScanFile,
    encode,
)
from tests.icap_services import Behaviour, Talk
from tests.live.breaking import (
    PACKETS,
    STREAM,
    Broken,
    Midway,
    instead,
    none_at,
    nothing,
    told_before_the_end,
)
from tests.live.labs import until
from tests.live.offices import NOTHING_FOUND, SCANS_IN_FLIGHT, Office, listening_pid, point
from tests.live.stand_ins import Act, Says, after_a_packet, hang_up, hold, stopped
from tests.scanners import real_clamd

# clamd ---------------------------------------------------------------------------------------------------------------


@contextmanager
def clamd(office: Office) -> Iterator[dict[str, Broken]]:
    path = office.clamd

    def says(raw: bytes) -> Broken:
        """To what was sent whole."""
        return lambda: instead(path, STREAM, Says(raw, enough=bytes(4)))

    def does(act: Act) -> Broken:
        return lambda: instead(path, STREAM, act)

    def half(sock: socket.socket) -> None:
        sock.recv(PACKET_BYTES)
        sock.sendall(b"stream: O")

    yield {
        "absent: no socket": lambda: none_at(path),
        "absent: killed, its socket left behind": lambda: _another_clamd(office, is_killed_first=True),
        "refuses: ends every connection": does(hang_up),
        "refuses: COMMAND READ TIMED OUT": says(b"COMMAND READ TIMED OUT\0"),
        "slow: stopped": lambda: _stopped(listening_pid(path)),
        "slow: takes all and says nothing": does(hold),
        "slow: half an answer, and no more": says(b"stream: O"),
        "closes midway: killed while files come": lambda: _another_clamd(office, is_killed_first=False),
        "closes midway: after the command": does(after_a_packet),
        "closes midway: half an answer": does(half),
        "lies: OK before it has seen the file": lambda: told_before_the_end(path, STREAM, b"stream: OK\0"),
        "lies: two answers": says(b"stream: OK\0stream: OK\0"),
        "lies: OK of another command": says(b"/etc/hostname: OK\0"),
        "lies: OK with a line end": says(b"stream: OK\n\0"),
        "lies: no words": says(bytes(range(255, 0, -1)) + b"\0"),
        "over its limit: StreamMaxLength": says(b"INSTREAM size limit exceeded. ERROR\0"),
        "over its limit: MaxScanSize": says(b"stream: Heuristics.Limits.Exceeded.MaxScanSize FOUND\0"),
        "over its limit: an answer without end": says(b"stream: " + b"O" * 4096),
    }


@contextmanager
def _stopped(*pids: int) -> Iterator[Midway]:
    with stopped(*pids):
        yield nothing


@contextmanager
def _another_clamd(office: Office, *, is_killed_first: bool) -> Iterator[Midway]:
    """One of its own, real as well, so that it need not come back."""
    before = office.clamd.readlink()
    with real_clamd(office.clamd.with_name(f"clamd-{is_killed_first}")) as path:
        point(office.clamd, path)
        pid = listening_pid(path)
        try:
            if is_killed_first:
                os.kill(pid, signal.SIGKILL)
                until(lambda: _refuses(path), "clamd is gone")
            yield nothing if is_killed_first else lambda: os.kill(pid, signal.SIGKILL)
        finally:
            point(office.clamd, before)


def _refuses(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as sock:
        return sock.connect_ex(str(path)) != 0


# an ICAP service -----------------------------------------------------------------------------------------------------


@contextmanager
def icap(office: Office) -> Iterator[dict[str, Broken]]:
    service = office.icap
    proper = service.options, service.behaves

    def does(behaves: Behaviour, options: bytes = proper[0]) -> Broken:
        @contextmanager
        def broken() -> Iterator[Midway]:
            service.options, service.behaves = options, behaves
            try:
                yield nothing
            finally:
                service.options, service.behaves = proper

        return broken

    def says(raw: bytes) -> Broken:
        def behaves(talk: Talk, fields: dict[bytes, bytes]) -> None:
            talk.file(fields)
            talk.say(raw)

        return does(behaves)

    @contextmanager
    def gone() -> Iterator[Midway]:
        with service.away():
            yield nothing

    yield {
        "absent: nobody listens": gone,
        "refuses: ends every connection": does(proper[1], b""),
        "refuses: the service is not found": does(proper[1], b"ICAP/1.0 404 Not Found\r\n\r\n"),
        "refuses: overloaded": says(b'ICAP/1.0 503 Overloaded\r\nISTag: "v1"\r\n\r\n'),
        "slow: takes all and says nothing": does(lambda talk, fields: hold(talk.sock)),
        "closes midway: in the preview": does(lambda talk, fields: talk.carried(fields)),
        "closes midway: half an answer": says(NOTHING_FOUND[:20]),
        "lies: no ICAP": says(b"SSH-2.0-scanner\r\n\r\n"),
        "lies: an answer of HTTP": says(b"HTTP/1.1 204 No Content\r\n\r\n"),
        "over its limit: a head without end": says(b"ICAP/1.0 204 No Content\r\n" + b"X: y\r\n" * 100_000),
    }


# scanner -------------------------------------------------------------------------------------------------------------


@contextmanager
def scanner(office: Office) -> Iterator[dict[str, Broken]]:
    path = office.run_dir / "scanner/front.sock"
    end = b"\xa7ScanEnd"  # msgpack: a text of seven

    def says(raw: bytes) -> Broken:
        return lambda: instead(path, PACKETS, Says(raw, enough=end))

    def until_the_end(sock: socket.socket) -> None:
        while end not in sock.recv(PACKET_BYTES):
            pass

    clean = encode(FileScanned(1, "clean", (), "", "txt"))
    yield {
        "absent: no socket": lambda: none_at(path),
        "refuses: ends every connection": lambda: instead(path, PACKETS, hang_up),
        "refuses: nobody listens": lambda: instead(path, PACKETS, hang_up, is_listening=False),
        "slow: stopped": lambda: _stopped(_pid(office, "scanner")),
        "slow: takes all and says nothing": lambda: instead(path, PACKETS, hold),
        "closes midway: killed while files come": lambda: _killed_scanner(office),
        "closes midway: instead of the verdict": lambda: instead(path, PACKETS, until_the_end),
        "lies: clean before it has seen the file": lambda: told_before_the_end(path, PACKETS, clean),
        "lies: clean, of another file": says(encode(FileScanned(2, "clean", (), "", "txt"))),
        "lies: a verdict that there is not": says(clean.replace(b"\xa5clean", b"\xa5fine!")),
        "lies: a fault that there is not": says(encode(FileScanned(1, "clean", ("Not a word!",), "", "txt"))),
        "lies: clean, and nothing made anew": says(clean),
        "lies: made anew, and nobody asked": says(encode(FileScanned(1, "clean", (), "", "pdf", "disarm/1"))),
        "lies: an answer of the ledger": says(encode(Recorded(1, 7))),
        "lies: no message": says(b"\xc1clean"),
        "over its limit: as many files as it takes": lambda: _full_scanner(path),
        "over its limit: an answer longer than a packet": says(clean + bytes(PACKET_BYTES)),
    }


def _pid(office: Office, role: str) -> int:
    return until(lambda: office.lab.pid(role), f"{role} runs")


@contextmanager
def _killed_scanner(office: Office) -> Iterator[Midway]:
    killed: list[int] = []
    yield lambda: killed.append(office.lab.kill("scanner"))
    office.lab.wait_back("scanner", killed[0])


@contextmanager
def _full_scanner(path: Path) -> Iterator[Midway]:
    """As many files as it takes have begun, and do not end."""
    with ExitStack() as begun:
        for _ in range(SCANS_IN_FLIGHT):
            sock = begun.enter_context(socket.socket(socket.AF_UNIX, PACKETS))
            sock.connect(str(path))
            sock.send(encode(ScanFile(1, "a.txt", "text/plain", ("txt",), "refuse")))
        yield nothing


# the process that opens a file ---------------------------------------------------------------------------------------


@contextmanager
def process(office: Office) -> Iterator[dict[str, Broken]]:
    yield {
        "refuses: cannot take on its bounds": lambda: _bounded(office),
        "slow: stopped": lambda: _signalled(office, signal.SIGSTOP),
        "closes midway: killed": lambda: _signalled(office, signal.SIGKILL),
        "closes midway: crashed": lambda: _signalled(office, signal.SIGSEGV),
    }


@contextmanager
def _bounded(office: Office) -> Iterator[Midway]:
    """The scanner may have less time than a file's process gives itself, which therefore does not begin."""
    pid = _pid(office, "scanner")
    resource.prlimit(pid, resource.RLIMIT_CPU, (29, 29))
    try:
        yield nothing
    finally:  # not everybody may raise a limit again: it is another that goes on
        os.kill(pid, signal.SIGKILL)
        office.lab.wait_back("scanner", pid)


@contextmanager
def _signalled(office: Office, number: int) -> Iterator[Midway]:
    """Each process that the scanner makes is met by the signal as soon as it is there; it has seconds to do."""
    pid = _pid(office, "scanner")
    over = threading.Event()

    def watch() -> None:
        met: set[int] = set()
        while not over.wait(0.001):
            for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
                if int(child) not in met:
                    met.add(int(child))
                    with suppress(ProcessLookupError):
                        os.kill(int(child), number)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield nothing
    finally:
        over.set()
        watcher.join()
