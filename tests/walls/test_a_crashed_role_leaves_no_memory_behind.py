"""P7 when a role crashes or somebody debugs: no core dump, though the limits of whoever started it allow one, and no look into its
memory for anyone but root, its own user included.

The control is a process of the same user in the same directory with the same limits, which does dump and can be looked into.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.walls.hosts import DMZ_ROLES, ROLES, Hosts, Process
from tests.walls.networks import TIMEOUT_S

pytestmark = [pytest.mark.live, pytest.mark.netns, pytest.mark.slow]

SECRET = "memory-of-a-crash-5f1d"
UNLIMITED = ("prlimit", "--core=unlimited:unlimited")
CONTROL = """
import ctypes, time
ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1))  # PR_SET_PTRACER_ANY: where Yama would forbid it
print("waiting", flush=True)
time.sleep(600)
"""
READ = """
import os, sys
pid = sys.argv[1]
start = int(open(f"/proc/{pid}/maps").read().partition("-")[0], 16)
os.pread(os.open(f"/proc/{pid}/mem", os.O_RDONLY), 16, start)
"""


@pytest.fixture(scope="module")
def directory(hosts: Hosts) -> Path:
    """Where every role runs, and could leave a core file."""
    made = hosts.home / "cwd"
    made.mkdir()
    made.chmod(0o777)
    return made


@pytest.fixture(scope="module")
def relay(hosts: Hosts, directory: Path) -> Iterator[Hosts]:
    """All roles, allowed to dump; and a request with a secret has gone through them."""
    hosts.stop("gate")
    for role in ("gate", *DMZ_ROLES):
        hosts.start_role(role, directory, UNLIMITED)
    hosts.ask("GET", f"/status/2026-0415-000001?{SECRET}", headers={"Cookie": SECRET})
    assert hosts.ask("GET", "/status/2026-0415-000001", headers={"Cookie": SECRET}).status == 200
    yield hosts


def of_user(hosts: Hosts, role: str, *command: str) -> list[str]:
    user = hosts.users[role]
    return ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--inh-caps=-all", "--", *command]


def control(hosts: Hosts, role: str, directory: Path) -> Process:
    """An ordinary process of the role's user."""
    python = of_user(hosts, role, "/usr/bin/python3", "-c", CONTROL)
    return hosts.start(f"control-{role}", [*UNLIMITED, *python], hosts.place(role), "waiting", directory)


def may_read(hosts: Hosts, role: str, pid: int) -> bool:
    """Whether the role's own user can read the memory of a process."""
    command = of_user(hosts, role, "/usr/bin/python3", "-c", READ, str(pid))
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 0 or "PermissionError" in done.stderr, done.stderr
    return done.returncode == 0


@pytest.mark.parametrize("role", ROLES)
def test_its_own_user_cannot_look_into_it(relay: Hosts, directory: Path, role: str) -> None:
    other = control(relay, role, directory)
    assert may_read(relay, role, other.pid)
    assert not may_read(relay, role, relay.running[role].pid)
    relay.stop(other.name)


def test_a_debugger_gets_no_core_of_the_front(relay: Hosts, directory: Path) -> None:
    other = control(relay, "front", directory)
    for pid, ends_well in ((other.pid, True), (relay.running["front"].pid, False)):
        command = of_user(relay, "front", "gcore", "-o", str(directory / "gcore"), str(pid))
        subprocess.run(
            command, capture_output=True, timeout=2 * TIMEOUT_S, check=False, env={"PATH": os.environ["PATH"]}
        )
        assert (directory / f"gcore.{pid}").exists() == ends_well
    (directory / f"gcore.{other.pid}").unlink()
    relay.stop(other.name)


@pytest.mark.parametrize(
    "role", ["front", "scanner", "egress", "exporter", "ledger", "gate"]
)  # the front first: it needs the others
def test_a_crash_dumps_no_core(relay: Hosts, directory: Path, role: str) -> None:
    other = control(relay, role, directory)
    assert crash(relay, other), "the control dumps"
    for left in directory.iterdir():
        left.unlink()
    assert not crash(relay, relay.running[role])
    assert list(directory.iterdir()) == []


def crash(hosts: Hosts, process: Process) -> bool:
    """End a process by SIGSEGV; whether it dumped core, to a file or to a program, as the kernel says."""
    os.kill(process.pid, signal.SIGSEGV)
    status = process.wait()
    del hosts.running[process.name]
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGSEGV
    return os.WCOREDUMP(status)


def test_nothing_that_was_written_holds_the_secret(relay: Hosts) -> None:
    """After all of them have crashed, also what they had said."""
    assert sorted(set(ROLES) & set(relay.running)) == []
    holders = [path for path in relay.home.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert holders == []
