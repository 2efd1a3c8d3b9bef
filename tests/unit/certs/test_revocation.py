"""Lists: fresh to the second, authentic, complete for what they cover; everything else is stale and refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from certs.issue import PrivateAuthority
from certs.profile import Mismatch, PeerProfile, PeerRejected, verify_peer
from certs.revocation import Standing, standing

NOW = datetime(2026, 4, 1, 12, 0, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
SHA256_WITH_RSA, SHA1_WITH_RSA = (bytes.fromhex("06092a864886f70d0101" + last) for last in ("0b", "05"))
NAME = "relay.example"
CA = PrivateAuthority.create("Test CA", now=NOW - 30 * DAY)
LEAF = CA.issue([NAME], "client", now=NOW - DAY)
LIST = CA.crl(this_update=NOW, next_update=NOW + 7 * DAY)


def judged(*crls: x509.CertificateRevocationList, now: datetime = NOW, max_age: timedelta | None = DAY) -> Standing:
    return standing(LEAF.certificate, CA.certificate, crls, now, max_age)


def built(*extensions: tuple[x509.ExtensionType, bool], revoked: bool = False) -> x509.CertificateRevocationList:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(CA.certificate.subject)
        .last_update(NOW)
        .next_update(NOW + DAY)
        .add_extension(x509.CRLNumber(7), critical=False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    if revoked:
        entry = (
            x509.RevokedCertificateBuilder().serial_number(LEAF.certificate.serial_number).revocation_date(NOW).build()
        )
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(CA.key, hashes.SHA256())


class TestFreshness:
    @pytest.mark.parametrize(
        ("now", "expected"),
        [
            (NOW - SECOND, Standing.UNKNOWN),
            (NOW, Standing.GOOD),
            (NOW + 7 * DAY - SECOND, Standing.GOOD),
            (NOW + 7 * DAY, Standing.UNKNOWN),
        ],
    )
    def test_by_its_own_dates(self, now: datetime, expected: Standing) -> None:
        assert judged(LIST, now=now, max_age=None) is expected

    @pytest.mark.parametrize(("age", "expected"), [(DAY, Standing.GOOD), (DAY + SECOND, Standing.UNKNOWN)])
    def test_by_the_operators_deadline(self, age: timedelta, expected: Standing) -> None:
        assert judged(LIST, now=NOW + age) is expected

    def test_a_revocation_counts_in_a_stale_list_too(self) -> None:
        assert (
            judged(CA.crl([LEAF.certificate.serial_number], this_update=NOW - 9 * DAY, next_update=NOW - DAY))
            is Standing.REVOKED
        )

    def test_a_revocation_counts_beside_a_fresh_list_without_it(self) -> None:
        revoked = CA.crl([LEAF.certificate.serial_number], this_update=NOW)
        assert judged(LIST, revoked) is Standing.REVOKED
        assert judged(revoked, LIST) is Standing.REVOKED

    def test_an_old_list_beside_a_fresh_one_does_no_harm(self) -> None:
        assert judged(CA.crl(this_update=NOW - 9 * DAY, next_update=NOW - DAY), LIST) is Standing.GOOD


class TestAuthenticity:
    def test_no_list(self) -> None:
        assert judged() is Standing.UNKNOWN

    def test_a_list_of_another_ca(self) -> None:
        assert judged(PrivateAuthority.create("Other", now=NOW).crl(now=NOW)) is Standing.UNKNOWN

    def test_a_list_of_another_key_under_the_same_name(self) -> None:
        forged = PrivateAuthority.create("Test CA", now=NOW)
        assert judged(forged.crl([LEAF.certificate.serial_number], now=NOW)) is Standing.UNKNOWN

    def test_an_issuer_that_may_not_sign_lists(self) -> None:
        leaf = CA.issue(["not-a-ca.example"], "server", now=NOW)
        below = PrivateAuthority(leaf.key, leaf.certificate, CA.certificate)
        child = below.issue([NAME], "client", now=NOW)
        assert standing(child.certificate, leaf.certificate, [below.crl(now=NOW)], NOW, None) is Standing.UNKNOWN

    def test_a_list_signed_with_sha_1(self) -> None:
        key = rsa.generate_private_key(65537, 2048)
        old = PrivateAuthority.create("Old CA", now=NOW, key=key)
        child = old.issue([NAME], "client", now=NOW)
        crl = old.crl(now=NOW)
        assert standing(child.certificate, old.certificate, [crl], NOW, None) is Standing.GOOD
        der = crl.public_bytes(Encoding.DER).replace(SHA256_WITH_RSA, SHA1_WITH_RSA)
        signed = crl.tbs_certlist_bytes.replace(SHA256_WITH_RSA, SHA1_WITH_RSA)
        forged = x509.load_der_x509_crl(der.replace(crl.signature, key.sign(signed, padding.PKCS1v15(), hashes.SHA1())))
        assert forged.signature_hash_algorithm is not None
        assert forged.signature_hash_algorithm.name == "sha1"
        assert standing(child.certificate, old.certificate, [forged], NOW, None) is Standing.UNKNOWN


class TestCoverage:
    def test_what_is_plain_covers(self) -> None:
        assert judged(built()) is Standing.GOOD
        assert judged(built(revoked=True)) is Standing.REVOKED

    @pytest.mark.parametrize(
        "extension",
        [
            x509.DeltaCRLIndicator(3),
            x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"),
            x509.IssuingDistributionPoint(None, None, False, False, None, True, False),
            x509.IssuingDistributionPoint(None, None, False, True, None, False, False),
            x509.IssuingDistributionPoint(None, None, False, False, None, False, True),
            x509.IssuingDistributionPoint(
                None, None, False, False, frozenset({x509.ReasonFlags.key_compromise}), False, False
            ),
            x509.IssuingDistributionPoint(
                [x509.UniformResourceIdentifier("http://ca.example/1.crl")], None, False, False, None, False, False
            ),
        ],
        ids=["delta", "unknown", "indirect", "CAs only", "attributes only", "some reasons", "another part"],
    )
    def test_what_is_partial_or_unknown_does_not(self, extension: x509.ExtensionType) -> None:
        assert judged(built((extension, True))) is Standing.UNKNOWN

    def test_users_only_covers_a_user(self) -> None:
        assert (
            judged(built((x509.IssuingDistributionPoint(None, None, True, False, None, False, False), True)))
            is Standing.GOOD
        )

    def test_a_named_part_covers_a_certificate_that_points_to_it(self) -> None:
        uri = x509.UniformResourceIdentifier("http://ca.example/1.crl")
        key = ec.generate_private_key(ec.SECP256R1())
        pointing = (
            x509.CertificateBuilder()
            .subject_name(LEAF.certificate.subject)
            .issuer_name(CA.certificate.subject)
            .public_key(key.public_key())
            .serial_number(5)
            .not_valid_before(NOW - DAY)
            .not_valid_after(NOW + DAY)
            .add_extension(
                x509.CRLDistributionPoints([x509.DistributionPoint([uri], None, None, None)]), critical=False
            )
            .sign(CA.key, hashes.SHA256())
        )
        part = built((x509.IssuingDistributionPoint([uri], None, False, False, None, False, False), True))
        assert standing(pointing, CA.certificate, [part], NOW, None) is Standing.GOOD

    def test_a_critical_extension_that_is_not_critical_is_passed_over(self) -> None:
        extension = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
        assert judged(built((extension, False))) is Standing.GOOD


class TestChains:
    below = CA.intermediate("Below", now=NOW - DAY)
    issued = below.issue([NAME], "client", now=NOW - DAY)

    def mismatch(self, *crls: x509.CertificateRevocationList) -> Mismatch | None:
        profile = PeerProfile((CA.certificate,), frozenset({NAME}), frozenset(), "client", crls)
        try:
            verify_peer(self.issued.chain, profile, NOW)
        except PeerRejected as rejected:
            return rejected.mismatch
        return None

    def test_every_issuer_needs_its_list(self) -> None:
        of_root, of_below = CA.crl(now=NOW), self.below.crl(now=NOW)
        assert self.mismatch(of_root, of_below) is None
        assert self.mismatch(of_root) is Mismatch.CRL_STALE
        assert self.mismatch(of_below) is Mismatch.CRL_STALE
        assert self.mismatch() is Mismatch.CRL_STALE

    def test_a_revoked_intermediate_revokes_what_is_below(self) -> None:
        revoked = CA.crl([self.below.certificate.serial_number], now=NOW)
        assert self.mismatch(revoked, self.below.crl(now=NOW)) is Mismatch.REVOKED

    def test_a_revocation_is_named_before_a_stale_list(self) -> None:
        assert self.mismatch(self.below.crl([self.issued.certificate.serial_number], now=NOW)) is Mismatch.REVOKED


def test_a_list_whose_issuer_cannot_be_read_is_as_if_it_were_not_there() -> None:
    """The parser is lazy, and a common name as a bit string is a TypeError to it."""
    raw = LIST.public_bytes(Encoding.DER)
    common_name, text, bits = b"\x06\x03\x55\x04\x03", b"\x0c", b"\x03"
    assert common_name + text in raw
    odd = x509.load_der_x509_crl(raw.replace(common_name + text, common_name + bits, 1))
    assert judged(odd) is Standing.UNKNOWN
    assert judged(odd, LIST) is Standing.GOOD
