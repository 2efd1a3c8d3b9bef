"""A file that breaks the process that looks at it: what is known then, and that nothing is left."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from content.disarm import Active, Treated
from content.disarmed import Removed
from content.examine import FILE_BYTES_MAX, Examined
from content.faults import Fault
from content.verdicts import Verdict
from relay.net.parcel import Parcel
from relay.scanner import child
from relay.scanner.child import Bounds, File
from relay.scanner.process import Looked, examine_apart
from relay.scanner.report import REPORT_BYTES_MAX, Report
from tests.walled import in_process

MIB = 2**20
BOUNDS = Bounds(address_space=1 << 40, cpu_s=60, open_files=1024, is_filtered=False)


def file(active: Active = Active.REFUSE) -> File:
    return File("a.txt", "text/plain", frozenset(["txt"]), active, Parcel.of(b"hello"))


def found(*faults: Fault, kind: str = "txt", unpacked: int = 0) -> Treated:
    return Treated(faults, Examined(faults, "a.txt", kind, unpacked))


def forever(*_: object) -> Treated:
    while True:
        pass


def silent(*_: object) -> Treated:
    """It shuts its end of the pipe and goes on."""
    os.closerange(0, 1024)
    return forever()


def much(*_: object) -> Treated:
    bytearray(512 * MIB)
    return found()


def own_answer(raw: bytes, code: int) -> Callable[..., Treated]:
    def answer(*_: object) -> Treated:
        for descriptor in range(1024):
            try:
                os.write(descriptor, raw)
            except OSError:
                continue
        os._exit(code)

    return answer


GOOD = b"\x95\x90\xa3txt\x00\xa0\x90"


@pytest.mark.parametrize(
    ("treat", "bounds"),
    [
        (lambda *_: os.abort(), BOUNDS),
        (lambda *_: os._exit(0), BOUNDS),
        (lambda *_: 1 / 0, BOUNDS),
        (lambda *_: os.kill(os.getpid(), signal.SIGSEGV), BOUNDS),
        (lambda *_: found(kind="exe"), BOUNDS),
        (lambda *_: found(kind=""), BOUNDS),
        (much, Bounds(address_space=256 * MIB, cpu_s=60, open_files=1024, is_filtered=False)),
        (forever, Bounds(address_space=1 << 40, cpu_s=1, open_files=1024, is_filtered=False)),
        (silent, BOUNDS),
        (own_answer(GOOD + b"\x00", 0), BOUNDS),
        (own_answer(GOOD, 1), BOUNDS),
        (own_answer(b"x" * (REPORT_BYTES_MAX + 1), 0), BOUNDS),
        (own_answer(b"", 0), BOUNDS),
    ],
    ids=[
        "abort", "no report", "a bug", "a crash", "no kind that there is", "no kind", "memory", "time", "a shut pipe",
        "more than a report", "a report and a failure", "a flood", "nothing",
    ],
)  # fmt: skip
async def test_what_breaks_its_process_is_unscannable(
    no_descriptor_is_left: None, monkeypatch: pytest.MonkeyPatch, treat: Callable[..., Treated], bounds: Bounds
) -> None:
    monkeypatch.setattr(child, "treat", treat)
    for active in (Active.REFUSE, Active.DISARM):
        assert await examine_apart(file(active), bounds) == Looked(Verdict.UNSCANNABLE)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, 0)


async def test_the_report_is_that_of_the_process(no_descriptor_is_left: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "treat", own_answer(GOOD, 0))
    assert await examine_apart(file(), BOUNDS) == Looked(Report((), "txt", 0))
    monkeypatch.setattr(child, "treat", lambda *_: found(Fault.DAMAGED, unpacked=7))
    assert await examine_apart(file(), BOUNDS) == Looked(Report((Fault.DAMAGED,), "txt", 7))


def made(data: bytes, *faults: Fault, tool: str = "disarm/1") -> Callable[..., Treated]:
    return lambda *_: Treated(faults, Examined((), "a.txt", "txt"), data, (Removed.METADATA,), tool)


async def test_what_is_made_anew_is_sealed_and_whole(
    no_descriptor_is_left: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bytes(range(256)) * 10_000
    monkeypatch.setattr(child, "treat", made(data))
    looked = await examine_apart(file(Active.DISARM), BOUNDS)
    assert looked.said == Report((), "txt", 0, "disarm/1", ("metadata",))
    assert looked.made is not None
    (descriptor,) = looked.made.descriptors
    with pytest.raises(PermissionError):
        os.write(descriptor, b"x")
    with looked.made as parcel:
        assert b"".join(parcel.pieces()) == data


@pytest.mark.parametrize(
    ("treat", "active"),
    [
        (made(b""), Active.DISARM),
        (made(b"x", tool=""), Active.DISARM),
        (made(b"x", Fault.DAMAGED), Active.DISARM),
        (made(b"x", tool="a tool;"), Active.DISARM),
        (found, Active.DISARM),
        (made(bytes(FILE_BYTES_MAX + 1)), Active.DISARM),
        (made(b"x"), Active.REFUSE),
    ],
    ids=["empty", "by nobody", "and faulty", "by no name of a tool", "nothing", "too large", "unasked"],
)
async def test_what_cannot_be_what_was_asked_for_is_unscannable(
    no_descriptor_is_left: None, monkeypatch: pytest.MonkeyPatch, treat: Callable[..., Treated], active: Active
) -> None:
    monkeypatch.setattr(child, "treat", treat)
    assert await examine_apart(file(active), BOUNDS) == Looked(Verdict.UNSCANNABLE)


async def test_a_file_may_be_made_as_large_as_one_may_come(
    no_descriptor_is_left: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "treat", made(bytes(FILE_BYTES_MAX)))
    looked = await examine_apart(file(Active.DISARM), BOUNDS)
    assert looked.made is not None
    with looked.made as parcel:
        assert parcel.size == FILE_BYTES_MAX


async def test_the_deadline_ends_the_process(no_descriptor_is_left: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "treat", forever)
    with trio.move_on_after(0.01) as scope:
        await examine_apart(file(Active.DISARM), BOUNDS)
    assert scope.cancelled_caught
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, 0)


ACTS = {
    "open a file": "open('/etc/passwd')",
    "make a socket": "socket.socket(socket.AF_UNIX)",
    "connect": "socket.socket(socket.AF_INET)",
    "fork": "os.fork()",
    "execute": "os.execv('/bin/true', ['true'])",
    "kill its parent": "os.kill(os.getppid(), 9)",
    "map code": "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC)",
    "raise a limit": "resource.setrlimit(resource.RLIMIT_CPU, (60, 60))",
    "write a file": "os.memfd_create('x')",
}


@pytest.mark.parametrize("act", ACTS.values(), ids=list(ACTS))
def test_behind_its_walls_it_can_only_say_what_it_found(tmp_path: Path, act: str) -> None:
    """As in the role: a process with children, and in one of them what a file that took it over would try. The role may reach
    an ICAP service, and they may not."""
    done = in_process(
        tmp_path,
        f"""
        import trio
        from content.disarm import Active, Treated
        from content.examine import Examined
        from content.faults import Fault
        from relay.net.parcel import Parcel
        from relay.scanner import child
        from relay.scanner.process import examine_apart
        def act(*_):
            try:
                {act}
            except (PermissionError, ValueError):
                return Treated((Fault.DAMAGED,), Examined((Fault.DAMAGED,)))
            return Treated((), Examined((), "a.txt", "txt"))
        child.load_ahead()
        child.treat = act
        held = enter(Walls(role="scanner", read=(read,), inet=True, connect_tcp=(1344,), children=True), "require", "require")
        file = child.File("a.txt", "text/plain", frozenset(["txt"]), Active.REFUSE, Parcel.of(b"hello"))
        print(trio.run(examine_apart, file, child.Bounds(1 << 40, 60, 1024, held.seccomp)).said)
        """,
    )
    assert done.stdout.startswith("Report(faults=(<Fault.DAMAGED: 'damaged'>,), kind='', unpacked=0,"), done.stderr
