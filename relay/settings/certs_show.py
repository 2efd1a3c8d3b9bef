"""What a certificate, revocation list or public key file says, in Japanese and English side by side.

Nothing is judged here: `sekisho certs check` does that. A private key is refused, so that none is shown by mistake.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.load import CertInvalid, load_chain, load_crls
from certs.mismatch import alternative_names
from certs.profile import spki_pin
from relay.base.errors import ConfigInvalid, Problem
from relay.envelope.keys import KeyInvalid, RecipientPublicKey
from relay.tree.note import Verifier

LABELS = {
    "kind": "種類 kind",
    "subject": "発行先 subject",
    "issuer": "発行者 issuer",
    "names": "名前 names (SAN)",
    "usage": "用途 usage (EKU)",
    "key": "鍵の種類 key type",
    "pin": "ピン pin",
    "serial": "シリアル番号 serial",
    "not_before": "有効開始 not before",
    "not_after": "有効期限 not after",
    "days_left": "残り日数 days left",
    "fingerprint": "指紋 SHA-256 fingerprint",
    "this_update": "発行日時 this update",
    "next_update": "次回更新 next update",
    "revoked": "失効数 revoked",
    "name": "名前 name",
    "key_id": "鍵ID key id",
}

_USAGES = {
    ExtendedKeyUsageOID.SERVER_AUTH: "server",
    ExtendedKeyUsageOID.CLIENT_AUTH: "client",
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE: "any",
}

Facts = dict[str, str | int | list[str]]


def facts_of(path: Path, now: datetime) -> list[Facts]:
    """One entry for each certificate, list or key in the file. Raises ConfigInvalid."""
    head = _head(path)
    try:
        if b"PRIVATE KEY" in head or b"PRIVATE+KEY" in head or b"SEKISHO-SEALING-KEY" in head:
            raise _invalid(path, "holds a private key", "name the certificate or the public key file")
        if b"-----BEGIN CERTIFICATE-----" in head:
            return [_certificate(one, now) for one in load_chain(path)]
        if b"-----BEGIN X509 CRL-----" in head or head.startswith(b"\x30"):
            return [_crl(one, now) for one in load_crls(path)]
        return [_key(head.decode("ascii", "replace"))]
    except CertInvalid as error:
        raise ConfigInvalid([Problem(fault.path, 0, fault.message, fault.mend) for fault in error.faults]) from error
    except (KeyInvalid, ValueError) as error:
        known = "a certificate or a CRL in PEM, a .vkey or a .pub file"
        raise _invalid(path, "is of no kind that is known here", f"name {known}") from error


def _certificate(certificate: x509.Certificate, now: datetime) -> Facts:
    return {
        "kind": "CA certificate" if _is_authority(certificate) else "certificate",
        "subject": certificate.subject.rfc4514_string(),
        "issuer": certificate.issuer.rfc4514_string(),
        "names": sorted(alternative_names(certificate)),
        "usage": _usages(certificate),
        "key": _key_type(certificate),
        "pin": spki_pin(certificate),
        "serial": f"{certificate.serial_number:x}",
        "not_before": _moment(certificate.not_valid_before_utc),
        "not_after": _moment(certificate.not_valid_after_utc),
        "days_left": (certificate.not_valid_after_utc - now) // timedelta(days=1),
        "fingerprint": hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest(),
    }


def _crl(crl: x509.CertificateRevocationList, now: datetime) -> Facts:
    facts: Facts = {
        "kind": "revocation list (CRL)",
        "issuer": crl.issuer.rfc4514_string(),
        "this_update": _moment(crl.last_update_utc),
        "revoked": len(crl),
    }
    if crl.next_update_utc is not None:
        facts["next_update"] = _moment(crl.next_update_utc)
        facts["days_left"] = (crl.next_update_utc - now) // timedelta(days=1)
    return facts


def _key(text: str) -> Facts:
    if text.startswith("sekisho-sealing"):
        sealing = RecipientPublicKey.from_text(text)
        return {"kind": "sealing public key", "key": "ML-KEM-768 + X25519", "key_id": sealing.key_id.hex()}
    verifier = Verifier.parse(text.removesuffix("\n"))
    return {"kind": "verifier key (vkey)", "name": verifier.name, "key": "Ed25519", "key_id": verifier.key_id.hex()}


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(64 * 1024)
    except OSError as error:
        raise _invalid(path, f"cannot be read: {error.strerror}", "correct the path or its permissions") from error


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _usages(certificate: x509.Certificate) -> list[str]:
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return []
    return [_USAGES.get(usage, usage.dotted_string) for usage in usages]


def _key_type(certificate: x509.Certificate) -> str:
    match certificate.public_key():
        case ec.EllipticCurvePublicKey() as key:
            return f"ECDSA {key.curve.name}"
        case rsa.RSAPublicKey() as key:
            return f"RSA {key.key_size}"
        case ed25519.Ed25519PublicKey():
            return "Ed25519"
        case other:
            return type(other).__name__


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _invalid(path: Path, message: str, mend: str) -> ConfigInvalid:
    return ConfigInvalid([Problem(str(path), 0, message, mend)])
