"""Which values a rule's targets are."""

from __future__ import annotations

import pytest

from policy.engine.exceptions import removed_target
from policy.engine.records import Records
from policy.engine.state import State
from policy.engine.targets import compile_targets, without
from policy.seclang.ast import EngineMode
from policy.seclang.selectors import parse_target, parse_targets
from policy.variables.facts import RequestFacts
from policy.variables.transaction import Transaction

START = {b"limit": b"5", b"limit_b": b"6"}


def state() -> State:
    facts = RequestFacts(method=b"GET", uri=b"/?a=1&b=2&A=3", headers=((b"Cookie", b"c=4; utm=5"),))
    return State(Transaction(facts), START, Records(), EngineMode.ON)


TARGETS = [
    ("ARGS", [b"1", b"2", b"3"]),
    ("ARGS:a", [b"1", b"3"]),
    ("ARGS:/^[AB]/", [b"1", b"2", b"3"]),
    ("ARGS|!ARGS:A", [b"2"]),
    ("ARGS|!ARGS:/b/", [b"1", b"3"]),
    ("ARGS|!ARGS:a|!ARGS:/b/", []),
    ("ARGS|REQUEST_COOKIES|!REQUEST_COOKIES:/utm/", [b"1", b"2", b"3", b"4"]),
    ("ARGS|!ARGS", []),
    ("ARGS:a|!ARGS", [b"1", b"3"]),
    ("ARGS:/b/|ARGS:a|!ARGS:A", [b"2"]),
    ("&ARGS|!ARGS:a", [b"3"]),
    ("&ARGS|!ARGS", []),
    ("&ARGS:a|&ARGS:/b/|&ARGS:/a/|!ARGS:A|!ARGS:/b/", [b"2"]),
    ("&ARGS:a|&ARGS:z|&TX|&TX:/limit/", [b"2", b"0", b"2", b"2"]),
    ("REQUEST_METHOD|TX:LIMIT|TX:none", [b"GET", b"5"]),
    ("TX:/_b$/", [b"6"]),
    ("XML:/*", []),
]


@pytest.mark.parametrize(("text", "values"), TARGETS)
def test_the_values_of_targets(text: str, values: list[bytes]) -> None:
    run = state()
    sources = compile_targets(parse_targets(text), {})
    assert [item.value for source in sources for item in source.fetch(run)] == values


def test_every_target_was_tried() -> None:
    assert len(TARGETS) == 17


def test_a_pattern_over_tx_sees_what_is_written_and_what_goes() -> None:
    run = state()
    (source,) = compile_targets(parse_targets("TX:/^limit/"), {})
    run.set_tx(b"Limit_c", b"7")
    run.set_tx(b"limit", b"8")
    run.remove("TX", b"limit_b")
    assert [(item.name, item.value) for item in source.fetch(run)] == [(b"TX:limit", b"8"), (b"TX:Limit_c", b"7")]
    run.set_tx(b"limit_b", b"9")
    assert sorted(item.value for item in source.fetch(run)) == [b"7", b"8", b"9"]


def test_names_of_counts_are_those_of_what_is_counted() -> None:
    sources = compile_targets(parse_targets("&ARGS|&ARGS:x|&ARGS:/y/"), {})
    assert [source.fetch(state())[0].name for source in sources] == [b"ARGS", b"ARGS:x", b"ARGS:y"]


@pytest.mark.parametrize(
    ("removed", "values"),
    [
        ("ARGS", None),
        ("ARGS:a", [b"2"]),
        ("ARGS:/./", []),
        ("ARGS_NAMES", [b"1", b"2", b"3"]),
        ("ARGS:b", [b"1", b"3"]),
    ],
)
def test_what_ctl_takes_out(removed: str, values: list[bytes] | None) -> None:
    (source,) = compile_targets(parse_targets("ARGS"), {})
    fetch = without(source, [removed_target(parse_target(removed))])
    assert (fetch and [item.value for item in fetch.values(state())]) == values


@pytest.mark.parametrize(
    ("count", "removed", "stays"),
    [("&ARGS", "ARGS", False), ("&ARGS", "ARGS:a", True), ("&ARGS:a", "ARGS:A", False), ("&ARGS:a", "ARGS", True)],
)
def test_a_count_goes_with_the_target_that_it_counts_or_not_at_all(count: str, removed: str, stays: bool) -> None:
    (source,) = compile_targets(parse_targets(count), {})
    assert without(source, [removed_target(parse_target(removed))]) is (source.reads if stays else None)
