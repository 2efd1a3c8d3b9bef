from __future__ import annotations

import pytest

from policy.seclang.ast import Target
from policy.seclang.faults import WordError
from policy.seclang.rule_words import VARIABLES
from policy.seclang.selectors import parse_target, parse_targets
from policy.seclang.word import Shape, Status, Word

CASES = [
    ("ARGS", [Target("ARGS")]),
    ("args", [Target("ARGS")]),
    ("!ARGS", [Target("ARGS", exclude=True)]),
    ("&ARGS", [Target("ARGS", count=True)]),
    ("ARGS:x", [Target("ARGS", "x")]),
    ("ARGS.x", [Target("ARGS", "x")]),
    ("ARGS:form[body][0][value]", [Target("ARGS", "form[body][0][value]")]),
    ("ARGS:'a b'", [Target("ARGS", "a b")]),
    ("ARGS:a/b", [Target("ARGS", "a/b")]),
    ("REQUEST_HEADERS:User-Agent", [Target("REQUEST_HEADERS", "User-Agent")]),
    ("REQUEST_HEADERS:日本", [Target("REQUEST_HEADERS", "日本")]),
    ("ARGS:/^x/", [Target("ARGS", pattern="^x")]),
    ("ARGS:/a|b/", [Target("ARGS", pattern="a|b")]),
    ("ARGS:/a,b/", [Target("ARGS", pattern="a,b")]),
    ("ARGS:/a\\/b/", [Target("ARGS", pattern="a\\/b")]),
    ("ARGS:/x", [Target("ARGS", "/x")]),
    ("ARGS:/x/y", [Target("ARGS", "/x/y")]),
    ("ARGS:/a/b/", [Target("ARGS", pattern="a/b")]),
    ("ARGS:'/x y/'", [Target("ARGS", pattern="x y")]),
    ("!ARGS:/^(?:a|b)$/|ARGS_NAMES", [Target("ARGS", pattern="^(?:a|b)$", exclude=True), Target("ARGS_NAMES")]),
    ("&TX:/x/", [Target("TX", pattern="x", count=True)]),
    ("TX:0", [Target("TX", "0")]),
    ("TX:922100_CHARSET", [Target("TX", "922100_CHARSET")]),
    ("ARGS|!ARGS:x|&TX:y", [Target("ARGS"), Target("ARGS", "x", exclude=True), Target("TX", "y", count=True)]),
    ("ARGS,ARGS_NAMES", [Target("ARGS"), Target("ARGS_NAMES")]),
    ("XML:/*", [Target("XML", "/*")]),
    ("XML://@*", [Target("XML", "//@*")]),
    ("ARGS|XML:/*|XML://@*", [Target("ARGS"), Target("XML", "/*"), Target("XML", "//@*")]),
    ("XML:/a:b[@id='x|y']/text()|ARGS", [Target("XML", "/a:b[@id='x|y']/text()"), Target("ARGS")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), CASES)
def test_a_selector_becomes_targets(text: str, wanted: list[Target]) -> None:
    assert list(parse_targets(text)) == wanted


def test_the_cases_are_all_there() -> None:
    assert len({text for text, _ in CASES}) == 29


PROBLEMS = [
    ("", "no variable stands"),
    ("|ARGS", "no variable stands"),
    ("ARGS|", "separator without a variable"),
    ("ARGS||TX:x", "no variable stands"),
    ("&!ARGS", "no variable stands"),
    ("ARGS x", "no variable stands"),
    ("%{tx.a}", "no variable stands"),
    ("FOO", "there is no variable FOO"),
    ("ARGS:", "the key of ARGS is missing"),
    ("ARGS:|TX:x", "the key of ARGS is missing"),
    ("ARGS:''", "the key of ARGS is missing"),
    ("ARGS:%{tx.a}", "a macro cannot stand"),
    ("ARGS://", "is empty"),
    ("ARGS:'x'y", "after the selector"),
    ("XML:", "XPath expression"),
    ("REMOTE_ADDR:x", "single value"),
]


@pytest.mark.parametrize(("text", "message"), PROBLEMS)
def test_what_names_no_variable_is_refused(text: str, message: str) -> None:
    with pytest.raises(WordError) as raised:
        parse_targets(text)
    assert message in raised.value.message
    assert raised.value.mend


def test_the_nearest_variable_is_proposed() -> None:
    with pytest.raises(WordError) as raised:
        parse_targets("REQEST_HEADERS")
    assert "REQUEST_HEADERS" in raised.value.mend


def test_one_target_is_one() -> None:
    assert parse_target("ARGS:x") == Target("ARGS", "x")
    with pytest.raises(WordError, match="more than one"):
        parse_target("ARGS|TX")


@pytest.mark.parametrize("row", VARIABLES.values(), ids=lambda row: row.name)
def test_every_variable_is_read_as_its_row_says(row: Word) -> None:
    if row.status is Status.REFUSED:
        with pytest.raises(WordError, match="is refused"):
            parse_targets(row.name)
        return
    assert [str(target) for target in parse_targets(f"{row.name}|&{row.name}|!{row.name}")] == [
        row.name, f"&{row.name}", f"!{row.name}",
    ]  # fmt: skip
    if row.shape is Shape.NONE:
        with pytest.raises(WordError, match="single value"):
            parse_targets(f"{row.name}:x")
    else:
        assert parse_targets(f"{row.name}:x") == (Target(row.name, "x"),)


@pytest.mark.parametrize("text", ["ARGS", "!ARGS:x", "&TX:/a|b/", "XML://@*"])
def test_a_target_is_shown_as_it_is_written(text: str) -> None:
    assert str(parse_target(text)) == text
