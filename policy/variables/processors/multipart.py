"""MULTIPART: parts of multipart/form-data, with every flag of ModSecurity 3's parser (manual: MULTIPART_*).

That parser reads lines through a buffer of MULTIPART_LINE_BYTES and goes on after most faults in a part's headers, with the
last fault as the message; rules look at what it found on the way, so all of that is kept. Runs of lines that cannot be a
boundary are taken at once: the time does not depend on how many lines a file has.
Known bug of ModSecurity that only the strict reading has: line ends inside a value are lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from policy.variables.limits import MULTIPART_LINE_BYTES, PART_LINES_MAX, PARTS_MAX
from policy.variables.processors.boundary import Boundary, read_boundary
from policy.variables.processors.parts import Multipart, Part, Stop, take_header

_SPACE: Final = b" \t\n\v\f\r"
_LINE_OF_DASHES: Final = b"\n--"
_LIKE_BOUNDARY: Final = re.compile(
    rb"\n--[^\x00\n][^\x00]"
)  # as a string that ends with the line or a NUL, longer than three bytes


@dataclass(frozen=True, slots=True)
class Extraction:
    """Whether file contents are shown to rules, how many, and whether line ends are lost as ModSecurity loses them."""

    files: bool = False
    file_limit: int = 0
    strict: bool = False


NO_EXTRACTION: Final = Extraction()


def read_multipart(body: bytes, content_type: bytes | None, extraction: Extraction = NO_EXTRACTION) -> Multipart:
    """Any bytes have a reading."""
    if content_type is None:
        return Multipart(read=False)
    boundary = read_boundary(content_type)
    found = Multipart(
        boundary_quoted=boundary.quoted,
        boundary_whitespace=boundary.whitespace,
        missing_semicolon=boundary.missing_semicolon,
    )
    if not boundary.value:
        found.error = boundary.error
        found.failed = bool(boundary.error)
        found.judge()
        return found
    return _Reader(found, body, boundary, extraction).read()


class _Reader:
    """The state of one reading; `_at` is always at the beginning of a line."""

    __slots__ = (
        "_at", "_body", "_boundaries", "_complete", "_delimiter", "_extraction", "_files", "_found", "_header_lines",
        "_part", "_quoted", "_special",
    )  # fmt: skip

    def __init__(self, found: Multipart, body: bytes, boundary: Boundary, extraction: Extraction) -> None:
        self._found = found
        self._body = body
        self._delimiter = b"--" + boundary.value
        self._quoted = boundary.quoted
        self._special = re.compile(rb'\n--(?:[ \t\v\f\r]*|")%b' % re.escape(boundary.value))
        self._extraction = extraction
        self._at = 0
        self._boundaries = 0
        self._complete = False
        self._files = 0
        self._header_lines = 0
        self._part: Part | None = None

    def read(self) -> Multipart:
        found = self._found
        stopped = False
        try:
            while self._at < len(self._body) and self._next():
                pass
        except Stop as stop:
            stopped = found.failed = True
            found.error = stop.why
        found.judge()
        if self._body and not self._complete:
            if not stopped:
                self._close()
            if not self._complete and not found.exceeded:
                found.parts.clear()
                missing = b"Final boundary missing." if self._boundaries else b"No boundaries found in payload."
                found.error = b"Multipart: " + missing
        return found

    # lines

    def _next(self) -> bool:
        """Take one line, or all lines up to the next that may be a boundary; whether the reading goes on."""
        body, at, part = self._body, self._at, self._part
        if at == 0 or (part is not None and not part.in_data):
            return self._line(at)
        first = body.find(_LINE_OF_DASHES, at - 1)  # nearly a file's whole length away, and found faster than a pattern
        special = None if first < 0 else self._special.search(body, first)
        end = special.start() + 1 if special else body.rfind(b"\n", at) + 1
        if end <= at:
            return self._line(at)
        if 0 <= first < end and _LIKE_BOUNDARY.search(body, first, end):
            self._found.unmatched_boundary = 1
        self._look_inside(at, end)
        self._take_data(at, end)
        self._at = end
        return True

    def _line(self, at: int) -> bool:
        body, part = self._body, self._part
        end = body.find(b"\n", at) + 1
        whole = bool(end)
        end = end or len(body)
        size = end - at
        if not whole and size < MULTIPART_LINE_BYTES:
            return False  # only the end of the reading looks at it
        line = body[at:end] if size <= MULTIPART_LINE_BYTES else body[at : at + self._buffer(at, size)]
        if not self._is_boundary(line):
            if part is None or part.in_data:
                self._take_data(at, end)
            elif size >= MULTIPART_LINE_BYTES:
                raise Stop(b"Multipart: Part header line over %d bytes long" % MULTIPART_LINE_BYTES)
            else:
                self._header(part, line)
        self._at = end
        if self._complete:
            self._found.data_after = end < len(body)
        return whole and not self._complete

    def _buffer(self, at: int, size: int) -> int:
        """How many bytes of a line are in the buffer's first filling: its last byte is never a carriage return."""
        last = at + MULTIPART_LINE_BYTES - 1
        if size > MULTIPART_LINE_BYTES and self._body[last : last + 1] == b"\r":
            return MULTIPART_LINE_BYTES - 1
        return min(size, MULTIPART_LINE_BYTES)

    def _look_inside(self, at: int, end: int) -> None:
        """A delimiter inside a line, if the buffer's first filling holds it, makes the boundary an unmatched one."""
        body, delimiter = self._body, self._delimiter
        hit = body.find(delimiter, at, end)
        while hit >= 0:
            start = body.rfind(b"\n", at, hit) + 1 or at
            stop = body.find(b"\n", hit, end) + 1 or end
            if hit + len(delimiter) - start <= self._buffer(start, stop - start):
                self._found.unmatched_boundary = 1
                return
            hit = body.find(delimiter, stop, end)

    def _after_lone_lf(self) -> bool:
        return self._body[max(0, self._at - 2) : self._at] != b"\r\n" and self._at > 0

    def _header(self, part: Part, line: bytes) -> None:
        self._header_lines += 1
        if self._header_lines > PART_LINES_MAX:
            self._found.exceeded = "PART_LINES_MAX"
            raise Stop(b"More header lines than PART_LINES_MAX")
        take_header(self._found, part, line)

    # boundaries

    def _is_boundary(self, line: bytes) -> bool:
        """Whether the line was one and is dealt with; sets the flags of what looks like one."""
        found = self._found
        text = line.partition(b"\0")[0]
        if len(text) <= 3 or not text.startswith(b"--"):
            if self._delimiter in line:
                found.unmatched_boundary = 1
            return False
        if not text.startswith(self._delimiter):
            self._looks_like_boundary(text)
            return False
        if self._after_lone_lf():
            found.lf_line = True
        if self._boundaries and self._part_is_empty():
            found.invalid_part = True  # it stands where the data of the part should begin
            return False
        if self._boundaries:
            found.unmatched_boundary = 2
        final = text.startswith(b"--", len(self._delimiter))
        rest = text[len(self._delimiter) + 2 * final :]
        if rest not in (b"\r\n", b"\n"):
            raise Stop(b"Multipart: Invalid boundary: " + text)
        if rest == b"\n":
            found.lf_line = True
        else:
            found.crlf_line = True
        self._end_part()
        self._complete = final
        self._part = None if final else Part()
        self._boundaries += 1
        return True

    def _part_is_empty(self) -> bool:
        return self._part is None or self._part.start < 0

    def _looks_like_boundary(self, text: bytes) -> None:
        value = self._delimiter[2:]
        if self._quoted and text.startswith(b'"' + value, 2):
            raise Stop(b"Multipart: Invalid boundary (quotes).")
        after = text[2:].lstrip(_SPACE)
        if len(after) < len(text) - 2 and after.startswith(value):
            raise Stop(b"Multipart: Invalid boundary (whitespace).")
        self._found.unmatched_boundary = 1

    def _end_part(self) -> None:
        part, found = self._part, self._found
        if part is None:
            return
        found.part_headers.extend([(part.name, line) for line in part.header_lines])
        self._fill(part)
        if not part.name:
            found.invalid_part = True
        elif len(found.parts) >= PARTS_MAX:
            found.exceeded = "PARTS_MAX"
            raise Stop(b"More parts than PARTS_MAX")
        else:
            found.parts.append(part)

    def _close(self) -> None:
        """A final boundary without a line end is one, with flags of its own; the others are settled already."""
        found = self._found
        if not self._boundaries or self._body[self._at :] != self._delimiter + b"--":
            return
        if self._after_lone_lf() and not found.lf_line:
            found.lf_line = found.strict_error = True
        if self._part_is_empty() and not found.invalid_part:
            found.invalid_part = found.strict_error = True
        invalid_part = found.invalid_part
        self._end_part()
        found.invalid_part = invalid_part
        self._complete = True

    # data of parts

    def _take_data(self, at: int, end: int) -> None:
        part = self._part
        if part is None:
            self._found.data_before = True
            return
        if part.start < 0:
            part.start = at
            if part.is_file:
                self._begin_file(part)
        part.end = end

    def _begin_file(self, part: Part) -> None:
        extraction = self._extraction
        part.extract = extraction.files
        if not part.extract:
            return
        if extraction.file_limit and self._files >= extraction.file_limit:
            part.extract = False
            self._file_limit_exceeded()
            return
        self._files += 1

    def _file_limit_exceeded(self) -> None:
        if not self._found.file_limit_exceeded:
            self._found.file_limit_exceeded = True
            self._found.error = (
                b"Multipart: Upload file limit exceeded %d. Use SecUploadFileLimit to change the limit."
                % self._extraction.file_limit
            )

    def _strict_end(self, part: Part) -> int:
        """ModSecurity asks for the limit before each line, so that the last file that is allowed ends after its first."""
        if not part.is_file or not self._extraction.strict or self._files != self._extraction.file_limit:
            return part.end
        end = self._body.find(b"\n", part.start, part.end) + 1 or part.end
        end = part.start + self._buffer(part.start, end - part.start)
        if end < part.end:
            self._file_limit_exceeded()
        return end

    def _fill(self, part: Part) -> None:
        """Its data without the line end that belongs to the boundary."""
        if part.start < 0:
            return
        body = self._body
        end = self._without_line_end(part, part.end)
        part.size = end - part.start
        if not part.is_file:
            self._found.bytes_without_files += part.size
        elif not part.extract:
            return
        shown = self._strict_end(part)
        content = body[part.start : end if shown == part.end else self._without_line_end(part, shown)]
        if self._extraction.strict and b"\n" in content:
            content = content.replace(b"\r\n", b"").replace(b"\n", b"")
        part.content = content

    def _without_line_end(self, part: Part, end: int) -> int:
        if self._body[end - 1 : end] != b"\n":
            return end
        return end - 2 if end - 2 >= part.start and self._body[end - 2 : end] == b"\r\n" else end - 1
