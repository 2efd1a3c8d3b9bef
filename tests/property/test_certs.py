"""No changed bit of a certificate or a revocation list is accepted, and no order of presented certificates matters."""

from __future__ import annotations

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.issue import PrivateAuthority
from certs.profile import PeerProfile, PeerRejected, spki_sha256, verify_peer
from tests.fuzz.fuzz_certs import PARTS, target
from tests.links import now

NAME = "gate.example"
ROOT = PrivateAuthority.create("Root")
MIDDLE = ROOT.intermediate("Middle")
LOWEST = MIDDLE.intermediate("Lowest")
ISSUED = LOWEST.issue([NAME], "server")
CRLS = tuple(authority.crl() for authority in (ROOT, MIDDLE, LOWEST))
PROFILE = PeerProfile((ROOT.certificate,), frozenset({NAME}), frozenset(), "server", CRLS)


@pytest.mark.filterwarnings("ignore::UserWarning")  # the parser warns of what a later version will refuse
@settings(max_examples=400, deadline=None)
@given(place=st.integers(0, len(PARTS) - 1), position=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_changed_bit_is_accepted(place: int, position: float, bit: int) -> None:
    """The fuzz target raises where a changed part is accepted."""
    changed = bytearray(PARTS[place])
    changed[int(position * len(changed))] ^= 1 << bit
    target(bytes([place]) + bytes(changed))


@settings(max_examples=50, deadline=None)
@given(above=st.permutations(ISSUED.chain[1:]), twice=st.booleans(), crls=st.permutations(CRLS))
def test_the_order_of_the_rest_does_not_matter(
    above: list[x509.Certificate], twice: bool, crls: list[x509.CertificateRevocationList]
) -> None:
    presented = [ISSUED.certificate, *above, *(above if twice else ())]
    profile = PeerProfile(PROFILE.anchors, PROFILE.names, PROFILE.pins, PROFILE.usage, tuple(crls))
    assert verify_peer(presented, profile, now()).name == NAME


@settings(max_examples=50, deadline=None)
@given(kept=st.sets(st.integers(0, 2)), present=st.sets(st.integers(0, 1)))
def test_every_missing_piece_is_a_refusal(kept: set[int], present: set[int]) -> None:
    presented = [ISSUED.certificate, *(ISSUED.chain[1 + position] for position in present)]
    profile = PeerProfile(
        PROFILE.anchors, PROFILE.names, PROFILE.pins, PROFILE.usage, tuple(CRLS[position] for position in kept)
    )
    if kept == {0, 1, 2} and present == {0, 1}:
        assert verify_peer(presented, profile, now()).spki_sha256 == spki_sha256(ISSUED.certificate)
    else:
        with pytest.raises(PeerRejected):
            verify_peer(presented, profile, now())
