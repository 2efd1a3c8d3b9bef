"""What the citizen is told: a sentence for every fault that a field can have, with its label and its bounds, and no value."""

from __future__ import annotations

import string
from collections.abc import Callable
from pathlib import Path

import pytest

from policy.faults import Fault
from policy.load import load_policy
from policy.pipeline import Policy
from policy.refusal_words import NOT_OF_A_FIELD, SENTENCES, pointer, told_of
from policy.verdict import Code, Denied, Finding
from tests.unit.policy.conftest import NOW_MS

MAY_STAND_IN = {"label", "most", "least", "times"}


def names_in(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_every_fault_of_a_field_has_a_sentence_of_its_own() -> None:
    assert set(SENTENCES) | NOT_OF_A_FIELD == set(Fault)
    assert set(SENTENCES).isdisjoint(NOT_OF_A_FIELD)
    for said in SENTENCES.values():
        assert said.en.isascii() and said.en.endswith(".")
        assert said.ja.endswith("。") and not said.ja.isascii()
        assert names_in(said.ja) | names_in(said.en) <= MAY_STAND_IN
        assert ("label" in names_in(said.ja)) is ("label" in names_in(said.en))
    assert len({said.ja for said in SENTENCES.values()}) == len(SENTENCES)
    assert len({said.en for said in SENTENCES.values()}) == len(SENTENCES)


def denied(*findings: tuple[Code, str, str]) -> Denied:
    return Denied(tuple(Finding("schema", *finding) for finding in findings), "sample")


def test_the_label_and_the_bounds_are_those_of_the_procedure(sample_policy: Policy) -> None:
    told = sample_policy.told(
        denied(
            (Code.FIELD_INVALID, "notes", Fault.TOO_LONG),
            (Code.FIELD_INVALID, "copies", Fault.TOO_LARGE),
            (Code.FIELD_INVALID, "copies", Fault.TOO_LONG),
            (Code.FIELD_REPEATED, "kind", Fault.TOO_MANY),
        ),
        NOW_MS,
    )
    assert [(one.target, one.sentence.ja, one.sentence.en) for one in told] == [
        ("notes", "備考は100文字以内で入力してください。", "Notes: write at most 100 characters."),
        ("copies", "枚数は20以下にしてください。", "Copies: give 20 or less."),
        ("copies", "枚数は19文字以内で入力してください。", "Copies: write at most 19 characters."),
        ("kind", "種類は2個までにしてください。", "Kind: give at most 2 of these."),
    ]


def test_the_bounds_of_a_day_are_told(write: Callable[..., Path], procedure: str) -> None:
    more = '[[field]]\nname = "day"\nlabel_ja = "日"\nlabel_en = "Day"\nclass = "date"\nearliest = 2026-04-01\nlatest = 2027-03-31\n'
    bounded = load_policy([write(procedure + more)], {"example": ()}, open_routes=False)
    told = bounded.told(
        denied((Code.FIELD_INVALID, "day", Fault.TOO_EARLY), (Code.FIELD_INVALID, "day", Fault.TOO_LATE)), NOW_MS
    )
    assert [one.sentence.en for one in told] == [
        "Day: give 2026-04-01 or a later day.", "Day: give 2027-03-31 or an earlier day."
    ]  # fmt: skip


def test_a_parameter_of_the_query_has_its_own_label(policy: Policy) -> None:
    finding = Finding("schema", Code.QUERY_INVALID, "lang", Fault.NOT_A_CHOICE)
    (told,) = policy.told(Denied((finding,), "status"), NOW_MS)
    assert told.sentence.ja.startswith(
        next(r for r in policy.routes if r.id == "status").query.fields["lang"].declaration.label_ja
    )


def test_each_thing_is_told_once(sample_policy: Policy) -> None:
    finding = (Code.FIELD_INVALID, "kind", Fault.NOT_A_CHOICE)
    assert len(sample_policy.told(denied(finding, finding), NOW_MS)) == 1


@pytest.mark.parametrize("code", [Code.RULES_MATCHED, Code.ROUTE_UNKNOWN, Code.INTERNAL_ERROR, Code.RESPONSE_REFUSED])
def test_what_rules_found_is_not_told(sample_policy: Policy, code: Code) -> None:
    assert sample_policy.told(denied((code, "notes", "")), NOW_MS) == ()


def test_a_fault_without_a_sentence_is_told_in_the_words_of_its_code() -> None:
    (told,) = told_of([Finding("schema", Code.FIELD_INVALID, "x", "a word of another stage")], None)
    assert told.sentence.ja == "xを確かめて、入力し直してください。"


@pytest.mark.parametrize(
    ("name", "made"),
    [("", "#"), ("applicant_name", "#/applicant_name"), ("a/b~c", "#/a~1b~0c"), ("office.name-1", "#/office.name-1")],
)
def test_pointers(name: str, made: str) -> None:
    assert pointer(name) == made


FILES = """
[[attachment]]
name = "scan"
label_ja = "診断書"
label_en = "Certificate"
kinds = ["pdf"]
max_bytes = 1000
repeat = 2

[[attachment]]
name = "photo"
label_ja = "写真"
label_en = "Photo"
kinds = ["png"]
max_bytes = 1000
"""


def test_a_file_is_told_by_its_attachment_and_number(write: Callable[..., Path], procedure: str) -> None:
    staged = procedure.replace("[route]", '[route]\nstages = ["route", "normalise", "schema", "files"]')
    policy = load_policy([write(staged + FILES)], {"example": ()}, open_routes=False)

    def told(code: Code, target: str, detail: str, number: int = 0) -> tuple[str, str, str, str]:
        (one,) = policy.told(Denied((Finding("files", code, target, detail, number=number),), "sample"), NOW_MS)
        return one.label.ja, one.sentence.ja, one.sentence.en, pointer(one.target, one.element)

    assert told(Code.FILE_INVALID, "scan", "office_macro", 2) == (
        "診断書（2番目のファイル）",
        "診断書（2番目のファイル）: マクロのある文書は受け取れません。マクロなしで保存し直してください。",
        "Certificate (file 2): Documents with macros are not taken. Save it again without.",
        "#/scan/1",
    )
    assert told(Code.FILE_INVALID, "photo", "damaged")[2:] == (
        "Photo: The file is damaged. See whether it opens, and save it again.",
        "#/photo",
    )
    assert told(Code.FILE_INVALID, "scan", Fault.TOO_MANY)[1:] == (
        "診断書: ファイルは2個まで添付できます。",
        "Certificate: Attach at most 2 files.",
        "#/scan",
    )
    assert told(Code.FILE_INVALID, "photo", Fault.REPEATED)[2] == "Photo: Attach one file only."
    assert told(Code.FILE_MISSING, "photo", "missing_file")[2] == (
        "Photo: This file is needed. Attach it. Kinds taken: PNG."
    )
    assert told(Code.FILE_INVALID, "scan", "of nobody's", 1)[2] == (
        "Certificate (file 1): This file cannot be taken. Attach another one."
    )
    assert told(Code.FILE_UNDECLARED, "", Fault.UNDECLARED)[2:] == (
        "A file is attached that this procedure does not take. Send the form without it.",
        "#",
    )
    assert (
        told(Code.FILE_UNDECLARED, "notes", Fault.FILE_FOR_TEXT)[2] == "Notes: write text here; do not attach a file."
    )
