"""Acts to be tried: each raises what the operating system answers, or does what it says and leaves nothing behind."""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from relay.ops.sandbox import kernel
from relay.ops.sandbox.seccomp import ARCHITECTURES
from relay.ops.sandbox.syscalls import NUMBERS

ANSWERING = 9999  # a port that no configuration names, where the test listens in every network
GATE_PORT, MANAGEMENT_PORT, APPLICATION_PORT = 8443, 9464, 8000
PATIENCE_S = 10.0

_PTRACE_SEIZE, _PTRACE_DETACH = 0x4206, 17
_CLONE_NEWNET = 0x40000000


@dataclass(frozen=True)
class Facts:
    """Where things are on the host under test. `pids`: of the other roles."""

    home: str
    run_dir: str
    log_dir: str
    keys: str
    gate_keys: str
    jsonl: str
    pids: dict[str, int]


def tcp(address: str, port: int, source: str | None = None) -> Callable[[Facts], object]:
    def act(_: Facts) -> None:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as sock:
            sock.settimeout(PATIENCE_S)
            if source:
                sock.bind((source, 0))
            sock.connect((address, port))

    return act


def udp(address: str) -> Callable[[Facts], object]:
    """A datagram to the port of DNS."""

    def act(_: Facts) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"?", (address, 53))

    return act


def a_socket(family: int, kind: int, protocol: int = 0) -> Callable[[Facts], object]:
    return lambda _: socket.socket(family, kind, protocol).close()


def listen(address: str, port: int) -> Callable[[Facts], object]:
    def act(_: Facts) -> None:
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((address, port))
            sock.listen()

    return act


def listen_unbound(_: Facts) -> None:
    with socket.socket() as sock:
        sock.listen()


def unix(name: str, kind: int = socket.SOCK_SEQPACKET) -> Callable[[Facts], object]:
    """Connect to another role's socket below run_dir."""

    def act(facts: Facts) -> None:
        with socket.socket(socket.AF_UNIX, kind) as sock:
            sock.connect(f"{facts.run_dir}/{name}")

    return act


def ask_clamd(facts: Facts) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(PATIENCE_S)
        sock.connect(f"{facts.home}/clamd/clamd.ctl")


def read(path: str) -> Callable[[Facts], object]:
    def act(facts: Facts) -> None:
        Path(path.format_map(vars(facts))).read_bytes()

    return act


def lists(path: str) -> Callable[[Facts], object]:
    return lambda facts: os.listdir(path.format_map(vars(facts)))


def create(path: str) -> Callable[[Facts], object]:
    """A new file in a directory."""

    def act(facts: Facts) -> None:
        made = Path(path.format_map(vars(facts)), f"probe-{os.getpid()}")
        os.close(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        made.unlink()

    return act


def open_to_write(path: str) -> Callable[[Facts], object]:
    return lambda facts: os.close(os.open(path.format_map(vars(facts)), os.O_WRONLY | os.O_CLOEXEC))


def move(path: str) -> Callable[[Facts], object]:
    """Rename a file, and back."""

    def act(facts: Facts) -> None:
        old = path.format_map(vars(facts))
        os.rename(old, f"{old}.moved")
        os.rename(f"{old}.moved", old)

    return act


def of_process(role: str, name: str) -> Callable[[Facts], object]:
    """Open `/proc/PID/NAME` of another role."""
    return lambda facts: os.close(os.open(f"/proc/{facts.pids[role]}/{name}", os.O_RDONLY | os.O_CLOEXEC))


def signal(role: str) -> Callable[[Facts], object]:
    return lambda facts: os.kill(facts.pids[role], 0)


def fork(_: Facts) -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def execute(_: Facts) -> None:
    """To a program that is not there: whoever may execute is told so."""
    try:
        os.execv("/no/such/program", ["program"])
    except FileNotFoundError:
        return


def spawn(_: Facts) -> None:
    os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)


def become_root(_: Facts) -> None:
    os.setresuid(0, 0, 0)


def attach(role: str) -> Callable[[Facts], object]:
    """As a debugger."""

    def act(facts: Facts) -> None:
        kernel.syscall(_number("ptrace"), _PTRACE_SEIZE, facts.pids[role], 0, 0)

    return act


def read_memory(role: str) -> Callable[[Facts], object]:
    """By process_vm_readv, of the first mapped page, of which /proc tells the address to who may know it."""

    def act(facts: Facts) -> None:
        try:
            start = int(Path(f"/proc/{facts.pids[role]}/maps").read_text().partition("-")[0], 16)
        except PermissionError:
            start = 0x400000
        piece = ctypes.create_string_buffer(16)
        local = (ctypes.c_size_t * 2)(ctypes.addressof(piece), 16)
        remote = (ctypes.c_size_t * 2)(start, 16)
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.process_vm_readv(facts.pids[role], local, 1, remote, 1, 0) < 0:
            raise OSError(ctypes.get_errno(), "process_vm_readv")

    return act


def new_network(_: Facts) -> None:
    kernel.syscall(_number("unshare"), _CLONE_NEWNET)


def _number(name: str) -> int:
    number = NUMBERS[name][ARCHITECTURES[kernel.MACHINE][1]]
    assert number is not None
    return number
