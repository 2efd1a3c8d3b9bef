"""Everything that the lab needs to start: a throwaway PKI, all key files, and a `sekisho.toml` with its `gate.toml`.

The same code as `sekisho certs` makes the files, and the configuration is read back by the normal loader, so what the lab
runs is what an operator would write. Everything lives under one directory and listens on loopback only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from certs.profile import spki_pin
from relay.envelope.keys import RecipientPrivateKey
from relay.settings.authority import Authorities, create_authorities
from relay.settings.key_files import make_directory, write_gate_keys, write_private, write_public, write_relay_keys
from relay.settings.load import load_gate, load_host, read_overrides
from relay.settings.model import GateFile, HostFile
from relay.settings.toml_write import merged, to_toml

SHARED_TABLES = ("limits", "sandbox")  # an extra file sets them for both sides
CRL_HOURS = 168  # as long as the list says that it lives (certs.issue.CRL_LIFETIME): nobody renews a lab's
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class GateKeys:
    """One gate of the PKI. `directory` holds its certificate, its public keys and `keys/`."""

    name: str
    server_name: str
    directory: Path
    pin: str


@dataclass(frozen=True)
class Pki:
    """What was made, and where it stands."""

    directory: Path
    authorities: Authorities
    relay_name: str
    egress_pin: str
    tenants: Mapping[str, tuple[str, ...]]  # tenant -> hosts
    gates: tuple[GateKeys, ...]
    domain: str

    @property
    def ca_file(self) -> Path:
        """The anchor that a client on the Internet side needs."""
        return self.authorities.anchor("internet")

    @property
    def relay_directory(self) -> Path:
        return self.directory / "relay"

    @property
    def log_vkey_file(self) -> Path:
        """Verifies the checkpoints of the relay's log."""
        return self.relay_directory / "log.vkey"


def create_pki(
    directory: Path,
    *,
    tenants: Mapping[str, Sequence[str]],
    gates: int = 1,
    domain: str = "lab.example",
    now: datetime | None = None,
) -> Pki:
    """One relay, `gates` gates, and the tenants with their hosts (names or addresses), all new. `directory` is made.

    Raises ConfigInvalid where a file exists already or cannot be written.
    """
    authorities = create_authorities(directory / "ca", now=now)
    relay_name = f"relay1.{domain}"
    relay = make_directory(directory / "relay")
    write_relay_keys(relay, relay_name)
    egress = authorities.issue("egress", [relay_name], now=now)
    write_public(relay / "egress.crt", egress.chain_pem)
    write_private(relay / "keys" / "egress", egress.key_pem)
    for tenant, hosts in tenants.items():
        issued = authorities.issue("front", hosts, now=now)
        write_public(relay / f"{tenant}.crt", issued.chain_pem)
        write_private(relay / "keys" / tenant, issued.key_pem)
    sealing = {f"sealing-{tenant}": RecipientPrivateKey.generate() for tenant in tenants}
    made = tuple(_gate(directory, authorities, number + 1, domain, sealing, now) for number in range(gates))
    return Pki(
        directory,
        authorities,
        relay_name,
        spki_pin(egress.certificate),
        {tenant: tuple(hosts) for tenant, hosts in tenants.items()},
        made,
        domain,
    )


def _gate(
    directory: Path,
    authorities: Authorities,
    number: int,
    domain: str,
    sealing: Mapping[str, RecipientPrivateKey],
    now: datetime | None,
) -> GateKeys:
    name, server_name = f"gate-{number}", f"gate{number}.{domain}"
    home = make_directory(directory / name)
    write_gate_keys(home, server_name, sealing)
    issued = authorities.issue("gate", [server_name], now=now)
    write_public(home / "gate.crt", issued.chain_pem)
    write_private(home / "keys" / "gate", issued.key_pem)
    return GateKeys(name, server_name, home, spki_pin(issued.certificate))


@dataclass(frozen=True, kw_only=True)
class LabChoices:
    """What differs between labs. Ports are of loopback and must be free."""

    front_port: int
    exporter_port: int
    gate_ports: Sequence[int]  # one for each gate of the PKI
    gate_status_ports: Sequence[int] = ()  # none, or one for each gate
    applications: Mapping[str, str]  # tenant -> URL
    workers: int = 1
    open_routes: bool = False
    procedures: Sequence[Path] = ()
    host: Mapping[str, Any] = field(default_factory=dict)  # tables laid over the generated sekisho.toml
    gate: Mapping[str, Any] = field(default_factory=dict)  # tables laid over every generated gate.toml
    extra: Path | None = None  # `sekisho lab --config`: laid over last; [limits] and [sandbox] reach the gates too


@dataclass(frozen=True)
class LabConfig:
    """The files as written, and as the normal loader reads them."""

    host_file: Path
    gate_files: tuple[Path, ...]
    host: HostFile
    gates: tuple[GateFile, ...]


def write_lab_config(pki: Pki, choices: LabChoices) -> LabConfig:
    """`sekisho.toml` and one `gate-N.toml` for each gate. Raises ConfigInvalid with the place in the file at fault."""
    extra = read_overrides(choices.extra) if choices.extra else {}
    shared = {table: extra[table] for table in SHARED_TABLES if table in extra}
    host_file = pki.directory / "sekisho.toml"
    _write(host_file, merged(merged(_host_tree(pki, choices), choices.host), extra))
    gate_files = []
    for position, gate in enumerate(pki.gates):
        gate_files.append(pki.directory / f"{gate.name}.toml")
        _write(gate_files[-1], merged(merged(_gate_tree(pki, choices, position), choices.gate), shared))
    return LabConfig(
        host_file, tuple(gate_files), load_host(host_file), tuple(load_gate(gate_file) for gate_file in gate_files)
    )


def _write(path: Path, tree: Mapping[str, Any]) -> None:
    path.write_text("# Written by `sekisho lab`.\n\n" + to_toml(tree), encoding="utf-8")


def _host_tree(pki: Pki, choices: LabChoices) -> dict[str, Any]:
    home, relay = pki.directory, pki.relay_directory
    return {
        "host": {
            "name": pki.relay_name,
            "run_dir": str(home / "run"),
            "keys_dir": str(relay / "keys"),
            "cache_dir": str(home / "cache"),
        },
        "front": {"listen": [f"{LOOPBACK}:{choices.front_port}"], "workers": choices.workers},
        "egress": {"certificate": str(relay / "egress.crt"), "source_address": LOOPBACK},
        "ledger": {
            "origin": f"{pki.relay_name}/log",
            "directory": str(home / "log"),
            "jsonl": str(home / "transfers.jsonl"),
        },
        "exporter": {"listen": f"{LOOPBACK}:{choices.exporter_port}"},
        "gate": _gate_tables(pki, choices.gate_ports),
        "tenant": _tenant_tables(pki),
        "policy": {"procedures": [str(path) for path in choices.procedures], "open_routes": choices.open_routes},
    }


def _gate_tables(pki: Pki, ports: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {
            "name": gate.name,
            "address": f"{LOOPBACK}:{port}",
            "server_name": gate.server_name,
            "anchor": str(pki.authorities.anchor("lgwan")),
            "pins": [gate.pin],
            "crl": str(pki.authorities.crl),
            "crl_max_age_hours": CRL_HOURS,
            "receipt_key": str(gate.directory / "receipt.vkey"),
        }
        for gate, port in zip(pki.gates, ports, strict=True)
    ]


def _tenant_tables(pki: Pki) -> list[dict[str, Any]]:
    return [
        {
            "name": tenant,
            "hosts": list(hosts),
            "certificate": str(pki.relay_directory / f"{tenant}.crt"),
            "key": tenant,
            "gates": [gate.name for gate in pki.gates],
            "sealing_key": str(pki.gates[0].directory / f"sealing-{tenant}.pub"),
        }
        for tenant, hosts in pki.tenants.items()
    ]


def _gate_tree(pki: Pki, choices: LabChoices, position: int) -> dict[str, Any]:
    gate = pki.gates[position]
    status = choices.gate_status_ports[position] if choices.gate_status_ports else None
    return {
        "gate": {
            "name": gate.server_name,
            "listen": f"{LOOPBACK}:{choices.gate_ports[position]}",
            "status_listen": f"{LOOPBACK}:{status}" if status else None,
            "certificate": str(gate.directory / "gate.crt"),
            "sealing_keys": [f"sealing-{tenant}" for tenant in pki.tenants],
            "keys_dir": str(gate.directory / "keys"),
            "state_dir": str(pki.directory / f"{gate.name}-state"),
        },
        "relay": [
            {
                "name": "relay-1",
                "server_name": pki.relay_name,
                "anchor": str(pki.authorities.anchor("lgwan")),
                "pins": [pki.egress_pin],
                "crl": str(pki.authorities.crl),
                "crl_max_age_hours": CRL_HOURS,
                "signing_keys": [str(pki.relay_directory / "front-signing.vkey")],
            }
        ],
        "application": [{"tenant": tenant, "url": url} for tenant, url in choices.applications.items()],
    }
