"""The whole topology on one machine: throwaway keys, configuration, samples, and the processes of both sides on loopback."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from policy.samples import Sample, samples
from relay.base.limits import DEFAULTS
from relay.ops.durable import replace
from relay.ops.supervisor import Child, Supervisor
from relay.ops.topology import STOP_ORDER, host_children
from relay.settings.pki import LabChoices, LabConfig, Pki, create_pki, write_lab_config

TENANT = "lab"
HOSTS = ("localhost", "127.0.0.1", "shinsei.lab.example")
LAB_STOP_ORDER = (*STOP_ORDER, "gate", "application")


@dataclass(frozen=True)
class LabOptions:
    """What `sekisho lab` was asked for."""

    directory: Path
    application_url: str | None = None
    workers: int = 1
    extra: Path | None = None
    open_routes: bool = False
    gates: int = 1


@dataclass(frozen=True)
class Lab:
    """Everything that is needed to start: files written, ports chosen, the front's listener open."""

    options: LabOptions
    pki: Pki
    config: LabConfig
    application_port: int | None
    listeners: tuple[socket.socket, ...]
    front_port: int

    @property
    def front_url(self) -> str:
        return f"https://localhost:{self.front_port}"

    @property
    def metrics_url(self) -> str:
        return f"http://{self.config.host.exporter.listen}/metrics"


def prepare(options: LabOptions) -> Lab:
    """Write everything below `options.directory`, which must be new or empty. Raises ConfigInvalid."""
    front = _bound()
    front_port = front.getsockname()[1]
    exporter_port, application_port, *gate_ports = _free_ports(2 + options.gates)
    url = options.application_url or f"http://127.0.0.1:{application_port}"
    pki = create_pki(options.directory, tenants={TENANT: HOSTS}, gates=options.gates)
    choices = LabChoices(
        front_port=front_port,
        exporter_port=exporter_port,
        gate_ports=gate_ports,
        applications={TENANT: url},
        workers=options.workers,
        open_routes=options.open_routes,
        # every client of a lab comes from one address
        host={"limits": {"connections_per_source": DEFAULTS.connections}},
        extra=options.extra,
    )
    config = write_lab_config(pki, choices)
    shutil.copy(pki.log_vkey_file, options.directory / "log.vkey")  # where `sekisho log verify DIR/log` looks for it
    front.listen(config.host.limits.listen_backlog)
    _write_samples(options.directory / "samples", samples())
    return Lab(options, pki, config, None if options.application_url else application_port, (front,), front_port)


def children(lab: Lab) -> list[Child]:
    """The municipality first, then the relay."""
    started = []
    if lab.application_port is not None:
        started.append(Child("application", "relay.lab.application", ("--port", str(lab.application_port))))
    for number, path in enumerate(lab.config.gate_files):
        name = "gate" if len(lab.config.gate_files) == 1 else f"gate-{number}"
        started.append(Child(name, "relay.gate", ("--config", str(path))))
    has_scanner = lab.config.host.scanner is not None
    return [
        *started,
        *host_children(lab.config.host_file, lab.options.workers, lab.listeners, has_scanner=has_scanner),
    ]


def write_lab_json(lab: Lab, supervisor: Supervisor) -> None:
    """`lab.json`: what a script needs to use the lab. Written anew, atomically, whenever a process comes or goes."""
    pids: dict[str, int | list[int]] = {}
    for name, pid in supervisor.pids.items():
        role, _, number = name.partition("-")
        if number:
            several = pids.setdefault(role, [])
            if isinstance(several, list):
                several.append(pid)
        else:
            pids[name] = pid
    host = lab.config.host
    about = {
        "front_url": lab.front_url,
        "ca_file": str(lab.pki.ca_file),
        "metrics_url": lab.metrics_url,
        "log_dir": host.ledger.directory,
        "log_vkey": str(lab.pki.log_vkey_file),
        "transfers_jsonl": host.ledger.jsonl,
        "config": str(lab.config.host_file),
        "hosts": list(HOSTS),
        "pids": {**pids, "supervisor": os.getpid()},
        "samples": [
            {
                "name": sample.name,
                "method": sample.method,
                "path": sample.path,
                "content_type": sample.content_type,
                "body_file": None
                if sample.body is None
                else str(_sample_file(lab.options.directory / "samples", sample)),
            }
            for sample in samples()
        ],
    }
    replace(lab.options.directory / "lab.json", json.dumps(about, ensure_ascii=False, indent=2).encode() + b"\n")


def _write_samples(directory: Path, made: Sequence[Sample]) -> None:
    directory.mkdir()
    for sample in made:
        if sample.body is not None:
            _sample_file(directory, sample).write_bytes(sample.body)


def _sample_file(directory: Path, sample: Sample) -> Path:
    return directory / f"{sample.name}.body"


def _bound() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    return sock


def _free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago; the processes that take them bind them at once."""
    socks = [_bound() for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in socks]
    for sock in socks:
        sock.close()
    return ports
