"""The gate refuses a relay that is not pinned, an unknown front's signature, and what is stale, changed or sent before (P4, P5)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from relay.base.errors import Refused, Unavailable
from relay.base.reasons import Reason
from relay.egress.exchange import GateAnswer, GateConnection, LinkLost
from relay.envelope.keys import SenderPrivateKey
from relay.net.parcel import Parcel
from tests.live.labs import Lab, until
from tests.live.municipality import Municipality
from tests.live.rogue import Rogue, Sealed

pytestmark = pytest.mark.live


@pytest.fixture
def rogue(recorded_lab: Lab, municipality: Municipality) -> Rogue:
    return Rogue(recorded_lab)


@pytest.fixture
async def link(rogue: Rogue) -> AsyncIterator[GateConnection]:
    """What a taken-over egress has: a verified connection to the gate."""
    connection = await rogue.link()
    yield connection
    connection.close()


async def _send(link: GateConnection, raw: bytes) -> GateAnswer:
    with Parcel.of(raw) as parcel:
        return await link.exchange(parcel, response_most=1 << 20)


async def _is_refused(link: GateConnection, raw: bytes, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        await _send(link, raw)
    assert refused.value.reason is reason


def _changed(sealed: Sealed, place: int) -> bytes:
    changed = bytearray(sealed.raw)
    changed[place] ^= 1
    return bytes(changed)


async def test_a_good_envelope_is_delivered_with_a_receipt(
    rogue: Rogue, municipality: Municipality, link: GateConnection
) -> None:
    sealed = rogue.seal()
    answer = await _send(link, sealed.raw)
    assert sealed.digest.hex() in answer.receipt.decode()
    assert municipality.transfers == [sealed.transfer]


async def test_an_envelope_is_taken_once(rogue: Rogue, municipality: Municipality, link: GateConnection) -> None:
    sealed = rogue.seal()
    await _send(link, sealed.raw)
    await _is_refused(link, sealed.raw, Reason.ENVELOPE_REPLAYED)
    another = await rogue.link()
    await _is_refused(another, sealed.raw, Reason.ENVELOPE_REPLAYED)
    another.close()
    assert municipality.transfers == [sealed.transfer]


async def test_an_envelope_is_taken_once_even_after_the_gate_was_killed(
    rogue: Rogue, municipality: Municipality
) -> None:
    sealed = rogue.seal()
    first = await rogue.link()
    await _send(first, sealed.raw)
    first.close()
    rogue.lab.wait_back("gate", rogue.lab.kill("gate"))
    second = await rogue.link()
    await _is_refused(second, sealed.raw, Reason.ENVELOPE_REPLAYED)
    second.close()
    assert municipality.transfers == [sealed.transfer]


@pytest.mark.parametrize(
    ("age_ms", "lifetime_ms"),
    [(200_000, 100_000), (-60_000, 60_000), (0, 10_000_000)],
    ids=["over", "from the future", "lives too long"],
)
async def test_a_stale_envelope_is_refused(
    rogue: Rogue, municipality: Municipality, link: GateConnection, age_ms: int, lifetime_ms: int
) -> None:
    sealed = rogue.seal(age_ms=age_ms, lifetime_ms=lifetime_ms)
    await _is_refused(link, sealed.raw, Reason.ENVELOPE_STALE)
    assert municipality.received == []


async def test_the_signature_of_an_unknown_front_is_refused(
    rogue: Rogue, municipality: Municipality, link: GateConnection
) -> None:
    unknown = SenderPrivateKey.generate(rogue.settings.host.name)
    await _is_refused(link, rogue.seal(sender=unknown).raw, Reason.SENDER_UNKNOWN)
    assert municipality.received == []


@pytest.mark.parametrize(
    ("place", "reason"),
    [(0, Reason.ENVELOPE_INVALID), (20, Reason.SIGNATURE_INVALID), (900, Reason.SIGNATURE_INVALID),
     (-1, Reason.SIGNATURE_INVALID)],
    ids=["magic", "transfer id", "sealed keys", "signature"],
)  # fmt: skip
async def test_a_changed_envelope_is_refused(
    rogue: Rogue, municipality: Municipality, link: GateConnection, place: int, reason: Reason
) -> None:
    await _is_refused(link, _changed(rogue.seal(), place), reason)
    assert municipality.received == []


async def test_after_a_refusal_the_connection_goes_on(
    rogue: Rogue, municipality: Municipality, link: GateConnection
) -> None:
    await _is_refused(link, b"not an envelope", Reason.ENVELOPE_INVALID)
    sealed = rogue.seal()
    await _send(link, sealed.raw)
    assert municipality.transfers == [sealed.transfer]


async def test_a_valid_certificate_that_is_not_the_pinned_one_is_refused(
    rogue: Rogue, municipality: Municipality
) -> None:
    other = rogue.issue([rogue.settings.host.name])
    with pytest.raises((Unavailable, LinkLost)):
        connection = await rogue.link(other)  # TLS 1.3: the client hears of the refusal after its own handshake
        try:
            await _send(connection, rogue.seal().raw)
        finally:
            connection.close()
    wanted = re.compile(r'"role":"gate".*"event":"relay_refused".*"reason":"cert_pin_mismatch"')
    until(lambda: wanted.search(rogue.lab.printed()), "the gate says why")
    assert municipality.received == []


async def test_a_certificate_with_another_name_is_refused(rogue: Rogue, municipality: Municipality) -> None:
    other = rogue.issue(["relay9.lab.example"])
    with pytest.raises((Unavailable, LinkLost)):
        connection = await rogue.link(other)
        try:
            await _send(connection, rogue.seal().raw)
        finally:
            connection.close()
    wanted = re.compile(r'"role":"gate".*"event":"relay_refused".*"reason":"cert_')
    until(lambda: wanted.search(rogue.lab.printed()), "the gate says why")
    assert municipality.received == []
