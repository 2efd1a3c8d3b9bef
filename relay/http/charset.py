"""Text in the encodings that a route may permit beside UTF-8, decoded strictly: docs/spec/http.md section 6.4.

They are read as browsers write them (WHATWG Encoding sections 12.1 and 12.3): Shift_JIS is code page 932, and EUC-JP has the
rows of that page. What has no reading that everybody shares is refused: characters of private use (外字), single bytes that
each vendor gave a meaning of its own, and JIS X 0212, which readers of EUC-JP may lack and no browser writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final, NamedTuple

from relay.base.errors import Refused
from relay.base.reasons import Reason
from relay.http.body import Field, decode_text


class Charset(NamedTuple):
    """`decode` raises Refused. `name` is what a route's `charsets` say (policy/route.py)."""

    name: str
    decode: Callable[[bytes], str]


# Of a sequence that code page 932 has, none of these comes out: C1 controls, NBSP and private use are vendors' own.
_not_shared = re.compile("[\x80-\xa0\ue000-\uf8ff]")
_euc_piece = re.compile(rb"([\x00-\x7f]+)|\x8e([\xa1-\xdf])|([\xa1-\xfe]{2})", re.DOTALL)
_ROWS: Final = range(1, 95)  # of JIS X 0208, and cells of a row
_LAST_ROW_OF_THE_FIRST_LEADS: Final = 62  # 0x81 to 0x9F; the rest is 0xE0 on, behind the half-width katakana


def _page_932(raw: bytes) -> str:
    try:
        text = raw.decode("cp932")
    except UnicodeDecodeError as exc:
        raise Refused(Reason.CHARSET_UNDECODABLE) from exc
    if _not_shared.search(text):
        raise Refused(Reason.CHARSET_UNDECODABLE, "private use")
    return text


def _euc(raw: bytes) -> str:
    rows, out, at = _rows(), [], 0
    while at < len(raw):
        piece = _euc_piece.match(raw, at)
        if piece is None:
            raise Refused(Reason.CHARSET_UNDECODABLE)
        plain, kana, pair = piece.groups()
        if pair is not None and pair not in rows:
            raise Refused(Reason.CHARSET_UNDECODABLE, "no such character")
        out.append(rows[pair] if pair is not None else (plain or kana).decode("cp932"))
        at = piece.end()
    return "".join(out)


@cache
def _rows() -> Mapping[bytes, str]:
    """The pairs of EUC-JP. Two rows share a lead byte of Shift_JIS, whose trail bytes leave 0x7F out."""
    found: dict[bytes, str] = {}
    for row in _ROWS:
        lead = (row + 1) // 2 + (0x80 if row <= _LAST_ROW_OF_THE_FIRST_LEADS else 0xC0)
        for cell in _ROWS:
            trail = (0x3F + cell + (0x3F + cell >= 0x7F)) if row % 2 else 0x9E + cell
            try:
                found[bytes((0xA0 + row, 0xA0 + cell))] = bytes((lead, trail)).decode("cp932")
            except UnicodeDecodeError:
                continue
    return found


CHARSET_FIELD: Final = "_charset_"  # RFC 7578 section 4.6; WHATWG HTML 4.10.18.6
UTF_8: Final = Charset("utf-8", decode_text)
CHARSETS: Final[Mapping[str, Charset]] = {
    charset.name: charset for charset in (UTF_8, Charset("shift_jis", _page_932), Charset("euc-jp", _euc))
}
# The labels of the standard, lower case, and code page 932 under its own name
_LABELS: Final[Mapping[str, str]] = {"utf-8": "utf-8"} | dict.fromkeys(
    ("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j", "ms932", "ms_kanji", "csshiftjis", "cp932"), "shift_jis"
) | dict.fromkeys(("euc-jp", "x-euc-jp", "cseucpkdfmtjapanese"), "euc-jp")  # fmt: skip


def choose(label: str | None, permitted: tuple[str, ...]) -> Charset:
    """The charset of a body. One that names none (browsers never do) is in the first that is permitted; UTF-8 always is."""
    name = (permitted[0] if permitted else UTF_8.name) if label is None else _LABELS.get(label.lower())
    if name is None or (name != UTF_8.name and name not in permitted):
        raise Refused(Reason.CHARSET_INVALID, "charset is not permitted")
    return CHARSETS[name]


def check_same(label: str | None, charset: Charset) -> None:
    """What a part or a `_charset_` field says (RFC 7578 section 4.6) must be what the body is read in."""
    if label is not None and _LABELS.get(label.lower()) != charset.name:
        raise Refused(Reason.CHARSET_INVALID, "another charset within the body")


def charset_field(field: Field, charset: Charset) -> Field:
    """A field `_charset_` as it goes on: in UTF-8, and still saying what is true."""
    check_same(field.value, charset)
    return field if charset is UTF_8 else Field(field.name, UTF_8.name)


def to_utf8(raw: bytes, charset: Charset) -> bytes:
    """Of UTF-8 nothing is checked here: its reader decodes it."""
    return raw if charset is UTF_8 else charset.decode(raw).encode()
