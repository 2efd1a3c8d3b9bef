"""A small private certificate authority: for the lab, for tests, and for `sekisho certs` where no other CA is at hand.

P-256 keys, ECDSA with SHA-256, random serial numbers (RFC 5280 4.1.2.2), and every extension that `certs.profile` asks
for: SAN, EKU, AKI and SKI (4.2.1). The overrides (dates, key, usage, digest) exist so that tests can make certificates
that must be refused; nothing here judges what it issues.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

IssuedUsage = Literal["server", "client", "both", "none"]
IssuingKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

AUTHORITY_LIFETIME = timedelta(days=3650)
LEAF_LIFETIME = timedelta(days=90)
CRL_LIFETIME = timedelta(days=7)
BACKDATING = timedelta(
    hours=1
)  # hosts whose clocks run behind must not see "not yet valid"; public authorities do the same

_USAGES = {
    "server": [ExtendedKeyUsageOID.SERVER_AUTH],
    "client": [ExtendedKeyUsageOID.CLIENT_AUTH],
    "both": [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH],
    "none": [],
}


class Issued(NamedTuple):
    """A private key and its chain, leaf first, the anchor left out."""

    key: IssuingKey
    chain_pem: bytes

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        return tuple(x509.load_pem_x509_certificates(self.chain_pem))

    @property
    def certificate(self) -> x509.Certificate:
        return self.chain[0]

    @property
    def key_pem(self) -> bytes:
        return private_key_pem(self.key)


def private_key_pem(key: IssuingKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@dataclass(frozen=True)
class PrivateAuthority:
    """A CA key with its certificate; `above` are the certificates up to, but not including, the anchor."""

    key: IssuingKey
    certificate: x509.Certificate
    anchor: x509.Certificate
    above: tuple[x509.Certificate, ...] = ()

    @classmethod
    def create(
        cls,
        name: str,
        *,
        now: datetime | None = None,
        key: IssuingKey | None = None,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> PrivateAuthority:
        """A new anchor. `now` is the current time unless given."""
        now = _now(now)
        signer = key or ec.generate_private_key(ec.SECP256R1())
        subject = _name(name)
        certificate = _sign(
            _authority_builder(subject, subject, signer, not_before or now - BACKDATING, not_after, now),
            signer,
            signer,
        )
        return cls(signer, certificate, certificate)

    def intermediate(
        self,
        name: str,
        *,
        now: datetime | None = None,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> PrivateAuthority:
        """A CA below this one; its leaves carry it in their chain."""
        now = _now(now)
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _authority_builder(
            _name(name), self.certificate.subject, key, not_before or now - BACKDATING, not_after, now
        )
        certificate = _sign(builder, key, self.key)
        return PrivateAuthority(key, certificate, self.anchor, (certificate, *self.above))

    @property
    def anchor_pem(self) -> bytes:
        return self.anchor.public_bytes(serialization.Encoding.PEM)

    def issue(
        self,
        names: Iterable[str],
        usage: IssuedUsage,
        *,
        key: IssuingKey | None = None,
        now: datetime | None = None,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        serial: int | None = None,
        digest: hashes.HashAlgorithm | None = None,
        as_authority: bool = False,
    ) -> Issued:
        """A leaf for DNS names and IP addresses; no names, no SAN; usage `none`, no EKU."""
        now = _now(now)
        key = key or ec.generate_private_key(ec.SECP256R1())
        names = tuple(names)
        builder = (
            _builder(_name(names[0] if names else "unnamed"), self.certificate.subject, key)
            .serial_number(serial or x509.random_serial_number())
            .not_valid_before(not_before or now - BACKDATING)
            .not_valid_after(not_after or now + LEAF_LIFETIME)
            .add_extension(x509.BasicConstraints(ca=as_authority, path_length=None), critical=True)
            .add_extension(_key_usage(authority=as_authority), critical=True)
        )
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False
            )
        if _USAGES[usage]:
            builder = builder.add_extension(x509.ExtendedKeyUsage(_USAGES[usage]), critical=False)
        leaf = _sign(builder, key, self.key, digest)
        pem = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (leaf, *self.above))
        return Issued(key, pem)

    def crl(
        self,
        revoked: Iterable[int] = (),
        *,
        now: datetime | None = None,
        this_update: datetime | None = None,
        next_update: datetime | None = None,
        number: int = 1,
    ) -> x509.CertificateRevocationList:
        """A complete CRL of this CA over the given serial numbers."""
        now = _now(now)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(this_update or now - BACKDATING)
            .next_update(next_update or now + CRL_LIFETIME)
            .add_extension(x509.CRLNumber(number), critical=False)
            .add_extension(_authority_key(self.key), critical=False)
        )
        for serial in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(this_update or now).build()
            builder = builder.add_revoked_certificate(entry)
        return builder.sign(self.key, _digest(self.key))

    def crl_pem(self, revoked: Iterable[int] = (), *, now: datetime | None = None) -> bytes:
        return self.crl(revoked, now=now).public_bytes(serialization.Encoding.PEM)


def self_signed(
    names: Iterable[str], *, now: datetime | None = None, usage: IssuedUsage = "both", key: IssuingKey | None = None
) -> Issued:
    """A leaf that vouches for itself; for tests of its refusal."""
    names = tuple(names)
    key = key or ec.generate_private_key(ec.SECP256R1())
    own = PrivateAuthority.create(names[0], key=key, now=now)
    issued = own.issue(names, usage, key=key, now=now)
    return Issued(key, issued.certificate.public_bytes(serialization.Encoding.PEM))


def _now(now: datetime | None) -> datetime:
    return (now or datetime.now(UTC)).replace(microsecond=0)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _digest(key: IssuingKey) -> hashes.SHA256 | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def _authority_key(key: IssuingKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(subject: x509.Name, issuer: x509.Name, key: IssuingKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _authority_builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: IssuingKey,
    not_before: datetime,
    not_after: datetime | None,
    now: datetime,
) -> x509.CertificateBuilder:
    return (
        _builder(subject, issuer, key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after or now + AUTHORITY_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_key_usage(authority=True), critical=True)
    )


def _sign(
    builder: x509.CertificateBuilder,
    own: IssuingKey,
    signer: IssuingKey,
    digest: hashes.HashAlgorithm | None = None,
) -> x509.Certificate:
    if own is not signer:
        builder = builder.add_extension(_authority_key(signer), critical=False)
    algorithm = digest or _digest(signer)
    return builder.sign(signer, algorithm)  # type: ignore[arg-type]  # any digest may be asked for, to test refusals
