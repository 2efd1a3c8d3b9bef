"""The normalise stage: one written form for what people type in several, and nothing that changes what they mean.

Every function is idempotent. Only values that are not yet in their normal form come here (`schema.Field.admit`).

`compose` is NFC with one exception: CJK compatibility ideographs stay. NFC would turn 神 (U+FA19) into 神 (U+795E), and
with it one family's name into another's; whether such a character may cross is the repertoire's decision, not ours.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_COMPATIBILITY_IDEOGRAPHS: Final = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f]+)")
_HALFWIDTH_KATAKANA: Final = re.compile("[\uff61-\uff9f]+")
_SPACES: Final = " \u3000"

_NARROW: Final = {0x3000: " ", 0x2019: "'"} | {wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)}
# What Japanese keyboards give for a hyphen between digits; the long-vowel mark ー is the commonest of them.
_HYPHENS: Final = dict.fromkeys(map(ord, "‐‑‒–—―−－ーｰ─━﹣"), "-")
_NARROW_WITH_HYPHENS: Final = _NARROW | _HYPHENS


def compose(text: str) -> str:
    """NFC, but for CJK compatibility ideographs."""
    if unicodedata.is_normalized("NFC", text):
        return text
    pieces = _COMPATIBILITY_IDEOGRAPHS.split(text)
    pieces[::2] = [unicodedata.normalize("NFC", piece) for piece in pieces[::2]]
    return "".join(pieces)


def widen_kana(text: str) -> str:
    """Half-width katakana and its punctuation in full width; ｶﾞ becomes one character."""
    return _HALFWIDTH_KATAKANA.sub(lambda run: unicodedata.normalize("NFKC", run.group()), text)


def one_line(text: str) -> str:
    """Composed, without the spaces (ideographic ones too) at both ends."""
    return compose(text).strip(_SPACES)


def one_line_wide_kana(text: str) -> str:
    return one_line(widen_kana(text))


def lines(text: str) -> str:
    """Composed, with LF for each line end (forms send CR LF) and a space for each TAB (pasted tables)."""
    return compose(text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")


def lines_wide_kana(text: str) -> str:
    return lines(widen_kana(text))


def narrow(text: str) -> str:
    """Full-width ASCII in half width, without spaces at both ends."""
    return text.translate(_NARROW).strip(" ")


def narrow_digits(text: str) -> str:
    """As `narrow`, with every hyphen look-alike a hyphen: for what consists of digits and hyphens."""
    return text.translate(_NARROW_WITH_HYPHENS).strip(" ")
