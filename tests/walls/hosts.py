"""A DMZ host and a gate's host in their networks: system users, keys, configuration, and the real processes."""

from __future__ import annotations

import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import policy
from relay.settings.nft import ruleset
from relay.settings.pki import LabChoices, LabConfig, Pki, create_pki, write_lab_config
from tests.attachments import CONTENT_TYPE, PATH, PROCEDURE, form
from tests.scanners import real_clamd
from tests.walls.networks import EGRESS, FRONT, GATE, TIMEOUT_S, TO_INTERNET, TO_LGWAN, Networks

HOST = "shinsei.city-a.example"
TENANT = "city-a"
FRONT_PORT, GATE_PORT, MANAGEMENT_PORT, APPLICATION_PORT = 443, 8443, 9464, 8000
DMZ_ROLES = ("ledger", "egress", "exporter", "scanner", "front")  # in the order in which they start
ROLES = (*DMZ_ROLES, "gate")
CATALOGUE = Path(policy.__file__).with_name("procedures")
SEKISHO = str(Path(sys.executable).with_name("sekisho"))


@dataclass
class Process:
    """One process of ours; what it writes goes to `output`."""

    name: str
    pid: int
    output: Path
    status: int | None = None  # as waitpid(2) has it

    def said(self) -> str:
        return self.output.read_text("utf-8", "replace")

    def has_ended(self) -> bool:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
        return self.status is not None

    def wait(self) -> int:
        until(self.has_ended, f"{self.name} ends")
        assert self.status is not None
        return self.status

    def stop(self) -> None:
        """SIGTERM; what does not end by that fails the test."""
        if not self.has_ended():
            os.kill(self.pid, signal.SIGTERM)
            try:
                self.wait()
            except AssertionError:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                raise
        assert os.WIFEXITED(self.status or 0) or self.status is None or os.WIFSIGNALED(self.status), self.said()


@dataclass
class Hosts:
    """Both hosts. `users`: of each role. `home`: everything that is written."""

    networks: Networks
    home: Path
    users: dict[str, str]
    pki: Pki
    config: LabConfig
    running: dict[str, Process] = field(default_factory=dict)
    _starts: int = 0

    @property
    def host_file(self) -> Path:
        return self.config.host_file

    @property
    def log_dir(self) -> Path:
        return Path(self.config.host.ledger.directory)

    @property
    def run_dir(self) -> Path:
        return Path(self.config.host.host.run_dir)

    def place(self, role: str) -> str:
        return "lgwan" if role in ("gate", "application") else "dmz"

    def arguments(self, role: str) -> list[str]:
        if role == "application":
            return ["--port", str(APPLICATION_PORT)]
        return ["--config", str(self.config.gate_files[0] if role == "gate" else self.host_file)]

    def start(self, name: str, command: Sequence[str], place: str, said: str, cwd: Path | None = None) -> Process:
        """Start `command` as a host in `place` would, and wait until it has said `said`."""
        process = self._spawn(name, command, place, cwd)
        self.running[name] = process
        until(lambda: said in process.said() or process.has_ended(), f"{name} says {said}")
        assert not process.has_ended(), process.said()
        return process

    def start_and_wait(self, name: str, command: Sequence[str], place: str, cwd: Path | None = None) -> Process:
        """Run `command` as a host in `place` would, to its end."""
        process = self._spawn(name, command, place, cwd)
        process.wait()
        return process

    def _spawn(self, name: str, command: Sequence[str], place: str, cwd: Path | None) -> Process:
        self._starts += 1
        output = self.home / "output" / f"{self._starts}-{name}"
        environment = {key: os.environ[key] for key in ("PATH", "LANG", "HOME") if key in os.environ}
        with output.open("wb") as out:
            child = subprocess.Popen(
                self.networks.within(place, *command),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=cwd or self.home,
                env={**environment, "PYTHONUNBUFFERED": "1"},
            )
        child.returncode = 0  # waited for here, with the whole status
        return Process(name, child.pid, output)

    def start_role(self, role: str, cwd: Path | None = None, prefix: Sequence[str] = ()) -> Process:
        module = "relay.lab.application" if role == "application" else f"relay.{role}"
        command = [*prefix, sys.executable, "-P", "-m", module, *self.arguments(role)]
        return self.start(role, command, self.place(role), '"ready"', cwd)

    def start_run(self) -> Process:
        """`sekisho run`: every role of the DMZ host."""
        process = self.start("run", [SEKISHO, "run", "--config", str(self.host_file)], "dmz", '"walls')
        until(lambda: process.has_ended() or self.try_get("/health") == 200, "sekisho run serves")
        assert not process.has_ended(), process.said()
        return process

    def stop(self, *names: str) -> None:
        for name in names:
            self.running.pop(name).stop()

    def stop_all(self) -> None:
        for name in reversed(list(self.running)):
            self.stop(name)

    def load_packet_filter(self) -> None:
        self.networks.run("dmz", "nft", "-f", "-", text=ruleset(self.config.host))

    def tls(self, server_name: str = HOST) -> ssl.SSLSocket:
        """A connection of a citizen on the Internet."""
        context = ssl.create_default_context(cafile=str(self.pki.ca_file))
        return context.wrap_socket(self.networks.connect("internet", (FRONT, FRONT_PORT)), server_hostname=server_name)

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> HTTPResponse:
        """One request on a connection of its own; the answer, whole."""
        connection = HTTPConnection(HOST)
        with self.tls() as connection.sock:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            response.read()
            return response

    def send(self, raw: bytes) -> int:
        """Any bytes; the status of the answer."""
        with self.tls() as tls:
            tls.sendall(raw)
            return int(tls.recv(65536).split(b" ", 2)[1])

    def attach(self, data: bytes) -> int:
        """Status of a form with this file."""
        return self.ask("POST", PATH, form(data), {"Content-Type": CONTENT_TYPE}).status

    def try_get(self, path: str) -> int:
        with suppress(OSError, AssertionError):
            return self.ask("GET", path).status
        return 0


def until(found: Callable[[], object], what: str, patience_s: float = TIMEOUT_S) -> None:
    """Wait for something that must come."""
    deadline = time.monotonic() + patience_s
    while not found():
        assert time.monotonic() < deadline, f"did not come within {patience_s} s: {what}"
        time.sleep(0.02)


@contextmanager
def system_users(names: Sequence[str]) -> Iterator[dict[str, str]]:
    """A system user for each role, each with a group of its own, as systemd/sekisho.sysusers makes them."""
    made = {name: f"sekisho-t{os.getpid()}-{name}" for name in names}
    with ExitStack() as stack:
        for user in made.values():
            command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", user]
            subprocess.run(command, check=True, capture_output=True)
            stack.callback(subprocess.run, ["userdel", user], check=True, capture_output=True)
        yield made


@contextmanager
def two_hosts(networks: Networks) -> Iterator[Hosts]:
    """Everything is written, and gate and application run. The roles of the DMZ are the test's to start."""
    home = Path(tempfile.mkdtemp(prefix="sekisho-walls-"))
    home.chmod(0o755)  # as /etc, /run and /var/lib are: what is below says who may
    (home / "output").mkdir()
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home)
        users = stack.enter_context(system_users(ROLES))
        clamd = stack.enter_context(real_clamd(home / "clamd"))
        (home / "procedures").mkdir()
        (home / "procedures/with-files.toml").write_text(PROCEDURE, "utf-8")
        pki = create_pki(home / "sekisho", tenants={TENANT: [HOST]})
        hosts = Hosts(
            networks, home, users, pki, write_lab_config(pki, _choices(pki, users, clamd, home / "procedures"))
        )
        stack.callback(hosts.stop_all)
        hosts.start_role("application")
        hosts.start_role("gate")
        yield hosts


def _choices(pki: Pki, users: dict[str, str], clamd: Path, procedures: Path) -> LabChoices:
    (gate,) = pki.gates
    declared = {
        "name": gate.name,
        "address": f"{GATE}:{GATE_PORT}",
        "server_name": gate.server_name,
        "anchor": str(pki.authorities.anchor("lgwan")),
        "pins": [gate.pin],
        "receipt_key": str(gate.directory / "receipt.vkey"),
    }
    return LabChoices(
        front_port=FRONT_PORT,
        exporter_port=MANAGEMENT_PORT,
        gate_ports=[GATE_PORT],
        applications={TENANT: f"http://127.0.0.1:{APPLICATION_PORT}"},
        host={
            "front": {"listen": [f"{FRONT}:{FRONT_PORT}"], "interface": TO_INTERNET, "user": users["front"]},
            "egress": {"interface": TO_LGWAN, "source_address": EGRESS, "user": users["egress"]},
            "ledger": {"user": users["ledger"]},
            "exporter": {"user": users["exporter"]},
            "scanner": {
                "clamd": str(clamd),
                "clamd_config": str(clamd.with_name("clamd.conf")),
                "user": users["scanner"],
            },
            "policy": {"procedures": [str(CATALOGUE), str(procedures)]},
            "gate": [declared],
            "limits": {"exchange_timeout_ms": 6000, "application_timeout_ms": 5000},  # a cut line is noticed by then
        },
        gate={"gate": {"listen": f"{GATE}:{GATE_PORT}", "interface": "link0", "user": users["gate"]}},
    )
