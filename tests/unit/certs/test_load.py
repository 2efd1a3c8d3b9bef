"""What operators give: each fault with the file, what is wrong and what to mend."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from certs import load
from certs.issue import PrivateAuthority, private_key_pem
from certs.load import (
    CertInvalid,
    check_crls,
    check_own,
    load_anchors,
    load_chain,
    load_crls,
    load_private_key,
)

NOW = datetime(2026, 4, 1, 12, 0, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NAME = "www.town.example"
CA = PrivateAuthority.create("Test CA", now=NOW)
BELOW = CA.intermediate("Below", now=NOW)
OWN = BELOW.issue([NAME], "server", now=NOW)


def messages(invalid: pytest.ExceptionInfo[CertInvalid]) -> str:
    assert all(fault.path and fault.message and fault.mend for fault in invalid.value.faults)
    return str(invalid.value)


class TestChain:
    def test_read_back(self, tmp_path: Path) -> None:
        path = tmp_path / "chain.pem"
        path.write_bytes(OWN.chain_pem)
        assert load_chain(path) == OWN.chain
        assert len(OWN.chain) == 2

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "not a list of certificates"),
            (b"hello", "not a list of certificates"),
            (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "not a list of certificates"),
            (OWN.key_pem + OWN.chain_pem, "holds a private key"),
            (BELOW.certificate.public_bytes(Encoding.PEM) + OWN.certificate.public_bytes(Encoding.PEM), "not in order"),
        ],
    )
    def test_faults(self, tmp_path: Path, content: bytes, words: str) -> None:
        path = tmp_path / "chain.pem"
        path.write_bytes(content)
        with pytest.raises(CertInvalid) as invalid:
            load_chain(path)
        assert words in messages(invalid)
        assert str(path) in messages(invalid)

    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(CertInvalid) as invalid:
            load_chain(tmp_path / "none.pem")
        assert "check the path" in messages(invalid)

    def test_the_largest_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "chain.pem"
        path.write_bytes(OWN.chain_pem)
        monkeypatch.setattr(load, "FILE_BYTES", len(OWN.chain_pem))
        assert load_chain(path) == OWN.chain
        monkeypatch.setattr(load, "FILE_BYTES", len(OWN.chain_pem) - 1)
        with pytest.raises(CertInvalid, match="larger than"):
            load_chain(path)


class TestAnchors:
    def test_read_back(self, tmp_path: Path) -> None:
        path = tmp_path / "ca.pem"
        path.write_bytes(CA.anchor_pem)
        assert load_anchors(path) == (CA.certificate,)

    def test_a_leaf_is_no_anchor(self, tmp_path: Path) -> None:
        path = tmp_path / "ca.pem"
        path.write_bytes(OWN.chain_pem)
        with pytest.raises(CertInvalid, match="not a CA's"):
            load_anchors(path)


class TestLists:
    def test_one_in_der_and_several_in_pem(self, tmp_path: Path) -> None:
        path = tmp_path / "ca.crl"
        first, second = CA.crl(now=NOW), BELOW.crl([7], now=NOW)
        path.write_bytes(first.public_bytes(Encoding.DER))
        assert load_crls(path) == (first,)
        path.write_bytes(first.public_bytes(Encoding.PEM) + second.public_bytes(Encoding.PEM))
        assert load_crls(path) == (first, second)

    @pytest.mark.parametrize(
        "content", [b"", b"hello", b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", OWN.chain_pem]
    )
    def test_faults(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "ca.crl"
        path.write_bytes(content)
        with pytest.raises(CertInvalid) as invalid:
            load_crls(path)
        assert "revocation list" in messages(invalid)

    def test_one_that_would_refuse_everybody(self) -> None:
        check_crls([CA.crl(now=NOW)], [CA.certificate], NOW)
        with pytest.raises(CertInvalid, match="out of date"):
            check_crls([CA.crl(now=NOW)], [CA.certificate], NOW + 30 * DAY)
        with pytest.raises(CertInvalid, match="not from the configured anchor"):
            check_crls([BELOW.crl(now=NOW)], [CA.certificate], NOW)


class TestKey:
    @pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)])
    def test_read_back(self, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
        assert load_private_key(private_key_pem(key)).public_key() == key.public_key()

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"", "not a private key"),
            (b"SECRET", "not a private key"),
            (OWN.chain_pem, "not a private key"),
            (private_key_pem(ed25519.Ed25519PrivateKey.generate()), "neither an ECDSA nor an RSA key"),
            (
                ec.generate_private_key(ec.SECP256R1()).private_bytes(
                    Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
                ),
                "is encrypted",
            ),
        ],
    )
    def test_faults_never_show_the_data(self, data: bytes, words: str) -> None:
        with pytest.raises(CertInvalid) as invalid:
            load_private_key(data, "key front")
        assert words in messages(invalid)
        assert "key front" in messages(invalid)
        assert "SECRET" not in messages(invalid)


class TestOwn:
    def test_a_good_one(self) -> None:
        check_own(OWN.chain, load_private_key(OWN.key_pem), "server", [NAME], NOW)
        check_own(OWN.chain, None, "server", [], NOW)

    def test_a_wildcard_serves(self) -> None:
        wild = CA.issue(["*.town.example"], "server", now=NOW)
        check_own(wild.chain, None, "server", [NAME, "mail.town.example"], NOW)
        with pytest.raises(CertInvalid, match=r"a\.b\.town\.example"):
            check_own(wild.chain, None, "server", ["a.b.town.example"], NOW)

    def test_every_fault_is_told_at_once(self) -> None:
        bad = CA.issue(
            ["other.example"], "client", now=NOW, not_after=NOW + DAY, key=rsa.generate_private_key(65537, 1024)
        )
        with pytest.raises(CertInvalid) as invalid:
            check_own(bad.chain, load_private_key(OWN.key_pem), "server", [NAME], NOW + 2 * DAY, "chain.pem")
        told = messages(invalid)
        assert len(invalid.value.faults) == 5
        for words in (
            "does not belong",
            "expired on 2026-04-02",
            "RSA with 1024 bits",
            f"is not for {NAME}",
            "serverAuth",
        ):
            assert words in told

    def test_one_of_tomorrow(self) -> None:
        with pytest.raises(CertInvalid, match="is not valid before"):
            check_own(OWN.chain, None, "server", [], NOW - DAY)
