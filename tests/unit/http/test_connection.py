"""relay/http/connection.py: docs/spec/http.md section 7, and the limits at n and n + 1."""

from __future__ import annotations

import dataclasses

import h11
import pytest

from relay.base.errors import Misuse, Refused
from relay.base.limits import DEFAULTS, Limits
from relay.base.reasons import Reason
from relay.http.connection import Data, EndOfMessage, Head, Pause, ServerConnection
from relay.http.fields import FieldLines
from tests.unit.http.feeds import converse, pieces

GET = b"GET / HTTP/1.1\r\nHost: a.jp\r\n\r\n"
HEAD = GET.replace(b"GET", b"HEAD")
LENGTH_2 = [(b"content-length", b"2")]


def limits(**changes: int) -> Limits:
    return dataclasses.replace(DEFAULTS, **changes)


def post(*fields: bytes, body: bytes = b"") -> bytes:
    return b"POST /p HTTP/1.1\r\nHost: a.jp\r\n" + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body


def opened(raw: bytes, limits: Limits = DEFAULTS) -> ServerConnection:
    """After Head."""
    connection = ServerConnection(limits)
    connection.receive(raw)
    assert isinstance(connection.next_event(), Head)
    return connection


def read(raw: bytes, limits: Limits = DEFAULTS) -> ServerConnection:
    """After EndOfMessage."""
    connection = opened(raw, limits)
    while not isinstance(connection.next_event(), EndOfMessage):
        pass
    return connection


def refused(connection: ServerConnection) -> Reason:
    with pytest.raises(Refused) as refusal:
        while connection.next_event() is not Pause.NEED_DATA:
            pass
    return refusal.value.reason


def answer(connection: ServerConnection, status: int = 200, body: bytes = b"ok") -> bytes:
    head = connection.response_head(status, [(b"content-length", str(len(body)).encode())])
    return head + connection.response_data(body) + connection.response_end()


def test_a_head_carries_what_the_request_said() -> None:
    connection = ServerConnection(DEFAULTS)
    connection.receive(
        b"POST /a%20b?c=d HTTP/1.1\r\nHost: A.jp:8443\r\nAccept: x/y\r\nX:  z \r\nAccept: *\r\nContent-Length: 3\r\n\r\n"
    )
    head = connection.next_event()
    assert isinstance(head, Head)
    assert (head.method, head.path, head.query, head.host, head.port) == ("POST", "/a%20b", "c=d", "a.jp", 8443)
    assert head.headers[2] == (b"x", b"z")
    assert (head.header(b"accept"), head.header(b"none")) == (b"x/y, *", None)
    assert (head.content_length, head.chunked, head.has_body, head.keep_alive, head.http_version) == (
        3,
        False,
        True,
        True,
        "1.1",
    )


def test_a_response_is_what_h11_reads_back() -> None:
    client = h11.Connection(h11.CLIENT)
    out = client.send(h11.Request(method="GET", target="/", headers=[("Host", "a.jp")]))
    client.send(h11.EndOfMessage())
    connection = read(out)
    client.receive_data(connection.response_head(200, [(b"content-length", b"4"), (b"x", b"a b")]))
    client.receive_data(connection.response_data(b"12") + connection.response_data(b"34") + connection.response_end())
    response = client.next_event()
    assert isinstance(response, h11.Response)
    assert (response.status_code, response.reason, dict(response.headers)) == (
        200,
        b"OK",
        {b"content-length": b"4", b"x": b"a b"},
    )
    data = client.next_event()
    assert isinstance(data, h11.Data)
    assert bytes(data.data) == b"1234"
    assert isinstance(client.next_event(), h11.EndOfMessage)


def test_without_content_length_the_response_is_chunked() -> None:
    connection = read(GET)
    out = (
        connection.response_head(200, [])
        + connection.response_data(b"ab")
        + connection.response_data(b"")
        + connection.response_end()
    )
    assert out.lower().endswith(b"transfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n")


@pytest.mark.parametrize(
    ("raw", "status", "expected"),
    [
        (HEAD, 200, b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"),
        (GET, 204, b"HTTP/1.1 204 No Content\r\n\r\n"),
        (GET, 304, b"HTTP/1.1 304 Not Modified\r\ncontent-length: 2\r\n\r\n"),
        (GET, 299, b"HTTP/1.1 299 Unknown\r\ncontent-length: 2\r\n\r\nok"),
    ],
)
def test_responses_without_a_body(raw: bytes, status: int, expected: bytes) -> None:
    connection = read(raw)
    assert answer(connection, status) == expected
    connection.next_cycle()
    connection.receive(GET)
    assert isinstance(connection.next_event(), Head)


def test_a_refused_head_request_gets_no_body() -> None:
    connection = ServerConnection(DEFAULTS)
    connection.receive(b"HEAD / HTTP/1.1\r\nHost: a.jp\r\nX : y\r\n\r\n")
    assert refused(connection) is Reason.HEADER_INVALID
    assert answer(connection, 400) == b"HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\nConnection: close\r\n\r\n"


def test_a_refusal_is_for_good() -> None:
    connection = ServerConnection(DEFAULTS)
    connection.receive(b"GET /\x00")
    assert refused(connection) is Reason.REQUEST_LINE_INVALID
    connection.receive(GET)
    assert refused(connection) is Reason.REQUEST_LINE_INVALID
    assert connection.can_answer
    assert connection.must_close
    answer(connection, 400)
    assert not connection.can_answer
    assert connection.next_event() is Pause.CLOSED
    with pytest.raises(Misuse):
        connection.next_cycle()


def test_a_peer_that_left_within_a_head_gets_no_answer() -> None:
    connection = ServerConnection(DEFAULTS)
    connection.receive(b"GET / HT")
    connection.receive(b"")
    assert refused(connection) is Reason.PEER_CLOSED
    assert not connection.can_answer
    with pytest.raises(Misuse):
        connection.response_head(400, [])


def test_pipelined_requests_wait_for_the_response() -> None:
    connection = read(GET + post(b"Content-Length: 1", body=b"x"))
    assert connection.next_event() is Pause.PAUSED
    assert not connection.head_started
    answer(connection)
    connection.next_cycle()
    assert connection.head_started
    assert isinstance(connection.next_event(), Head)
    assert connection.next_event() == Data(b"x")
    assert isinstance(connection.next_event(), EndOfMessage)
    assert not connection.head_started


def test_a_lone_empty_line_does_not_start_a_head() -> None:
    connection = ServerConnection(DEFAULTS)
    connection.receive(b"\r\n")
    assert connection.next_event() is Pause.NEED_DATA
    assert not connection.head_started
    connection.receive(b"G")
    assert connection.next_event() is Pause.NEED_DATA
    assert connection.head_started


def test_connection_close_is_announced_and_kept() -> None:
    connection = read(GET[:-2] + b"Connection: close\r\n\r\n" + GET)
    assert connection.must_close
    connection.receive(GET)
    assert connection.next_event() is Pause.PAUSED
    assert b"Connection: close\r\n" in answer(connection)
    assert connection.next_event() is Pause.CLOSED


def test_http_1_0_gets_an_answer_with_its_length_and_the_connection_closes() -> None:
    asked = b"GET / HTTP/1.0\r\nHost: a.jp\r\nConnection: keep-alive\r\n\r\n"
    connection = read(asked + GET)
    assert connection.must_close
    with pytest.raises(Misuse):
        connection.response_head(200, [])
    assert answer(connection) == b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nConnection: close\r\n\r\nok"
    assert connection.next_event() is Pause.CLOSED
    connection = read(asked.replace(b"GET", b"HEAD"))
    assert connection.response_head(204, []).startswith(b"HTTP/1.1 204 ")


def test_http_1_0_never_waits_for_100_continue() -> None:
    connection = opened(b"POST / HTTP/1.0\r\nHost: a.jp\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
    assert connection.informational_continue() == b""


def test_drain_is_announced() -> None:
    connection = read(GET)
    assert not connection.must_close
    connection.close_after_response()
    assert b"connection: close\r\n" in answer(connection).lower()
    with pytest.raises(Misuse):
        connection.next_cycle()


def test_an_answer_before_the_end_of_the_request_closes() -> None:
    connection = opened(post(b"Content-Length: 10", body=b"abc"))
    assert connection.can_answer
    assert b"connection: close\r\n" in answer(connection, 413).lower()
    assert connection.must_close
    assert connection.next_event() is Pause.CLOSED


@pytest.mark.parametrize("framing", [b"Content-Length: 3", b"Transfer-Encoding: chunked"])
def test_100_continue_goes_out_once_and_only_if_awaited(framing: bytes) -> None:
    body = b"abc" if framing.startswith(b"Content") else b"3\r\nabc\r\n0\r\n\r\n"
    connection = opened(post(framing, b"Expect: 100-continue"))
    assert connection.next_event() is Pause.NEED_DATA
    assert connection.informational_continue() == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert connection.informational_continue() == b""
    connection.receive(body)
    assert connection.next_event() == Data(b"abc")
    assert isinstance(connection.next_event(), EndOfMessage)
    assert answer(connection).startswith(b"HTTP/1.1 200 OK\r\n")
    connection.next_cycle()
    assert opened(post(framing)).informational_continue() == b""
    assert opened(post(framing, b"Expect: 100-continue", body=body)).informational_continue() == b""


def test_a_refused_body_is_refused_before_100_continue() -> None:
    connection = opened(post(b"Content-Length: 11", b"Expect: 100-continue"))
    connection.body_limit = 10
    assert refused(connection) is Reason.BODY_TOO_LARGE
    assert connection.informational_continue() == b""
    assert b"413" in answer(connection, 413)


@pytest.mark.parametrize("extra", [0, 1])
@pytest.mark.parametrize("size", [1, 4, 100])
def test_body_limit_at_n_and_n_plus_1(extra: int, size: int) -> None:
    body = b"x" * (10 + extra)
    chunked = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces(body, 3)) + b"0\r\n\r\n"
    for raw in (post(b"Content-Length: %d" % len(body), body=body), post(b"Transfer-Encoding: chunked", body=chunked)):
        head, rest = raw.split(b"\r\n\r\n", 1)
        connection = opened(head + b"\r\n\r\n")
        connection.body_limit = 10
        got = b""
        reason = None
        try:
            for piece in pieces(rest, size):
                connection.receive(piece)
                while isinstance(event := connection.next_event(), Data):
                    got += event.data
        except Refused as refusal:
            reason = refusal.reason
        assert (got == body, reason) == ((True, None) if not extra else (False, Reason.BODY_TOO_LARGE))


@pytest.mark.parametrize(
    ("name", "raw", "least", "reason"),
    [
        ("target_bytes", b"GET /" + b"a" * 29 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 30, Reason.TARGET_TOO_LONG),
        ("header_count", GET[:-2] + b"X: y\r\n" * 4 + b"\r\n", 5, Reason.HEADERS_TOO_LARGE),
        ("header_bytes", GET[:-2] + b"X: " + b"y" * 400 + b"\r\n\r\n", len(GET) + 405, Reason.HEADERS_TOO_LARGE),
        (
            "chunk_extension_bytes",
            post(b"Transfer-Encoding: chunked", body=b"0;abc=def\r\n\r\n"),
            8,
            Reason.CHUNK_INVALID,
        ),
        (
            "chunk_overhead_bytes",
            post(b"Transfer-Encoding: chunked", body=b"1\r\na\r\n" * 20 + b"0\r\n\r\n"),
            99,
            Reason.CHUNK_INVALID,
        ),
        (
            "trailer_count",
            post(b"Transfer-Encoding: chunked", body=b"0\r\nX: y\r\nX: y\r\n\r\n"),
            2,
            Reason.TRAILER_INVALID,
        ),
        ("trailer_bytes", post(b"Transfer-Encoding: chunked", body=b"0\r\nX: yyy\r\n\r\n"), 8, Reason.TRAILER_INVALID),
        ("body_bytes", post(b"Content-Length: 9", body=b"x" * 9), 9, Reason.BODY_TOO_LARGE),
    ],
)
@pytest.mark.parametrize("size", [1, 10_000])
def test_limits_at_n_and_n_minus_1(name: str, raw: bytes, least: int, reason: Reason, size: int) -> None:
    enough = converse(pieces(raw, size), limits(**{name: least}))
    assert (enough.end, len(enough.requests)) == ("CLOSED", 1)
    assert converse(pieces(raw, size), limits(**{name: least - 1})).end == reason.value


def test_requests_per_connection() -> None:
    few = limits(requests_per_connection=2)
    assert len(converse([GET * 3], few).requests) == 2
    assert converse([GET * 2], few).answers.lower().count(b"connection: close") == 1


@pytest.mark.parametrize(
    "headers",
    [
        [(b"connection", b"close")],
        [(b"transfer-encoding", b"chunked")],
        [(b"X", b"y")],
        [(b"x y", b"z")],
        [(b"x", b"a\r\nset-cookie: b")],
        [(b"x", b"a\x00")],
        [(b"x", b" a")],
        [(b"content-length", b"1"), (b"content-length", b"2")],
        [(b"content-length", b"2"), (b"content-length", b"2")],
        [(b"content-length", b"02")],
        [(b"content-length", b"-1")],
        [(b"content-length", b"")],
    ],
)
def test_a_response_that_cannot_be_written_is_our_bug(headers: list[tuple[bytes, bytes]]) -> None:
    connection = read(GET)
    with pytest.raises(Misuse):
        connection.response_head(200, headers)


def test_calls_out_of_order_are_our_bug() -> None:
    connection = read(GET)
    for call in (connection.next_cycle, connection.response_end, lambda: connection.response_data(b"x")):
        with pytest.raises(Misuse):
            call()
    connection = read(GET)
    connection.response_head(200, LENGTH_2)
    with pytest.raises(Misuse):
        connection.response_head(200, LENGTH_2)
    with pytest.raises(Misuse):
        connection.response_data(b"too long")
    connection = read(GET)
    connection.response_head(200, LENGTH_2)
    connection.response_data(b"x")
    with pytest.raises(Misuse):
        connection.response_end()
    connection.response_data(b"y")
    connection.response_end()
    for call in (connection.response_end, lambda: connection.response_data(b"x")):
        with pytest.raises(Misuse):
            call()
    connection = opened(post(b"Content-Length: 1", b"Expect: 100-continue"))
    connection.response_head(200, LENGTH_2)
    with pytest.raises(Misuse):
        connection.informational_continue()
    for status in (100, 199, 1000):
        with pytest.raises(Misuse):
            read(GET).response_head(status, LENGTH_2)
    connection = ServerConnection(DEFAULTS)
    connection.receive(b"")
    assert connection.next_event() is Pause.CLOSED
    with pytest.raises(Misuse):
        connection.receive(GET)


def test_what_was_never_a_request_is_answered_with_a_length() -> None:
    connection = ServerConnection(DEFAULTS)
    connection.receive(b"\x00")
    assert refused(connection) is Reason.REQUEST_LINE_INVALID
    with pytest.raises(Misuse):
        connection.response_head(400, [])
    assert answer(connection, 400) == b"HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\nConnection: close\r\n\r\nok"


def test_constant_fields_come_last() -> None:
    head = read(GET).response_head(200, [(b"x", b"y"), *LENGTH_2], FieldLines([(b"z", b"0")]))
    assert head == b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx: y\r\nz: 0\r\n\r\n"


def test_a_large_body_passes_without_being_gathered() -> None:
    import tracemalloc

    total = 64 * 1024 * 1024
    piece = b"x" * 65_536
    connection = opened(post(b"Content-Length: %d" % total), limits(body_bytes=total))
    tracemalloc.start()
    for _ in range(total // len(piece)):
        connection.receive(piece)
        assert connection.next_event() == Data(piece)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(connection.next_event(), EndOfMessage)
    assert peak < 1024 * 1024
