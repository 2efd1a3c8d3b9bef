"""Trying what is forbidden, from inside, right after the walls went up (docs/spec/sandbox.md section 5).

Each attempt belongs to one wall and harms nothing where it succeeds. An attempt that is not denied, or is denied for another
reason than the wall's, raises NotHeld. Calls that end the process (seccomp's hostile ones) can only be tried from outside:
tests/unit/ops/test_sandbox.py does.
"""

from __future__ import annotations

import errno
import mmap
import os
import resource
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from relay.ops.sandbox import kernel
from relay.ops.sandbox.privileges import Identity
from relay.ops.sandbox.seccomp import Profile

Wall = Literal["kernel", "landlock", "seccomp"]

_PASSWD: Final = Path("/etc/passwd")
_ROOT: Final = Path("/")
_TRIED_PORTS: Final = (64_999, 64_998, 64_997, 9)  # at least one that no configuration names
_DENIED: Final = (errno.EPERM, errno.EACCES)
_NOWHERE: Final = "/sekisho-wall-check"


class NotHeld(Exception):
    """A wall let something through. Never leaves this package."""


@dataclass(frozen=True, slots=True)
class Attempt:
    name: str
    wall: Wall
    attempt: Callable[[], None]


class Observer:
    """/proc/self/status, opened before the walls go up: afterwards no role may open it."""

    def __init__(self) -> None:
        self._handle = os.open("/proc/self/status", os.O_RDONLY | os.O_CLOEXEC)

    def __enter__(self) -> Observer:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)

    def expect(self, values: dict[str, int], base: int = 10) -> None:
        text = os.pread(self._handle, 16_384, 0).decode("ascii", "replace")
        found = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
        for name, value in values.items():
            if int(found.get(name, "-1"), base) != value:
                raise NotHeld(f"/proc/self/status says {name} {found.get(name)}")


def of_kernel(observer: Observer, who: Identity | None, was_root: bool, open_files: int) -> list[Attempt]:
    sets = ["CapInh", "CapPrm", "CapEff", "CapAmb"] + (["CapBnd"] if was_root else [])
    attempts = [
        Attempt("no_new_privileges", "kernel", lambda: observer.expect({"NoNewPrivs": 1})),
        Attempt("capabilities", "kernel", lambda: observer.expect(dict.fromkeys(sets, 0), 16)),
        Attempt("one_thread", "kernel", lambda: observer.expect({"Threads": 1})),
        Attempt("not_dumpable", "kernel", _not_dumpable),
        Attempt("no_core_file", "kernel", lambda: _at_most(resource.RLIMIT_CORE, 0)),
        Attempt("open_files", "kernel", lambda: _at_most(resource.RLIMIT_NOFILE, open_files)),
    ]
    if who is not None and who.uid != 0:
        attempts.append(Attempt("not_root", "kernel", lambda: _denied(lambda: os.setuid(0), _DENIED)))
    return attempts


def of_seccomp(observer: Observer, profile: Profile) -> list[Attempt]:
    made = [
        ("seccomp_filter", lambda: observer.expect({"Seccomp": 2})),
        ("execve", lambda: _denied(_execute, (errno.EPERM,))),
        ("fchmod", lambda: _denied(lambda: os.fchmod(-1, 0o600), (errno.EPERM,))),
        ("signal_others", lambda: _denied(lambda: os.kill(os.getppid() or 1, 0), (errno.EPERM,))),
        ("socket_udp", lambda: _no_socket(socket.AF_INET, socket.SOCK_DGRAM)),
        ("socket_raw", lambda: _no_socket(socket.AF_INET, socket.SOCK_RAW)),
        ("socket_netlink", lambda: _no_socket(socket.AF_NETLINK, socket.SOCK_RAW)),
        ("socket_packet", lambda: _no_socket(socket.AF_PACKET, socket.SOCK_RAW)),
        ("socket_mptcp", lambda: _no_socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_MPTCP)),
    ]
    if not profile.children:
        made.append(("fork", lambda: _denied(_fork, (errno.EPERM,))))
    if not profile.new_code:
        made.append(("new_code", lambda: _denied(_map_code, (errno.EPERM,))))
    if not profile.listen:
        made.append(("listen", lambda: _denied(lambda: kernel.listen(-1, 1), (errno.EPERM,))))
    if not profile.inet:
        made.append(("socket_inet", lambda: _no_socket(socket.AF_INET, socket.SOCK_STREAM)))
        made.append(("socket_inet6", lambda: _no_socket(socket.AF_INET6, socket.SOCK_STREAM)))
    if not profile.unix:
        made.append(("socket_unix", lambda: _no_socket(socket.AF_UNIX, socket.SOCK_STREAM)))
    return [Attempt(name, "seccomp", attempt) for name, attempt in made]


def of_landlock(
    read: Sequence[Path], write: Sequence[Path], connect: Sequence[int], bind: Sequence[int], inet: bool
) -> list[Attempt]:
    """`inet`: the role can make TCP sockets at all; where it cannot, seccomp's attempts have shown that."""
    open_paths = (*read, *write)
    made: list[tuple[str, Callable[[], None]]] = []
    if _ROOT not in open_paths:
        made.append(("read_root", lambda: _no_open(_ROOT, os.O_RDONLY | os.O_DIRECTORY)))
    if _PASSWD.exists() and not any(_PASSWD.is_relative_to(path) for path in open_paths):
        made.append(("read_passwd", lambda: _no_open(_PASSWD, os.O_RDONLY)))
    if _ROOT not in write:
        made.append(("write_root", lambda: _no_open(_ROOT, os.O_RDWR | os.O_TMPFILE)))
    for path in read:
        if _is_reached(path) and not any(path.is_relative_to(writable) for writable in write):
            made.append(("write_read_only", lambda path=path: _no_open(path, os.O_RDWR | os.O_TMPFILE)))  # type: ignore[misc]  # bound now
    if inet:
        closed = next(port for port in _TRIED_PORTS if port not in connect and port not in bind)
        made.append(("connect_tcp", lambda: _no_tcp(lambda tcp: tcp.connect(("127.0.0.1", closed)))))
        made.append(("bind_tcp", lambda: _no_tcp(lambda tcp: tcp.bind(("127.0.0.1", closed)))))
    return [Attempt(name, "landlock", attempt) for name, attempt in made]


def _is_reached(directory: Path) -> bool:
    """Nobody writes below a directory that the role's user cannot even reach."""
    try:
        return directory.is_dir()
    except PermissionError:
        return False


def _denied(call: Callable[[], object], expected: Sequence[int]) -> None:
    try:
        call()
    except OSError as exc:
        if exc.errno not in expected:
            raise NotHeld(f"denied, but by {errno.errorcode.get(exc.errno or 0)}") from exc
        return
    raise NotHeld("was not denied")


def _not_dumpable() -> None:
    if kernel.prctl(kernel.PR_GET_DUMPABLE) != 0:
        raise NotHeld("the process is dumpable")


def _at_most(what: int, most: int) -> None:
    soft, hard = resource.getrlimit(what)
    if not 0 <= soft <= hard <= most:
        raise NotHeld(f"limits are {soft} and {hard}")


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)
    raise NotHeld("a child was made")  # and not waited for: wait4 is denied, which must not look like the wall


def _execute() -> None:
    os.execv(_NOWHERE, [_NOWHERE])  # noqa: S606  to be denied; there is no such program either


def _map_code() -> None:
    mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_EXEC).close()


def _no_socket(domain: int, kind: int, protocol: int = 0) -> None:
    _denied(lambda: socket.socket(domain, kind, protocol).close(), (errno.EPERM,))


def _no_open(path: Path, flags: int) -> None:
    # EROFS and EOPNOTSUPP come from file systems that cannot hold what is tried; it is not possible then either.
    expected = (
        (errno.EACCES, errno.EROFS, errno.EOPNOTSUPP) if flags & os.O_TMPFILE == os.O_TMPFILE else (errno.EACCES,)
    )
    _denied(lambda: os.close(os.open(path, flags | os.O_CLOEXEC, 0o600)), expected)


def _no_tcp(call: Callable[[socket.socket], None]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as tcp:
        _denied(lambda: call(tcp), _DENIED)
