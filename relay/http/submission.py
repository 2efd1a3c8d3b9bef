"""From a head to the parser of its body: docs/spec/http.md section 6."""

from __future__ import annotations

from typing import Literal

from relay.base.errors import Refused
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.http.body import BodyParser
from relay.http.charset import Charset, choose
from relay.http.content_type import ContentType, parse_content_type
from relay.http.events import Head
from relay.http.json_body import JsonParser
from relay.http.multipart import MultipartParser
from relay.http.urlencoded import UrlencodedParser

Kind = Literal["urlencoded", "multipart", "json"]


def open_body(head: Head, limits: Limits, charsets: tuple[str, ...] = ()) -> tuple[Kind, BodyParser]:
    """Choose by Content-Type. Refuses any Content-Encoding, other types, unknown parameters and charsets.

    `charsets`: what the route permits beside UTF-8; JSON is always UTF-8 (RFC 8259 section 8.1).
    """
    if head.header(b"content-encoding") is not None:
        raise Refused(Reason.CONTENT_ENCODING_UNSUPPORTED)
    value = head.header(b"content-type")
    if value is None:
        raise Refused(Reason.CONTENT_TYPE_UNSUPPORTED, "no Content-Type")
    content_type = parse_content_type(value)
    if content_type.media_type == "application/x-www-form-urlencoded":
        return "urlencoded", UrlencodedParser(limits, _charset(content_type, frozenset(("charset",)), charsets))
    if content_type.media_type == "multipart/form-data":
        charset = _charset(content_type, frozenset(("charset", "boundary")), charsets)
        return "multipart", MultipartParser(content_type.param("boundary") or "", limits, charset)
    if content_type.media_type == "application/json":
        _charset(content_type, frozenset(("charset",)), ())
        return "json", JsonParser(limits)
    raise Refused(Reason.CONTENT_TYPE_UNSUPPORTED)


def _charset(content_type: ContentType, known: frozenset[str], permitted: tuple[str, ...]) -> Charset:
    if any(name not in known for name, _ in content_type.params):
        raise Refused(Reason.CONTENT_TYPE_UNSUPPORTED, "unknown parameter")
    return choose(content_type.param("charset"), permitted)


_KINDS = {
    b"application/x-www-form-urlencoded": "urlencoded",
    b"multipart/form-data": "multipart",
    b"application/json": "json",
}


def body_kind(content_type: bytes | None) -> str:
    """What the body says it is; `open_body` holds it to that later. "raw": anything that no declared route takes."""
    media_type = (content_type or b"").partition(b";")[0].strip(b" \t").lower()
    return _KINDS.get(media_type, "raw")
