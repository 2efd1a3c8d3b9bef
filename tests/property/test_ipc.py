"""Between processes: any bytes are a message or a violation, messages come back, and a permit covers each of its bits."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from relay.base.errors import Refused
from relay.base.reasons import Reason
from relay.ipc.link import FROM_EGRESS, FROM_GATE, FrameType, frame_head, parse_frame_head, parse_reason
from relay.ipc.messages import (
    INLINE_BYTES,
    PERMITTED,
    Exchange,
    Exchanged,
    Permit,
    ProtocolViolation,
    Recorded,
    decode_answers,
    decode_request,
    encode,
)
from relay.ipc.permit import PermitDesk, issue
from tests.unit.ipc.test_messages import ANSWERS, REQUESTS

PERMIT_KEY = bytes(range(32))
packets = st.one_of(
    st.binary(max_size=300),
    st.tuples(
        st.sampled_from([encode(message) for message in (*REQUESTS, *ANSWERS)]),
        st.integers(0, 400),
        st.integers(0, 255),
    ).map(lambda three: three[0][: three[1]] + bytes([three[2]]) + three[0][three[1] + 1 :]),
)
permits = st.builds(
    Permit,
    index=st.integers(0, (1 << 63) - 1),
    issued_ms=st.integers(0, (1 << 63) - 1),
    mac=st.binary(min_size=32, max_size=32),
)
tenants = st.from_regex(r"[a-z]([a-z-]{0,30}[a-z])?", fullmatch=True)


@settings(max_examples=400, deadline=None)
@given(packets, st.sampled_from(list(PERMITTED)))
def test_any_packet_is_a_message_or_a_violation(packet: bytes, socket_name: str) -> None:
    with suppress(ProtocolViolation):
        request = decode_request(packet, socket_name)
        assert isinstance(request, PERMITTED[socket_name])
        assert decode_request(encode(request), socket_name) == request
    with suppress(ProtocolViolation):
        for answer in decode_answers(packet):
            assert decode_answers(encode(answer)) == (answer,)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, (1 << 32) - 1),
    st.binary(min_size=16, max_size=16),
    tenants,
    st.binary(min_size=32, max_size=32),
    st.none() | permits,
    st.none() | st.binary(max_size=INLINE_BYTES),
)
def test_exchanges_come_back(
    call: int, transfer: bytes, tenant: str, digest: bytes, permit: Permit | None, inline: bytes | None
) -> None:
    made = Exchange(call=call, transfer=transfer, tenant=tenant, claimed_digest=digest, permit=permit, inline=inline)
    assert decode_request(encode(made), "egress/front.sock") == made


@settings(max_examples=100, deadline=None)
@given(st.integers(0, (1 << 32) - 1), st.sampled_from([*Reason]), tenants | st.just(""), st.binary(max_size=1000))
def test_answers_come_back(call: int, reason: Reason, gate: str, inline: bytes) -> None:
    answer = Exchanged(call=call, result=reason.value, gate=gate, inline=inline)
    assert decode_answers(encode(answer)) == (answer,)
    recorded = Recorded(call=call, index=call)
    assert decode_answers(encode(recorded)) == (recorded,)


@settings(max_examples=300, deadline=None)
@given(st.binary(min_size=0, max_size=12), st.sampled_from([FROM_EGRESS, FROM_GATE]), st.integers(0, 1 << 64))
def test_any_frame_head_is_a_frame_or_refused(head: bytes, expected: frozenset[FrameType], most: int) -> None:
    with suppress(Refused):
        kind, length = parse_frame_head(head, expected, most)
        assert kind in expected
        assert frame_head(kind, length) == head
    with suppress(Refused):
        assert parse_reason(head).value.encode() == head


@settings(max_examples=400, deadline=None)
@given(
    index=st.integers(0, (1 << 63) - 1),
    transfer=st.binary(min_size=16, max_size=16),
    digest=st.binary(min_size=32, max_size=32),
    tenant=tenants,
    flip=st.integers(0, 8 * (8 + 8 + 32 + 16 + 32) - 1),
)
def test_a_permit_covers_every_bit(index: int, transfer: bytes, digest: bytes, tenant: str, flip: int) -> None:
    """Whatever single bit of permit, transfer or bytes held is changed: refused. And so is another tenant."""
    permit = issue(PERMIT_KEY, index=index, issued_ms=1000, transfer=transfer, digest=digest, tenant=tenant)
    whole = b"".join((index.to_bytes(8), (1000).to_bytes(8), permit.mac, transfer, digest))
    changed = (int.from_bytes(whole) ^ 1 << flip).to_bytes(len(whole))
    desk = PermitDesk(PERMIT_KEY, lifetime_ms=1000, started_ms=0)
    for shown, of_tenant in ((changed, tenant), (whole, tenant + "x")):
        try:
            desk.redeem(
                Permit(index=int.from_bytes(shown[:8]), issued_ms=int.from_bytes(shown[8:16]), mac=shown[16:48]),
                transfer=shown[48:64],
                tenant=of_tenant,
                held_digest=shown[64:],
                claimed_digest=digest,
                now_ms=1000,
            )
        except Refused as refused:
            assert refused.reason in (Reason.PERMIT_INVALID, Reason.PERMIT_MISMATCH)
        else:
            raise AssertionError("a changed permit was redeemed")
    assert (
        desk.redeem(permit, transfer=transfer, tenant=tenant, held_digest=digest, claimed_digest=digest, now_ms=1000)
        == index
    )
