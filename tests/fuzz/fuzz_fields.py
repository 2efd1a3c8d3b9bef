"""Any text in a field of any class: refused with a word, or admitted in a form that is admitted again and shows all that it holds.

The first byte chooses the class and the second its repertoire and what becomes of half-width kana; the rest is the value.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Hashable

from driver import run

from policy.classes import CLASSES
from policy.faults import Invalid
from policy.repertoire import DEFAULT_REPERTOIRE, REPERTOIRES
from policy.schema import Declaration, Field

HIDDEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Mn", "Me", "Mc"}
NAMES = sorted(CLASSES)


def field_of(name: str, variant: int) -> Field:
    field_class = CLASSES[name]
    return Field(
        Declaration(
            name="f",
            field_class=name,
            label_ja="",
            label_en="",
            max_chars=0 if field_class.max_chars else 200,
            repertoire=REPERTOIRES[variant // 2] if field_class.textual else DEFAULT_REPERTOIRE,
            halfwidth_kana=("widen", "refuse")[variant % 2] if field_class.textual else "widen",
            choices=("新規", "変更") if name == "choice" else (),
        )
    )


FIELDS = [[field_of(name, variant) for variant in range(2 * len(REPERTOIRES))] for name in NAMES]


def target(data: bytes) -> Hashable:
    if len(data) < 2:
        return None
    field = FIELDS[data[0] % len(NAMES)][data[1] % (2 * len(REPERTOIRES))]
    value = data[2:].decode("utf-8", "surrogateescape")
    try:
        normal = field.admit(value)
    except Invalid as invalid:
        return field.field_class.name, invalid.fault
    if field.admit(normal) != normal:
        raise AssertionError("what was admitted is not admitted again unchanged")
    shown = normal.replace("\n", "") if field.field_class.name == "free_text" else normal
    if HIDDEN & {unicodedata.category(character) for character in shown}:
        raise AssertionError("a character that does not show was admitted")
    return field.field_class.name, normal == value, min(len(normal), 8)


VALUES = (
    "令和7年4月1日",
    "R元.5.1",
    "１，２３４円",
    "1234 5678 9018",
    "7-0000-1205-0002",
    "ガッコウ　ジョー",
    "ﾐﾎﾝ ﾊﾅｺ",
    "03(3209)1111",
    "a@example.jp",
)
TOKENS = [
    value.encode()
    for value in (
        "令和",
        "明治",
        "元",
        "年",
        "月",
        "日",
        "，",
        "円",
        "ﾞ",
        "\u3099",
        "ー",
        "\u3000",
        "\u202e",
        "\ufa19",
        "髙",
        "ヲ",
    )
]

if __name__ == "__main__":
    seeds = [bytes((number, 0)) + value.encode() for number in range(len(NAMES)) for value in VALUES]
    sys.exit(run("fields", target, seeds, TOKENS))
