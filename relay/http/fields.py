"""The field lines of a head, and what they say about framing: docs/spec/http.md sections 4 and 5.

Rules:
1. A line is refused by its grammar as soon as it is complete; what fields say together is judged when the head is complete.
2. A field that the relay itself reads may stand there once. Two of it, even equal ones, are refused.
3. Values are opaque beyond that: printable ASCII, HTAB, or UTF-8 without C1 controls.
"""

from __future__ import annotations

from collections.abc import Sequence

from relay.base.errors import Refused
from relay.base.reasons import Reason
from relay.http import grammar
from relay.http.events import Head
from relay.http.target import RequestLine, parse_authority

Fields = tuple[tuple[bytes, bytes], ...]

# Defined as a single value, or never sent twice by a client that keeps its RFC (Cookie: RFC 6265 section 5.4)
SINGLE = frozenset(
    (
        b"host content-length transfer-encoding content-type content-encoding content-disposition content-range "
        b"content-location content-md5 expect upgrade authorization proxy-authorization cookie range if-range "
        b"if-modified-since if-unmodified-since max-forwards from referer user-agent origin date "
        b"access-control-request-method access-control-request-headers x-http-method-override"
    ).split()
)
# The fields that frame and route a message, and the reason when one stands there twice. HTAB around their values is OWS by
# RFC 9110, but not for every reader, so it is refused in these
_DOUBLED = {
    b"host": Reason.HOST_INVALID,
    b"content-length": Reason.LENGTH_CONFLICT,
    b"transfer-encoding": Reason.TRANSFER_ENCODING_INVALID,
}
# CGI and WSGI give "content_length" and "content-length" one name
_PROTECTED = frozenset(
    b"host content-length transfer-encoding content-type content-encoding connection expect upgrade trailer te "
    b"authorization cookie forwarded".split()
)
# Connection may name these (RFC 9110 section 7.6.1); naming any other field that is present would take it away
_CONNECTION_OPTIONS = frozenset((b"close", b"keep-alive", b"te", b"proxy-connection"))
_UPGRADES = (b"upgrade", b"http2-settings")
_WITHOUT_BODY = frozenset(("GET", "HEAD", "DELETE", "OPTIONS"))
# RFC 9110 section 6.5.1: framing, routing, request modifiers, authentication, and how to read the content
TRAILER_FORBIDDEN = (
    SINGLE
    | _PROTECTED
    | frozenset(b"keep-alive proxy-connection proxy-authenticate set-cookie cache-control pragma age".split())
)


def check_field_line(line: bytes) -> tuple[bytes, bytes]:
    """One field line without its CRLF."""
    match = grammar.field_line.fullmatch(line)
    if match is None:
        raise Refused(Reason.HEADER_INVALID, "not name ':' value")
    name, value = match[1].lower(), match[2]
    if b"\t" in value and name in _DOUBLED:
        raise Refused(Reason.HEADER_INVALID, "HTAB in a framing field")
    value = value.strip(b" \t")
    if not value.isascii():
        _check_text(value)
    return name, value


def _check_text(value: bytes) -> None:
    try:
        text = value.decode()
    except UnicodeDecodeError as exc:
        raise Refused(Reason.HEADER_INVALID, "value is not UTF-8") from exc
    if grammar.c1_control.search(text):
        raise Refused(Reason.HEADER_INVALID, "C1 control in a value")


def build_head(line: RequestLine, fields: Fields) -> Head:
    """Judge the fields together; only here a `Head` is made."""
    values = _collect(fields)
    authority = parse_authority(values.get(b"host", b""))
    if line.authority is not None and line.authority != authority:
        raise Refused(Reason.HOST_INVALID, "Host is not the authority of the target")
    length, chunked = _body_framing(values)
    has_body = chunked or bool(length)
    if has_body and line.method in _WITHOUT_BODY:
        raise Refused(Reason.BODY_UNEXPECTED)
    keep_alive = True
    if b"connection" in values:
        keep_alive = _connection(values)
    for name in _UPGRADES:
        if name in values:
            raise Refused(Reason.UPGRADE_REFUSED)
    expect_continue = b"expect" in values
    if expect_continue and (values[b"expect"].lower() != b"100-continue" or not has_body):
        raise Refused(Reason.EXPECTATION_FAILED)
    if b"te" in values or b"trailer" in values:
        _codings_and_trailers(values)
    return Head(
        line.method,
        line.path,
        line.query,
        authority[0],
        authority[1],
        fields,
        length,
        chunked,
        expect_continue,
        "1.1",
        keep_alive,
    )


def _collect(fields: Sequence[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    values: dict[bytes, bytes] = {}
    for name, value in fields:
        if name not in values:
            values[name] = value
            if b"_" in name and name.replace(b"_", b"-") in _PROTECTED:
                raise Refused(Reason.HEADER_INVALID, "underscored twin of a protected field")
        elif name in SINGLE:
            raise Refused(_DOUBLED.get(name, Reason.HEADER_INVALID), "field given twice")
        else:
            values[name] += b", " + value
    return values


def _body_framing(values: dict[bytes, bytes]) -> tuple[int | None, bool]:
    """Content-Length and whether the body is chunked (RFC 9112 section 6)."""
    length = values.get(b"content-length")
    coding = values.get(b"transfer-encoding")
    if coding is not None:
        if length is not None:
            raise Refused(Reason.LENGTH_CONFLICT, "Content-Length beside Transfer-Encoding")
        if coding.lower() != b"chunked":
            raise Refused(Reason.TRANSFER_ENCODING_INVALID)
        return None, True
    if length is None:
        return None, False
    if not grammar.content_length.fullmatch(length):
        raise Refused(Reason.LENGTH_INVALID)
    return int(length), False


def _connection(values: dict[bytes, bytes]) -> bool:
    """Whether the connection stays open after the response."""
    raw = values[b"connection"]
    if raw == b"keep-alive":
        return True
    if raw and not grammar.list_of_tokens.fullmatch(raw):
        raise Refused(Reason.HEADER_INVALID, "Connection is not a list of tokens")
    options = {option.strip(b" \t").lower() for option in raw.split(b",")} - {b""}
    if not options.isdisjoint(_UPGRADES):
        raise Refused(Reason.UPGRADE_REFUSED)
    named = options - _CONNECTION_OPTIONS
    if not named.isdisjoint(values) or not named.isdisjoint(TRAILER_FORBIDDEN):
        raise Refused(Reason.HEADER_INVALID, "Connection names a field that is not of the connection")
    return b"close" not in options


def _codings_and_trailers(values: dict[bytes, bytes]) -> None:
    codings = values.get(b"te", b"").lower()
    if not grammar.transfer_codings.fullmatch(codings) or b"chunked" in codings:
        raise Refused(Reason.HEADER_INVALID, "TE")
    if b"trailer" in values:
        if not grammar.list_of_tokens.fullmatch(values[b"trailer"]):
            raise Refused(Reason.HEADER_INVALID, "Trailer is not a list of names")
        names = {name.strip(b" \t").lower() for name in values[b"trailer"].split(b",")}
        if not names.isdisjoint(TRAILER_FORBIDDEN):
            raise Refused(Reason.HEADER_INVALID, "Trailer names a field that no trailer may have")


def check_response_fields(fields: Sequence[tuple[bytes, bytes]]) -> None:
    """Refuse fields of a response that cannot be written as they are. Names in lower case."""
    for name, value in fields:
        if not grammar.token.fullmatch(name) or name.lower() != name:
            raise Refused(Reason.RESPONSE_INVALID, "field name")
        if not grammar.field_value.fullmatch(value) or value.strip(b" \t") != value:
            raise Refused(Reason.RESPONSE_INVALID, "field value")
