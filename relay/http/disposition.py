"""The header of one part of multipart/form-data: docs/spec/http.md section 6.2; RFC 7578 section 4, RFC 8187.

Rules:
1. Content-Disposition once; Content-Type and Content-Transfer-Encoding at most once; nothing else (RFC 7578 section 4.8).
2. Names are in the charset of the body, and read in UTF-8. In a quoted string browsers write %22, %0D and %0A for the three
   bytes that cannot stand there (WHATWG HTML 4.10.21.8), and these three alone are decoded. A backslash is refused: browsers
   mean it, RFC 9110 removes it.
3. `name*` and `filename*` (RFC 8187) are read, UTF-8 only. Beside the plain parameter they must say the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from relay.base.errors import Refused
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.http import grammar
from relay.http.body import check_name, decode_text
from relay.http.charset import UTF_8, Charset, check_same, to_utf8
from relay.http.content_type import ContentType, parse_content_type

_line = re.compile(rb"(" + grammar.TOKEN + rb"):([" + grammar.VALUE_BYTES + rb"]*+)")
_parameter = re.compile(
    rb"[ \t]*+;[ \t]*+(name|filename)(?:"
    rb'=(?:"([\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]*+)"|(' + grammar.TOKEN + rb"))"
    rb"|\*=([A-Za-z0-9!#$%&+\-^_`{}~]++)'[A-Za-z0-9-]*+'((?:[A-Za-z0-9!#$&+\-.^_`|~]|" + grammar.TRIPLET + rb")*))",
    re.IGNORECASE,
)
_escape = re.compile(rb"%(?:22|0D|0A)")
_ESCAPES = {b"%22": b'"', b"%0D": b"\r", b"%0A": b"\n"}
_ALLOWED = frozenset((b"content-disposition", b"content-type", b"content-transfer-encoding"))
_IDENTITIES = frozenset((b"7bit", b"8bit", b"binary"))
_DEFAULT_TYPE = ContentType("text/plain", ())  # RFC 7578 section 4.4


@dataclass(frozen=True, slots=True)
class PartHead:
    name: str
    filename: str | None  # None: a field
    content_type: str


def parse_part_head(raw: bytes, limits: Limits, charset: Charset = UTF_8) -> PartHead:
    """`raw`: the header lines of a part, separated by CRLF, without the empty line."""
    # First of all, because half of a character of Shift_JIS may be a backslash
    fields = _fields(to_utf8(raw, charset))
    disposition = fields.get(b"content-disposition")
    if disposition is None:
        raise Refused(Reason.MULTIPART_INVALID, "part without Content-Disposition")
    params = _parameters(disposition)
    name, filename = params.get("name"), params.get("filename")
    if not name:
        raise Refused(Reason.MULTIPART_INVALID, "part without a name")
    check_name(name, limits.name_bytes)
    if filename is not None:
        check_name(filename, limits.name_bytes)
    if fields.get(b"content-transfer-encoding", b"binary").lower() not in _IDENTITIES:
        raise Refused(Reason.MULTIPART_INVALID, "Content-Transfer-Encoding")
    content_type = parse_content_type(fields[b"content-type"]) if b"content-type" in fields else _DEFAULT_TYPE
    _check_type(content_type, charset, is_file=filename is not None)
    return PartHead(decode_text(name), None if filename is None else decode_text(filename), content_type.media_type)


def _fields(raw: bytes) -> dict[bytes, bytes]:
    fields: dict[bytes, bytes] = {}
    for line in raw.split(b"\r\n"):
        match = _line.fullmatch(line)
        if match is None:
            raise Refused(Reason.MULTIPART_INVALID, "part header line")
        name = match[1].lower()
        if name in fields or name not in _ALLOWED:
            raise Refused(Reason.MULTIPART_INVALID, "part header given twice, or one that no form has")
        fields[name] = match[2].strip(b" \t")
    return fields


def _parameters(disposition: bytes) -> dict[str, bytes]:
    kind, _, _ = disposition.partition(b";")
    if kind.rstrip(b" \t").lower() != b"form-data":
        raise Refused(Reason.MULTIPART_INVALID, "not form-data")
    plain: dict[str, bytes] = {}
    extended: dict[str, bytes] = {}
    position = len(kind)
    while position < len(disposition):
        match = _parameter.match(disposition, position)
        if match is None:
            raise Refused(Reason.MULTIPART_INVALID, "Content-Disposition parameter")
        position = match.end()
        name, quoted, token, charset, value = match.groups()
        into = plain if charset is None else extended
        key = name.decode().lower()
        if key in into:
            raise Refused(Reason.MULTIPART_INVALID, "parameter given twice")
        if charset is None:
            into[key] = token if quoted is None else _escape.sub(lambda found: _ESCAPES[found[0]], quoted)
        elif charset.lower() != b"utf-8":
            raise Refused(Reason.CHARSET_INVALID, "RFC 8187 charset")
        else:
            into[key] = grammar.triplet_run.sub(lambda run: bytes.fromhex(run[0].replace(b"%", b"").decode()), value)
    if any(plain.get(key, value) != value for key, value in extended.items()):
        raise Refused(Reason.MULTIPART_INVALID, "the plain and the extended parameter differ")
    return plain | extended


def _check_type(content_type: ContentType, charset: Charset, *, is_file: bool) -> None:
    if content_type.media_type.startswith("multipart/"):
        raise Refused(Reason.MULTIPART_INVALID, "nested multipart")
    check_same(content_type.param("charset"), charset)
    if not is_file and content_type.media_type != "text/plain":
        raise Refused(Reason.CONTENT_TYPE_UNSUPPORTED, "a field that is not text/plain")
