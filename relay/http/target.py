"""The request line, its target, and authorities: docs/spec/http.md sections 2 and 3.

Rules:
1. Checks run in the order grammar, version, method, target, so that one line has one reason however it was cut on the wire.
2. Nothing is normalised. A target that two readers could understand in two ways is refused, with two exceptions that
   change no meaning: the host is lower-cased, and an absolute-form without a path has the path "/" (RFC 9110 4.2.3).
3. A method that is not known passes here, as whether it is served is the route's to say (`METHODS` is what routes can have).
"""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

from relay.base.errors import Refused
from relay.base.reasons import Reason
from relay.http import grammar

METHODS = frozenset((b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"))
# A tunnel, two echoes of the request with its cookies, and the start of another protocol
_REFUSED_METHODS = frozenset((b"CONNECT", b"TRACE", b"TRACK", b"PRI"))
METHOD_BYTES = 32  # bytes before the first SP; IANA's longest method, UPDATEREDIRECTREF, has 17
REQUEST_LINE_BYTES = METHOD_BYTES + len(b"  HTTP/1.1")  # of a request line beyond its target
HOST_BYTES = 253  # RFC 1035 section 3.1, in text form
_AUTHORITY_BYTES = HOST_BYTES + len(".:65535")
_HIGHEST_PORT = 65_535


class RequestLine(NamedTuple):
    method: str
    path: str
    query: str | None
    authority: tuple[str, int | None] | None  # of an absolute-form
    version: str = "1.1"


def check_start(line: bytes, whole_bytes: int, target_bytes: int) -> None:
    """Refuse a request line by what is known of it before it is complete.

    `line` is its start, at least METHOD_BYTES + 1 bytes if so many have arrived, and `whole_bytes` what has arrived.
    """
    method, space, _ = line[: METHOD_BYTES + 1].partition(b" ")
    if not space and len(method) > METHOD_BYTES:
        raise Refused(Reason.REQUEST_LINE_INVALID, "no method at the start")
    if method.endswith(b"\r") and not space:
        method = method[:-1]
    if not grammar.token.fullmatch(method) and (method or space):
        raise Refused(Reason.REQUEST_LINE_INVALID, "the method is not a token")
    if whole_bytes > target_bytes + REQUEST_LINE_BYTES:
        raise Refused(Reason.TARGET_TOO_LONG)


def parse_request_line(line: bytes, target_bytes: int) -> RequestLine:
    """`line` without its CRLF."""
    plain = grammar.request_line_plain.fullmatch(line)
    if plain is not None and len(line) <= target_bytes:
        method, path, query = plain.groups()
        if not path.startswith(b"//") and b"/." not in path:
            return RequestLine(method.decode(), path.decode(), None if query is None else query.decode(), None)
    return _parse_any_request_line(line, target_bytes)


def _parse_any_request_line(line: bytes, target_bytes: int) -> RequestLine:
    longest = target_bytes + REQUEST_LINE_BYTES
    if grammar.request_line_control.search(line, 0, longest):
        raise Refused(Reason.REQUEST_LINE_INVALID, "control byte")
    check_start(line, len(line), target_bytes)
    match = grammar.request_line.fullmatch(line)
    if match is None:
        raise Refused(Reason.REQUEST_LINE_INVALID, "not method SP target SP version")
    method, target, major, minor = match.groups()
    if major != b"1" or minor not in b"01":
        raise Refused(Reason.VERSION_NOT_SUPPORTED)
    if method in _REFUSED_METHODS or not grammar.method.fullmatch(method):
        raise Refused(Reason.METHOD_NOT_IMPLEMENTED)
    if len(target) > target_bytes:
        raise Refused(Reason.TARGET_TOO_LONG)
    path, query, authority = _split_target(method, target)
    _check_path(path)
    if query is not None:
        _check_query(query)
    version = "1.1" if minor == b"1" else "1.0"
    return RequestLine(method.decode(), path.decode(), None if query is None else query.decode(), authority, version)


def _split_target(method: bytes, target: bytes) -> tuple[bytes, bytes | None, tuple[str, int | None] | None]:
    if not target.isascii() or b"#" in target or b"\\" in target:
        raise Refused(Reason.TARGET_INVALID, "non-ASCII, fragment or backslash")
    if target.startswith(b"/"):
        path, mark, query = target.partition(b"?")
        return path, query if mark else None, None
    match = grammar.absolute_form.fullmatch(target)
    if match is None:
        raise Refused(Reason.TARGET_INVALID, "neither origin-form nor absolute-form")
    scheme, authority, absolute_path, absolute_query = match.groups()
    if scheme.lower() not in (b"https", b"http"):
        raise Refused(Reason.TARGET_INVALID, "scheme is neither https nor http")
    if absolute_path is None and method == b"OPTIONS":
        raise Refused(Reason.TARGET_INVALID, "asterisk-form in absolute-form")  # RFC 9112 section 3.2.4
    try:
        named = parse_authority(authority)
    except Refused as exc:
        raise Refused(Reason.TARGET_INVALID, "authority") from exc
    return absolute_path or b"/", absolute_query, named


def _check_path(path: bytes) -> None:
    if not grammar.path.fullmatch(path):
        raise Refused(Reason.TARGET_INVALID, "byte that no path has, or broken percent triplet")
    if b"%" in path:
        if grammar.encoded_in_path.search(path):
            raise Refused(Reason.TARGET_INVALID, "encoded control or backslash, or encoded twice")
        _check_encoded_text(path)
    # As the most eager reader decodes it; "..;x" is a dot segment for servers that cut path parameters off
    plain = path.lower().replace(b"%2e", b".").replace(b"%3b", b";").replace(b"%2f", b"/")
    if plain.startswith(b"//"):
        raise Refused(Reason.TARGET_INVALID, "network-path reference")
    if b"/." in plain and any(segment.partition(b";")[0] in (b".", b"..") for segment in plain.split(b"/")):
        raise Refused(Reason.TARGET_INVALID, "dot segment")


def _check_query(query: bytes) -> None:
    if not grammar.query.fullmatch(query):
        raise Refused(Reason.TARGET_INVALID, "byte that no query has, or broken percent triplet")
    if b"%" in query:
        if grammar.encoded_control.search(query):
            raise Refused(Reason.TARGET_INVALID, "encoded control")
        _check_encoded_text(query)


def _check_encoded_text(text: bytes) -> None:
    # Raw bytes are ASCII here, so a UTF-8 sequence can only lie within one run of triplets.
    try:
        for run in grammar.triplet_run.findall(text):
            bytes.fromhex(run.replace(b"%", b"").decode()).decode()
    except UnicodeDecodeError as exc:
        raise Refused(Reason.TARGET_INVALID, "encoded bytes are not UTF-8") from exc


def parse_authority(raw: bytes) -> tuple[str, int | None]:
    """Host (lower case) and port. Refuses with HOST_INVALID what is not a DNS name or IP address with an optional port."""
    match = grammar.authority.fullmatch(raw) if len(raw) <= _AUTHORITY_BYTES else None
    if match is None:
        raise Refused(Reason.HOST_INVALID, "not host [ ':' port ]")
    literal, name, digits = match.groups()
    port = None if digits is None else int(digits)
    if port is not None and port > _HIGHEST_PORT:
        raise Refused(Reason.HOST_INVALID, "port out of range")
    if name is not None:
        labels = name.removesuffix(b".")
        if len(labels) > HOST_BYTES:
            raise Refused(Reason.HOST_INVALID, "name too long")
        if grammar.ends_in_number.fullmatch(labels) and not grammar.dotted_quad.fullmatch(name):
            raise Refused(Reason.HOST_INVALID, "number that is not an IPv4 address")
        return name.decode().lower(), port
    try:
        ipaddress.IPv6Address(literal.decode())
    except ValueError as exc:
        raise Refused(Reason.HOST_INVALID, "not an IPv6 address") from exc
    return f"[{literal.decode().lower()}]", port
