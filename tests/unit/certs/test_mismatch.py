"""The search for the reason of a refusal: what is named first when several things are wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.issue import PrivateAuthority, self_signed
from certs.mismatch import RANK, Mismatch, PeerRejected, diagnose, subject_matches, weakness
from certs.profile import verify_chain

NOW = datetime(2026, 4, 1, 12, 0, 0, tzinfo=UTC)
NAME = "gate.example"
CA = PrivateAuthority.create("Test CA", now=NOW)
OTHER = PrivateAuthority.create("Other CA", now=NOW)
WEAK = rsa.generate_private_key(65537, 1024)
PAST: dict[str, Any] = {"not_before": NOW - timedelta(days=9), "not_after": NOW - timedelta(days=1)}
FUTURE: dict[str, Any] = {"not_before": NOW + timedelta(days=1), "not_after": NOW + timedelta(days=9)}


@pytest.mark.parametrize(
    ("issued", "expected"),
    [
        (self_signed(["x.example"], now=NOW, usage="client"), Mismatch.SELF_SIGNED),
        (OTHER.issue(["x.example"], "client", key=WEAK, **PAST), Mismatch.UNTRUSTED),
        (CA.issue(["x.example"], "client", key=WEAK, **PAST), Mismatch.KEY_WEAK),
        (CA.issue(["x.example"], "client", **PAST), Mismatch.EXPIRED),
        (CA.issue(["x.example"], "client", **FUTURE), Mismatch.NOT_YET_VALID),
        (CA.issue(["x.example"], "client", now=NOW), Mismatch.USAGE),
        (CA.issue(["x.example"], "server", now=NOW), Mismatch.NAME),
        (CA.issue([NAME], "server", now=NOW), Mismatch.INVALID),
    ],
)
def test_the_order_of_reasons(issued: Any, expected: Mismatch) -> None:
    found = diagnose(issued.certificate, (), (CA.certificate,), ExtendedKeyUsageOID.SERVER_AUTH, NAME, NOW)
    assert found is expected


def test_the_ranks_follow_the_checks() -> None:
    order = [Mismatch.MISSING, Mismatch.UNTRUSTED, Mismatch.NAME, Mismatch.PIN, Mismatch.CRL_STALE, Mismatch.REVOKED]
    assert sorted(order, key=RANK.__getitem__) == order
    assert set(RANK) == set(Mismatch)


@pytest.mark.parametrize(
    ("name", "matches"),
    [
        ("gate.example", True),
        ("GATE.EXAMPLE", True),
        ("a.wild.example", True),
        ("wild.example", False),
        ("a.b.wild.example", False),
        ("example", False),
        ("192.0.2.1", True),
        ("192.0.2.2", False),
    ],
)
def test_names(name: str, matches: bool) -> None:
    leaf = CA.issue([NAME, "*.wild.example", "192.0.2.1"], "server", now=NOW).certificate
    assert subject_matches(leaf, name) is matches


def test_weakness_says_what_is_weak() -> None:
    assert weakness(CA.certificate) == ""
    assert "1024" in weakness(CA.issue([NAME], "server", key=WEAK, now=NOW).certificate)


def test_a_signature_with_sha_1_is_weak() -> None:
    key = rsa.generate_private_key(65537, 2048)
    authority = PrivateAuthority.create("Old CA", now=NOW, key=key)
    leaf = authority.issue([NAME], "server", now=NOW).certificate
    sha256, sha1 = (bytes.fromhex("06092a864886f70d0101" + last) for last in ("0b", "05"))
    signed = leaf.tbs_certificate_bytes.replace(sha256, sha1)
    der = leaf.public_bytes(Encoding.DER).replace(sha256, sha1)
    old = x509.load_der_x509_certificate(
        der.replace(leaf.signature, key.sign(signed, padding.PKCS1v15(), hashes.SHA1()))
    )
    assert weakness(old) == "signed with sha1"
    with pytest.raises(PeerRejected) as rejected:
        verify_chain(old, (), (authority.certificate,), "server", NAME, NOW)
    assert rejected.value.mismatch is Mismatch.KEY_WEAK


def test_a_refusal_reads_as_its_reason() -> None:
    assert str(PeerRejected(Mismatch.PIN)) == "cert_pin_mismatch"
    assert str(PeerRejected(Mismatch.PIN, "its key is x")) == "cert_pin_mismatch: its key is x"
