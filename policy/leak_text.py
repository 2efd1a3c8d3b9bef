"""An answer's body as text, the way that a reader would see it (docs/spec/leaks.md section 3): charset, tags, entities, escapes.

A body can have more than one reading where nothing says its charset. Each is looked at, and the one that shows most counts.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

# What browsers read, by the labels of the Encoding Standard (WHATWG) that pages in Japan use; all else is unread.
_CODECS: Final = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "utf-8", "ascii": "utf-8",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932", "ms_kanji": "cp932",
    "cp932": "cp932",
    "euc-jp": "euc_jp", "x-euc-jp": "euc_jp", "iso-2022-jp": "iso2022_jp_ext", "iso-8859-1": "cp1252", "latin1": "cp1252",
    "windows-1252": "cp1252", "utf-16": "utf-16-le", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
}  # fmt: skip
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))  # byte order marks
_GUESSED: Final = ("cp932", "euc_jp")  # of what is not UTF-8 and does not say
_ISO_2022: Final = b"\x1b$"  # it goes over to two bytes for a character; valid as UTF-8

_META_BYTES: Final = 1024  # within which browsers look for it (HTML section 4.2.5.4)
_META: Final = re.compile(rb"<meta[^>]{0,200}charset\s{0,9}=\s{0,9}[\"']?([A-Za-z0-9_-]{1,40})", re.IGNORECASE)

_TAG: Final = re.compile(r"<!--|-->|<[!?/]?[A-Za-z][^<>]*>")
_INLINE: Final = frozenset(
    {
        "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "em", "font", "i", "ins", "kbd", "mark", "nobr", "q", "rb", "rp", "rt",
        "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var", "wbr",
    }
)  # fmt: skip
_TAG_NAME: Final = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)")
_TELLING: Final = re.compile(r"\d{3}|&#")  # a tag that may hold a number is looked at as it stands
_ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_INVISIBLE: Final = ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad")


def readings(body: bytes, charset: str, *, is_html: bool) -> list[str] | None:
    """Every text that `body` can be. `charset`: as its Content-Type says, or "". None where it is one that nobody here reads."""
    codecs = _codecs(body, charset.strip("\"'").lower(), is_html=is_html)
    if codecs is None:
        return None
    texts = list(dict.fromkeys([body.decode(codec, "replace") for codec in codecs]))
    return [as_seen(text, is_html=is_html) for text in texts]


def as_seen(text: str, *, is_html: bool) -> str:
    """`text` with its tags taken out (of a page), its entities and escapes resolved, and without what does not show."""
    if is_html and "<" in text:
        text = _TAG.sub(_seen_of_tag, text)
    if "&" in text:
        text = unescape(text)
    if "\\u" in text:
        text = _ESCAPE.sub(_seen_of_escape, text)
    for character in _INVISIBLE:
        if character in text:
            text = text.replace(character, "")
    return text


def _codecs(body: bytes, charset: str, *, is_html: bool) -> tuple[str, ...] | None:
    for mark, codec in _MARKS:
        if body.startswith(mark):
            return (codec,)
    if not charset and is_html:
        said = _META.search(body, 0, _META_BYTES)
        charset = said[1].decode("ascii").lower() if said else ""
    if charset:
        declared = _CODECS.get(charset)
        return None if declared is None else (declared,)
    if _ISO_2022 in body:
        return ("iso2022_jp_ext", "utf-8")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return ("utf-8", *_GUESSED)
    return ("utf-8",)


def _seen_of_tag(tag: re.Match[str]) -> str:
    """Nothing for a tag within a line; a line end for any other, and what it says where that may be a number."""
    written = tag.group()
    if _TELLING.search(written):
        return f"\n{written[1:-1]}\n"
    name = _TAG_NAME.match(written)
    return "" if name and name[1].lower() in _INLINE else "\n"


def _seen_of_escape(escape: re.Match[str]) -> str:
    number = int(escape[1], 16)
    return "\ufffd" if 0xD800 <= number < 0xE000 else chr(number)
