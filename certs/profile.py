"""What a peer's certificate must be: chain, name, usage, dates, key, pin and revocation; or a named mismatch.

The judge is `cryptography.x509.verification` with its Web PKI profile: nothing that it rejects is ever accepted here.
It gives one error for everything; `certs.mismatch` looks for the most specific reason. What the library lacks is added
after its acceptance: pins, client names, revocation, and an extended key usage that must be present.
Ed25519 certificate keys are refused, as the Web PKI profile does not know them.
RFC 5280 section 6; RFC 9525 for names. How this differs from x509-limbo is listed in docs/spec/x509-limbo.md.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from certs.mismatch import RANK, UNREADABLE, alternative_names, diagnose, subject_of, weakness
from certs.mismatch import Mismatch as Mismatch
from certs.mismatch import PeerRejected as PeerRejected
from certs.revocation import Standing, standing

Usage = Literal["server", "client"]

MAX_CHAIN_DEPTH = 4  # intermediates; public CAs use one or two, a private CA rarely more

_USAGE_OID = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}


@dataclass(frozen=True)
class PeerProfile:
    """One peer as the operator declared it. `names`: any one of them; `pins`: SHA-256 of the SPKI, empty for no pin."""

    anchors: tuple[x509.Certificate, ...]
    names: frozenset[str]
    pins: frozenset[bytes]
    usage: Usage
    crls: tuple[x509.CertificateRevocationList, ...] | None = None  # None: no revocation configured
    crl_max_age: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Peer:
    """Who was accepted; `name` is the declared name that its certificate has."""

    name: str
    spki_sha256: bytes
    not_after: datetime
    serial: int


def verify_peer(chain: Sequence[x509.Certificate], profile: PeerProfile, now: datetime) -> Peer:
    """Judge a presented chain, leaf first. Raises PeerRejected with the most specific mismatch."""
    if not chain:
        raise PeerRejected(Mismatch.MISSING, "the peer sent no certificate")
    leaf, presented = chain[0], chain[1:]
    name, path = _verify_names(leaf, presented, profile, now)
    digest = spki_sha256(leaf)
    if profile.pins and digest not in profile.pins:
        raise PeerRejected(Mismatch.PIN, f"its key is {format_pin(digest)}")
    if profile.crls is not None:
        _require_standing(path, profile.crls, now, profile.crl_max_age)
    return Peer(name, digest, leaf.not_valid_after_utc, leaf.serial_number)


def verify_any(chain: Sequence[x509.Certificate], profiles: Sequence[PeerProfile], now: datetime) -> Peer:
    """The first declared peer that the chain fits; otherwise the refusal that came closest."""
    closest = PeerRejected(Mismatch.UNTRUSTED, "no peer is declared")
    for position, profile in enumerate(profiles):
        try:
            return verify_peer(chain, profile, now)
        except PeerRejected as refusal:
            if position == 0 or RANK[refusal.mismatch] > RANK[closest.mismatch]:
                closest = refusal
    raise closest


def verify_chain(
    leaf: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    usage: Usage,
    name: str | None,
    now: datetime,
    max_depth: int | None = None,
    crls: Sequence[x509.CertificateRevocationList] | None = None,
    crl_max_age: timedelta | None = None,
) -> tuple[x509.Certificate, ...]:
    """The verified path from leaf to anchor. A server needs a name; a client is judged without one."""
    builder = PolicyBuilder().time(now).max_chain_depth(MAX_CHAIN_DEPTH if max_depth is None else max_depth)
    try:
        builder = builder.store(Store(list(anchors)))
        if usage == "client":
            path = tuple(builder.build_client_verifier().verify(leaf, list(intermediates)).chain)
        elif name is None:
            raise PeerRejected(Mismatch.NAME, "a server is only verified for a name")
        else:
            path = tuple(builder.build_server_verifier(subject_of(name)).verify(leaf, list(intermediates)))
    except (VerificationError, *UNREADABLE) as error:
        mismatch = diagnose(leaf, intermediates, anchors, _USAGE_OID[usage], name, now)
        raise PeerRejected(mismatch, str(error)) from error
    _require_conforming(path)
    if crls is not None:
        _require_standing(path, crls, now, crl_max_age)
    return path


def spki_sha256(certificate: x509.Certificate) -> bytes:
    spki = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(spki).digest()


def spki_pin(certificate: x509.Certificate) -> str:
    """`sha256/BASE64`, as the configuration writes it (RFC 7469 2.4)."""
    return format_pin(spki_sha256(certificate))


def format_pin(digest: bytes) -> str:
    return "sha256/" + base64.b64encode(digest).decode("ascii")


def parse_pin(pin: str) -> bytes:
    kind, _, text = pin.partition("/")
    digest = base64.b64decode(text, validate=True)
    if kind != "sha256" or len(digest) != hashlib.sha256().digest_size:
        raise ValueError("a pin is sha256/ and the base64 of 32 bytes")
    return digest


def _verify_names(
    leaf: x509.Certificate, presented: Sequence[x509.Certificate], profile: PeerProfile, now: datetime
) -> tuple[str, tuple[x509.Certificate, ...]]:
    if profile.usage == "client":
        path = verify_chain(leaf, presented, profile.anchors, "client", None, now)
        _require_usage(leaf, "client")  # before the name, which fits one of several declared peers only
        matched = sorted(alternative_names(leaf) & profile.names)
        if not matched:
            raise PeerRejected(Mismatch.NAME, "its names are not the declared ones")
        return matched[0], path
    refusal = PeerRejected(Mismatch.NAME, "no name is declared")
    for name in sorted(profile.names):
        try:
            path = verify_chain(leaf, presented, profile.anchors, "server", name, now)
            _require_usage(leaf, "server")
            return name, path
        except PeerRejected as error:
            refusal = error
            if error.mismatch is not Mismatch.NAME:
                break
    raise refusal


def _require_standing(
    path: Sequence[x509.Certificate],
    crls: Sequence[x509.CertificateRevocationList],
    now: datetime,
    max_age: timedelta | None,
) -> None:
    """Every certificate below the anchor needs a list of its issuer. A revocation is named before a stale list."""
    found = [
        (standing(certificate, issuer, crls, now, max_age), certificate)
        for certificate, issuer in itertools.pairwise(path)
    ]
    for result, certificate in found:
        if result is Standing.REVOKED:
            raise PeerRejected(Mismatch.REVOKED, f"serial {certificate.serial_number:x}")
    for result, certificate in found:
        if result is not Standing.GOOD:
            raise PeerRejected(Mismatch.CRL_STALE, f"no fresh list covers serial {certificate.serial_number:x}")


def _require_conforming(path: Sequence[x509.Certificate]) -> None:
    """What the library lets pass and RFC 5280 does not; and the strength of keys, whatever a later library holds.

    An anchor is trusted by the operator's word, not by its form: some that the world relies on have serial number 0.
    """
    for certificate in path:
        weak = weakness(certificate)
        if weak:
            raise PeerRejected(Mismatch.KEY_WEAK, weak)
    for certificate in path[:-1]:
        if certificate.serial_number < 1:
            raise PeerRejected(Mismatch.INVALID, "its serial number is not positive (RFC 5280 4.1.2.2)")
        try:
            constraints = certificate.extensions.get_extension_for_class(x509.PolicyConstraints)
        except x509.ExtensionNotFound:
            continue
        if not constraints.critical:
            raise PeerRejected(Mismatch.INVALID, "policy constraints must be critical (RFC 5280 4.2.1.11)")


def _require_usage(leaf: x509.Certificate, usage: Usage) -> None:
    """The peers of a link are issued for it: no EKU, or anyExtendedKeyUsage alone, which the library takes, is refused."""
    try:
        usages = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        raise PeerRejected(Mismatch.USAGE, "it has no extended key usage") from None  # its cause says the same
    if _USAGE_OID[usage] not in usages:
        raise PeerRejected(Mismatch.USAGE, f"its extended key usage does not name the {usage}")
