"""What the small CA issues: extensions, serial numbers, chains and lists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.issue import CRL_LIFETIME, LEAF_LIFETIME, PrivateAuthority, self_signed
from certs.load import load_private_key
from certs.mismatch import alternative_names

NOW = datetime(2026, 4, 1, 12, 0, 0, tzinfo=UTC)
CA = PrivateAuthority.create("Test CA", now=NOW)


def test_a_leaf_has_what_the_web_pki_profile_asks_for() -> None:
    leaf = CA.issue(["a.example", "192.0.2.1"], "server", now=NOW).certificate
    extensions = leaf.extensions
    assert alternative_names(leaf) == {"a.example", "192.0.2.1"}
    assert list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    own = CA.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier == own
    assert isinstance(leaf.public_key(), ec.EllipticCurvePublicKey)
    assert leaf.not_valid_before_utc < NOW < leaf.not_valid_after_utc == NOW + LEAF_LIFETIME


def test_serial_numbers_are_random() -> None:
    serials = [CA.issue(["a.example"], "server", now=NOW).certificate.serial_number for _ in range(20)]
    assert len(set(serials)) == 20
    assert all(0 < serial < 1 << 159 for serial in serials)


def test_the_issued_unpacks_into_key_and_chain() -> None:
    key, chain_pem = CA.intermediate("Below", now=NOW).issue(["a.example"], "client", now=NOW)
    leaf, above = x509.load_pem_x509_certificates(chain_pem)
    assert key.public_key() == leaf.public_key()
    leaf.verify_directly_issued_by(above)
    above.verify_directly_issued_by(CA.certificate)


def test_the_key_is_written_so_that_it_can_be_loaded() -> None:
    issued = CA.issue(["a.example"], "server", now=NOW)
    assert load_private_key(issued.key_pem).public_key() == issued.certificate.public_key()


@pytest.mark.parametrize("revoked", [[], [5], [5, 6, 7]])
def test_lists(revoked: list[int]) -> None:
    crl = CA.crl(revoked, now=NOW, number=9)
    assert [entry.serial_number for entry in crl] == revoked
    assert crl.is_signature_valid(CA.certificate.public_key())  # type: ignore[arg-type]  # an EC key, as made above
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 9
    assert crl.next_update_utc == NOW + CRL_LIFETIME


def test_dates_can_be_chosen() -> None:
    past = NOW - timedelta(days=5)
    leaf = CA.issue(["a.example"], "server", not_before=past, not_after=NOW).certificate
    assert (leaf.not_valid_before_utc, leaf.not_valid_after_utc) == (past, NOW)


def test_self_signed_verifies_by_itself_alone() -> None:
    leaf = self_signed(["a.example"], now=NOW).certificate
    leaf.verify_directly_issued_by(leaf)
