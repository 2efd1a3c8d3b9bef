"""Certificates, keys and revocation lists from files: each failure names the file, what is wrong and what to mend.

A key is given as bytes, since keys come from a credential store that the caller knows.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.mismatch import UNREADABLE, alternative_names, subject_matches, weakness
from certs.profile import Usage
from certs.revocation import is_fresh

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

FILE_BYTES = 16 * 1024 * 1024  # a CRL of a large public CA has a few MiB; nothing sensible is larger

_OID = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}
_EKU_NAME = {"server": "serverAuth", "client": "clientAuth"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong, and how to mend it."""

    path: str
    message: str
    mend: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}\n    mend: {self.mend}"


class CertInvalid(Exception):
    """What was given cannot be used. Carries every fault found."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


def load_chain(path: str | Path) -> tuple[x509.Certificate, ...]:
    """A PEM file with the leaf first, then each issuer; the anchor may be left out."""
    data = _read(path)
    if b"PRIVATE KEY" in data:
        raise _invalid(path, "holds a private key", "keep the key in keys_dir or the credential store, never here")
    chain = _parse(path, data)
    for below, above in itertools.pairwise(chain):
        if below.issuer != above.subject:
            raise _invalid(path, "the certificates are not in order", "write the leaf first, then each one's issuer")
    return chain


def load_anchors(path: str | Path) -> tuple[x509.Certificate, ...]:
    """A PEM file with the certificates of CAs that are trusted."""
    anchors = _parse(path, _read(path))
    for anchor in anchors:
        try:
            is_authority = anchor.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        except (x509.ExtensionNotFound, *UNREADABLE):
            is_authority = False
        if not is_authority:
            raise _invalid(
                path, "holds a certificate that is not a CA's", "name the CA's own certificate as the anchor"
            )
    return anchors


def load_crls(path: str | Path) -> tuple[x509.CertificateRevocationList, ...]:
    """One DER list, or any number of PEM lists in one file."""
    data = _read(path)
    try:
        if b"-----BEGIN" not in data:
            return (x509.load_der_x509_crl(data),)
        marker = b"-----END X509 CRL-----"
        blocks = [block + marker for block in data.split(marker)[:-1]]
        crls = tuple(x509.load_pem_x509_crl(block) for block in blocks)
    except UNREADABLE as error:
        raise _invalid(path, "is not a revocation list", "fetch the CRL again from the CA, in PEM or DER") from error
    if not crls:
        raise _invalid(path, "holds no revocation list", "fetch the CRL from the CA, in PEM or DER")
    return crls


def load_private_key(data: bytes, name: str = "the private key") -> PrivateKey:
    """PKCS#8 or a traditional PEM key, without a passphrase. `name` is for messages; the data is never in one."""
    try:
        key = serialization.load_pem_private_key(data, password=None)
    except TypeError as error:
        raise _invalid(
            name, "is encrypted", "store it without a passphrase; the credential store protects it"
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _invalid(
            name, "is not a private key in PEM", "write it with `sekisho certs`, or as PKCS#8 PEM"
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise _invalid(name, "is neither an ECDSA nor an RSA key", "make a P-256 key; TLS peers must know its kind")
    return key


def check_own(
    chain: Sequence[x509.Certificate],
    key: PrivateKey | None,
    usage: Usage,
    names: Iterable[str],
    now: datetime,
    path: str | Path = "the certificate",
) -> None:
    """What our own certificate must be before a peer sees it. Raises CertInvalid with every fault."""
    leaf = chain[0]
    faults: list[Fault] = []

    def fault(message: str, mend: str) -> None:
        faults.append(Fault(str(path), message, mend))

    if key is not None and key.public_key() != leaf.public_key():
        fault("does not belong to the private key", "give the key that it was issued for, or have it issued again")
    for certificate in chain:
        if now > certificate.not_valid_after_utc:
            fault(f"expired on {_date(certificate.not_valid_after_utc)}: {_who(certificate)}", "renew it")
        if now < certificate.not_valid_before_utc:
            fault(
                f"is not valid before {_date(certificate.not_valid_before_utc)}: {_who(certificate)}",
                "wait until then, or set this host's clock",
            )
        weak = weakness(certificate)
        if weak:
            fault(f"is too weak: {weak}", "have it issued for a P-256 key and signed with SHA-256")
    for name in sorted(names):
        if not subject_matches(leaf, name):
            fault(f"is not for {name}", f"have it issued with the DNS name {name} in its subjectAltName")
    if not _for_usage(leaf, usage):
        fault(f"may not be used as a {usage}", f"have it issued with the extended key usage {_EKU_NAME[usage]}")
    if faults:
        raise CertInvalid(faults)


def check_crls(
    crls: Sequence[x509.CertificateRevocationList],
    anchors: Sequence[x509.Certificate],
    now: datetime,
    path: str | Path = "the revocation list",
) -> None:
    """A list that would refuse every peer from the start is a fault of the configuration."""
    issuers = {anchor.subject for anchor in anchors}
    if not any(crl.issuer in issuers for crl in crls):
        raise _invalid(path, "is not from the configured anchor", "fetch the CRL of the CA that `anchor` names")
    if not any(is_fresh(crl, now, None) for crl in crls if crl.issuer in issuers):
        raise _invalid(path, "is out of date", "fetch a new one from the CA, and have that repeated by a timer")


def _read(path: str | Path) -> bytes:
    try:
        with Path(path).open("rb") as file:
            data = file.read(FILE_BYTES + 1)
    except OSError as error:
        mend = "check the path" if isinstance(error, FileNotFoundError) else "check the file's owner and mode"
        raise _invalid(path, f"cannot be read: {error.strerror}", mend) from error
    if len(data) > FILE_BYTES:
        raise _invalid(path, f"is larger than {FILE_BYTES} bytes", "check that it is the right file")
    return data


def _parse(path: str | Path, data: bytes) -> tuple[x509.Certificate, ...]:
    try:
        found = tuple(x509.load_pem_x509_certificates(data))
        for certificate in found:
            certificate.public_key()
            alternative_names(certificate)
    except UNREADABLE as error:
        raise _invalid(path, "is not a list of certificates in PEM", "export it again, in PEM") from error
    return found


def _for_usage(leaf: x509.Certificate, usage: Usage) -> bool:
    try:
        return _OID[usage] in leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False


def _who(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()


def _date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def _invalid(path: str | Path, message: str, mend: str) -> CertInvalid:
    return CertInvalid([Fault(str(path), message, mend)])
