"""Every class against its golden tables, and what all classes have in common."""

from __future__ import annotations

import re

import pytest

from policy.classes import CLASSES, PATH_CLASSES
from policy.faults import Fault, Invalid
from policy.schema import Declaration, Field
from tests.arch.sources import ROOT
from tests.unit.policy.fields.vectors import REFUSED, SOURCES, TAKEN


def field(name: str, **options: object) -> Field:
    if CLASSES[name].max_chars is None:
        options = {"max_chars": 200} | options
    return Field(Declaration(name="f", field_class=name, label_ja="", label_en="", **options))  # type: ignore[arg-type]  # table


def verdict(tested: Field, value: str) -> str | Fault:
    try:
        return tested.admit(value)
    except Invalid as invalid:
        return invalid.fault


@pytest.mark.parametrize(("name", "value", "after"), [(name, *case) for name, cases in TAKEN.items() for case in cases])
def test_taken(name: str, value: str, after: str | None) -> None:
    made = field(name).admit(value)
    assert made == (value if after is None else after)
    assert field(name).admit(made) == made


@pytest.mark.parametrize(
    ("name", "value", "fault"), [(name, *case) for name, cases in REFUSED.items() for case in cases]
)
def test_refused(name: str, value: str, fault: Fault) -> None:
    assert verdict(field(name), value) is fault


def test_every_class_has_cases_and_they_are_counted() -> None:
    assert set(TAKEN) == set(REFUSED) == set(CLASSES) - {"choice"}
    assert sum(map(len, TAKEN.values())) == 143
    assert sum(map(len, REFUSED.values())) == 170


def test_choice() -> None:
    tested = field("choice", choices=("新規", "変更", "ガス"))
    assert [verdict(tested, value) for value in ("新規", " 変更 ", "カ\u3099ス")] == ["新規", "変更", "ガス"]
    assert [verdict(tested, value) for value in ("廃止", "新", "新規\n")] == [
        Fault.NOT_A_CHOICE,
        Fault.NOT_A_CHOICE,
        Fault.CONTROL,
    ]


def test_halfwidth_kana_can_be_refused() -> None:
    assert verdict(field("kana", halfwidth_kana="refuse"), "ﾐﾎﾝ") is Fault.NOT_KATAKANA
    assert verdict(field("text", halfwidth_kana="refuse"), "ﾐﾎﾝ") is Fault.REPERTOIRE


def test_repertoires_widen_what_a_field_takes() -> None:
    assert verdict(field("name", repertoire="windows-31j"), "髙﨑") == "髙﨑"
    assert verdict(field("name", repertoire="jis-x-0213"), "𠮟﨑") == "𠮟﨑"
    assert verdict(field("text", repertoire="windows-31j"), "\ufa19") == "\ufa19"  # NFC would make another name of it


@pytest.mark.parametrize(("count", "outcome"), [(5, "ok"), (6, Fault.TOO_LONG), (2, "ok"), (1, Fault.TOO_SHORT)])
def test_bounds_of_length(count: int, outcome: object) -> None:
    value = "あ" * count
    assert verdict(field("text", max_chars=5, min_chars=2), value) == (value if outcome == "ok" else outcome)


def test_length_is_that_of_the_normal_form() -> None:
    assert verdict(field("text", max_chars=3), "ｶﾞｷﾞｸﾞ") == "ガギグ"
    assert verdict(field("free_text", max_chars=3), "a\r\nb") == "a\nb"
    assert verdict(field("text", max_chars=3), "  a" + " " * 9) == "a"
    assert verdict(field("text", max_chars=3), "  a" + " " * 10) is Fault.TOO_LONG


@pytest.mark.parametrize(
    ("value", "outcome"),
    [("1", "1"), ("20", "20"), ("0", Fault.TOO_SMALL), ("21", Fault.TOO_LARGE), ("２１", Fault.TOO_LARGE)],
)
def test_bounds_of_numbers(value: str, outcome: object) -> None:
    assert verdict(field("number", minimum=1, maximum=20), value) == outcome


def test_classes_of_path_segments_need_no_escapes() -> None:
    for name in PATH_CLASSES:
        for value, after in TAKEN[name]:
            normal = after if isinstance(after, str) else value
            assert normal.isascii()
            assert "%" not in normal
            assert "/" not in normal


def test_the_document_has_every_class_and_cites_where_its_rule_comes_from() -> None:
    document = (ROOT / "docs/spec/policy.md").read_text("utf-8")
    table = document.partition("| class | normal form |")[2].partition("\n\n")[0]
    cells = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    cited = {re.findall("`([a-z_]+)`", row[0])[0]: row[-1].strip() for row in cells}
    assert set(cited) == set(CLASSES) == set(SOURCES)
    assert all(cited.values()) and all(SOURCES.values())
    dagger = {re.findall("`([a-z_]+)`", row[0])[0] for row in cells if "†" in row[0]}
    assert dagger == {name for name, each in CLASSES.items() if each.sensitive}
