"""Any bytes in any pieces: the same requests or the same refusal, never anything else; and h11 reads what passes as the same."""

from __future__ import annotations

import h11
from hypothesis import example, given, settings
from hypothesis import strategies as st

from relay.base.limits import DEFAULTS
from tests.unit.http.cases import CASES
from tests.unit.http.feeds import SMALL, converse, split

FRAGMENTS = [
    b"GET / HTTP/1.1\r\n",
    b"POST /p?q=%20 HTTP/1.1\r\n",
    b"HEAD /",
    b" HTTP/1.1",
    b"Host: a.jp\r\n",
    b"\r\n",
    b"\r",
    b"\n",
    b" ",
    b"\t",
    b":",
    b"\x00",
    b"Content-Length: 3\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Connection: close\r\n",
    b"Expect: 100-continue\r\n",
    b"X: y\r\n",
    b"abc",
    b"3\r\nabc\r\n",
    b"0\r\n\r\n",
    b"0\r\n",
    b"3;a=b\r\n",
    b"ff",
    b"%2e",
    b"/../",
    b"\xe3\x81\x82",
    b"\xff",
]
mixtures = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.binary(max_size=6)), max_size=24).map(b"".join)
mutated = st.builds(
    lambda case, at, cut, new: case.raw[: at % (len(case.raw) + 1)] + new + case.raw[at % (len(case.raw) + 1) + cut :],
    st.sampled_from([case for case in CASES if len(case.raw) < 500]),
    st.integers(0, 500),
    st.integers(0, 8),
    st.one_of(st.sampled_from(FRAGMENTS), st.binary(max_size=3)),
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(mixtures, mutated), st.lists(st.integers(0, 600), max_size=12))
@example(b"A" * 33 + b"\r\n", [32])
@example(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", [15])
def test_pieces_change_nothing(raw: bytes, cuts: list[int]) -> None:
    for limits in (DEFAULTS, SMALL):
        assert converse(split(raw, cuts), limits) == converse([raw], limits)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_garbage_is_refused_or_waits(raw: bytes) -> None:
    outcome = converse([raw])
    assert outcome.end


Reading = tuple[str, str, list[tuple[bytes, bytes]], bytes]


def as_h11_reads(raw: bytes, most: int) -> list[Reading]:
    """The first `most` requests. h11 does not skip the empty line of row S1, so each request has its own connection."""
    requests: list[Reading] = []
    while len(requests) < most:
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
        connection.receive_data(raw.removeprefix(b"\r\n"))
        request = connection.next_event()
        assert isinstance(request, h11.Request)
        body = b""
        while isinstance(event := connection.next_event(), h11.Data):
            body += bytes(event.data)
        assert isinstance(event, h11.EndOfMessage)
        requests.append((request.method.decode(), request.target.decode(), list(request.headers), body))
        raw = connection.trailing_data[0]
    return requests


@settings(max_examples=400, deadline=None)
@given(st.one_of(mixtures, mutated, st.sampled_from([case.raw for case in CASES])))
def test_what_passes_h11_reads_as_the_same(raw: bytes) -> None:
    passed = [request for request in converse([raw]).requests if request.complete]
    for (head, body, _), theirs in zip(passed, as_h11_reads(raw, len(passed)), strict=True):
        method, target, headers, their_body = theirs
        query = "" if head.query is None else f"?{head.query}"
        assert method == head.method
        assert target.endswith(head.path + query) or (target.lower().startswith("http") and head.path == "/")
        assert [(name, value.lower()) for name, value in head.headers] == [
            (name, value.lower()) for name, value in headers
        ]
        assert body == their_body
