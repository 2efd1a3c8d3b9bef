"""Acceptance and each mismatch without TLS, names, pins, chains, and what a hostile chain can cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from certs import mismatch
from certs.issue import Issued, PrivateAuthority, self_signed
from certs.profile import (
    MAX_CHAIN_DEPTH,
    Mismatch,
    Peer,
    PeerProfile,
    PeerRejected,
    format_pin,
    parse_pin,
    spki_pin,
    spki_sha256,
    verify_any,
    verify_chain,
    verify_peer,
)

NOW = datetime(2026, 4, 1, 12, 0, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NAME = "gate.example"
CA = PrivateAuthority.create("Test CA", now=NOW)


def profile(**changes: Any) -> PeerProfile:
    values: dict[str, Any] = {
        "anchors": (CA.certificate,),
        "names": frozenset({NAME}),
        "pins": frozenset(),
        "usage": "server",
    }
    return PeerProfile(**(values | changes))


def mismatch_of(issued: Issued, now: datetime = NOW, **changes: Any) -> Mismatch:
    with pytest.raises(PeerRejected) as rejected:
        verify_peer(issued.chain, profile(**changes), now)
    return rejected.value.mismatch


@pytest.mark.parametrize("usage", ["server", "client"])
def test_a_fitting_peer_is_described(usage: Any) -> None:
    issued = CA.issue([NAME], usage, now=NOW)
    pins = frozenset({bytes(32), spki_sha256(issued.certificate)})
    peer = verify_peer(issued.chain, profile(usage=usage, pins=pins, crls=(CA.crl(now=NOW),)), NOW)
    assert peer == Peer(
        NAME, spki_sha256(issued.certificate), issued.certificate.not_valid_after_utc, issued.certificate.serial_number
    )


def test_no_certificate_is_missing() -> None:
    with pytest.raises(PeerRejected) as rejected:
        verify_peer((), profile(), NOW)
    assert rejected.value.mismatch is Mismatch.MISSING


class TestDates:
    issued = CA.issue([NAME], "server", now=NOW, not_before=NOW, not_after=NOW + timedelta(days=1))

    @pytest.mark.parametrize("now", [NOW, NOW + timedelta(days=1)])
    def test_the_first_and_last_second_are_valid(self, now: datetime) -> None:
        assert verify_peer(self.issued.chain, profile(), now).name == NAME

    def test_a_second_before_and_after(self) -> None:
        assert mismatch_of(self.issued, NOW - SECOND) is Mismatch.NOT_YET_VALID
        assert mismatch_of(self.issued, NOW + timedelta(days=1) + SECOND) is Mismatch.EXPIRED

    def test_those_of_an_intermediate_count(self) -> None:
        old = CA.intermediate("Old", now=NOW, not_after=NOW + timedelta(days=1))
        assert mismatch_of(old.issue([NAME], "server", now=NOW), NOW + timedelta(days=2)) is Mismatch.EXPIRED

    def test_those_of_the_anchor_count(self) -> None:
        old = PrivateAuthority.create("Old", now=NOW, not_after=NOW + timedelta(days=1))
        issued = old.issue([NAME], "server", now=NOW)
        assert mismatch_of(issued, NOW + timedelta(days=2), anchors=(old.certificate,)) is Mismatch.EXPIRED


class TestNames:
    def test_any_of_several_declared(self) -> None:
        issued = CA.issue(["b.example"], "server", now=NOW)
        names = frozenset({"a.example", "b.example", "c.example"})
        assert verify_peer(issued.chain, profile(names=names), NOW).name == "b.example"

    def test_any_of_several_in_the_certificate(self) -> None:
        issued = CA.issue(["other.example", NAME], "client", now=NOW)
        assert verify_peer(issued.chain, profile(usage="client"), NOW).name == NAME

    @pytest.mark.parametrize("usage", ["server", "client"])
    def test_case_does_not_matter(self, usage: Any) -> None:
        issued = CA.issue(["GATE.example"], usage, now=NOW)
        assert verify_peer(issued.chain, profile(usage=usage), NOW).name == NAME

    def test_a_server_may_have_a_wildcard(self) -> None:
        assert verify_peer(CA.issue(["*.example"], "server", now=NOW).chain, profile(), NOW).name == NAME

    @pytest.mark.parametrize("name", ["*.example", "x.gate.example", "gate.example.org", "gate.exampl"])
    def test_a_client_has_its_exact_name(self, name: str) -> None:
        assert mismatch_of(CA.issue([name], "client", now=NOW), usage="client") is Mismatch.NAME

    @pytest.mark.parametrize("usage", ["server", "client"])
    def test_the_common_name_is_not_looked_at(self, usage: Any) -> None:
        named_by_subject = PrivateAuthority.create(NAME, now=NOW)
        issued = named_by_subject.issue(["other.example"], usage, now=NOW)
        assert mismatch_of(issued, usage=usage, anchors=(named_by_subject.certificate,)) is Mismatch.NAME

    @pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7"])
    def test_addresses(self, address: str) -> None:
        issued = CA.issue([address], "server", now=NOW)
        assert verify_peer(issued.chain, profile(names=frozenset({address})), NOW).name == address
        assert mismatch_of(issued, names=frozenset({"192.0.2.8"})) is Mismatch.NAME

    def test_no_declared_name_accepts_nobody(self) -> None:
        assert mismatch_of(CA.issue([NAME], "server", now=NOW), names=frozenset()) is Mismatch.NAME


class TestTrust:
    def test_through_intermediates_up_to_the_bound(self) -> None:
        authority = CA
        for depth in range(1, MAX_CHAIN_DEPTH + 2):
            authority = authority.intermediate(f"Below {depth}", now=NOW)
            issued = authority.issue([NAME], "server", now=NOW)
            if depth <= MAX_CHAIN_DEPTH:
                assert verify_peer(issued.chain, profile(), NOW).name == NAME
            else:
                assert mismatch_of(issued) is Mismatch.INVALID

    def test_a_missing_intermediate(self) -> None:
        issued = CA.intermediate("Below", now=NOW).issue([NAME], "server", now=NOW)
        with pytest.raises(PeerRejected) as rejected:
            verify_peer(issued.chain[:1], profile(), NOW)
        assert rejected.value.mismatch is Mismatch.UNTRUSTED

    def test_an_anchor_that_the_peer_brings_is_no_anchor(self) -> None:
        other = PrivateAuthority.create("Other", now=NOW)
        issued = other.issue([NAME], "server", now=NOW)
        with pytest.raises(PeerRejected) as rejected:
            verify_peer((*issued.chain, other.certificate), profile(), NOW)
        assert rejected.value.mismatch is Mismatch.UNTRUSTED

    def test_a_leaf_cannot_issue(self) -> None:
        leaf = CA.issue(["leaf.example"], "both", now=NOW)
        forger = PrivateAuthority(leaf.key, leaf.certificate, CA.certificate, (leaf.certificate,))
        assert mismatch_of(forger.issue([NAME], "server", now=NOW)) is Mismatch.INVALID

    def test_self_signed(self) -> None:
        assert mismatch_of(self_signed([NAME], now=NOW)) is Mismatch.SELF_SIGNED

    def test_no_anchor_accepts_nobody(self) -> None:
        assert mismatch_of(CA.issue([NAME], "server", now=NOW), anchors=()) is Mismatch.UNTRUSTED


class TestUsage:
    @pytest.mark.parametrize(
        ("issued_for", "usage"), [("client", "server"), ("server", "client"), ("none", "server"), ("none", "client")]
    )
    def test_it_must_be_named(self, issued_for: Any, usage: Any) -> None:
        assert mismatch_of(CA.issue([NAME], issued_for, now=NOW), usage=usage) is Mismatch.USAGE

    @pytest.mark.parametrize("usage", ["server", "client"])
    def test_both_will_do(self, usage: Any) -> None:
        assert verify_peer(CA.issue([NAME], "both", now=NOW).chain, profile(usage=usage), NOW).name == NAME


class TestKeys:
    @pytest.mark.parametrize(
        "key",
        [
            rsa.generate_private_key(65537, 1024),
            ec.generate_private_key(ec.SECP224R1()),
            ec.generate_private_key(ec.SECP256K1()),
            ed25519.Ed25519PrivateKey.generate(),
        ],
        ids=["RSA 1024", "P-224", "secp256k1", "Ed25519"],
    )
    def test_weak_or_unknown_ones(self, key: Any) -> None:
        assert mismatch_of(CA.issue([NAME], "server", now=NOW, key=key)) is Mismatch.KEY_WEAK

    @pytest.mark.parametrize(
        "key",
        [
            rsa.generate_private_key(65537, 2048),
            ec.generate_private_key(ec.SECP256R1()),
            ec.generate_private_key(ec.SECP384R1()),
            ec.generate_private_key(ec.SECP521R1()),
        ],
        ids=["RSA 2048", "P-256", "P-384", "P-521"],
    )
    def test_good_ones(self, key: Any) -> None:
        assert verify_peer(CA.issue([NAME], "server", now=NOW, key=key).chain, profile(), NOW).name == NAME

    def test_that_of_the_anchor_counts(self) -> None:
        weak = PrivateAuthority.create("Weak", now=NOW, key=rsa.generate_private_key(65537, 1024))
        assert mismatch_of(weak.issue([NAME], "server", now=NOW), anchors=(weak.certificate,)) is Mismatch.KEY_WEAK


class TestPins:
    def test_written_and_read_back(self) -> None:
        issued = CA.issue([NAME], "server", now=NOW)
        pin = spki_pin(issued.certificate)
        assert pin.startswith("sha256/")
        assert parse_pin(pin) == spki_sha256(issued.certificate)
        assert format_pin(parse_pin(pin)) == pin

    @pytest.mark.parametrize("pin", ["", "sha256/", "sha256/AAAA", "sha1/" + "A" * 43 + "=", "sha256/" + "!" * 44])
    def test_what_is_no_pin(self, pin: str) -> None:
        with pytest.raises(ValueError, match=r".+"):
            parse_pin(pin)

    def test_another_key_of_the_same_name(self) -> None:
        first, second = (CA.issue([NAME], "server", now=NOW) for _ in range(2))
        assert mismatch_of(second, pins=frozenset({spki_sha256(first.certificate)})) is Mismatch.PIN

    def test_the_same_key_renewed(self) -> None:
        first = CA.issue([NAME], "server", now=NOW)
        renewed = CA.issue([NAME], "server", now=NOW, key=first.key)
        assert verify_peer(renewed.chain, profile(pins=frozenset({spki_sha256(first.certificate)})), NOW).name == NAME


class TestSeveralProfiles:
    def test_the_closest_refusal_is_named(self) -> None:
        stranger = PrivateAuthority.create("Stranger", now=NOW)
        far = profile(anchors=(stranger.certificate,))
        near = profile(pins=frozenset({bytes(32)}))
        issued = CA.issue([NAME], "server", now=NOW)
        for order in ((far, near), (near, far)):
            with pytest.raises(PeerRejected) as rejected:
                verify_any(issued.chain, order, NOW)
            assert rejected.value.mismatch is Mismatch.PIN

    def test_a_name_that_fits_another_one_hides_no_fault(self) -> None:
        """Of all declared relays one has the name; what is wrong with its certificate is not that the others have not."""
        others = [profile(names=frozenset({f"{other}.example"}), usage="client") for other in ("a", "b")]
        for usage in ("none", "server"):
            issued = CA.issue([NAME], usage, now=NOW)  # type: ignore[arg-type]  # a plain word
            with pytest.raises(PeerRejected) as rejected:
                verify_any(issued.chain, (others[0], profile(usage="client"), others[1]), NOW)
            assert rejected.value.mismatch is Mismatch.USAGE

    def test_one_that_fits_is_enough(self) -> None:
        issued = CA.issue([NAME], "server", now=NOW)
        assert verify_any(issued.chain, (profile(names=frozenset({"other.example"})), profile()), NOW).name == NAME

    def test_none_accepts_nobody(self) -> None:
        with pytest.raises(PeerRejected) as rejected:
            verify_any(CA.issue([NAME], "server", now=NOW).chain, (), NOW)
        assert rejected.value.mismatch is Mismatch.UNTRUSTED


def test_a_server_without_a_name_is_not_verified() -> None:
    with pytest.raises(PeerRejected) as rejected:
        verify_chain(CA.issue([NAME], "server", now=NOW).certificate, (), (CA.certificate,), "server", None, NOW)
    assert rejected.value.mismatch is Mismatch.NAME


def test_a_hostile_chain_costs_a_bounded_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty CAs of one name that all issue each other: every path between them would be a factorial."""
    tried = 0

    def counted(issuer: Any, certificate: Any, original: Any = mismatch._issued) -> bool:
        nonlocal tried
        tried += 1
        return bool(original(issuer, certificate))

    monkeypatch.setattr(mismatch, "_issued", counted)
    key = ec.generate_private_key(ec.SECP256R1())
    crowd = [PrivateAuthority.create("Crowd", now=NOW, key=key).certificate for _ in range(40)]
    leaf = PrivateAuthority(key, crowd[0], crowd[0]).issue([NAME], "server", now=NOW)
    with pytest.raises(PeerRejected) as rejected:
        verify_peer((leaf.certificate, *crowd), profile(), NOW)
    assert rejected.value.mismatch is Mismatch.UNTRUSTED
    assert tried <= mismatch.SEARCH_STEPS + 1
