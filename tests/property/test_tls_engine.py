"""However the network cuts the ciphertext, the plaintext is the same, in both directions and with a key of each kind."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from relay.base.errors import Refused
from relay.base.reasons import Reason
from relay.tls.engine import TlsEngine
from tests.links import Link, shake_hands

LINK = Link()
RELAY_CONTEXT, GATE_CONTEXT = LINK.relay_context(), LINK.gate_context()

messages = st.lists(st.binary(max_size=40_000), min_size=1, max_size=5)
cuts = st.lists(st.floats(0, 1, exclude_max=True), max_size=12)


def pieces(data: bytes, at: list[float]) -> list[bytes]:
    borders = sorted({0, len(data), *(int(part * len(data)) for part in at)})
    return [data[start:end] for start, end in pairwise(borders)]


def fresh() -> tuple[TlsEngine, TlsEngine]:
    client, server = TlsEngine(RELAY_CONTEXT), TlsEngine(GATE_CONTEXT)
    shake_hands(client, server)
    return client, server


@settings(max_examples=60, deadline=None)
@given(messages=messages, at=cuts, max_bytes=st.integers(1, 70_000), from_client=st.booleans())
def test_any_split_of_the_ciphertext_gives_the_same_plaintext(
    messages: list[bytes], at: list[float], max_bytes: int, from_client: bool
) -> None:
    source, target = fresh() if from_client else fresh()[::-1]
    for message in messages:
        source.write(message)
    source.close()
    found = bytearray()
    ended = False
    for piece in pieces(source.outgoing(), at):
        target.feed(piece)
        while data := target.read(max(max_bytes, 100)):
            found += data
        ended = data == b""
    assert ended
    assert bytes(found) == b"".join(messages)


@settings(max_examples=40, deadline=None)
@given(at=st.floats(0, 1, exclude_max=True), size=st.integers(1, 40_000))
def test_any_truncation_is_seen(at: float, size: int) -> None:
    client, server = fresh()
    client.write(b"x" * size)
    client.close()
    whole = client.outgoing()
    server.feed(whole[: int(at * len(whole))] or whole[:1])
    server.feed(b"")
    found = bytearray()
    try:
        while data := server.read():
            found += data
    except Refused as refusal:
        assert refusal.reason is Reason.PEER_CLOSED
    else:
        raise AssertionError("a truncated stream ended cleanly")
    assert len(found) <= size


@settings(max_examples=25, deadline=None)
@given(at=cuts)
def test_any_split_of_the_handshake_ends_in_the_same_facts(at: list[float]) -> None:
    client, server = TlsEngine(RELAY_CONTEXT), TlsEngine(GATE_CONTEXT)
    for _ in range(4):
        for source, target in ((client, server), (server, client)):
            source.handshake_step()
            for piece in pieces(source.outgoing(), at):
                target.feed(piece)
                target.handshake_step()
    assert client.established
    assert server.established
    assert client.facts.group == server.facts.group == "X25519MLKEM768"
    assert server.facts.peer is not None


@settings(max_examples=60, deadline=None)
@given(position=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), size=st.integers(1, 3000))
def test_no_changed_bit_gives_other_plaintext(position: float, bit: int, size: int) -> None:
    client, server = fresh()
    data = b"x" * size
    client.write(data)
    record = bytearray(client.outgoing())
    record[int(position * len(record))] ^= 1 << bit
    server.feed(record)
    server.feed(b"")
    try:
        found = server.read()
    except Refused as refusal:
        assert refusal.reason in {Reason.TLS_RECORD_INVALID, Reason.PEER_CLOSED}
    else:
        assert found == data  # the version bytes of a record are not authenticated, and mean nothing
