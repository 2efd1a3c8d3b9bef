"""Sockets handed over as systemd does: at 3 and up, in order, and nowhere else; by whatever numbers they came."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from relay.ops.handover import FIRST

TELL = """
import os, socket
count = int(os.environ["LISTEN_FDS"])
links = [os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}")]
ports = [socket.socket(fileno=3 + number).getsockname()[1] for number in range(count)]
print(os.environ["LISTEN_PID"] == str(os.getpid()), ports, sum(link.startswith("socket:") for link in links))
"""


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1,)])
@pytest.mark.parametrize("first", [FIRST, FIRST + 1, 40])
def test_they_stand_in_order_and_nowhere_else(order: tuple[int, ...], first: int) -> None:
    """`first`: where they are before; also where they are to be, and across each other."""
    sockets = [socket.socket() for _ in range(3)]
    for sock in sockets:
        sock.bind(("127.0.0.1", 0))
    ports = [sockets[number].getsockname()[1] for number in order]
    numbers = [first + number for number in order]
    moves = [(sockets[number].fileno(), first + number) for number in order]
    # the copies are made high up first, so that none falls on another
    code = (
        "import fcntl, os, runpy, sys\n"
        f"high = [(fcntl.fcntl(a, fcntl.F_DUPFD, 60), b) for a, b in {moves}]\n"
        "os.closerange(3, 60)\n"
        "[(os.dup2(a, b), os.close(a)) for a, b in high]\n"
        "sys.argv = ['handover', *sys.argv[1:]]\n"
        "runpy.run_module('relay.ops.handover', run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, ",".join(map(str, numbers)), sys.executable, "-c", TELL],
        env={**os.environ, "LISTEN_FDS": str(len(order))},
        pass_fds=[sock.fileno() for sock in sockets],
        capture_output=True,
        text=True,
        check=False,
    )
    for sock in sockets:
        sock.close()
    assert (done.stdout, done.stderr) == (f"True {ports} {len(order)}\n", "")
