"""Every bound of the Internet side, through real TLS: at it, a request passes; over it, it is refused with its reason in log and metric."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from tests.live.labs import PATIENCE_S, Cut, Lab, running_lab, until
from tests.live.raw_client import RawClient, client_context, read_answers
from tests.live.recorder import LARGE_BYTES, Recorder

pytestmark = pytest.mark.live

PER_SOURCE, CONNECTIONS, IN_FLIGHT, PER_CONNECTION = 4, 10, 2, 12
TARGET, HEADERS, HEADER_BYTES, BODY, EXTENSION, TRAILERS, TRAILER_BYTES = 100, 8, 600, 5_000, 10, 2, 40
CONFIG = f"""
[limits]
connections = {CONNECTIONS}
connections_per_source = {PER_SOURCE}
transfers_in_flight = {IN_FLIGHT}
requests_per_connection = {PER_CONNECTION}
target_bytes = {TARGET}
header_count = {HEADERS}
header_bytes = {HEADER_BYTES}
body_bytes = {BODY}
chunk_extension_bytes = {EXTENSION}
trailer_count = {TRAILERS}
trailer_bytes = {TRAILER_BYTES}
handshake_timeout_ms = 1500
headers_timeout_ms = 1000
idle_timeout_ms = 2500
body_grace_ms = 1000
write_timeout_ms = 1000
"""
GET = b"GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    with Recorder() as running:
        yield running


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, recorder: Recorder) -> Iterator[Lab]:
    directory = tmp_path_factory.mktemp("lab") / "lab"
    with running_lab(directory, app=recorder.url, config=CONFIG, open_routes=True) as running:
        yield running


def connect(lab: Lab, source: str = "127.0.0.1", receive_buffer: int | None = None) -> RawClient:
    return RawClient(lab, client_context(lab), source, receive_buffer)


@contextmanager
def refused_once(lab: Lab, reason: str, limit: str = "none", status: int = 0) -> Iterator[None]:
    """What happens inside leads to exactly one more record and one more count of this reason."""
    labels = {"role": "front", "reason": reason, "limit": limit}
    counted = lab.metric("sekisho_refusals_total", **labels)
    recorded = len(lab.records(kind="refusal", reason=reason))
    yield
    until(lambda: lab.metric("sekisho_refusals_total", **labels) >= counted + 1, f"{reason} is counted")
    records = until(lambda: lab.records(kind="refusal", reason=reason)[recorded:], f"{reason} is recorded")
    assert lab.metric("sekisho_refusals_total", **labels) == counted + 1
    assert [record["status"] for record in records] == [status]


def statuses(lab: Lab, raw: bytes, method: str = "GET") -> list[int]:
    with connect(lab) as client:
        client.send([raw])
        return [answer.status for answer in read_answers(client.end(), [method])]


def with_target(extra: int) -> bytes:
    return GET.replace(b"/a", b"/" + b"a" * (TARGET - 1 + extra))


def with_headers(extra: int) -> bytes:
    return GET[:-2] + b"X: y\r\n" * (HEADERS - 1 + extra) + b"\r\n"


def with_header_bytes(extra: int) -> bytes:
    return GET[:-2] + b"X: " + b"y" * (HEADER_BYTES - len(GET) - 5 + extra) + b"\r\n\r\n"


def with_body(extra: int) -> bytes:
    size = BODY + extra
    return b"POST /p HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % size + b"b" * size


def in_chunks(body: bytes) -> bytes:
    return b"POST /p HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + body


def with_chunks(extra: int) -> bytes:
    return in_chunks(
        b"%x\r\n%b\r\n" % (BODY - 7, b"b" * (BODY - 7)) + b"%x\r\n%b\r\n0\r\n\r\n" % (7 + extra, b"b" * (7 + extra))
    )


def with_extension(extra: int) -> bytes:
    return in_chunks(b"1;" + b"e" * (EXTENSION - 1 + extra) + b"\r\nb\r\n0\r\n\r\n")


def with_trailers(extra: int) -> bytes:
    return in_chunks(b"1\r\nb\r\n0\r\n" + b"X: y\r\n" * (TRAILERS + extra) + b"\r\n")


def with_trailer_bytes(extra: int) -> bytes:
    return in_chunks(b"1\r\nb\r\n0\r\nX: " + b"y" * (TRAILER_BYTES - 5 + extra) + b"\r\n\r\n")


SIZES: list[tuple[Callable[[int], bytes], str, str, int]] = [
    (with_target, "target_too_long", "size", 414),
    (with_headers, "headers_too_large", "size", 431),
    (with_header_bytes, "headers_too_large", "size", 431),
    (with_body, "body_too_large", "size", 413),
    (with_chunks, "body_too_large", "size", 413),
    (with_extension, "chunk_invalid", "none", 400),
    (with_trailers, "trailer_invalid", "none", 400),
    (with_trailer_bytes, "trailer_invalid", "none", 400),
]


@pytest.mark.parametrize(("made", "reason", "limit", "status"), SIZES)
def test_a_size_at_n_and_n_plus_1(
    lab: Lab, recorder: Recorder, made: Callable[[int], bytes], reason: str, limit: str, status: int
) -> None:
    recorder.take()
    assert statuses(lab, made(0)) == [200]
    assert len(recorder.take()) == 1
    with refused_once(lab, reason, limit, status):
        assert statuses(lab, made(1)) == [status]
    assert not recorder.take()


def test_requests_per_connection(lab: Lab) -> None:
    with connect(lab) as client:
        client.send([GET * (PER_CONNECTION + 1)])
        answers = read_answers(client.to_end(), [])
    assert [answer.fields.get("connection") for answer in answers] == [None] * (PER_CONNECTION - 1) + ["close"]


def test_connections_per_source(lab: Lab) -> None:
    with ExitStack() as held:
        clients = [held.enter_context(connect(lab, "127.0.0.7")) for _ in range(PER_SOURCE)]
        with refused_once(lab, "source_connections_exceeded", "connections_per_source"), pytest.raises((Cut, OSError)):
            connect(lab, "127.0.0.7")
        with connect(lab, "127.0.0.8") as another:
            another.send([GET])
            assert b"200 OK" in another.receive()
        clients[0].end()
        clients[0].close()
        with until(lambda: _try_connect(lab, "127.0.0.7"), "the place is free again") as client:
            client.send([GET])
            assert b"200 OK" in client.receive()


def test_connections_in_all(lab: Lab) -> None:
    with ExitStack() as held:
        for number in range(CONNECTIONS):
            held.enter_context(connect(lab, f"127.0.1.{1 + number // PER_SOURCE}"))
        with refused_once(lab, "connections_exceeded", "connections"), pytest.raises((Cut, OSError)):
            connect(lab, "127.0.1.9")


def _try_connect(lab: Lab, source: str) -> RawClient | None:
    with suppress(Cut, OSError):
        return connect(lab, source)
    return None


def test_transfers_in_flight(lab: Lab, recorder: Recorder) -> None:
    recorder.may_answer.clear()
    wait = GET.replace(b"/a", b"/wait")
    with ExitStack() as held:
        waiting = [held.enter_context(connect(lab)) for _ in range(IN_FLIGHT)]
        recorder.take()
        for client in waiting:
            client.send([wait])
        until(lambda: len(recorder.kept) == IN_FLIGHT, "both are at the application")
        with refused_once(lab, "overloaded", "transfers_in_flight", 503), connect(lab) as client:
            client.send([GET])
            (answer,) = read_answers(client.receive(), [])
            assert (answer.status, answer.fields["retry-after"]) == (503, "30")
            recorder.may_answer.set()
            assert [read_answers(waiter.receive(), [])[0].status for waiter in waiting] == [200] * IN_FLIGHT
            client.send([GET])  # the connection was kept, and there is room again
            assert b"200 OK" in client.receive()


def test_a_handshake_that_does_not_come(lab: Lab) -> None:
    address = ("127.0.0.1", lab.front_port)
    with refused_once(lab, "tls_handshake_timeout", "time"), socket.create_connection(address, PATIENCE_S) as sock:
        sock.sendall(b"\x16\x03\x01")
        assert sock.recv(1) == b""


def test_a_head_that_drips(lab: Lab) -> None:
    with refused_once(lab, "headers_timeout", "time", 408), connect(lab) as client:
        (answer,) = read_answers(client.drip(GET[:-2] + b"X: y\r\n" * 500), [])
        assert (answer.status, answer.fields["connection"]) == (408, "close")


def test_a_body_that_drips(lab: Lab) -> None:
    with refused_once(lab, "body_timeout", "rate", 408), connect(lab) as client:
        client.send([with_body(0)[:-BODY]])
        (answer,) = read_answers(client.drip(b"b" * BODY), [])
        assert (answer.status, answer.fields["connection"]) == (408, "close")


def test_chunk_framing_that_drips_is_no_progress(lab: Lab) -> None:
    with refused_once(lab, "body_timeout", "rate", 408), connect(lab) as client:
        client.send([in_chunks(b"")])
        (answer,) = read_answers(client.drip(b"1;e=e\r\nb\r\n" * 400), [])
        assert answer.status == 408


@pytest.mark.parametrize("before", [b"", GET, b"\r\n"])
def test_an_idle_connection_ends_without_a_word(lab: Lab, before: bytes) -> None:
    refusals = len(lab.records(kind="refusal"))
    with connect(lab) as client:
        client.send([before] if before else [])
        answers = read_answers(client.to_end(), [])
    assert [answer.status for answer in answers] == ([200] if before == GET else [])
    assert len(lab.records(kind="refusal")) == refusals


def test_an_answer_that_is_not_read_is_given_up_and_never_passes_for_whole(lab: Lab) -> None:
    with (
        refused_once(lab, "answer_not_read", "time"),
        connect(lab, receive_buffer=4096) as client,
    ):
        client.send([GET.replace(b"/a", b"/large")])
        until(lambda: lab.records(kind="refusal", reason="answer_not_read"), "the front has given up")
        received = b""
        with suppress(Cut):
            while data := client.receive():
                received += data
    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"transfer-encoding: chunked" in received[:1000].lower()
    assert not received.endswith(b"\r\n0\r\n\r\n")
    assert len(received) < LARGE_BYTES


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_a_large_answer_comes_whole(lab: Lab, version: bytes) -> None:
    with connect(lab) as client:
        client.send([b"GET /large HTTP/%b\r\nHost: localhost\r\nConnection: close\r\n\r\n" % version])
        head, _, content = client.to_end().partition(b"\r\n\r\n")
    if version == b"1.0":
        assert b"content-length: %d\r\n" % len(content) in head + b"\r\n"
        assert b"transfer-encoding" not in head.lower()
    else:
        assert content.endswith(b"\r\n0\r\n\r\n")
    assert content.count(b".") == LARGE_BYTES


@pytest.mark.parametrize("framing", [b"Content-Length: 30000000", b"Transfer-Encoding: chunked"])
def test_a_client_that_sends_on_reads_its_refusal(lab: Lab, framing: bytes) -> None:
    """The whole upload is written before the answer is read: nothing is reset."""
    piece = b"b" * 15_994
    pieces = [b"3e7a\r\n" + piece + b"\r\n" if framing.endswith(b"chunked") else piece] * 1_500
    with refused_once(lab, "body_too_large", "size", 413), connect(lab) as client:
        client.send([b"POST /p HTTP/1.1\r\nHost: localhost\r\n" + framing + b"\r\n\r\n"])
        client.send(pieces)
        (answer,) = read_answers(client.end(), [])
        assert (answer.status, answer.fields["connection"]) == (413, "close")
