"""The engine: order of calls, clean and unclean ends, broken records, and what never gets through before the judgement."""

from __future__ import annotations

import hashlib

import pytest
from OpenSSL import SSL

from relay.base.errors import Misuse, Refused, Unavailable
from relay.base.reasons import Reason
from relay.tls import native
from relay.tls.engine import RECORD_BYTES, TlsEngine
from tests.links import HOST, Link, PythonPeer, carry, failure_of, python_client, shake_hands


@pytest.fixture(scope="module")
def link() -> Link:
    return Link()


@pytest.fixture
def ends(link: Link) -> tuple[TlsEngine, TlsEngine]:
    return link.engines()


def read_all(engine: TlsEngine, max_bytes: int = RECORD_BYTES) -> bytes:
    found = []
    while data := engine.read(max_bytes):
        found.append(data)
    return b"".join(found)


@pytest.mark.parametrize("size", [1, RECORD_BYTES - 1, RECORD_BYTES, RECORD_BYTES + 1, 100_000])
def test_what_is_written_is_read(ends: tuple[TlsEngine, TlsEngine], size: int) -> None:
    data = hashlib.shake_128(b"data").digest(size)
    for source, target in (ends, ends[::-1]):
        source.write(data)
        carry(source, target)
        assert read_all(target) == data


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_buffers_of_every_kind(ends: tuple[TlsEngine, TlsEngine], kind: type) -> None:
    client, server = ends
    client.write(kind(b"x" * 20_000))
    server.feed(kind(client.outgoing()))
    assert read_all(server) == b"x" * 20_000


def test_a_read_gives_at_most_what_was_asked_for(ends: tuple[TlsEngine, TlsEngine]) -> None:
    client, server = ends
    client.write(b"abcdef")
    carry(client, server)
    assert server.read(4) == b"abcd"
    assert server.buffered
    assert server.read(4) == b"ef"
    assert not server.buffered


def records(engine: TlsEngine, *plaintexts: bytes) -> bytes:
    for plaintext in plaintexts:
        engine.write(plaintext)
    return engine.outgoing()


@pytest.mark.parametrize("room", [1, 5, 6, 7, 100])
def test_one_call_fills_in_many_records_as_far_as_there_is_room(ends: tuple[TlsEngine, TlsEngine], room: int) -> None:
    client, server = ends
    scratch = native.Scratch(100)
    server.feed(records(client, b"ab", b"cde", b"f"))
    assert server.fill(scratch, 0, room) == min(room, 6)
    assert bytes(scratch.view[:6]) == b"abcdef"[:room].ljust(6, b"\0")
    assert server.buffered is (room < 6)
    assert (server.read() or b"") == b"abcdef"[room:]
    assert server.read() is None


def test_a_scratch_is_filled_from_where_it_was_left(ends: tuple[TlsEngine, TlsEngine]) -> None:
    client, server = ends
    scratch = native.Scratch(10)
    filled = 0
    for plaintext in (b"abc", b"defg", b"hi"):
        server.feed(records(client, plaintext))
        filled = server.fill(scratch, filled, 10)
    assert bytes(scratch.view) == b"abcdefghi\0"
    assert filled == 9


def test_what_ends_a_connection_is_told_after_the_plaintext_before_it(ends: tuple[TlsEngine, TlsEngine]) -> None:
    client, server = ends
    good, bad = records(client, b"good"), bytearray(records(client, b"bad"))
    bad[-1] ^= 1
    server.feed(good + bad + records(client, b"never"))
    assert server.read() == b"good"
    assert server.buffered
    assert server.waiting  # the alert
    for use in (server.read, lambda: server.write(b"x"), server.read):
        with pytest.raises(Refused) as refusal:
            use()
        assert refusal.value.reason is Reason.TLS_RECORD_INVALID
        assert "bad record mac" in refusal.value.detail


def test_a_close_notify_behind_plaintext_is_told_though_nothing_more_comes(ends: tuple[TlsEngine, TlsEngine]) -> None:
    client, server = ends
    client.write(b"last words")
    client.close()
    carry(client, server)
    assert server.read() == b"last words"
    assert server.buffered
    assert server.read() == b""
    server.write(b"heard")
    carry(server, client)
    assert client.read() == b"heard"


def test_draining_is_as_outgoing(ends: tuple[TlsEngine, TlsEngine]) -> None:
    client, server = ends
    scratch = native.Scratch(400)
    assert client.drain(scratch, 0, 400) == 0
    client.write(b"x" * 300)
    waiting = client.waiting
    assert client.drain(scratch, 0, 100) == 100
    assert client.drain(scratch, 100, 100) == 100
    assert client.waiting == waiting - 100
    end = client.drain(scratch, 100, 400)
    assert end == waiting
    server.feed(scratch.view[:end])
    assert server.read() == b"x" * 300


def test_nothing_written_sends_nothing(ends: tuple[TlsEngine, TlsEngine]) -> None:
    ends[0].write(b"")
    assert ends[0].outgoing() == b""


def test_close_notify_is_a_clean_end(ends: tuple[TlsEngine, TlsEngine]) -> None:
    client, server = ends
    client.write(b"last words")
    client.close()
    carry(client, server)
    server.feed(b"")
    assert server.read() == b"last words"
    assert server.read() == b""
    assert server.read() == b""


def test_after_the_peers_close_notify_we_can_still_answer(ends: tuple[TlsEngine, TlsEngine]) -> None:
    client, server = ends
    client.close()
    carry(client, server)
    assert server.read() == b""
    server.write(b"answer")
    carry(server, client)
    assert client.read() == b"answer"


def test_nothing_is_written_after_our_close(ends: tuple[TlsEngine, TlsEngine]) -> None:
    client, server = ends
    client.close()
    first = client.outgoing()
    client.close()
    assert client.outgoing() == b""
    with pytest.raises(Misuse):
        client.write(b"x")
    server.feed(first)
    server.write(b"still heard")
    carry(server, client)
    assert client.read() == b"still heard"


def test_an_end_without_close_notify_is_no_clean_end(ends: tuple[TlsEngine, TlsEngine]) -> None:
    client, server = ends
    client.write(b"cut of")
    carry(client, server)
    server.feed(b"")
    assert server.read() == b"cut of"
    with pytest.raises(Refused) as refusal:
        server.read()
    assert refusal.value.reason is Reason.PEER_CLOSED


def test_a_server_that_vanishes_is_unavailable(ends: tuple[TlsEngine, TlsEngine]) -> None:
    client, _ = ends
    client.feed(b"")
    with pytest.raises(Unavailable) as failure:
        client.read()
    assert failure.value.reason is Reason.PEER_CLOSED


def test_a_cut_within_a_record_is_no_clean_end(ends: tuple[TlsEngine, TlsEngine]) -> None:
    client, server = ends
    client.write(b"x" * 100)
    server.feed(client.outgoing()[:-1])
    server.feed(b"")
    with pytest.raises(Refused) as refusal:
        server.read()
    assert refusal.value.reason is Reason.PEER_CLOSED


def test_an_end_during_the_handshake(link: Link) -> None:
    server = TlsEngine(link.gate_context())
    server.feed(b"")
    with pytest.raises(Refused) as refusal:
        server.handshake_step()
    assert refusal.value.reason is Reason.PEER_CLOSED


@pytest.mark.parametrize("position", [0, 1, 3, 5, 20, -1])
def test_a_changed_bit_ends_the_connection(ends: tuple[TlsEngine, TlsEngine], position: int) -> None:
    client, server = ends
    client.write(b"x" * 100)
    record = bytearray(client.outgoing())
    record[position] ^= 0x80
    server.feed(record)
    with pytest.raises(Refused) as refusal:
        assert server.read() is None  # a longer length waits for bytes that never come
        server.feed(b"")
        server.read()
    expected = {Reason.TLS_RECORD_INVALID, Reason.PEER_CLOSED} if position == 3 else {Reason.TLS_RECORD_INVALID}
    assert refusal.value.reason in expected


def test_a_replayed_record_ends_the_connection(ends: tuple[TlsEngine, TlsEngine]) -> None:
    client, server = ends
    client.write(b"once")
    record = client.outgoing()
    server.feed(record)
    assert server.read() == b"once"
    server.feed(record)
    with pytest.raises(Refused) as refusal:
        server.read()
    assert refusal.value.reason is Reason.TLS_RECORD_INVALID


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x00" * 64,
        b"\xff" * 64,
        b"\x16\x03\x01\x00\x05\x01\xff\xff\xff\xff",
        b"SSH-2.0-x\r\n",
    ],
)
def test_garbage_is_no_handshake(link: Link, garbage: bytes) -> None:
    server = TlsEngine(link.front_context())
    server.feed(garbage)
    with pytest.raises(Refused) as refusal:
        if not server.handshake_step():
            server.feed(b"")
            server.handshake_step()
    assert refusal.value.reason in {Reason.TLS_HANDSHAKE_FAILED, Reason.PEER_CLOSED}
    client = TlsEngine(link.relay_context())
    client.feed(garbage)
    with pytest.raises(Unavailable):
        if not client.handshake_step():
            client.feed(b"")
            client.handshake_step()


def test_nothing_passes_before_the_handshake(link: Link) -> None:
    engine = TlsEngine(link.gate_context())
    with pytest.raises(Misuse):
        engine.read()
    with pytest.raises(Misuse):
        engine.write(b"early")
    engine.close()
    assert engine.outgoing() == b""
    assert engine.facts.peer is None


def test_nothing_passes_after_a_refusal(link: Link) -> None:
    client, server = TlsEngine(link.relay_context()), TlsEngine(link.gate_context(pins=frozenset({bytes(32)})))
    assert failure_of(client, server).reason is Reason.CERT_PIN_MISMATCH
    client.write(b"secret")
    carry(client, server)
    for use in (server.read, lambda: server.write(b"answer")):
        with pytest.raises(Misuse):
            use()
    with pytest.raises(Refused):
        server.handshake_step()
    assert not server.established


def test_a_handshake_without_a_judgement_is_not_accepted(link: Link) -> None:
    """If OpenSSL did not call us (here: because verification was switched off), there is no connection."""
    context = link.gate_context()
    server = TlsEngine(context)
    server._ssl.set_verify(SSL.VERIFY_NONE, lambda *_: True)
    with pytest.raises(Misuse, match="judgement"):
        shake_hands(TlsEngine(link.relay_context()), server)


def leave_an_error_behind() -> None:
    """As a failed operation of `cryptography` might, in the queue that it shares with us."""
    native._lib.SSL_CTX_use_certificate(SSL.Context(SSL.TLS_METHOD)._context, native._ffi.NULL)
    assert native._lib.ERR_peek_error() != 0


def test_another_librarys_errors_are_not_taken_for_ours(link: Link) -> None:
    client, server = TlsEngine(link.relay_context()), TlsEngine(link.gate_context())
    while not (client.established and server.established):
        for source, target in ((client, server), (server, client)):
            leave_an_error_behind()
            source.handshake_step()
            carry(source, target)
    client.write(b"fine")
    carry(client, server)
    for expected in (b"fine", None):
        leave_an_error_behind()
        assert server.read() == expected
    leave_an_error_behind()
    server.write(b"answer")
    carry(server, client)
    assert client.read() == b"answer"


def test_a_failure_is_told_in_its_own_words(ends: tuple[TlsEngine, TlsEngine]) -> None:
    client, server = ends
    client.write(b"x")
    record = bytearray(client.outgoing())
    record[-1] ^= 1
    server.feed(record)
    leave_an_error_behind()
    with pytest.raises(Refused) as refusal:
        server.read()
    assert refusal.value.reason is Reason.TLS_RECORD_INVALID
    assert refusal.value.detail == "decryption failed or bad record mac; record layer failure"


def test_facts_before_the_end_are_empty_where_unknown(link: Link) -> None:
    engine = TlsEngine(link.front_context())
    assert (engine.facts.group, engine.facts.alpn, engine.facts.server_name) == ("", "", "")
    PythonPeer(python_client(), server_name=HOST).shake_hands(engine)
    assert engine.facts.server_name == HOST
    assert engine.facts is engine.facts
