"""What stands in the notes of a form beside words: companies in Latin letters, amounts, hours, codes, lists, quotations, faces.

Words, names and companies are those of `sources.py`; the figures between them are drawn.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence

_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}
_NARROW = {wide: narrow for narrow, wide in _WIDE.items() if chr(narrow) != "&"}
_LATIN = re.compile(r"[Ａ-Ｚａ-ｚ]{2,}")
_BETWEEN_NAMES = ("＆", "・", "　＆　", "　ａｎｄ　", "　ＡＮＤ　", "　ｏｆ　", "　ＯＲ　", "／", "－", "　")
_BRACKETS = ("「」", "『』", "【】", "〈〉", "《》", "〔〕", "（）", "［］", "｛｝", "“”", "＜＞", "≪≫")
_BULLETS = ("・", "○ ", "●", "◎", "※", "→", "－ ", "＊", "★")
_FACES = (
    "（＾＾）",
    "m(_ _)m",
    "（笑）",
    "＼（＾ｏ＾）／",
    "(´・ω・｀)",
    "😊",
    "🙇‍♂️",
    "🏠",
    "👨‍👩‍👧",
    "📞",
    "✉",
    "♪",
    "❤️",
)
_LINE_ENDS = ("", "", "", "", "", "。", "。", "…", "？")
_UNITS = ("円", "個", "枚", "名", "㎡", "㎏", "％", "℃", "ｃｍ", "km", "箱", "坪")


class Notes:
    """Draws, from words and from the names of offices."""

    def __init__(self, words: Sequence[str], offices: Iterable[str]) -> None:
        self._words = words
        self._names = sorted({name for office in offices for name in _LATIN.findall(office)})

    def company(self, rng: random.Random) -> str:
        """In full-width letters as in the register, sometimes in ASCII; with what it is called in Japanese."""
        name = rng.choice(self._names)
        for _ in range(rng.choice((0, 1, 1, 2))):
            name += rng.choice(_BETWEEN_NAMES) + rng.choice(self._names)
        if rng.random() < 0.3:
            name = name.upper()
        if rng.random() < 0.2:
            name = name.translate(_NARROW)
        other, word = rng.choice(self._names), rng.choice(self._words)
        shapes = (
            f"株式会社　{name}",
            f"{name}㈱",
            f"（有）{name}　{word}支店",
            f"{name}（{word}）",
            f"{word}（{name}）",
            f"{name}，Ｉｎｃ．{word}",
            f"{word}（{name}社）＆（{other}社）",
            f"{word}（{name}社）ａｎｄ（{other}社）",
            f"{word}／{name}（{other}）、{word}",
            f"{name}　Ｃｏ．，Ｌｔｄ．（{word}）",
        )
        return rng.choice(shapes)

    def figures(self, rng: random.Random) -> str:
        """Two to four amounts, hours, numbers of articles or ways to be reached, each with a word that says of what."""
        pieces = [
            rng.choice(self._words) + rng.choice(("", "：", "　", "…")) + _figure(rng) for _ in range(rng.randint(2, 4))
        ]
        return rng.choice(("、", "　", "／", "\r\n", "；", "。")).join(pieces)

    def list_of_words(self, rng: random.Random) -> str:
        """One line for each, numbered or not; some words are quoted, some are followed by a face."""
        numbered = rng.choice(("{}．", "（{}）", "{}）", "({}) ", "{}. ", "第{}　"))
        bullet = rng.choice((numbered, numbered, *_BULLETS))
        lines = []
        for number in range(1, rng.randint(3, 9)):
            word = rng.choice(self._words)
            if rng.random() < 0.4:
                opening, closing = rng.choice(_BRACKETS)
                word = rng.choice((opening + word + closing, word + opening + rng.choice(self._words) + closing))
            figures = str(number).translate(_WIDE) if rng.random() < 0.5 else str(number)
            end = rng.choice(_FACES) if rng.random() < 0.05 else rng.choice(_LINE_ENDS)
            lines.append(bullet.format(figures) + word + end)
        return rng.choice(("\r\n", "\r\n", "\n", "　")).join(lines)


def _figure(rng: random.Random) -> str:
    """ASCII or full-width, as it is typed."""
    first, second, third = rng.randint(1, 12), rng.randint(1, 59), rng.randint(1_000, 90_000)
    code = "".join(rng.choices("ABCDEFGHJKLMNPRSTUVWXYZ", k=rng.randint(1, 3)))
    shape = rng.choice((
        f"{first}:{second:02}～{first + 3}:00",
        f"（{first}：00～{first + 2}：{second:02}）",
        f"￥{third:,}－",
        f"¥{third:,}（税込）",
        f"@{second}円×{first}＝{second * first:,}円",
        f"{second}{rng.choice(_UNITS)}＋{first}{rng.choice(_UNITS)}",
        f"{code}-{third}/{second}({first})",
        f"No.{third}",
        f"＃{first}、＃{first + 1}",
        f"℡ 0{first}-{third}-{third}",
        f"TEL：0{first}（{second}）{third}",
        f"（{first}）＋（{first + 1}）＝（{first + 2}）",
        "（Ａ）－（Ｂ）＝（Ｃ）",
        f"（{first}）－（{first + 1}）のうち第Ⅲ号①～③",
        f"{first}＜{second}、{second}≧{first}",
        f"{first}％引、又は{second}％引",
        f"R{first}.{first}.{second}～",
        f"{first}/{second}（{rng.choice('月火水木金土日')}）",
        f"{code.lower()}{second}@example.jp",
        f"https://www.city.example.lg.jp/{code.lower()}/{third}.html",
    ))  # fmt: skip
    return shape.translate(_WIDE) if rng.random() < 0.6 else shape
