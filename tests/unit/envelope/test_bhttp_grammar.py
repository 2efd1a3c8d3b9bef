"""relay/envelope/bhttp_grammar.py: integers, fields, control data."""

from __future__ import annotations

import pytest

from relay.envelope.bhttp_grammar import (
    AUTHORITY,
    CONNECTION_FIELDS,
    METHOD,
    NOT_IN_REQUESTS,
    TARGET,
    declared_length,
    encode_string,
    encode_varint,
    fields_fault,
)


@pytest.mark.parametrize(
    ("number", "digits"),
    [  # the examples of RFC 9000 appendix A.1, and both sides of each border
        (151288809941952652, "c2197c5eff14e88c"),
        (494878333, "9d7f3e7d"),
        (15293, "7bbd"),
        (37, "25"),
        (0, "00"),
        (63, "3f"),
        (64, "4040"),
        (16383, "7fff"),
        (16384, "80004000"),
        ((1 << 30) - 1, "bfffffff"),
        (1 << 30, "c000000040000000"),
        ((1 << 62) - 1, "ffffffffffffffff"),
    ],
)
def test_integers_are_as_short_as_can_be(number: int, digits: str) -> None:
    assert encode_varint(number).hex() == digits


@pytest.mark.parametrize("number", [-1, 1 << 62])
def test_integers_out_of_range_are_not_written(number: int) -> None:
    with pytest.raises(ValueError, match="62 bits"):
        encode_varint(number)


@pytest.mark.parametrize("size", [0, 1, 63, 64, 1023, 1024, 20_000])
def test_strings_carry_their_length(size: int) -> None:
    assert encode_string(b"x" * size) == encode_varint(size) + b"x" * size


@pytest.mark.parametrize("value", [b"", b"a", b"a b", b"a\tb", "日本語".encode(), b"\x80\xff", b'"quoted, value"'])
def test_values_that_are_taken(value: bytes) -> None:
    assert fields_fault([b"a", b"b"], [b"1", value], CONNECTION_FIELDS) == ""


@pytest.mark.parametrize(
    "value",
    [b" a", b"a ", b"\ta", b"a\t", b" ", b"a\nb", b"a\rb", b"a\x00b", b"\n", b"a\x1fb", b"a\x7fb", b"a\n", b"\na"],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_values_that_are_refused_wherever_they_stand(value: bytes, place: int) -> None:
    values = [b"1", b"2", b"3"]
    values[place] = value
    assert "value" in fields_fault([b"a", b"b", b"c"], values, CONNECTION_FIELDS)


@pytest.mark.parametrize(
    "name", [b"", b"A", b"a b", b"a:", b":path", b"a\nb", b"\na", b"a\n", b"a\x00", b"\xe3\x81\x82"]
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_names_that_are_refused_wherever_they_stand(name: bytes, place: int) -> None:
    names = [b"a", b"b", b"c"]
    names[place] = name
    assert "name" in fields_fault(names, [b"1", b"2", b"3"], CONNECTION_FIELDS)


def test_fields_of_a_connection_are_refused() -> None:
    refused = [b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"]
    for name in refused:
        assert "connection" in fields_fault([b"a", name], [b"1", b"2"], CONNECTION_FIELDS)
    assert fields_fault([b"host"], [b"a"], CONNECTION_FIELDS) == ""
    assert "connection" in fields_fault([b"host"], [b"a"], NOT_IN_REQUESTS)
    assert len(refused) == len(CONNECTION_FIELDS)


@pytest.mark.parametrize("value", [b"", b"01", b"-1", b"+1", b"1,1", b"0x1", b"1" * 19, "１".encode()])
def test_lengths_that_are_no_length(value: bytes) -> None:
    with pytest.raises(ValueError, match="decimal"):
        declared_length([b"content-length"], [value])


def test_lengths() -> None:
    assert declared_length([b"a"], [b"1"]) is None
    assert declared_length([b"a", b"content-length"], [b"1", b"0"]) == 0
    assert declared_length([b"content-length"], [b"9" * 18]) == 10**18 - 1
    with pytest.raises(ValueError, match="twice"):
        declared_length([b"content-length"] * 2, [b"1", b"1"])


@pytest.mark.parametrize(
    "host",
    [
        b"a",
        b"a.example",
        b"a.example:8443",
        b"127.0.0.1:1",
        b"[::1]",
        b"[2001:db8::1]:443",
        b"a_b",
        b"_a.example",
        b"xn--a.jp.",
    ],
)
def test_authorities_that_are_taken(host: bytes) -> None:
    assert AUTHORITY.match(host)


@pytest.mark.parametrize(
    "host",
    [
        b"",
        b"A.example",
        b"a@b",
        b"a b",
        b"a:",
        b"a:123456",
        b"a:b",
        b"[::1",
        b"::1",
        b"a/",
        b"a\n",
        b".a",
        b"-a",
        b"a" * 256,
    ],
)
def test_authorities_that_are_refused(host: bytes) -> None:
    assert not AUTHORITY.match(host)


def test_methods_and_targets() -> None:
    assert all(
        METHOD.match(method) for method in (b"GET", b"POST", b"HEAD", b"OPTIONS", b"X" * 32, b"CONNECTED", b"get")
    )
    assert not any(METHOD.match(method) for method in (b"", b"CONNECT", b"X" * 33, b"G T", b"GET\n", "あ".encode()))
    assert all(TARGET.match(target) for target in (b"/", b"/a?b=c", b"/%E3%81%82", b"/?", b"//", b"/a[]{}|^`"))
    assert not any(
        TARGET.match(target) for target in (b"", b"*", b"a", b"/#", b"/ ", b"/\\", b"/\n", b"/\xff", b"https://a/")
    )
