"""What a connection yields while it reads: `Head`, then `Data`..., then `EndOfMessage`; or a `Pause`."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import NamedTuple


class Head(NamedTuple):
    """One request head that has passed every rule of docs/spec/http.md sections 2 to 5."""

    method: str
    path: str  # raw, percent-encoded as it came; begins with one "/", without dot segments
    query: str | None  # raw; None when the target has no "?"
    host: str  # lower case, from Host; an IPv6 literal keeps its brackets
    port: int | None
    headers: tuple[tuple[bytes, bytes], ...]  # names in lower case, values without the OWS around them
    content_length: int | None
    chunked: bool
    expect_continue: bool
    http_version: str
    keep_alive: bool

    def header(self, name: bytes) -> bytes | None:
        """The value of the field `name` (lower case); repeated fields joined as in RFC 9110 section 5.3; None if absent."""
        found = [value for field, value in self.headers if field == name]
        return b", ".join(found) if found else None

    @property
    def has_body(self) -> bool:
        return self.chunked or bool(self.content_length)


class Data(NamedTuple):
    """A piece of the body, without any framing; never empty."""

    data: bytes


@dataclass(frozen=True, slots=True)
class EndOfMessage:
    """The request is complete. Trailers were checked and dropped."""


class Pause(enum.Enum):
    """Why there is no event now."""

    NEED_DATA = enum.auto()
    CLOSED = enum.auto()  # no further request will come out of this connection
    PAUSED = enum.auto()  # a whole request is out; its response comes first
