import pytest

from policy.headers import DEFAULT_FORWARDED, end_to_end, forwarded

ALLOWED = DEFAULT_FORWARDED | {b"cookie"}

FORWARDED = [
    ([(b"accept", b"a"), (b"x-evil", b"b"), (b"user-agent", b"c")], [(b"accept", b"a"), (b"user-agent", b"c")]),
    ([(b"cookie", b"a=1"), (b"cookie", b"b=2")], [(b"cookie", b"a=1; b=2")]),
    ([(b"accept", b"a"), (b"accept", b"b")], [(b"accept", b"a, b")]),
    ([(b"user-agent", b"a"), (b"user-agent", b"b")], []),
    ([(b"authorization", b"Basic x")], []),
    ([(b"user-agent", b"a\x00b")], []),
    ([(b"user-agent", b"a\tb")], []),
    ([(b"user-agent", b"a\x7f")], []),
    ([(b"user-agent", b"\xff")], []),
    ([(b"user-agent", "\x85".encode())], []),
    ([(b"user-agent", "見本".encode())], [(b"user-agent", "見本".encode())]),
    ([(b"host", b"a"), (b"content-length", b"1"), (b"transfer-encoding", b"chunked")], []),
]


@pytest.mark.parametrize(("before", "after"), FORWARDED)
def test_declared_routes_forward_what_they_name(before, after) -> None:
    assert forwarded(tuple(before), ALLOWED) == tuple(after)


DROPPED = [
    "connection",
    "content-length",
    "content-type",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-forwarded-for",
    "x-forwarded-proto",
    "sekisho-transfer",
]


@pytest.mark.parametrize("name", DROPPED)
def test_open_routes_drop_what_is_not_end_to_end(name: str) -> None:
    assert end_to_end(((name.encode(), b"x"), (b"x-mine", b"y"), (b"x-mine", b"z"))) == (
        (b"x-mine", b"y"),
        (b"x-mine", b"z"),
    )


def test_open_routes_drop_what_connection_names() -> None:
    sent = ((b"connection", b"close, X-Hop"), (b"x-hop", b"1"), (b"x-end", b"2"))
    assert end_to_end(sent) == ((b"x-end", b"2"),)


def test_open_routes_change_no_value() -> None:
    sent = ((b"x", b"a\tb"), (b"x", b"caf\xe9"), (b"y", b""))
    assert end_to_end(sent) == sent


def test_cases_are_counted() -> None:
    assert (len(FORWARDED), len(DROPPED)) == (12, 18)
