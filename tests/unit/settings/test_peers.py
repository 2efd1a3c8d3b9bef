"""Revocation lists are renewed while a role runs, and a bad one changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certs.issue import PrivateAuthority
from certs.profile import Mismatch, PeerRejected, spki_pin, verify_peer
from relay.settings.model import Gate
from relay.settings.peers import Peers

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def authority() -> PrivateAuthority:
    return PrivateAuthority.create("LGWAN test", now=NOW)


def declared(directory: Path, authority: PrivateAuthority, pin: str) -> Gate:
    (directory / "anchor.crt").write_bytes(authority.anchor_pem)
    return Gate(
        name="gate-1",
        address="127.0.0.1:1",
        server_name="gate1.lab.example",
        anchor=str(directory / "anchor.crt"),
        pins=[pin],
        crl=str(directory / "ca.crl"),
        receipt_key=str(directory / "none"),
    )


def test_a_new_list_takes_effect_and_a_bad_one_does_not(tmp_path: Path, authority: PrivateAuthority) -> None:
    issued = authority.issue(["gate1.lab.example"], "server", now=NOW)
    crl = tmp_path / "ca.crl"
    crl.write_bytes(authority.crl_pem(now=NOW))
    peers = Peers([declared(tmp_path, authority, spki_pin(issued.certificate))], "server", NOW)
    profiles = peers.profiles
    chain = [issued.certificate]
    assert peers.directories == (tmp_path,)
    assert verify_peer(chain, profiles[0], NOW).name == "gate1.lab.example"
    assert peers.refresh(NOW) == []

    crl.write_bytes(b"not a list")
    (refused,) = peers.refresh(NOW)
    assert refused.peer == "gate-1"
    assert refused.problem is not None
    assert "not a revocation list" in str(refused.problem) or "no revocation list" in str(refused.problem)
    assert verify_peer(chain, profiles[0], NOW).name == "gate1.lab.example"
    assert peers.refresh(NOW) == [], "the same bad file is not told twice"

    later = NOW + timedelta(hours=1)
    new = tmp_path / "new.crl"
    new.write_bytes(authority.crl_pem([issued.certificate.serial_number], now=later))
    new.rename(crl)
    (renewed,) = peers.refresh(later)
    assert renewed.problem is None
    with pytest.raises(PeerRejected) as rejected:
        verify_peer(chain, profiles[0], later)
    assert rejected.value.mismatch is Mismatch.REVOKED


def test_a_list_that_vanished_grows_stale(tmp_path: Path, authority: PrivateAuthority) -> None:
    issued = authority.issue(["gate1.lab.example"], "server", now=NOW)
    crl = tmp_path / "ca.crl"
    crl.write_bytes(authority.crl_pem(now=NOW))
    peers = Peers([declared(tmp_path, authority, spki_pin(issued.certificate))], "server", NOW)
    crl.unlink()
    assert [renewal.problem is None for renewal in peers.refresh(NOW)] == [False]
    with pytest.raises(PeerRejected) as rejected:
        verify_peer([issued.certificate], peers.profiles[0], NOW + timedelta(hours=25))
    assert rejected.value.mismatch is Mismatch.CRL_STALE
