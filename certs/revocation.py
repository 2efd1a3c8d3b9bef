"""Whether a certificate is on its issuer's revocation list: RFC 5280 section 5 and 6.3, complete CRLs from files.

Fail closed: where no list of the issuer is authentic, understood and fresh, the answer is `crl_stale`, never "good".
Not taken: delta CRLs, indirect CRLs, lists for only some reasons, and any critical extension not named here.
The list's nextUpdate is a promise of the CA; `max_age` is the operator's own deadline, counted from thisUpdate.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from certs.mismatch import UNREADABLE

_UNDERSTOOD = frozenset({x509.IssuingDistributionPoint.oid, x509.AuthorityKeyIdentifier.oid})


class Standing(Enum):
    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


def standing(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    crls: Iterable[x509.CertificateRevocationList],
    now: datetime,
    max_age: timedelta | None,
) -> Standing:
    """GOOD only by an authentic and fresh list. A revocation counts even in a list that has gone stale."""
    found = Standing.UNKNOWN
    for crl in crls:
        try:
            if crl.issuer != certificate.issuer or not _authentic(crl, issuer) or not _covers(crl, certificate):
                continue
            if crl.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None:
                return Standing.REVOKED
            if is_fresh(crl, now, max_age):
                found = Standing.GOOD
        except UNREADABLE:
            continue  # as if it were not there
    return found


def is_fresh(crl: x509.CertificateRevocationList, now: datetime, max_age: timedelta | None) -> bool:
    """thisUpdate <= now < nextUpdate, and not older than the operator allows. A list without nextUpdate is not fresh."""
    next_update = crl.next_update_utc
    if next_update is None or not crl.last_update_utc <= now < next_update:
        return False
    return max_age is None or now - crl.last_update_utc <= max_age


def _authentic(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    """Signed by the issuer, who may sign lists. The library holds no signature with MD5 or SHA-1 for valid."""
    if crl.issuer != issuer.subject or not _may_sign_lists(issuer):
        return False
    key = issuer.public_key()
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey):
        return False
    return crl.is_signature_valid(key)


def _may_sign_lists(issuer: x509.Certificate) -> bool:
    """RFC 5280 6.3.3 (f): a key usage extension, where there is one, must include cRLSign."""
    try:
        return issuer.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True


def _covers(crl: x509.CertificateRevocationList, certificate: x509.Certificate) -> bool:
    """The list is complete for this certificate and holds nothing critical that we do not understand."""
    try:
        extensions = crl.extensions
        extensions.get_extension_for_class(x509.CRLNumber)
    except x509.ExtensionNotFound:
        return False  # RFC 5280 5.2.3: conforming CAs include the number
    if any(one.critical and one.oid not in _UNDERSTOOD for one in extensions):
        return False
    try:
        point = extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return True
    return _point_covers(point, certificate)


def _point_covers(point: x509.IssuingDistributionPoint, certificate: x509.Certificate) -> bool:
    if point.indirect_crl or point.only_some_reasons or point.only_contains_attribute_certs or point.relative_name:
        return False
    authority = _is_authority(certificate)
    if (point.only_contains_user_certs and authority) or (point.only_contains_ca_certs and not authority):
        return False
    if not point.full_name:
        return True
    try:
        wanted = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return False
    named = {name for one in wanted for name in one.full_name or ()}
    return bool(named & set(point.full_name))


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
