"""Bank accounts, in the forms of the transfer record of the 全国銀行協会 (総合振込, 全銀協制定フォーマット).

The holder's name is what the bank compares with its own record, so that it is brought into the set of that record: half-width
katakana without small letters, Latin capitals, digits and six marks. What the set cannot say (ヲ, ・, kanji) is refused.
"""

from __future__ import annotations

import unicodedata

from policy import normalise
from policy.faults import Fault
from policy.fields.field_class import FieldClass

HOLDER_CHARS = 30  # 受取人名, C(30) of the data record; a voicing mark is a character

_SMALL = str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ")
_HALF_WIDTH = [chr(point) for point in range(0xFF71, 0xFF9E)]  # ｱ to ﾝ: without ｦ, small letters and ｰ
_MARKS = {"\u3099": "ﾞ", "\u309a": "ﾟ"}


def _holder_table() -> dict[int, str]:
    narrow = {unicodedata.normalize("NFKC", half): half for half in _HALF_WIDTH} | _MARKS
    table: dict[int, str] = {}
    for full in map(chr, (*range(0x30A1, 0x30F7), *range(0xFF67, 0xFF70))):
        large = unicodedata.normalize("NFKC", full).translate(_SMALL)
        pieces = [narrow.get(piece) for piece in unicodedata.normalize("NFD", large)]
        if all(pieces):
            table[ord(full)] = "".join(piece for piece in pieces if piece)
    table |= {ord(mark): half for mark, half in _MARKS.items()}
    table |= {0x309B: "ﾞ", 0x309C: "ﾟ"}
    return table | {small: chr(small - 0x20) for small in range(ord("a"), ord("z") + 1)}


_HOLDER_TABLE = _holder_table()
_HOLDER = r"(?! )(?:[ｳｶ-ﾄﾊ-ﾎ]ﾞ|[ﾊ-ﾎ]ﾟ|[ｱ-ﾜﾝ]|[A-Z0-9 ().\-/])+(?<! )"


def _holder_normal(text: str) -> str:
    return normalise.narrow_digits(text).translate(_HOLDER_TABLE)


def _kind_normal(text: str) -> str:
    return normalise.one_line(text).removesuffix("預金")


CLASSES: tuple[FieldClass, ...] = (
    FieldClass("bank_code", lambda _: r"[0-9]{4}", normalise.narrow, Fault.NOT_BANK_CODE, max_chars=4),
    FieldClass("branch_code", lambda _: r"[0-9]{3}", normalise.narrow, Fault.NOT_BRANCH_CODE, max_chars=3),
    FieldClass("account_kind", lambda _: r"普通|当座|貯蓄|その他", _kind_normal, Fault.NOT_ACCOUNT_KIND, max_chars=3),
    FieldClass(
        "account_number",
        lambda _: r"[0-9]{7}",
        normalise.narrow,
        Fault.NOT_ACCOUNT_NUMBER,
        max_chars=7,
        sensitive=True,
    ),
    FieldClass(
        "account_holder",
        lambda _: _HOLDER,
        _holder_normal,
        Fault.NOT_ACCOUNT_HOLDER,
        max_chars=HOLDER_CHARS,
        sensitive=True,
    ),
)
