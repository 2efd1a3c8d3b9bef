"""The exporter with fake roles: what it gathers, and what it says when one of them is silent."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from relay.exporter import __main__ as entry
from relay.exporter.pipeline import Exporter
from relay.ops import metrics
from relay.ops.metrics import Process, Registry, Series
from relay.ops.status import Health, Status, open_listener, serve_status, socket_path

ROOT = Path(__file__).resolve().parents[3]
BYTES = metrics.REQUEST_BYTES.name


class Role:
    """One process that answers on its status socket."""

    def __init__(self, role: str, worker: int | None = None, *series: Series) -> None:
        self.role, self.worker, self.series, self.asked = role, worker, list(series), 0
        self.health: dict[str, Health] = {}

    def status(self) -> Status:
        self.asked += 1
        return Status(self.role, self.worker or 0, "a", self.series, self.health)

    def path(self, run_dir: Path) -> Path:
        return socket_path(run_dir, self.role, self.worker)


@asynccontextmanager
async def answering(run_dir: Path, *roles: Role) -> AsyncIterator[None]:
    (run_dir / "status").mkdir(exist_ok=True)
    listeners = [open_listener(role.path(run_dir)) for role in roles]
    async with trio.open_nursery() as nursery:
        for role, listener in zip(roles, listeners, strict=True):
            await nursery.start(serve_status, listener, role.status)
        yield
        nursery.cancel_scope.cancel()
    for listener in listeners:
        listener.close()


@asynccontextmanager
async def exporter_of(run_dir: Path, workers: int) -> AsyncIterator[Exporter]:
    registry = Registry("exporter")
    process = Process(registry)
    yield Exporter(run_dir, workers, registry, process, "a")
    process.close()


async def test_all_roles_are_gathered(tmp_path: Path) -> None:
    fronts = [Role("front", number, Series(BYTES, (), 10.0 + 10 * number)) for number in (0, 1)]
    async with answering(tmp_path, *fronts, Role("egress"), Role("ledger")), exporter_of(tmp_path, 2) as exporter:
        text = (await exporter.metrics()).decode()
        assert all(health.ok for health in (await exporter.readiness()).values())
    assert f"{BYTES} 30.0\n" in text
    for role in ("front", "egress", "ledger", "exporter"):
        assert f'sekisho_role_up{{role="{role}"}} 1.0\n' in text
    assert 'sekisho_process_cpu_seconds_total{role="exporter"}' in text


async def test_a_silent_role_is_not_ready_and_the_others_are_counted(tmp_path: Path) -> None:
    front = Role("front", 0, Series(BYTES, (), 10))
    front.health = {"ledger": Health(ok=False, reason="no answer within 5 s")}
    async with answering(tmp_path, front, Role("egress")), exporter_of(tmp_path, 2) as exporter:
        text = (await exporter.metrics()).decode()
        dependencies = await exporter.readiness()
    assert f"{BYTES} 10.0\n" in text
    assert 'sekisho_role_up{role="front"} 0.0\n' in text
    assert 'sekisho_role_processes{role="front"} 1.0\n' in text
    assert {health.reason for health in dependencies.values() if not health.ok} == {
        "front-1: no answer",
        "ledger: no answer",
        "front-0: ledger: no answer within 5 s",
    }


async def test_many_who_ask_at_once_cost_two_rounds(tmp_path: Path) -> None:
    front = Role("front", 0)
    async with answering(tmp_path, front), exporter_of(tmp_path, 1) as exporter, trio.open_nursery() as nursery:
        for _ in range(50):
            nursery.start_soon(exporter.readiness)
    assert 1 <= front.asked <= 2


CONFIG = """
[host]
name = "dmz1.example"
run_dir = "{run_dir}"
keys_dir = "{run_dir}"
[front]
listen = ["127.0.0.1:1443"]
[egress]
certificate = "own.pem"
[ledger]
origin = "dmz1.example/log"
directory = "{run_dir}"
[exporter]
listen = "127.0.0.1:{port}"
[[gate]]
name = "east"
address = "127.0.0.2:1444"
server_name = "gate.example"
anchor = "anchor.pem"
pins = ["sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]
receipt_key = "receipt.vkey"
[[tenant]]
name = "minato"
hosts = ["minato.example"]
certificate = "minato.pem"
key = "minato"
gates = ["east"]
sealing_key = "sealing.pub"
"""


def configured(tmp_path: Path) -> tuple[Path, int]:
    with socket.create_server(("127.0.0.1", 0)) as chosen:
        port: int = chosen.getsockname()[1]
    for name in ("own.pem", "anchor.pem", "receipt.vkey", "minato.pem", "sealing.pub"):
        (tmp_path / name).touch()
    path = tmp_path / "sekisho.toml"
    path.write_text(CONFIG.format(run_dir=tmp_path, port=port))
    return path, port


def fetch(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.read()


@pytest.mark.slow
async def test_the_process_serves_behind_its_walls_and_ends_on_a_signal(tmp_path: Path) -> None:
    path, port = configured(tmp_path)
    manager = trio.socket.socket(trio.socket.AF_UNIX, trio.socket.SOCK_DGRAM)
    await manager.bind(str(tmp_path / "notify"))
    command = [sys.executable, "-m", "relay.exporter", "--config", str(path)]
    environ = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")}
    async with answering(tmp_path, Role("front", 0), Role("ledger")):
        with subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True) as process:
            with trio.fail_after(30):
                assert (await manager.recv(4096)).startswith(b"READY=1")
            metrics_text = (await trio.to_thread.run_sync(fetch, f"http://127.0.0.1:{port}/metrics"))[1]
            status, body = await trio.to_thread.run_sync(fetch, f"http://127.0.0.1:{port}/readyz")
            walls = Path(f"/proc/{process.pid}/status").read_text()
            process.send_signal(signal.SIGTERM)
            with trio.fail_after(30):
                assert (await manager.recv(4096)).startswith(b"STOPPING=1")
            _, errors = await trio.to_thread.run_sync(process.communicate)
    manager.close()
    assert (process.returncode, status) == (0, 503)
    assert json.loads(body)["dependencies"]["egress"]["reason"] == "egress: no answer"
    assert b'sekisho_role_up{role="ledger"} 1.0' in metrics_text
    assert "Seccomp:\t2" in walls and "NoNewPrivs:\t1" in walls
    events = [json.loads(line)["event"] for line in errors.splitlines()]
    assert events == ["walls", "ready", "draining"]
    checked = subprocess.run(["promtool", "check", "metrics"], input=metrics_text, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


def test_a_bad_configuration_is_told_and_ends_with_its_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sekisho.toml").write_text("[host]\nnaem = 1\n")
    assert entry.main(["--config", str(tmp_path / "sekisho.toml")]) == 78
    assert "sekisho.toml:" in capsys.readouterr().err
