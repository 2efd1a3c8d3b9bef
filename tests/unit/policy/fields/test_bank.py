"""Account holders come out in the character set of the transfer record, whatever form of katakana they came in."""

from __future__ import annotations

import re
import unicodedata

from policy.faults import Fault
from policy.fields.bank import HOLDER_CHARS
from tests.unit.policy.test_classes import field, verdict

RECORD = re.compile("[ｱ-ﾝﾞﾟA-Z0-9().\\-/ ]+")


def test_every_katakana_has_a_place_in_the_set_or_is_refused() -> None:
    tested = field("account_holder")
    refused = ""
    for character in map(chr, range(0x30A1, 0x30F7)):
        made = verdict(tested, character)
        if isinstance(made, Fault):
            refused += character
            continue
        assert RECORD.fullmatch(made)
        large = character.translate(str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ"))
        assert unicodedata.normalize("NFKC", made) == large
    assert refused == "ヰヱヲ"  # the set has no such letters


def test_full_and_half_width_are_one_name() -> None:
    tested = field("account_holder")
    forms = ("ガッコウ　ジョウ", "ｶﾞｯｺｳ ｼﾞｮｳ", "ｶﾞﾂｺｳ ｼﾞﾖｳ", "カ\u3099ツコウ シ\u3099ヨウ", "カ゛ッコウ シ゛ョウ")
    assert {verdict(tested, form) for form in forms} == {"ｶﾞﾂｺｳ ｼﾞﾖｳ"}


def test_bound_of_a_holder_counts_voicing_marks() -> None:
    tested = field("account_holder")
    assert verdict(tested, "ガ" * (HOLDER_CHARS // 2)) == "ｶﾞ" * (HOLDER_CHARS // 2)
    assert verdict(tested, "ガ" * (HOLDER_CHARS // 2) + "ア") is Fault.TOO_LONG
