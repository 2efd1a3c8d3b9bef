"""From a head to the parser of its body: docs/spec/http.md section 6."""

from __future__ import annotations

from typing import Literal

from relay.base.errors import Refused
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.http.body import BodyParser
from relay.http.content_type import ContentType, check_charset, parse_content_type
from relay.http.events import Head
from relay.http.json_body import JsonParser
from relay.http.multipart import MultipartParser
from relay.http.urlencoded import UrlencodedParser

Kind = Literal["urlencoded", "multipart", "json"]


def open_body(head: Head, limits: Limits) -> tuple[Kind, BodyParser]:
    """Choose by Content-Type. Refuses any Content-Encoding, other types, other charsets and unknown parameters."""
    if head.header(b"content-encoding") is not None:
        raise Refused(Reason.CONTENT_ENCODING_UNSUPPORTED)
    value = head.header(b"content-type")
    if value is None:
        raise Refused(Reason.CONTENT_TYPE_UNSUPPORTED, "no Content-Type")
    content_type = parse_content_type(value)
    if content_type.media_type == "application/x-www-form-urlencoded":
        _check_params(content_type, frozenset(("charset",)))
        return "urlencoded", UrlencodedParser(limits)
    if content_type.media_type == "multipart/form-data":
        _check_params(content_type, frozenset(("charset", "boundary")))
        return "multipart", MultipartParser(content_type.param("boundary") or "", limits)
    if content_type.media_type == "application/json":
        _check_params(content_type, frozenset(("charset",)))
        return "json", JsonParser(limits)
    raise Refused(Reason.CONTENT_TYPE_UNSUPPORTED)


def _check_params(content_type: ContentType, known: frozenset[str]) -> None:
    if any(name not in known for name, _ in content_type.params):
        raise Refused(Reason.CONTENT_TYPE_UNSUPPORTED, "unknown parameter")
    check_charset(content_type)


_KINDS = {
    b"application/x-www-form-urlencoded": "urlencoded",
    b"multipart/form-data": "multipart",
    b"application/json": "json",
}


def body_kind(content_type: bytes | None) -> str:
    """What the body says it is; `open_body` holds it to that later. "raw": anything that no declared route takes."""
    media_type = (content_type or b"").partition(b";")[0].strip(b" \t").lower()
    return _KINDS.get(media_type, "raw")
