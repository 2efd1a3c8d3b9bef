"""The corpus: 60,000 different Japanese texts as citizens and offices write them, from real words, drawn by one seed.

No text is made up of characters at random: each consists of strings of `sources.py`, with the punctuation, figures and
dates that forms are filled in with.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.corpus import sources
from bench.corpus.debian import TextsMissing
from bench.corpus.notes import Notes

_SEED = "sekisho-corpus-1"
_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_HALF_WIDTH = {ord(unicodedata.normalize("NFKC", chr(code))): chr(code) for code in range(0xFF61, 0xFF9E)} | {
    0x3099: "ﾞ",
    0x309A: "ﾟ",
    0x3000: " ",
}
_FULL_WIDTH_DIGITS = str.maketrans("0123456789-", "０１２３４５６７８９－")
_KANJI_DIGITS = str.maketrans("0123456789", "〇一二三四五六七八九")
_ERAS = (
    ("令和", "R", "㋿", 8),
    ("平成", "H", "㍻", 31),
    ("昭和", "S", "㍼", 64),
    ("大正", "T", "㍽", 15),
    ("明治", "M", "㍾", 45),
)
_WEEKDAYS = "月火水木金土日"
_JOINS = (
    "、",
    "。",
    "・",
    "　",
    "／",
    "（",
    "）",
    "「",
    "」",
    "～",
    "…",
    "：",
    "；",
    "！",
    "？",
    "＝",
    "＋",
    "『",
    "』",
    "【",
    "】",
    "\r\n",
)
_BUILDINGS = ("マンション", "ハイツ", "コーポ", "ビル", "荘", "団地", "アパート")
_ENDINGS = (
    "について申請します。",
    "をお願いします。",
    "のため、提出が遅れました。",
    "に変更がありました。",
    "の写しを添付（１通）",
    "は、該当なし。",
    "を希望する！",
    "……確認中です。",
    "でしょうか？",
)


@dataclass(frozen=True, slots=True)
class Text:
    kind: str
    text: str


Draw = Callable[[random.Random], str]


class Sources:
    """Everything read once, as lists to draw from."""

    def __init__(self, debian: Path) -> None:
        self.addresses = list(sources.addresses())
        self.offices = list(sources.offices())
        self.family = list(sources.family_names())
        self.given = list(sources.given_names())
        self.organisations = [word for word, _ in sources.words(debian, ("Noun.org",))]
        self.words = [word for word, _ in sources.words(debian, ("Noun", "Noun.verbal", "Noun.proper", "Noun.place"))]
        self.any_words = [
            word for word, _ in sources.words(debian, ("Verb", "Adj", "Adverb", "Interjection", "Conjunction"))
        ]
        self.symbols = sources.symbols(debian)
        self.paragraphs = list(dict.fromkeys(sources.paragraphs(debian)))
        self.notes = Notes(self.words, [office["name"] for office in self.offices])


def build(debian: Path) -> tuple[Text, ...]:
    """All texts, in a fixed order: kinds one after the other. Each text is in it once."""
    known = Sources(debian)
    seen: set[str] = set()
    found: list[Text] = []
    for kind, (count, draw) in _kinds(known).items():
        rng = random.Random(f"{_SEED} {kind}")
        for text in _different(draw, rng, seen, count):
            found.append(Text(kind, text))
    return tuple(found)


def _different(draw: Draw, rng: random.Random, seen: set[str], count: int) -> Iterator[str]:
    drawn = 0
    for _ in range(count * 20):
        text = draw(rng)
        if text and text not in seen:
            seen.add(text)
            drawn += 1
            yield text
        if drawn == count:
            return
    raise TextsMissing(f"only {drawn} different texts of {count}")


def _kinds(known: Sources) -> dict[str, tuple[int, Draw]]:
    return {
        "addresses": (6_000, lambda rng: _address(known, rng)),
        "addresses in kana": (4_000, lambda rng: _address_kana(known, rng)),
        "names": (5_000, lambda rng: _name(known, rng)),
        "names in kana": (4_000, lambda rng: _name_kana(known, rng)),
        "offices": (6_000, lambda rng: rng.choice(known.offices)["name"]),
        "offices with addresses": (3_000, lambda rng: _office(known, rng)),
        "organisations": (4_000, lambda rng: rng.choice(known.organisations)),
        "words": (6_000, lambda rng: rng.choice(rng.choice((known.words, known.any_words)))),
        "words and punctuation": (6_000, lambda rng: _joined(known, rng)),
        "words and symbols": (2_000, lambda rng: _with_symbols(known, rng)),
        "dates": (2_000, lambda rng: _date(rng)),
        "companies in Latin letters": (4_000, known.notes.company),
        "amounts, hours and codes": (3_000, known.notes.figures),
        "lists and quotations": (1_000, known.notes.list_of_words),
        "prose": (3_000, lambda rng: rng.choice(known.paragraphs)),
        "long prose": (1_000, lambda rng: "\r\n".join(rng.sample(known.paragraphs, rng.randint(5, 25)))),
    }


def _address(known: Sources, rng: random.Random) -> str:
    entry = rng.choice(known.addresses)
    postal = (
        f"〒{entry['postal_code'][:3]}-{entry['postal_code'][3:]}{rng.choice(('', ' ', '　'))}"
        if rng.random() < 0.3
        else ""
    )
    place = entry["prefecture"] + entry["city"] + entry["neighborhood"]
    return postal + place + _number(known, rng)


def _number(known: Sources, rng: random.Random) -> str:
    first, second, third = (rng.randint(1, 30) for _ in range(3))
    shapes = (
        f"{first}-{second}-{third}",
        f"{first}丁目{second}番{third}号",
        f"{first}番地の{second}",
        f"{first}番地",
        "",
    )
    number = rng.choice(shapes).translate(rng.choice((_FULL_WIDTH_DIGITS, _FULL_WIDTH_DIGITS, _KANJI_DIGITS, {})))
    if rng.random() < 0.3 and number:
        name = rng.choice(known.words) + rng.choice(_BUILDINGS)
        room = str(rng.randint(101, 1505)).translate(rng.choice((_FULL_WIDTH_DIGITS, {})))
        number += rng.choice(("　", " ", "")) + name + room + rng.choice(("号室", "号", ""))
    return number


def _address_kana(known: Sources, rng: random.Random) -> str:
    entry = rng.choice(known.addresses)
    kana = rng.choice(("", "　")).join((entry["prefecture_kana"], entry["city_kana"], entry["neighborhood_kana"]))
    return rng.choice((kana, half_width(kana)))


def _name(known: Sources, rng: random.Random) -> str:
    return rng.choice(known.family)[0] + rng.choice(("　", " ", "")) + rng.choice(known.given)[0]


def _name_kana(known: Sources, rng: random.Random) -> str:
    hiragana = rng.choice(known.family)[1] + rng.choice(("　", " ", "・")) + rng.choice(known.given)[1]
    katakana = hiragana.translate(_KATAKANA)
    return rng.choice((hiragana, katakana, katakana, half_width(katakana)))


def _office(known: Sources, rng: random.Random) -> str:
    entry = rng.choice(known.offices)
    place = entry["prefecture"] + entry["city"] + entry["neighborhood"] + entry["banchi"]
    return rng.choice(
        (f"{entry['name']}（{place}）", f"{place}　{entry['name']}", f"{entry['name']}\r\n{place}\r\n{entry['kana']}")
    )


def _joined(known: Sources, rng: random.Random) -> str:
    """A phrase of two to nine words with the punctuation of notes between them."""
    drawn = [rng.choice(rng.choice((known.words, known.words, known.any_words))) for _ in range(rng.randint(2, 9))]
    text = drawn[0]
    for word in drawn[1:]:
        text += (rng.choice(_JOINS) if rng.random() < 0.7 else rng.choice(("の", "を", "に", "と", ""))) + word
    return text + rng.choice(_ENDINGS)


def _with_symbols(known: Sources, rng: random.Random) -> str:
    drawn = [
        rng.choice(known.words) + "".join(rng.choices(known.symbols, k=rng.randint(1, 3)))
        for _ in range(rng.randint(1, 5))
    ]
    return rng.choice(("", rng.choice(known.symbols))) + "".join(drawn)


def _date(rng: random.Random) -> str:
    era, letter, ligature, years = rng.choice(_ERAS)
    year, month, day = rng.randint(1, years), rng.randint(1, 12), rng.randint(1, 28)
    spelled = f"{era}{'元' if year == 1 else year}年{month}月{day}日"
    shapes = (
        spelled,
        spelled.translate(_FULL_WIDTH_DIGITS),
        f"{spelled}（{rng.choice(_WEEKDAYS)}）",
        f"{letter}{year}.{month}.{day}",
        f"{ligature}{year}年{month}月",
        f"{era}{year}年度第{rng.randint(1, 4)}四半期",
        f"{spelled}から{month}か月間",
        f"{spelled}　午前{rng.randint(1, 11)}時{rng.randint(0, 59)}分～",
        f"{era}{_in_kanji(year)}年{_in_kanji(month)}月{_in_kanji(day)}日",
        f"{letter}{year}/{month:02}/{day:02}".translate(_FULL_WIDTH_DIGITS),
        f"’{year:02}年度（{spelled}～）",
    )
    return rng.choice(shapes)


def _in_kanji(number: int) -> str:
    tens, ones = divmod(number, 10)
    digits = "〇一二三四五六七八九"
    return ("" if tens == 0 else "十" if tens == 1 else digits[tens] + "十") + (digits[ones] if ones else "")


def half_width(text: str) -> str:
    return unicodedata.normalize("NFD", text).translate(_HALF_WIDTH)
