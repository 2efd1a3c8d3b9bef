"""A body, and what must be read from it. `expect`: a Reason, or the events."""

from __future__ import annotations

from typing import NamedTuple

from relay.base.reasons import Reason
from relay.http.body import BodyEvent, Document, Field, FileData, FileEnd, FileStart


class BodyCase(NamedTuple):
    row: str
    content_type: bytes
    raw: bytes
    expect: Reason | list[BodyEvent]


Expect = Reason | list[BodyEvent]
FORM = b"application/x-www-form-urlencoded"
JSON = b"application/json"
MULTIPART = b"multipart/form-data; boundary=BB"
FORM_INVALID = Reason.URLENCODED_INVALID
PART_INVALID = Reason.MULTIPART_INVALID
JSON_INVALID = Reason.JSON_INVALID
TYPE_UNSUPPORTED = Reason.CONTENT_TYPE_UNSUPPORTED
CHARSET_INVALID = Reason.CHARSET_INVALID


def form(row: str, raw: bytes, *expect: tuple[str, str] | Reason) -> BodyCase:
    if expect and isinstance(expect[0], Reason):
        return BodyCase(row, FORM, raw, expect[0])
    return BodyCase(row, FORM, raw, [Field(*pair) for pair in expect if not isinstance(pair, Reason)])


def json(row: str, raw: bytes, expect: object) -> BodyCase:
    return BodyCase(row, JSON, raw, expect if isinstance(expect, Reason) else [Document(expect)])


def parts(row: str, raw: bytes, expect: Expect) -> BodyCase:
    return BodyCase(row, MULTIPART, raw, expect)


def part(row: str, header: bytes, expect: Expect, content: bytes = b"v") -> BodyCase:
    return parts(row, b"--BB\r\n" + header + b"\r\n\r\n" + content + b"\r\n--BB--\r\n", expect)


def disposition(row: str, params: bytes, expect: Expect) -> BodyCase:
    return part(row, b"Content-Disposition: form-data" + params, expect)


def a_file(filename: str, content_type: str = "text/plain", data: bytes = b"v", name: str = "a") -> list[BodyEvent]:
    return [FileStart(name, filename, content_type), *([FileData(data)] if data else []), FileEnd()]


NAMED = b'Content-Disposition: form-data; name="a"'
A_PART = b"--BB\r\n" + NAMED + b"\r\n\r\nv"
ONE_FIELD: list[BodyEvent] = [Field("a", "v")]
