"""A relay whose certificate has a fault, or that has none, is refused by the real gate, through real TLS.

The refusal has its own reason in the gate's log and in its metrics, and not one frame is answered. Every certificate is shown
by a client of the test; those with which an egress would start are shown by a real one, too.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from relay.base.reasons import Reason
from relay.ipc.link import HEAD_BYTES, FrameType, frame_head
from relay.settings.pki import LabChoices, LabConfig, Pki, create_pki, write_lab_config
from tests.live.faulty import FAULTS, SOUND, Fault, Faults, Process, edit_toml, free_ports, metric, started
from tests.live.labs import PATIENCE_S, until

pytestmark = pytest.mark.live

ALL = (*FAULTS, SOUND)
BY_EGRESS = tuple(fault for fault in ALL if fault.by_egress)
NOTHING = Fault("nothing", Reason.CERT_MISSING)
PING = frame_head(FrameType.PING, 0)
PONG = frame_head(FrameType.PONG, 0)


@dataclass(frozen=True)
class Gate:
    """A gate that knows a relay for each fault."""

    process: Process
    port: int
    status_port: int
    server_name: str
    faults: Faults

    def refused(self, reason: Reason) -> int:
        return len(self.process.lines("relay_refused", reason=reason.value, source="127.0.0.1"))

    def counted(self, reason: Reason) -> tuple[float, float]:
        return (
            metric(self.status_port, "sekisho_tls_handshakes_total", role="gate", reason=reason.value),
            metric(self.status_port, "sekisho_refusals_total", role="gate", reason=reason.value),
        )

    def ping(self, fault: Fault) -> bytes:
        """What the gate answers to a relay with this certificate. Raises ssl.SSLError with its alert."""
        context = self.faults.context(None if fault is NOTHING else fault)
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S) as tcp,
            context.wrap_socket(tcp, server_hostname=self.server_name, suppress_ragged_eofs=False) as tls,
        ):
            tls.sendall(PING)
            return tls.recv(HEAD_BYTES + 1)


@dataclass(frozen=True)
class Site:
    """The files of one relay and one gate."""

    directory: Path
    pki: Pki
    config: LabConfig
    faults: Faults
    ports: list[int]

    def gate_file(self, name: str, ports: list[int]) -> Path:
        own = {"listen": f"127.0.0.1:{ports[0]}", "status_listen": f"127.0.0.1:{ports[1]}"}
        own["state_dir"] = str(self.directory / f"{name}-state")
        relays = [self._relay(fault) for fault in ALL]
        return edit_toml(self.config.gate_files[0], self.directory / f"{name}.toml", gate=own, relay=relays)

    def _relay(self, fault: Fault) -> dict[str, Any]:
        keys = list(self.config.gates[0].relay[0].signing_keys)
        return {
            "name": fault.name, "server_name": name_of(fault), "signing_keys": keys, **self.faults.declaration(fault),
        }  # fmt: skip

    def host_file(self, fault: Fault, gate_port: int) -> Path:
        """A host whose egress shows the certificate with this fault, beside the one ledger of all."""
        run_dir = self.directory / f"run-{fault.name}"
        run_dir.mkdir()
        (run_dir / "ledger").symlink_to(self.pki.directory / "run/ledger")
        key = self.pki.relay_directory / "keys" / f"own-{fault.name}"
        key.write_bytes(self.faults.issued[fault.name].key_pem)
        key.chmod(0o400)
        tree = edit_toml(
            self.config.host_file,
            self.directory / f"host-{fault.name}.toml",
            host={"run_dir": str(run_dir)},
            egress={"certificate": str(self.faults.directory / f"{fault.name}.crt"), "key": key.name},
        )
        text = tree.read_text("utf-8").replace(f"127.0.0.1:{self.ports[2]}", f"127.0.0.1:{gate_port}")
        tree.write_text(text, "utf-8")
        return tree


def name_of(fault: Fault) -> str:
    return f"{fault.name}.example"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    directory = tmp_path_factory.mktemp("gate")
    pki = create_pki(directory / "pki", tenants={"city": ["city.example"]})
    ports = free_ports(7)
    choices = LabChoices(
        front_port=ports[0],
        exporter_port=ports[1],
        gate_ports=[ports[2]],
        applications={"city": f"http://127.0.0.1:{ports[2]}"},
        host={"limits": {"gate_probe_interval_ms": 200}},
    )
    faults = Faults(directory / "faults", pki.authorities.lgwan, "client")
    for fault in ALL:
        faults.issue(fault, name_of(fault))
    return Site(directory, pki, write_lab_config(pki, choices), faults, ports)


@pytest.fixture(scope="module")
def gate(site: Site) -> Iterator[Gate]:
    """For clients of the test."""
    ports = site.ports[3:5]
    with started(site.directory, [["gate", "--config", str(site.gate_file("gate-a", ports))]]) as (process,):
        yield Gate(process, ports[0], ports[1], site.pki.gates[0].server_name, site.faults)


@pytest.fixture(scope="module")
def met_gate(site: Site) -> Iterator[Gate]:
    """For real egresses: one for each fault with which it starts."""
    ports = site.ports[5:7]
    with started(
        site.directory,
        [
            ["gate", "--config", str(site.gate_file("gate-b", ports))],
            ["ledger", "--config", str(site.config.host_file)],
        ],
    ) as (process, _):
        hosts = [site.host_file(fault, ports[0]) for fault in BY_EGRESS]
        with started(site.directory, [["egress", "--config", str(file)] for file in hosts]):
            yield Gate(process, ports[0], ports[1], site.pki.gates[0].server_name, site.faults)
        until(lambda: metric(ports[1], "sekisho_connections", role="gate") == 0, "the link has ended")
        assert process.lines("link_ended") == []  # a relay that ends in good order is no event


@pytest.mark.parametrize("fault", [*FAULTS, NOTHING], ids=lambda fault: fault.name)
def test_the_gate_refuses_it_and_says_why(gate: Gate, fault: Fault) -> None:
    logged, counted = gate.refused(fault.reason), gate.counted(fault.reason)
    with pytest.raises(ssl.SSLError, match="alert"):
        gate.ping(fault)
    until(lambda: gate.refused(fault.reason) == logged + 1, f"relay_refused with {fault.reason.value}")
    assert gate.counted(fault.reason) == (counted[0] + 1, counted[1] + 1)


def test_a_sound_relay_beside_them_is_served(gate: Gate) -> None:
    assert gate.ping(SOUND) == PONG


def test_each_refusal_was_for_its_own_reason(gate: Gate) -> None:
    """Nothing was refused for another reason than the one that the test wanted."""
    reasons = [line["reason"] for line in gate.process.lines("relay_refused")]
    assert sorted(reasons) == sorted(fault.reason.value for fault in (*FAULTS, NOTHING))
    assert len(reasons) == 15
    assert len(set(reasons)) == 11


@pytest.mark.parametrize("fault", [fault for fault in BY_EGRESS if fault is not SOUND], ids=lambda fault: fault.name)
def test_a_real_egress_with_it_is_refused_too(met_gate: Gate, fault: Fault) -> None:
    until(lambda: met_gate.refused(fault.reason), f"relay_refused with {fault.reason.value}")
    assert min(met_gate.counted(fault.reason)) >= 1


def test_only_the_sound_egress_got_in(met_gate: Gate) -> None:
    until(lambda: metric(met_gate.status_port, "sekisho_connections", role="gate") == 1, "one link")
    assert metric(met_gate.status_port, "sekisho_tls_handshakes_total", role="gate", reason="admitted") == 1
    expected = {fault.reason.value for fault in BY_EGRESS if fault is not SOUND}
    assert {line["reason"] for line in met_gate.process.lines("relay_refused")} == expected
    assert len(BY_EGRESS) == 9 and len(expected) == 6
