"""relay/http/multipart.py and disposition.py: limits at n and n - 1, memory under attack, the writer."""

from __future__ import annotations

import dataclasses
import tracemalloc

import pytest

from relay.base.errors import Misuse, Refused
from relay.base.limits import DEFAULTS
from relay.base.reasons import Reason
from relay.http.body import Field, FileData, FileEnd, FileStart
from relay.http.content_type import parse_content_type
from relay.http.multipart import MultipartParser, MultipartWriter
from tests.unit.http.feeds import parse, pieces

MIB = 1024 * 1024


def part(name: str, value: bytes = b"v", extra: bytes = b"") -> bytes:
    return b'--BB\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n' % (name.encode(), extra, value)


TWO_FIELDS_AND_A_FILE = part("ab") + part("c", b"value") + part("d", extra=b'; filename="longer"') + b"--BB--\r\n"


@pytest.mark.parametrize(
    ("name", "least", "reason"),
    [
        ("parts", 3, Reason.PARTS_EXCEEDED),
        ("fields", 2, Reason.FIELDS_EXCEEDED),
        ("name_bytes", 6, Reason.NAME_TOO_LONG),
        ("field_bytes", 5, Reason.FIELD_TOO_LARGE),
        ("part_header_bytes", 59, Reason.MULTIPART_INVALID),
    ],
)
@pytest.mark.parametrize("size", [1, 5, 4096])
def test_limits_at_n_and_n_minus_1(name: str, least: int, reason: Reason, size: int) -> None:
    def outcome(limit: int) -> object:
        limits = dataclasses.replace(DEFAULTS, **{name: limit})
        return parse(MultipartParser("BB", limits), pieces(TWO_FIELDS_AND_A_FILE, size))

    assert isinstance(outcome(least), list)
    assert outcome(least - 1) == reason.value


def test_ten_thousand_parts_stay_under_20_mib() -> None:
    limits = dataclasses.replace(DEFAULTS, parts=10_000, fields=10_000)
    body = b"".join(part(f"field{number}", b"value") for number in range(10_000)) + b"--BB--\r\n"
    split = pieces(body, 65_536)
    tracemalloc.start()
    parser = MultipartParser("BB", limits)
    count = 0
    for piece in split:
        count += len(parser.feed(piece))
    parser.finish()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 10_000
    assert peak < 2 * MIB


def test_a_file_of_100_mib_is_never_gathered() -> None:
    parser = MultipartParser("BB", DEFAULTS)
    piece = b"\r\n--B" * 13_107
    tracemalloc.start()
    parser.feed(part("a", b"", b'; filename="b"')[:-2])
    passed = 0
    for _ in range(100 * MIB // len(piece)):
        passed += sum(len(event.data) for event in parser.feed(piece) if isinstance(event, FileData))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert passed > 99 * MIB
    assert peak < MIB


@pytest.mark.parametrize(
    "unit",
    [b"\r\n--" + b"B" * 69, b"\r", b"\r\n", b"\r\n--", b"-", b"B", b"\r\n--" + b"B" * 69 + b"\r"],
    ids=["almost", "cr", "crlf", "dashes", "dash", "boundary", "almost-cr"],
)
def test_of_data_like_boundaries_less_than_a_delimiter_waits(unit: bytes) -> None:
    """What waits is all that the next piece makes the parser look at again, so the work is linear."""
    parser = MultipartParser("B" * 70, DEFAULTS)
    parser.feed(part("a", b"", b'; filename="b"')[:-2].replace(b"--BB", b"--" + b"B" * 70))
    fed = passed = 0
    for piece in pieces((unit * MIB)[:MIB], 16_381):
        fed += len(piece)
        passed += sum(len(event.data) for event in parser.feed(piece) if isinstance(event, FileData))
        assert fed - passed < len(b"\r\n--") + 70


def test_what_the_writer_writes_the_parser_reads() -> None:
    writer = MultipartWriter("0123456789abcdef")
    body = writer.field("氏名", "山田\r\n太郎") + writer.file_start("添付", '住"民\r\n票.pdf', "application/pdf")
    body += writer.file_data(b"%PDF") + writer.file_data(b"\r\n--0123456789abcde") + writer.file_end()
    body += (
        writer.field("空", "")
        + writer.file_start("無", "", "application/octet-stream")
        + writer.file_end()
        + writer.end()
    )
    boundary = parse_content_type(writer.content_type.encode()).param("boundary")
    assert boundary is not None
    assert parse(MultipartParser(boundary, DEFAULTS), [body]) == [
        Field("氏名", "山田\r\n太郎"),
        FileStart("添付", '住"民\r\n票.pdf', "application/pdf"),
        FileData(b"%PDF\r\n--0123456789abcde"),
        FileEnd(),
        Field("空", ""),
        FileStart("無", "", "application/octet-stream"),
        FileEnd(),
    ]


@pytest.mark.parametrize("name", ["a\\b", "a\x00", "a\tb", "a%22", "%0D", "\x7f", "\ud800", ""])
def test_a_name_that_would_not_come_back_is_not_written(name: str) -> None:
    writer = MultipartWriter("BB")
    with pytest.raises(Refused):
        writer.field(name, "v")
    if name:
        with pytest.raises(Refused):
            writer.file_start("a", name, "text/plain")


def test_a_value_or_type_that_would_not_come_back_is_not_written() -> None:
    writer = MultipartWriter("BB")
    for name, value in (("a", "x\r\n--BB"), ("a", "--BB"), ("a", "\ud800")):
        with pytest.raises(Refused):
            writer.field(name, value)
    for content_type in ("text", "text/plain; charset=x", "text/plain\r\nX: y", "", "multipart/mixed"):
        with pytest.raises(Refused):
            writer.file_start("a", "b", content_type)


def test_writer_calls_out_of_order_are_our_bug() -> None:
    writer = MultipartWriter("BB")
    for call in (writer.end, writer.file_end, lambda: writer.file_data(b"x")):
        with pytest.raises(Misuse):
            call()
    writer.file_start("a", "b", "text/plain")
    for call in (writer.end, lambda: writer.field("a", "v"), lambda: writer.file_start("a", "b", "text/plain")):
        with pytest.raises(Misuse):
            call()
