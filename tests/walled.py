"""Python code in a process of its own, with all at hand that enters the walls of a role and tries them."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

_PRELUDE = """
import ctypes, errno, json, mmap, os, resource, signal, socket, sys, threading, dataclasses
from pathlib import Path
from relay.base.errors import *
from relay.ops.sandbox import kernel, walls as w
from relay.ops.sandbox.syscalls import NUMBERS
from relay.ops.sandbox.seccomp import ARCHITECTURES
from relay.ops.sandbox.walls import Walls, enter
here = Path(sys.argv[1])
read, write, other = here / "read", here / "write", here / "other"
def number(name):
    return NUMBERS[name][ARCHITECTURES[kernel.MACHINE][1]]
def front():
    return Walls(role="front", read=(read,))
def ledger():
    return Walls(role="ledger", read=(read,), write=(write,), unix=False)
def egress():
    return Walls(role="egress", read=(read,), inet=True, connect_tcp=(open_port,), bind_tcp=(0,))
listening = socket.create_server(("127.0.0.1", 0))
open_port = listening.getsockname()[1]
shut = socket.create_server(("127.0.0.1", 0))
shut_port = shut.getsockname()[1]
def code_of(call):
    try:
        call()
    except OSError as exc:
        return errno.errorcode[exc.errno]
    except Exception as exc:
        return type(exc).__name__
    return "allowed"
def send_fastopen(flags=0x20000000):
    with socket.socket() as tcp:
        tcp.sendto(b"x", flags, ("127.0.0.1", open_port))
"""


def in_process(directory: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    for name in ("read", "write", "other"):
        (directory / name).mkdir(exist_ok=True)
        (directory / name / "file").write_text("content")
    program = _PRELUDE + textwrap.dedent(code)
    return subprocess.run(
        [sys.executable, "-c", program, str(directory), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        check=False,
    )
