"""A gate whose certificate has a fault gets nothing: real TLS, the real egress, and where it can run, the real gate.

One relay with a tenant and a gate for each fault. The refusal has its own reason in the outcome record, in the metrics of the
egress and in the health of the gate; the citizen gets 503.
"""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from relay.base.reasons import Reason
from relay.settings.pki import LabChoices, LabConfig, Pki, create_pki, write_lab_config
from tests.live.faulty import (
    FAULTS,
    SOUND,
    Fault,
    Faults,
    FaultyGate,
    Process,
    edit_toml,
    free_ports,
    management,
    metric,
    recorded,
    started,
)
from tests.live.labs import PATIENCE_S, until
from tests.live.municipality import Municipality

pytestmark = pytest.mark.live

HANGS_UP = Fault("hangs-up", Reason.PEER_CLOSED)
OLD_TLS = Fault("old-tls", Reason.TLS_HANDSHAKE_FAILED)
ALL = (*FAULTS, SOUND, HANGS_UP, OLD_TLS)
HOSTS = {fault.name: f"{fault.name}.example" for fault in ALL}


@dataclass(frozen=True)
class Relay:
    """One DMZ host. `shown`: the gates of the test; `gates`: the real ones."""

    front_port: int
    exporter_port: int
    ca_file: Path
    jsonl: Path
    shown: dict[str, FaultyGate]
    gates: dict[str, Process]
    status_ports: dict[str, int]

    def ask(self, fault: Fault) -> tuple[int, str]:
        """Status and transfer id of a request to this tenant."""
        context = ssl.create_default_context(cafile=self.ca_file)
        host = HOSTS[fault.name]
        request = f"GET /status/2026-0415-000001 HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        with (
            socket.create_connection(("127.0.0.1", self.front_port), timeout=PATIENCE_S) as tcp,
            context.wrap_socket(tcp, server_hostname=host, suppress_ragged_eofs=False) as tls,
        ):
            tls.sendall(request.encode())
            said = b""
            while piece := tls.recv(65536):
                said += piece
        head = said.partition(b"\r\n\r\n")[0].decode().split("\r\n")
        fields = dict(line.split(": ", 1) for line in head[1:])
        return int(head[0].split(" ")[1]), fields["sekisho-transfer"]

    def health(self, fault: Fault) -> dict[str, Any]:
        found = json.loads(management(self.exporter_port, "/readyz"))["dependencies"]
        return dict(found[f"egress/gate_{fault.name}"])


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    directory = tmp_path_factory.mktemp("relay")
    pki = create_pki(directory / "pki", tenants={name: [host] for name, host in HOSTS.items()}, gates=len(ALL))
    faults = Faults(directory / "faults", pki.authorities.lgwan, "server")
    ports = free_ports(2 + 2 * len(ALL))
    with ExitStack() as ending:
        municipality = ending.enter_context(Municipality())
        config = write_lab_config(pki, choices(ports, municipality.url))
        gate_files = {fault.name: gate_config(directory, pki, config, faults, fault) for fault in ALL}
        host_file = host_config(directory, pki, config, faults)
        addresses = dict(zip((fault.name for fault in ALL), ports[2 : 2 + len(ALL)], strict=True))
        shown = {
            fault.name: ending.enter_context(FaultyGate(context_of(faults, fault), addresses[fault.name]))
            for fault in ALL
            if not fault.by_gate
        }
        real = [fault.name for fault in ALL if fault.by_gate]
        commands = [["gate", "--config", str(gate_files[name])] for name in real]
        gates = ending.enter_context(started(directory, commands))
        ending.enter_context(started(directory, [["run", "--config", str(host_file)]]))
        yield Relay(
            front_port=ports[0],
            exporter_port=ports[1],
            ca_file=pki.ca_file,
            jsonl=directory / "pki/transfers.jsonl",
            shown=shown,
            gates=dict(zip(real, gates, strict=True)),
            status_ports=dict(zip((fault.name for fault in ALL), ports[2 + len(ALL) :], strict=True)),
        )


def context_of(faults: Faults, fault: Fault) -> ssl.SSLContext | None:
    if fault is HANGS_UP:
        return None
    context = faults.context(fault)
    if fault is OLD_TLS:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def choices(ports: list[int], application: str) -> LabChoices:
    return LabChoices(
        front_port=ports[0],
        exporter_port=ports[1],
        gate_ports=ports[2 : 2 + len(ALL)],
        gate_status_ports=ports[2 + len(ALL) :],
        applications=dict.fromkeys(HOSTS, application),
        host={"limits": {"gate_probe_interval_ms": 500}},
    )


def gate_config(directory: Path, pki: Pki, config: LabConfig, faults: Faults, fault: Fault) -> Path:
    """The gate.toml of a gate that has the certificate with this fault."""
    position = ALL.index(fault)
    own = pki.gates[position]
    made = faults.issue(fault, own.server_name)
    key = own.directory / "keys" / f"own-{fault.name}"
    key.write_bytes(made.key_pem)
    key.chmod(0o400)
    changed = {"certificate": str(faults.directory / f"{fault.name}.crt"), "key": key.name}
    return edit_toml(config.gate_files[position], directory / f"{fault.name}.toml", gate=changed)


def host_config(directory: Path, pki: Pki, config: LabConfig, faults: Faults) -> Path:
    """The sekisho.toml of the relay: each tenant has the gate of its own fault only."""
    gates = [
        {
            "name": fault.name,
            "address": config.host.gate[position].address,
            "server_name": pki.gates[position].server_name,
            "receipt_key": config.host.gate[position].receipt_key,
            **faults.declaration(fault),
        }
        for position, fault in enumerate(ALL)
    ]
    tenants = [
        {
            "name": tenant.name,
            "hosts": list(tenant.hosts),
            "certificate": tenant.certificate,
            "key": tenant.key,
            "gates": [tenant.name],
            "sealing_key": tenant.sealing_key,
        }
        for tenant in config.host.tenant
    ]
    return edit_toml(config.host_file, directory / "sekisho.toml", gate=gates, tenant=tenants)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_egress_refuses_it_and_says_why(relay: Relay, fault: Fault) -> None:
    status, transfer = relay.ask(fault)
    assert status == 503
    outcome = recorded(relay.jsonl, kind="outcome", transfer=transfer)
    assert (outcome["result"], outcome["gate"]) == (fault.reason.value, fault.name)
    assert (outcome["peer"], outcome["receipt"], outcome["response_bytes"]) == ("", "", 0)
    port, reason = relay.exporter_port, fault.reason.value
    assert metric(port, "sekisho_tls_handshakes_total", role="egress", reason=reason) >= 1
    assert metric(port, "sekisho_refusals_total", role="egress", reason=reason) >= 1
    assert metric(port, "sekisho_gate_exchanges_total", gate=fault.name, result=reason) == 1
    assert metric(port, "sekisho_gate_up", gate=fault.name) == 0
    until(lambda: relay.health(fault) == {"ok": False, "reason": f"egress: gate_{fault.name}: {reason}"}, "its health")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_it_got_no_byte_of_an_application(relay: Relay, fault: Fault) -> None:
    """The handshake ends by our alert, before our own certificate or anything else was shown."""
    if fault.by_gate:
        until(lambda: relay.gates[fault.name].lines("relay_refused"), "the gate has seen the end of the handshake")
        assert not relay.gates[fault.name].lines("link_ended")
        port = relay.status_ports[fault.name]
        assert metric(port, "sekisho_gate_requests_total") == 0
        assert metric(port, "sekisho_tls_handshakes_total", reason="admitted") == 0
    else:
        shown = relay.shown[fault.name]
        until(lambda: shown.seen, "a handshake with it was tried")
        assert [end for end in shown.seen if "alert" not in end] == []


def test_a_sound_gate_beside_them_is_served(relay: Relay) -> None:
    status, transfer = relay.ask(SOUND)
    assert status == 200
    assert recorded(relay.jsonl, kind="outcome", transfer=transfer)["result"] == "delivered"
    assert metric(relay.exporter_port, "sekisho_gate_up", gate=SOUND.name) == 1


@pytest.mark.parametrize("fault", [HANGS_UP, OLD_TLS], ids=lambda fault: fault.name)
def test_no_handshake_at_all_is_told_as_a_gate_that_cannot_be_reached(relay: Relay, fault: Fault) -> None:
    """The metric has the reason; for the citizen it is the same as no gate."""
    status, transfer = relay.ask(fault)
    assert status == 503
    assert recorded(relay.jsonl, kind="outcome", transfer=transfer)["result"] == "gate_unavailable"
    port, reason = relay.exporter_port, fault.reason.value
    assert metric(port, "sekisho_tls_handshakes_total", role="egress", reason=reason) >= 1


def test_every_fault_was_shown() -> None:
    assert len(FAULTS) == 14
    assert len({fault.reason for fault in FAULTS}) == 10
