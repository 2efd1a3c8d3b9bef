"""No certificate or revocation list makes the judge give a result or Refused, never anything else; no change is accepted.

Here the result is a Peer, and Refused is PeerRejected, or what the parser raises (UNREADABLE), which the seams translate.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Hashable, Sequence
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certs.issue import PrivateAuthority
from certs.mismatch import UNREADABLE
from certs.profile import PeerProfile, PeerRejected, verify_any
from tests.fuzz import driver

NAME = "gate.example"
NOW = datetime.now(UTC)
ROOT = PrivateAuthority.create("Fuzz CA")
BELOW = ROOT.intermediate("Fuzz CA below")
LEAF, MIDDLE = BELOW.issue([NAME], "server").chain
CRLS = (ROOT.crl(), BELOW.crl())
PARTS = (
    LEAF.public_bytes(Encoding.DER),
    MIDDLE.public_bytes(Encoding.DER),
    *(c.public_bytes(Encoding.DER) for c in CRLS),
)


def target(data: bytes) -> Hashable:
    """The first byte says which part of a good set the rest replaces."""
    place, der = (data[0] % len(PARTS), data[1:]) if data else (0, b"")
    parts = [der if position == place else part for position, part in enumerate(PARTS)]
    try:
        chain = [x509.load_der_x509_certificate(part) for part in parts[:2]]
        crls = tuple(x509.load_der_x509_crl(part) for part in parts[2:])
    except UNREADABLE as error:
        return place, str(error)[:40]
    profile = PeerProfile((ROOT.certificate,), frozenset({NAME}), frozenset(), "server", crls)
    try:
        verify_any(chain, [profile], NOW)
    except PeerRejected as refusal:
        return place, refusal.mismatch
    if signed_bytes(chain, crls) != SIGNED:
        raise AssertionError("accepted with a part that nobody signed")
    return place, "accepted"


def signed_bytes(chain: Sequence[x509.Certificate], crls: Sequence[x509.CertificateRevocationList]) -> list[bytes]:
    """The signatures are left out: one signature has several encodings, which changes nothing that is signed."""
    return [one.tbs_certificate_bytes for one in chain] + [one.tbs_certlist_bytes for one in crls]


SIGNED = signed_bytes((LEAF, MIDDLE), CRLS)


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # the parser warns of what a later version will refuse
    raise SystemExit(
        driver.run(
            "fuzz_certs",
            target,
            [bytes([place]) + part for place, part in enumerate(PARTS)],
            [b"\x30\x82", b"\x06\x03\x55\x1d"],
        )
    )
