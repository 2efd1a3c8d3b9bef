import re
import unicodedata

import pytest

from policy.repertoire import REPERTOIRES, character_class, characters, letters

IN = {
    "jis-x-0208": "亜腕弌熙ァヶぁん々〆〇ー・￥ＡｚΑяЖ─Az09~¥‾〜～−－",
    "windows-31j": "髙﨑①㈱Ⅳ№℡神",
    "jis-x-0212": "侊丂é",
    "jis-x-0213": "𠮟俱剝頰ヷ①﨑",
    "jis-x-0201": "Az09~¥‾ｱｶﾞﾟ｡ｰ",
}
OUT = {
    "jis-x-0208": "髙﨑①㈱𠮟ｱﾞ\n\t\x00\x7f\x85\u200b\u202e\ue000\U000f0000\u3099😀é한",
    "windows-31j": "𠮟ｱ\ue000\u200b😀",
    "jis-x-0212": "髙﨑①𠮟ｱ\ue000\u200b😀",
    "jis-x-0201": "亜アＡ　〜\n\x7f",
    "jis-x-0213": "髙ｱ\u309a\u3099\ue000\u200b😀",
}


@pytest.mark.parametrize("name", REPERTOIRES)
def test_repertoires_hold_what_their_standard_holds(name: str) -> None:
    assert set(IN[name]) <= characters(name)
    assert not set(OUT[name]) & characters(name)


def test_counts_are_those_of_the_standards() -> None:
    # 6,879 cells of JIS X 0208 (one, Å, in its composed form); 95 of ASCII; ¥ and ‾ of JIS X 0201; the Microsoft
    # doubles. Kanji: 2,965 of level 1, 3,390 of level 2, and 仝, which stands among the symbols of row 1.
    kanji = [c for c in characters("jis-x-0208") if unicodedata.name(c).startswith("CJK UNIFIED")]
    assert len(kanji) == 2965 + 3390 + 1
    assert len(characters("jis-x-0208")) == 6879 + 95 + len("¥‾～－∥￠￡￢—¦￤")
    assert characters("jis-x-0208") <= characters("windows-31j")
    assert characters("jis-x-0208") <= characters("jis-x-0212")
    assert characters("jis-x-0208") <= characters("jis-x-0213")
    # JIS X 0212: 6,067 cells, 5,801 of them kanji. JIS X 0201: 95 and 63, and \ and ~ beside ¥ and ‾, whose cells ASCII has.
    more = characters("jis-x-0212") - characters("jis-x-0208")
    assert len([c for c in more if unicodedata.name(c).startswith("CJK UNIFIED")]) == 5801
    assert len(characters("jis-x-0201")) == 95 + 63 + len("\\~")


@pytest.mark.parametrize("name", REPERTOIRES)
def test_no_repertoire_holds_what_shows_nothing(name: str) -> None:
    assert {unicodedata.category(c)[0] for c in characters(name)} <= set("LNPSZ")


@pytest.mark.parametrize("name", REPERTOIRES)
def test_characters_are_composed_already(name: str) -> None:
    moved = [c for c in characters(name) if unicodedata.normalize("NFC", c) != c]
    assert all(unicodedata.name(c).startswith("CJK COMPATIBILITY IDEOGRAPH") for c in moved)


def test_letters_are_letters() -> None:
    assert {"亜", "ア", "A", "ー"} <= letters("jis-x-0208")
    assert not {"1", "　", "＜", "<", "。"} & letters("jis-x-0208")


def test_a_class_matches_exactly_its_characters() -> None:
    chosen = "^-]\\[a亜b.　&~|"
    pattern = re.compile(character_class(chosen))
    assert [c for c in map(chr, range(0x10000)) if pattern.fullmatch(c)] == sorted(chosen)


def test_an_unknown_repertoire_is_an_error() -> None:
    with pytest.raises(LookupError):
        characters("latin-1")
