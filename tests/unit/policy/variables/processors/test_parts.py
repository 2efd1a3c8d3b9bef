"""policy/variables/processors/parts.py: header lines of one part."""

from __future__ import annotations

import pytest

from policy.variables.limits import PART_HEADERS_MAX
from policy.variables.processors.parts import Multipart, Part, Stop, take_header

DISPOSITION = b'Content-Disposition: form-data; name="a"\r\n'
FAULTS = [
    (b"X\x00: y\r\n", b"Nul byte in part headers."),
    (b"\r\n", b"Part missing Content-Disposition header."),
    (b" folded\r\n", b"Invalid part header (folding error)."),
    (b"nocolon\r\n", b"Invalid part header (colon missing): nocolon\r\n"),
    (b": y\r\n", b"Invalid part header (header name missing)."),
    (b"A B: y\r\n", b"Invalid part header (contains invalid character)."),
    (b"\xff: y\r\n", b"Invalid part header (contains invalid character)."),
]


def taken(*lines: bytes) -> tuple[Multipart, Part]:
    found, part = Multipart(), Part()
    for line in lines:
        take_header(found, part, line)
    return found, part


def test_a_sound_part() -> None:
    found, part = taken(DISPOSITION, b"Content-Type: text/plain\r\n", b"\r\n")
    assert (found.error, part.name, part.in_data, part.is_file) == (b"", b"a", True, False)
    assert part.header_lines == [DISPOSITION[:-2], b"Content-Type: text/plain"]
    assert (found.crlf_line, found.lf_line, found.header_folding) == (True, False, False)


@pytest.mark.parametrize(("line", "error"), FAULTS)
def test_a_fault_is_told_and_the_reading_goes_on(line: bytes, error: bytes) -> None:
    found, part = taken(line)
    assert found.error == b"Multipart: " + error
    assert not part.in_data
    take_header(found, part, DISPOSITION)
    take_header(found, part, b"\r\n")
    assert part.in_data and found.error == b"Multipart: " + error


def test_folding_goes_on_with_the_value() -> None:
    found, part = taken(b"Content-Disposition: form-data;\r\n", b'\t name="a"\r\n', b"\n")
    assert (part.name, part.header_lines) == (b"a", [b'Content-Disposition: form-data; name="a"'])
    assert (found.header_folding, found.invalid_header_folding, found.lf_line) == (True, False, True)
    found, _ = taken(DISPOSITION, b"\x0bname\r\n")
    assert found.invalid_header_folding


def test_a_second_header_of_a_name_is_dropped_without_a_word() -> None:
    found, part = taken(b"X: 1\r\n", b"x: 2\r\n")
    assert (found.error, part.headers) == (b"", {b"x": b"1"})


def test_a_filename_that_others_might_not_see() -> None:
    found, part = taken(b'Content-Disposition: form-data; name="a"; filename ="f"\r\n', b"\r\n")
    assert found.error == b"Multipart: Invalid Content-Disposition header (filename)."
    assert not part.in_data


def test_the_bound_of_lines() -> None:
    lines = [b"X%d: y\r\n" % at for at in range(PART_HEADERS_MAX)]
    found, part = taken(*lines)
    assert found.error == b""
    with pytest.raises(Stop):
        take_header(found, part, b"Z: y\r\n")
    assert found.exceeded == "PART_HEADERS_MAX"
