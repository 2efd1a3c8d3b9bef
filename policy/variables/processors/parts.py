"""What is found in a multipart body, and how the header lines of one part are read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from policy.variables.item import Pair
from policy.variables.limits import MULTIPART_LINE_BYTES, PART_HEADERS_MAX
from policy.variables.processors.disposition import read_disposition

_SPACE: Final = b" \t\n\v\f\r"
_SPACES: Final = frozenset({bytes([byte]) for byte in _SPACE})
_VISIBLE: Final = re.compile(rb"[\x21-\x7e]+")
_DISPOSITION: Final = b"content-disposition"


@dataclass(slots=True)
class Part:
    """One part. `size` counts its bytes; `content` is a value, or a file's content where that is extracted."""

    name: bytes = b""
    filename: bytes = b""
    size: int = 0
    content: bytes = b""
    headers: dict[bytes, bytes] = field(default_factory=dict)
    header_lines: list[bytes] = field(default_factory=list)
    header_count: int = 0
    last_name: bytes = b""
    last_line: bytes = b""
    in_data: bool = False
    is_file: bool = False
    extract: bool = True
    start: int = -1
    end: int = -1


@dataclass(slots=True)
class Multipart:
    """What was found. `read`: whether the flags were set at all (they are not without a Content-Type)."""

    read: bool = True
    error: bytes = b""
    exceeded: str = ""
    parts: list[Part] = field(default_factory=list)
    part_headers: list[Pair] = field(default_factory=list)
    names: list[bytes] = field(default_factory=list)
    filenames: list[bytes] = field(default_factory=list)
    bytes_without_files: int = 0
    failed: bool = False
    boundary_quoted: bool = False
    boundary_whitespace: bool = False
    missing_semicolon: bool = False
    data_before: bool = False
    data_after: bool = False
    header_folding: bool = False
    invalid_header_folding: bool = False
    invalid_quoting: bool = False
    invalid_part: bool = False
    lf_line: bool = False
    crlf_line: bool = False
    unmatched_boundary: int = 0
    file_limit_exceeded: bool = False
    strict_error: bool = False

    def judge(self) -> None:
        """MULTIPART_STRICT_ERROR, out of the other flags."""
        self.strict_error = (
            self.failed
            or self.boundary_quoted
            or self.boundary_whitespace
            or self.data_before
            or self.data_after
            or self.header_folding
            or self.lf_line
            or self.missing_semicolon
            or self.invalid_quoting
            or self.invalid_part
            or self.invalid_header_folding
            or self.file_limit_exceeded
        )


class Stop(Exception):  # the end of one reading, with the message; never leaves this package
    def __init__(self, why: bytes) -> None:
        self.why = why


def take_header(found: Multipart, part: Part, line: bytes) -> None:
    """A line of the headers of `part`, shorter than MULTIPART_LINE_BYTES. A fault is the new `error`, and it goes on."""
    part.header_count += 1
    if part.header_count > PART_HEADERS_MAX:
        found.exceeded = "PART_HEADERS_MAX"
        raise Stop(b"More header lines of a part than PART_HEADERS_MAX")
    if b"\0" in line:
        found.error = b"Multipart: Nul byte in part headers."
        return
    found.bytes_without_files += len(line)
    if line.endswith(b"\r\n"):
        found.crlf_line = True
    else:
        found.lf_line = True
    if line in (b"\r\n", b"\n"):
        _end_headers(found, part)
    elif line[:1] in _SPACES:
        _fold(found, part, line)
    else:
        _new_header(found, part, line)


def _fold(found: Multipart, part: Part, line: bytes) -> None:
    found.header_folding = True
    rest = line.lstrip(_SPACE)
    if line[: len(line) - len(rest)].strip(b"\t "):
        found.invalid_header_folding = found.invalid_header_folding or bool(part.last_name) or line[:1] not in b"\t "
    if not part.last_name:
        found.error = b"Multipart: Invalid part header (folding error)."
        return
    key = part.last_name.lower()
    value = part.headers[key] + b" " + _chomp(rest)
    part.headers[key] = value
    if len(value) > MULTIPART_LINE_BYTES:
        found.error = b"Multipart: Part header too long."
        return
    part.last_line = part.last_name + b": " + value


def _new_header(found: Multipart, part: Part, line: bytes) -> None:
    if part.last_line:
        part.header_lines.append(part.last_line)
        part.last_line = b""
    name, colon, value = line.partition(b":")
    if not colon:
        found.error = b"Multipart: Invalid part header (colon missing): " + line
    elif not name:
        found.error = b"Multipart: Invalid part header (header name missing)."
    elif not _VISIBLE.fullmatch(name):
        found.error = b"Multipart: Invalid part header (contains invalid character)."
        part.header_lines.append(_without_end(line))  # rules are there to look at it; ModSecurity 3 leaves it out
    elif name.lower() not in part.headers:
        part.last_name = name
        part.headers[name.lower()] = _chomp(value.lstrip(b"\t "))
        part.last_line = _without_end(line)


def _end_headers(found: Multipart, part: Part) -> None:
    if part.last_line:
        part.header_lines.append(part.last_line)
        part.last_line = b""
    value = part.headers.get(_DISPOSITION)
    if value is None:
        found.error = b"Multipart: Part missing Content-Disposition header."
        return
    disposition = read_disposition(value, part.name, part.filename)
    part.name, part.filename = disposition.name, disposition.filename
    found.names.extend(disposition.names)
    found.filenames.extend(disposition.filenames)
    found.invalid_quoting = found.invalid_quoting or disposition.invalid_quoting
    if disposition.code < 0:
        found.error = b"Multipart: Invalid Content-Disposition header (%d): %b" % (disposition.code, value)
    elif not part.name:
        found.error = b"Multipart: Content-Disposition header missing name field."
    elif part.filename and b"filename=" not in value:
        found.error = b"Multipart: Invalid Content-Disposition header (filename)."
    else:
        part.is_file = bool(part.filename)
        part.in_data = True
        part.last_name = b""


def _without_end(line: bytes) -> bytes:
    return line[:-2] if line.endswith(b"\r\n") else line[:-1]


def _chomp(value: bytes) -> bytes:
    """Without the line end, unless nothing would be left: ModSecurity leaves such a value alone."""
    return value.rstrip(b"\r\n") or value
