"""relay/http/fields.py beyond the rows of cases.py: field lines one by one, and the fields of responses."""

from __future__ import annotations

import pytest

from relay.base.errors import Refused
from relay.base.reasons import Reason
from relay.http.fields import SINGLE, TRAILER_FORBIDDEN, FieldLines, build_head, check_field_line, check_response_fields
from relay.http.target import RequestLine

LINE = RequestLine("GET", "/", None, None)
HOST = (b"host", b"a.jp")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"X-Y: z", (b"x-y", b"z")),
        (b"x:\t a b \t", (b"x", b"a b")),
        (b"X:", (b"x", b"")),
        ("x: あ".encode(), (b"x", "あ".encode())),
    ],
)
def test_a_field_line(line: bytes, expected: tuple[bytes, bytes]) -> None:
    assert check_field_line(line) == expected


@pytest.mark.parametrize("name", sorted(SINGLE - {b"host"}))
def test_each_single_field_is_refused_when_doubled(name: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        build_head(LINE, (HOST, (name, b"1"), (name, b"1")))
    assert refusal.value.reason in (Reason.HEADER_INVALID, Reason.LENGTH_CONFLICT, Reason.TRANSFER_ENCODING_INVALID)


@pytest.mark.parametrize("name", [b"content-length", b"host", b"cookie", b"accept", b"x-forwarded-for"])
def test_connection_must_not_name_what_is_for_all_recipients(name: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        build_head(LINE, (HOST, (b"connection", b"close, " + name)))
    assert refusal.value.reason is Reason.HEADER_INVALID


def test_no_framing_field_may_be_a_trailer() -> None:
    assert {
        b"host",
        b"content-length",
        b"transfer-encoding",
        b"content-type",
        b"connection",
        b"cookie",
    } <= TRAILER_FORBIDDEN


def test_response_fields() -> None:
    check_response_fields([(b"x", b"a b\tc"), (b"y", b""), (b"z", "あ".encode())])
    for name, value in (
        (b"", b"x"),
        (b"X", b"x"),
        (b"a b", b"x"),
        (b"a:", b"x"),
        (b"a", b"x\r\ny: z"),
        (b"a", b"x\ny"),
        (b"a", b"\x00"),
        (b"a", b" x"),
        (b"a", b"x\t"),
        (b"a", b"\x7f"),
    ):
        for fields in ([(name, value)], [(b"o", b"k"), (name, value)], [(name, value), (b"o", b"k")]):
            with pytest.raises(Refused) as refusal:
                check_response_fields(fields)
            assert refusal.value.reason is Reason.RESPONSE_INVALID
            with pytest.raises(Refused):
                FieldLines(fields)


def test_fields_that_are_written_ahead() -> None:
    assert FieldLines(()).raw == b""
    assert FieldLines(((b"a", b"b c"), (b"d", b""))).raw == b"a: b c\r\nd: \r\n"
