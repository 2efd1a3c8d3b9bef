"""What every body parser yields, and the shape that they share. docs/spec/http.md section 6.

A parser is fed pieces of one body and yields events in the order of the bytes; how the body was cut changes nothing but the
cuts between `FileData`. `finish` is called once, at EndOfMessage. Refused may come from either; then the parser is dead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from relay.base.errors import Refused
from relay.base.reasons import Reason


class Field(NamedTuple):
    """One form field, decoded. `value` may hold any character, NUL too: repertoires are the policy's."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class FileStart:
    """`filename` is what the client wrote, "" where a file control was left empty; `content_type` has no parameters."""

    name: str
    filename: str
    content_type: str


@dataclass(frozen=True, slots=True)
class FileData:
    """A piece of the current file; never empty."""

    data: bytes


@dataclass(frozen=True, slots=True)
class FileEnd:
    pass


@dataclass(frozen=True, slots=True)
class Document:
    """A whole JSON text: dict, list, str, int, float, bool or None."""

    value: object


BodyEvent = Field | FileStart | FileData | FileEnd | Document


class BodyParser(Protocol):
    def feed(self, data: bytes) -> list[BodyEvent]: ...

    def finish(self) -> list[BodyEvent]: ...


def decode_text(raw: bytes) -> str:
    """UTF-8, strictly: no overlong form, no surrogate, nothing above U+10FFFF."""
    try:
        return raw.decode()
    except UnicodeDecodeError as exc:
        raise Refused(Reason.CHARSET_INVALID) from exc


def check_name(name: bytes, most: int) -> None:
    if len(name) > most:
        raise Refused(Reason.NAME_TOO_LONG)
