"""relay/http/grammar.py: the character classes, byte by byte against the RFCs' own lists."""

from __future__ import annotations

import re
import string

import pytest

from relay.http import grammar

DIGIT_ALPHA = (string.digits + string.ascii_letters).encode()
TCHAR = b"!#$%&'*+-.^_`|~" + DIGIT_ALPHA  # RFC 9110 section 5.6.2
PCHAR = b"-._~" + b"!$&'()*+,;=" + b":@" + DIGIT_ALPHA  # RFC 3986 section 3.3, without triplets
HEX = string.hexdigits.encode()


@pytest.mark.parametrize(
    ("pattern", "before", "after", "allowed"),
    [
        (grammar.token, b"a", b"b", TCHAR),
        (grammar.lower_names, b"a", b"b", TCHAR.translate(None, string.ascii_uppercase.encode()) + b"\n"),
        (grammar.path, b"/a", b"b", PCHAR + b"/"),
        (grammar.query, b"a", b"b", PCHAR + b"/?"),
        (grammar.content_length, b"1", b"2", string.digits.encode()),
        (grammar.chunk_line, b"a", b"b", HEX + b";"),
        (grammar.authority, b"a", b"b", DIGIT_ALPHA + b"-_."),
        (grammar.request_line_plain, b"GET /", b" HTTP/1.1", PCHAR + b"/?"),
    ],
)
def test_one_byte_in_the_middle(pattern: re.Pattern[bytes], before: bytes, after: bytes, allowed: bytes) -> None:
    accepted = bytes(byte for byte in range(256) if pattern.fullmatch(before + bytes([byte]) + after))
    assert sorted(accepted) == sorted(allowed)


def test_the_bytes_of_a_value_are_those_of_a_field_line() -> None:
    lines = {byte for byte in range(256) if grammar.field_line.fullmatch(b"x:" + bytes([byte]))}
    assert lines == set(grammar.VALUE_OCTETS) == {9, *range(0x20, 0x7F), *range(0x80, 0x100)}
    assert len(grammar.VALUE_OCTETS) == len(lines)


def test_controls_that_stop_a_line() -> None:
    assert {byte for byte in range(256) if grammar.line_control.search(bytes([97, byte, 98]))} == {
        *range(0x20),
        0x7F,
    } - {9}
    assert {byte for byte in range(256) if grammar.request_line_control.search(bytes([97, byte, 98]))} == {
        *range(0x20),
        0x7F,
    }
    for pattern in (grammar.line_control, grammar.request_line_control):
        assert not pattern.search(b"a\r")  # LF may still come


def test_every_encoded_control_is_found() -> None:
    found = {byte for byte in range(256) if grammar.encoded_control.search(b"/%%%02x" % byte)}
    assert (
        found
        == {*range(0x20), 0x7F}
        == {byte for byte in range(256) if grammar.encoded_control.search(b"/%%%02X" % byte)}
    )
    assert {byte for byte in range(256) if grammar.encoded_in_path.search(b"/%%%02x" % byte)} == found | {0x5C}
    twice = {byte for byte in range(256) if grammar.encoded_in_path.search(b"/%%25%02X" % byte)}
    assert twice == found | {0x25, 0x2E, 0x2F, 0x5C}
