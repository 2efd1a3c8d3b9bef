"""Why a certificate was refused: the closed set of mismatches, and the search for the most specific one.

The verifier of `cryptography` gives one error for everything. `diagnose` is called only after it has rejected, so a wrong
guess here can misname a refusal and never turn it into an acceptance. What a hostile chain can make it cost is bounded.
"""

from __future__ import annotations

import enum
import ipaddress
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

MIN_RSA_BITS = 2048  # CA/Browser Forum baseline requirements 6.1.5
SEARCH_STEPS = 64  # signatures tried while looking for the reason of a refusal

# what `cryptography` raises for a certificate or list whose bytes make no sense; its parser is lazy, so any access may
UNREADABLE = (
    ValueError,
    TypeError,  # a name whose attribute is of another ASN.1 type than its kind has
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
_CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})
_WEAK_DIGESTS = frozenset({"md5", "sha1"})


class Mismatch(enum.StrEnum):
    """Why a certificate is refused. The order is that of the checks: a later one came closer to acceptance."""

    MISSING = "cert_missing"
    INVALID = "cert_invalid"
    SELF_SIGNED = "cert_self_signed"
    UNTRUSTED = "cert_untrusted"
    KEY_WEAK = "cert_key_weak"
    EXPIRED = "cert_expired"
    NOT_YET_VALID = "cert_not_yet_valid"
    USAGE = "cert_usage_mismatch"
    NAME = "cert_name_mismatch"
    PIN = "cert_pin_mismatch"
    CRL_STALE = "crl_stale"
    REVOKED = "cert_revoked"


RANK = {mismatch: rank for rank, mismatch in enumerate(Mismatch)}


class PeerRejected(Exception):
    """`detail` is for our own log."""

    def __init__(self, mismatch: Mismatch, detail: str = "") -> None:
        super().__init__(f"{mismatch.value}: {detail}" if detail else mismatch.value)
        self.mismatch = mismatch
        self.detail = detail


def diagnose(
    leaf: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    usage: x509.ObjectIdentifier,
    name: str | None,
    now: datetime,
) -> Mismatch:
    """Name a refusal that has already been decided."""
    try:
        return _diagnose(leaf, intermediates, anchors, usage, name, now)
    except UNREADABLE:
        return Mismatch.INVALID


def _diagnose(
    leaf: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    usage: x509.ObjectIdentifier,
    name: str | None,
    now: datetime,
) -> Mismatch:
    path = _search_path(leaf, intermediates, anchors)
    if path is None:
        return Mismatch.SELF_SIGNED if _issued(leaf, leaf) else Mismatch.UNTRUSTED
    if any(weakness(certificate) for certificate in path):
        return Mismatch.KEY_WEAK
    if any(now > certificate.not_valid_after_utc for certificate in path):
        return Mismatch.EXPIRED
    if any(now < certificate.not_valid_before_utc for certificate in path):
        return Mismatch.NOT_YET_VALID
    if not _allows(leaf, usage):
        return Mismatch.USAGE
    if not (_has_names(leaf) if name is None else subject_matches(leaf, name)):
        return Mismatch.NAME
    return Mismatch.INVALID


def weakness(certificate: x509.Certificate) -> str:
    """What is too weak about its key or its signature; empty where nothing is."""
    try:
        key = certificate.public_key()
        digest = certificate.signature_hash_algorithm
    except UNREADABLE:
        return "a key or signature of an unknown kind"
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < MIN_RSA_BITS or key.key_size % 8:
            return f"RSA with {key.key_size} bits"
    elif isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name not in _CURVES:
            return f"curve {key.curve.name}"
    else:
        return "neither RSA nor a NIST curve"
    if digest is not None and digest.name in _WEAK_DIGESTS:
        return f"signed with {digest.name}"
    return ""


def alternative_names(certificate: x509.Certificate) -> frozenset[str]:
    """DNS names in lower case, and addresses; the subject's common name is never looked at (RFC 9525 2)."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    names = {name.lower() for name in found.get_values_for_type(x509.DNSName)}
    return frozenset(names | {str(address) for address in found.get_values_for_type(x509.IPAddress)})


def subject_of(name: str) -> x509.DNSName | x509.IPAddress:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _allows(leaf: x509.Certificate, usage: x509.ObjectIdentifier) -> bool:
    try:
        return usage in leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True


def _has_names(leaf: x509.Certificate) -> bool:
    return any(extension.oid == x509.SubjectAlternativeName.oid for extension in leaf.extensions)


def subject_matches(leaf: x509.Certificate, name: str) -> bool:
    """Exactly, or by a wildcard for the whole leftmost label (RFC 9525 6.3)."""
    names = alternative_names(leaf)
    _, dot, rest = name.lower().partition(".")
    return name.lower() in names or (bool(dot) and f"*.{rest}" in names)


def _search_path(
    leaf: x509.Certificate, intermediates: Sequence[x509.Certificate], anchors: Sequence[x509.Certificate]
) -> list[x509.Certificate] | None:
    """Any path of signatures from the leaf to an anchor, depth first, whatever else is wrong with it."""
    steps = SEARCH_STEPS
    stack = [[leaf]]
    while stack:
        path = stack.pop()
        last = path[-1]
        if last in anchors:
            return path
        for candidate in (*intermediates, *anchors):
            if candidate.subject != last.issuer or candidate in path:
                continue
            if steps == 0:
                return None
            steps -= 1
            if _issued(candidate, last):
                stack.append([*path, candidate])
    return None


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    """By signature; by name alone where the library does not even look at so weak a signature."""
    digest = certificate.signature_hash_algorithm
    if digest is not None and digest.name in _WEAK_DIGESTS:
        return certificate.issuer == issuer.subject
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, TypeError, *UNREADABLE):
        return False
    return True
