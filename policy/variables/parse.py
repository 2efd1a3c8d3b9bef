"""A raw request or response as a server would hand it to ModSecurity: for grading rule sets, so nothing is refused.

Never in front of an application: that is the work of a strict parser. Choices where servers differ: blanks and tabs, any number,
part the words of the first line; the head ends at the
first empty line, with or without carriage returns; a line that begins with a blank belongs to the one before; a line
without a colon is a header without a value. Chunks are put together, a Content-Length cuts the body where it can; without
either, everything that follows the head is the body.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from policy.variables.facts import RequestFacts, ResponseFacts
from policy.variables.item import Pair

_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
_LINE_END: Final = re.compile(rb"\r?\n")
# JUNK/1.0 is a protocol too, and not a part of the target.
_PROTOCOL: Final = re.compile(rb"(?:(?i:HTTP)/\S*|[A-Za-z]+/[0-9]+(?:\.[0-9]+)?)\Z")
_CHUNK: Final = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\n]*)?\r?\n")
_STATUS: Final = re.compile(rb"[1-9][0-9]{2}\Z")
_BLANK: Final = b" \t"
STATUS_UNKNOWN: Final = 0


def parse_request(raw: bytes, known: RequestFacts | None = None) -> RequestFacts:
    """Any bytes are a request. `known` gives what is not in the message: addresses, ports, time."""
    line, headers, rest = _split(raw)
    method, target = _word(line.strip(_BLANK))
    at = max(target.rfind(b" "), target.rfind(b"\t"))
    uri, protocol = target[: max(at, 0)].rstrip(_BLANK), target[at + 1 :]
    if at < 0 or not _PROTOCOL.match(protocol):
        uri, protocol = target, b"HTTP/0.9"
    as_usual = line == b"%b %b %b" % (method, uri, protocol)
    facts = known or RequestFacts(method=b"", uri=b"")
    return replace(
        facts,
        method=method,
        uri=uri,
        protocol=protocol,
        headers=headers,
        body=_body(headers, rest),
        line=None if as_usual else line,
    )


def _word(line: bytes) -> tuple[bytes, bytes]:
    """What is before the first run of blanks, and what is behind it."""
    ends = [at for at in (line.find(b" "), line.find(b"\t")) if at >= 0]
    at = min(ends, default=len(line))
    return line[:at], line[at:].lstrip(_BLANK)


def parse_response(raw: bytes) -> ResponseFacts:
    """Any bytes are a response; its status is STATUS_UNKNOWN if there is none to be read."""
    line, headers, rest = _split(raw)
    protocol, _, after = line.partition(b" ")
    status = after.lstrip(_BLANK).partition(b" ")[0]
    return ResponseFacts(
        status=int(status) if _STATUS.match(status) else STATUS_UNKNOWN,
        protocol=protocol,
        headers=headers,
        body=_body(headers, rest),
    )


def _split(raw: bytes) -> tuple[bytes, list[Pair], bytes]:
    """(first line, headers, what follows the head). Empty lines ahead of the first are skipped, as RFC 9112 2.2 advises."""
    raw = raw.lstrip(b"\r\n")
    end = _HEAD_END.search(raw)
    head = raw if end is None else raw[: end.start()]
    rest = b"" if end is None else raw[end.end() :]
    first, *lines = _LINE_END.split(head)
    names: list[bytes] = []
    values: list[list[bytes]] = []
    for line in lines:
        if line[:1] in (b" ", b"\t") and names:
            values[-1].append(line.strip(_BLANK))
        elif line:
            name, _, value = line.partition(b":")
            names.append(name.strip(_BLANK))
            values.append([value.strip(_BLANK)])
    joined = [b" ".join(pieces).strip(_BLANK) for pieces in values]
    return first.rstrip(b"\r"), list(zip(names, joined, strict=True)), rest


def _body(headers: list[Pair], rest: bytes) -> bytes:
    if not rest:
        return b""
    length = None
    coding = b""
    for name, value in headers:
        lower = name.lower()
        if lower == b"transfer-encoding":
            coding = value.rpartition(b",")[2].strip(_BLANK).lower()
        elif lower == b"content-length" and length is None and value.isdigit():
            length = int(value[:19])
    if coding == b"chunked":
        return _joined(rest)
    return rest if length is None else rest[:length]


def _joined(rest: bytes) -> bytes:
    """The data of all chunks; where the framing breaks, all that follows belongs to the body as it stands."""
    pieces = []
    at = 0
    while True:
        match = _CHUNK.match(rest, at)
        if match is None:
            pieces.append(rest[at:])
            break
        size = int(match[1], 16)
        if size == 0:
            break
        at = match.end()
        pieces.append(rest[at : at + size])
        at += size
        end = _LINE_END.match(rest, at)
        at = at if end is None else end.end()
        if at >= len(rest):
            break
    return b"".join(pieces)
