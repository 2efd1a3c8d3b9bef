"""The field lines of a head, and what they say about framing: docs/spec/http.md sections 4 and 5.

Rules:
1. A line is refused by its grammar as soon as it is complete; what fields say together is judged when the head is complete.
2. A field that the relay itself reads may stand there once. Two of it, even equal ones, are refused.
3. Values are opaque beyond that: printable ASCII, HTAB, and any byte above 0x7F (RFC 9110 section 5.5).
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
        b"access-control-request-method x-http-method-override"
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
# What the relay says itself about a request, or takes off it: a twin with an underscore would pass for it in CGI and WSGI
_OURS = (b"x-forwarded-", b"sekisho-", b"proxy-")
# Connection may name these although fields of that name are protected (RFC 9110 sections 7.6.1, 7.8, 10.1.4)
_CONNECTION_OPTIONS = frozenset((b"close", b"keep-alive", b"te", b"trailer", b"proxy-connection", b"upgrade"))
# h2c is HTTP/2 without TLS, which cannot be here (RFC 9113 section 3.1); it is asked for to smuggle through a relay
_HTTP_2 = frozenset((b"h2c", b"h2"))
_WITHOUT_BODY = frozenset(("GET", "HEAD"))
_LENGTH_IN_1_0 = frozenset(("POST", "PUT", "PATCH"))
# RFC 9110 section 6.5.1: framing, routing, request modifiers, authentication, and how to read the content
TRAILER_FORBIDDEN = (
    SINGLE
    | _PROTECTED
    | frozenset(b"keep-alive proxy-connection proxy-authenticate set-cookie cache-control pragma age".split())
)
# For all recipients, not for the connection: Connection must not name them (RFC 9110 section 7.6.1)
_END_TO_END = (TRAILER_FORBIDDEN - _CONNECTION_OPTIONS) | frozenset(
    b"accept accept-charset accept-encoding accept-language accept-datetime if-match if-none-match priority via dnt "
    b"http2-settings x-csrf-token x-requested-with".split()
)
_EDGES = (b"\n ", b"\n\t", b" \n", b"\t\n")  # white space around one of several values that stand between LFs
_END_TO_END_PREFIXES = (b"x-forwarded-", b"sekisho-", b"sec-", b"content-")


def check_field_line(line: bytes) -> tuple[bytes, bytes]:
    """One field line without its CRLF."""
    match = grammar.field_line.fullmatch(line)
    if match is None:
        raise Refused(Reason.HEADER_INVALID, "not name ':' value")
    name, value = match[1].lower(), match[2]
    if b"\t" in value and name in _DOUBLED:
        raise Refused(Reason.HEADER_INVALID, "HTAB in a framing field")
    return name, value.strip(b" \t")


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
    if b"upgrade" in values or b"http2-settings" in values:
        _check_upgrade(values)
    expect_continue = b"expect" in values
    if expect_continue and (values[b"expect"].lower() != b"100-continue" or not has_body):
        raise Refused(Reason.EXPECTATION_FAILED)
    if b"te" in values or b"trailer" in values:
        _codings_and_trailers(values)
    if line.version == "1.0":
        _check_1_0(line.method, length, chunked)
        expect_continue = keep_alive = False
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
        line.version,
        keep_alive,
    )


def _check_1_0(method: str, length: int | None, chunked: bool) -> None:
    if chunked:
        raise Refused(Reason.TRANSFER_ENCODING_INVALID, "Transfer-Encoding in HTTP/1.0")  # RFC 9112 section 6.1
    if length is None and method in _LENGTH_IN_1_0:
        raise Refused(Reason.LENGTH_INVALID, "HTTP/1.0 content without its length")  # RFC 1945 section 7.2.2


def _collect(fields: Sequence[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    values: dict[bytes, bytes] = {}
    for name, value in fields:
        if name not in values:
            values[name] = value
            if b"_" in name:
                _check_twin(name.replace(b"_", b"-"))
        elif name in SINGLE:
            raise Refused(_DOUBLED.get(name, Reason.HEADER_INVALID), "field given twice")
        else:
            values[name] += b", " + value
    return values


def _check_twin(name: bytes) -> None:
    if name in _PROTECTED or name.startswith(_OURS):
        raise Refused(Reason.HEADER_INVALID, "underscored twin of a protected field")


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
    named = options - _CONNECTION_OPTIONS
    if b"http2-settings" in named:
        raise Refused(Reason.UPGRADE_REFUSED)
    if not named.isdisjoint(_END_TO_END) or any(name.startswith(_END_TO_END_PREFIXES) for name in named):
        raise Refused(Reason.HEADER_INVALID, "Connection names a field that is not of the connection")
    return b"close" not in options


def _check_upgrade(values: dict[bytes, bytes]) -> None:
    """What is left of Upgrade after this is ignored (RFC 9110 section 7.8): no answer of ours ever switches."""
    protocols = values.get(b"upgrade", b"").lower()
    if b"http2-settings" in values or not grammar.protocols.fullmatch(protocols):
        raise Refused(Reason.UPGRADE_REFUSED)
    named = {protocol.strip(b" \t").partition(b"/")[0] for protocol in protocols.split(b",")}
    options = {option.strip(b" \t").lower() for option in values.get(b"connection", b"").split(b",")}
    if not named.isdisjoint(_HTTP_2) or b"upgrade" not in options:
        raise Refused(Reason.UPGRADE_REFUSED)


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
    if not fields:
        return
    # all at once, with an LF between them: as none of them may hold one, their number proves that none does
    most = len(fields) - 1
    names = b"\n".join([name for name, _ in fields])
    if not grammar.lower_names.fullmatch(names) or names.count(b"\n") != most:
        raise Refused(Reason.RESPONSE_INVALID, "field name")
    values = b"\n%b\n" % b"\n".join([value for _, value in fields])
    if len(values.translate(None, grammar.VALUE_OCTETS)) != most + 2:
        raise Refused(Reason.RESPONSE_INVALID, "field value")
    for edge in _EDGES:
        if edge in values:
            raise Refused(Reason.RESPONSE_INVALID, "field value")


def write_fields(fields: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Field lines of a response. The caller has checked the fields."""
    return b"".join([b"%b: %b\r\n" % field for field in fields])


class FieldLines:
    """Fields that every response carries, checked and written once. Raises Refused(RESPONSE_INVALID)."""

    __slots__ = ("raw",)

    def __init__(self, fields: Sequence[tuple[bytes, bytes]]) -> None:
        check_response_fields(fields)
        self.raw = write_fields(fields)
