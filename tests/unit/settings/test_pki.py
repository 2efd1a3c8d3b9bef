"""What the lab starts from: a PKI and a configuration that every check of ours takes, and overrides that reach it."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from certs.load import load_anchors, load_chain, load_crls
from certs.profile import PeerProfile, parse_pin, verify_peer
from relay.base.errors import ConfigInvalid
from relay.settings.check import check_gate, check_host
from relay.settings.pki import LabChoices, create_pki, write_lab_config
from tests.unit.settings.lab import CHOICES, NOW, make


def test_both_files_pass_every_check(tmp_path: Path) -> None:
    _, config = make(tmp_path)
    host = check_host(config.host_file, NOW)
    gate = check_gate(config.gate_files[0], NOW)
    assert (host.problems, host.warnings) == ((), ())
    assert (gate.problems, gate.warnings) == ((), ())
    assert config.host.tenant[0].hosts == ["localhost", "127.0.0.1"]
    assert config.gates[0].application[0].url == "http://127.0.0.1:18000"


def test_relay_and_gate_are_each_what_the_other_expects(tmp_path: Path) -> None:
    _, config = make(tmp_path)
    there, here = config.host.gate[0], config.gates[0].relay[0]
    for peer, certificate, usage in (
        (there, config.gates[0].gate.certificate, "server"),
        (here, config.host.egress.certificate, "client"),
    ):
        assert peer.crl is not None
        profile = PeerProfile(
            anchors=load_anchors(peer.anchor),
            names=frozenset([peer.server_name]),
            pins=frozenset(parse_pin(pin) for pin in peer.pins),
            usage=usage,  # type: ignore[arg-type]  # one of the two literals above
            crls=load_crls(peer.crl),
            crl_max_age=timedelta(hours=peer.crl_max_age_hours),
        )
        assert verify_peer(load_chain(certificate), profile, NOW).name == peer.server_name


def test_private_files_are_closed_and_public_ones_hold_nothing_private(tmp_path: Path) -> None:
    make(tmp_path)
    private = [path for path in tmp_path.rglob("*keys/*") if path.is_file()]
    assert (
        len(private) == 2 + 5 + 3
    )  # the CAs; front-signing, log-signing, permit, egress, city-a; gate, receipt, sealing
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o400}
    assert {stat.S_IMODE(path.parent.stat().st_mode) for path in private} == {0o700}
    public = [path for path in tmp_path.rglob("*") if path.is_file() and path not in private]
    assert len(public) == 12
    for path in public:
        text = path.read_bytes()
        assert b"PRIVATE" not in text
        assert b"SEKISHO-SEALING-KEY" not in text


def test_several_gates_share_the_sealing_key_and_nothing_else(tmp_path: Path) -> None:
    pki = create_pki(tmp_path, tenants={"city-a": ["a.example.jp"], "city-b": ["b.example.jp"]}, gates=3)
    urls = {"city-a": "http://127.0.0.1:1", "city-b": "http://127.0.0.1:2"}
    choices = LabChoices(front_port=1, exporter_port=2, gate_ports=[3, 4, 5], applications=urls)
    config = write_lab_config(pki, choices)
    assert [gate.address for gate in config.host.gate] == ["127.0.0.1:3", "127.0.0.1:4", "127.0.0.1:5"]
    assert [tenant.gates for tenant in config.host.tenant] == [["gate-1", "gate-2", "gate-3"]] * 2
    assert len({gate.pin for gate in pki.gates}) == 3
    for tenant in pki.tenants:
        assert len({(gate.directory / "keys" / f"sealing-{tenant}").read_bytes() for gate in pki.gates}) == 1
    assert len({(gate.directory / "keys" / "receipt").read_bytes() for gate in pki.gates}) == 3
    for gate_file in config.gate_files:
        assert check_gate(gate_file, NOW).problems == ()


def test_an_extra_file_is_laid_over_and_its_limits_reach_the_gate(tmp_path: Path) -> None:
    pki, _ = make(tmp_path / "lab")
    extra = tmp_path / "extra.toml"
    extra.write_text(
        '[front]\nworkers = 3\n[limits]\nresponse_bytes = 4096\n[sandbox]\nlandlock = "if-available"\n'
        '[policy]\nprocedures = ["own"]\n'
    )
    (tmp_path / "own").mkdir()
    config = write_lab_config(pki, replace(CHOICES, extra=extra))
    assert config.host.front.workers == 3
    assert config.host.front.listen == ["127.0.0.1:18443"]
    assert config.host.policy.procedures == [str(tmp_path / "own")]
    for one in (config.host, config.gates[0]):
        assert one.limits.response_bytes == 4096
        assert one.limits.fields == 1000
        assert one.sandbox.landlock == "if-available"


def test_an_extra_file_that_is_wrong_is_named_with_its_own_lines(tmp_path: Path) -> None:
    pki, _ = make(tmp_path / "lab")
    extra = tmp_path / "extra.toml"
    extra.write_text("[limits]\nfields = 0\n[gate_file]\nx = 1\n")
    with pytest.raises(ConfigInvalid) as caught:
        write_lab_config(pki, replace(CHOICES, extra=extra))
    assert [(problem.path, problem.line) for problem in caught.value.problems] == [(str(extra), 2), (str(extra), 3)]


def test_tables_given_by_the_lab_itself_are_laid_over_too(tmp_path: Path) -> None:
    pki, _ = make(tmp_path)
    choices = replace(CHOICES, host={"sandbox": {"seccomp": "off"}}, gate={"limits": {"gate_idle_ms": 10}})
    config = write_lab_config(pki, choices)
    assert config.host.sandbox.seccomp == "off"
    assert config.gates[0].limits.gate_idle_ms == 10


def test_a_directory_with_a_pki_is_not_overwritten(tmp_path: Path) -> None:
    make(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(ConfigInvalid, match="exists already"):
        make(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_the_front_certificate_is_for_names_and_addresses(tmp_path: Path) -> None:
    pki, config = make(tmp_path)
    leaf = load_chain(config.host.tenant[0].certificate)[0]
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert load_anchors(pki.ca_file)[0].subject == leaf.issuer
