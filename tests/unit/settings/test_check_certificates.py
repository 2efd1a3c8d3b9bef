"""Each thing that can be wrong with a certificate or a revocation list, found before a peer finds it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from certs.issue import Issued, PrivateAuthority, self_signed
from relay.settings.check import check_gate, check_host
from relay.settings.pki import LabConfig, Pki
from tests.unit.settings.lab import DAY, NOW, edit, make, replace_file

PEM = serialization.Encoding.PEM


@pytest.fixture
def lab(tmp_path: Path) -> tuple[Pki, LabConfig]:
    return make(tmp_path)


def found(config: LabConfig, *, gate: bool = False) -> list[str]:
    """Problems as "key: message", without the directory."""
    checked = check_gate(config.gate_files[0], NOW) if gate else check_host(config.host_file, NOW)
    path = config.gate_files[0] if gate else config.host_file
    lines = path.read_text().splitlines()
    for problem in checked.problems:
        assert problem.path == str(path)
        key = problem.message.partition(": ")[0].split()
        assert lines[problem.line - 1].startswith((key[-1], "[")), "the line is the one that the message names"
        assert problem.mend
    return [problem.message.replace(str(path.parent), "DIR") for problem in checked.problems]


def install(pki: Pki, issued: Issued, *, key: bool = True) -> None:
    replace_file(pki.relay_directory / "city-a.crt", issued.chain_pem)
    if key:
        replace_file(pki.relay_directory / "keys" / "city-a", issued.key_pem)


HOSTS = ["localhost", "127.0.0.1"]
CERTIFICATE = "[[tenant]] 1 certificate: DIR/relay/city-a.crt "


@pytest.mark.parametrize(
    ("make_one", "message"),
    [
        (lambda ca: ca.issue(HOSTS, "server", not_before=NOW - 9 * DAY, not_after=NOW - DAY), "expired on "),
        (lambda ca: ca.issue(HOSTS, "server", not_before=NOW + DAY), "is not valid before "),
        (lambda ca: ca.issue(["localhost"], "server"), "is not for 127.0.0.1"),
        (lambda ca: ca.issue(["*.example.jp", "127.0.0.1"], "server"), "is not for localhost"),
        (lambda ca: ca.issue(HOSTS, "client"), "may not be used as a server"),
        (lambda ca: ca.issue(HOSTS, "none"), "may not be used as a server"),
        (
            lambda ca: ca.issue(HOSTS, "server", key=rsa.generate_private_key(65537, 1024)),
            "is too weak: ",
        ),  # that is the point
    ],
)
def test_a_certificate_that_cannot_serve(
    lab: tuple[Pki, LabConfig], make_one: Callable[[PrivateAuthority], Issued], message: str
) -> None:
    pki, config = lab
    install(pki, make_one(pki.authorities.internet))
    problems = found(config)
    assert len(problems) == 1
    assert problems[0].startswith(CERTIFICATE + message)


def test_a_certificate_for_another_key(lab: tuple[Pki, LabConfig]) -> None:
    pki, config = lab
    install(pki, pki.authorities.issue("front", HOSTS), key=False)
    assert found(config) == [CERTIFICATE + "does not belong to the private key"]


def test_everything_wrong_with_one_certificate_is_told_at_once(lab: tuple[Pki, LabConfig]) -> None:
    pki, config = lab
    bad = pki.authorities.internet.issue(["x.example.jp"], "client", not_before=NOW - 9 * DAY, not_after=NOW - DAY)
    install(pki, bad, key=False)
    assert len(found(config)) == 5


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a list of certificates in PEM"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "is not a list of certificates in PEM"),
        (b"-----BEGIN PRIVATE KEY-----\n", "holds a private key"),
    ],
)
def test_a_file_that_is_no_certificate(lab: tuple[Pki, LabConfig], content: bytes, message: str) -> None:
    pki, config = lab
    replace_file(pki.relay_directory / "city-a.crt", content)
    assert found(config) == [CERTIFICATE + message]


def test_the_clients_certificate_of_the_relay(lab: tuple[Pki, LabConfig]) -> None:
    pki, config = lab
    replace_file(pki.relay_directory / "egress.crt", pki.authorities.issue("gate", [pki.relay_name]).chain_pem)
    problems = found(config)
    assert [problem.partition("egress.crt ")[2] for problem in problems] == [
        "does not belong to the private key",
        "may not be used as a client",
    ]


def test_front_and_egress_with_one_key(lab: tuple[Pki, LabConfig]) -> None:
    pki, config = lab
    front = pki.authorities.issue("front", HOSTS)
    install(pki, front)
    replace_file(
        pki.relay_directory / "egress.crt",
        pki.authorities.lgwan.issue([pki.relay_name], "client", key=front.key).chain_pem,
    )
    replace_file(pki.relay_directory / "keys" / "egress", front.key_pem)
    assert found(config) == ["[egress] certificate: has the same key as a tenant's certificate"]


def test_the_servers_certificate_of_the_gate(lab: tuple[Pki, LabConfig]) -> None:
    pki, config = lab
    issued = pki.authorities.issue("gate", ["other.example.jp"])
    replace_file(pki.gates[0].directory / "gate.crt", issued.chain_pem)
    replace_file(pki.gates[0].directory / "keys" / "gate", issued.key_pem)
    assert found(config, gate=True) == ["[gate] certificate: DIR/gate-1/gate.crt is not for gate1.lab.example"]


@pytest.mark.parametrize("gate", [False, True])
def test_an_anchor_that_has_expired_or_is_no_ca(lab: tuple[Pki, LabConfig], gate: bool) -> None:
    pki, config = lab
    table = "[[relay]]" if gate else "[[gate]]"
    old = PrivateAuthority.create("old", not_before=NOW - 9 * DAY, not_after=NOW - DAY)
    replace_file(pki.authorities.anchor("lgwan"), old.anchor_pem)
    first, second = found(config, gate=gate)
    assert first.startswith(f"{table} 1 anchor: DIR/ca/lgwan-ca.crt is valid from ")
    assert second == f"{table} 1 crl: DIR/ca/lgwan-ca.crl is not from the configured anchor"
    replace_file(pki.authorities.anchor("lgwan"), self_signed(["x.example.jp"]).chain_pem)
    problem = f"{table} 1 anchor: DIR/ca/lgwan-ca.crt holds a certificate that is not a CA's"
    assert found(config, gate=gate) == [problem]


def test_revocation_lists_that_would_refuse_every_peer(lab: tuple[Pki, LabConfig]) -> None:
    pki, config = lab
    ca = pki.authorities.lgwan
    for crl, message in (
        (ca.crl(this_update=NOW - 9 * DAY, next_update=NOW - DAY), "is out of date"),
        (ca.crl(this_update=NOW + DAY, next_update=NOW + 9 * DAY), "is out of date"),
        (ca.crl(this_update=NOW - 8 * DAY, next_update=NOW + DAY), "is older than crl_max_age_hours = 168 allows"),
        (pki.authorities.internet.crl(), "is not from the configured anchor"),
    ):
        replace_file(pki.authorities.crl, crl.public_bytes(PEM))
        assert found(config) == [f"[[gate]] 1 crl: DIR/ca/lgwan-ca.crl {message}"]
    replace_file(pki.authorities.crl, b"x")
    assert found(config) == ["[[gate]] 1 crl: DIR/ca/lgwan-ca.crl is not a revocation list"]


def test_a_list_of_exactly_the_greatest_age_is_taken(lab: tuple[Pki, LabConfig]) -> None:
    pki, config = lab
    crl = pki.authorities.lgwan.crl(this_update=(NOW - 7 * DAY).replace(microsecond=0), next_update=NOW + DAY)
    replace_file(pki.authorities.crl, crl.public_bytes(PEM))
    at = NOW.replace(microsecond=0)
    assert check_host(config.host_file, at).problems == ()
    assert len(check_host(config.host_file, at.replace(microsecond=1)).problems) == 1


def test_no_revocation_list_is_a_warning(lab: tuple[Pki, LabConfig]) -> None:
    _, config = lab
    text = config.host_file.read_text()
    config.host_file.write_text("".join(line for line in text.splitlines(True) if not line.startswith("crl = ")))
    checked = check_host(config.host_file, NOW)
    assert checked.problems == ()
    assert [warning.message.partition(": ")[2] for warning in checked.warnings] == [
        "has no `crl`: a certificate that was revoked would still be taken"
    ]


@pytest.mark.parametrize(("left", "warned"), [(30 * DAY, True), (31 * DAY, False), (0 * DAY, True)])
def test_thirty_days_before_its_end_a_certificate_is_a_warning(
    lab: tuple[Pki, LabConfig], left: object, warned: bool
) -> None:
    pki, config = lab
    at = NOW.replace(microsecond=0)
    install(pki, pki.authorities.internet.issue(HOSTS, "server", not_after=at + left))  # type: ignore[operator]  # a timedelta
    checked = check_host(config.host_file, at)
    assert checked.problems == ()
    assert [" expires in " in warning.message for warning in checked.warnings] == [True] * warned


def test_a_certificate_that_is_not_for_the_relays_own_name_is_a_warning(lab: tuple[Pki, LabConfig]) -> None:
    pki, config = lab
    edit(config.host_file, f'[host]\nname = "{pki.relay_name}"', '[host]\nname = "relay9.example.jp"')
    checked = check_host(config.host_file, NOW)
    assert checked.problems == ()
    assert "is not for relay9.example.jp" in checked.warnings[0].message
