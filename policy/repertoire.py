"""Which characters a field may hold: coded character sets as regular-expression classes, built once.

`jis-x-0208`   JIS X 0208 levels 1-2 and the graphic characters of JIS X 0201 Latin and ASCII. The default: every
               municipal system can hold, show and print these.
`windows-31j`  adds NEC row 13, NEC-selected and IBM extensions (髙, 﨑, ①, ㈱), without the user-defined area.
`jis-x-0212`   adds the supplementary kanji and letters of JIS X 0212 (髙 is not among them, 侊 and é are).
`jis-x-0213`   adds levels 3-4 (both planes), without the cells that are two Unicode characters.
`jis-x-0201`   the graphic characters of JIS X 0201 alone: Latin, and katakana in half width. For systems of one byte a character.

The tables are those of Python's own codecs, so nothing is typed in by hand. Where JIS and Microsoft map one cell to two
Unicode characters (wave dash, minus, parallel, cent, pound, not, dash), both are in each set and neither is turned into
the other: keyboards send one or the other, and the application knows which it wants (docs/spec/policy.md section 5.2).
Half-width katakana is in no other set: `normalise.widen_kana` turns it into full-width first, where the field allows that.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Final

DEFAULT_REPERTOIRE: Final = "jis-x-0208"
NARROW_REPERTOIRE: Final = "jis-x-0201"
REPERTOIRES: Final = (DEFAULT_REPERTOIRE, "windows-31j", "jis-x-0212", "jis-x-0213", NARROW_REPERTOIRE)

_ASCII_GRAPHIC: Final = frozenset(map(chr, range(0x20, 0x7F)))
_JIS_X_0201_OWN: Final = frozenset("¥‾")
_MAPPED_TWICE: Final = frozenset("〜～−－‖∥¢￠£￡¬￢—―¦￤")
_HALFWIDTH_KATAKANA: Final = frozenset(map(chr, range(0xFF61, 0xFFA0)))
_GRAPHIC: Final = frozenset("LNPSZ")


def _row_cells(encoding: str, lead: bytes, trails: Iterable[int]) -> Iterable[str]:
    for trail in trails:
        text = (lead + bytes((trail,))).decode(encoding, "ignore")
        if len(text) == 1:
            yield text


def _graphic(characters: Iterable[str]) -> frozenset[str]:
    """Assigned characters that show something and that NFC leaves alone (or the one that it makes of them)."""
    kept = set()
    for character in characters:
        composed = unicodedata.normalize("NFC", character)
        if unicodedata.name(character, "").startswith("CJK COMPATIBILITY IDEOGRAPH"):
            composed = character  # normalise.compose leaves these alone too: 神 and 神 are two names
        if unicodedata.category(composed)[0] in _GRAPHIC:
            kept.add(composed)
    return frozenset(kept)


@cache
def characters(repertoire: str) -> frozenset[str]:
    """The characters of `repertoire`. Raises LookupError for an unknown one."""
    cells = range(0xA1, 0xFF)
    found: set[str] = set()
    if repertoire == NARROW_REPERTOIRE:
        return _ASCII_GRAPHIC | _JIS_X_0201_OWN | _HALFWIDTH_KATAKANA
    if repertoire in ("jis-x-0208", "jis-x-0212"):
        for row in cells:
            found.update(_row_cells("euc_jp", bytes((row,)), cells))
            if repertoire == "jis-x-0212":
                found.update(_row_cells("euc_jp", bytes((0x8F, row)), cells))
    elif repertoire == "windows-31j":
        for row in (*range(0x81, 0xA0), *range(0xE0, 0xFD)):
            found.update(_row_cells("cp932", bytes((row,)), range(0x40, 0xFD)))
    elif repertoire == "jis-x-0213":
        for row in cells:
            found.update(_row_cells("euc_jis_2004", bytes((row,)), cells))
            found.update(_row_cells("euc_jis_2004", bytes((0x8F, row)), cells))
        found -= set(_combining(found))
    else:
        raise LookupError(f"no such repertoire: {repertoire}")
    return (_graphic(found) | _ASCII_GRAPHIC | _JIS_X_0201_OWN | _MAPPED_TWICE) - _HALFWIDTH_KATAKANA


def _combining(found: Iterable[str]) -> Iterable[str]:
    return [character for character in found if unicodedata.category(character)[0] == "M"]


def character_class(chosen: Iterable[str]) -> str:
    """A regular-expression class, `[...]`, of exactly these characters, as ranges."""
    points = sorted(map(ord, chosen))
    ranges: list[list[int]] = []
    for point in points:
        if ranges and ranges[-1][1] == point - 1:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    return "[" + "".join(_range(first, last) for first, last in ranges) + "]"


def _range(first: int, last: int) -> str:
    if first == last:
        return re.escape(chr(first))
    return f"{re.escape(chr(first))}-{re.escape(chr(last))}"


@cache
def letters(repertoire: str) -> frozenset[str]:
    """The letters of `repertoire`: kanji, kana, Latin, Greek, Cyrillic."""
    return frozenset(character for character in characters(repertoire) if unicodedata.category(character)[0] == "L")
