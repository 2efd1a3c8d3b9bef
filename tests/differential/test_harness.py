"""The comparison itself: it asks the real ModSecurity, its requests are many and the same each time, and it sorts rightly."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.rules import grammar, rulesets
from bench.rules.messages import split_request, split_response
from bench.rules.modsecurity import ModSecurity3
from bench.rules.payloads import packaged
from bench.rules.requests import Request, form, json_request, multipart, part
from tests.differential import cases
from tests.differential.compare import MANUAL, SIDES, Disagreement, Explanation, ask, load_explanations, sort

_XSS = Request(b"/?q=%3Cscript%3Ealert(1)%3C/script%3E").raw()
_PLAIN = Request(b"/?q=1").raw()


@pytest.fixture(scope="module")
def modsecurity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModSecurity3]:
    engine = ModSecurity3(rulesets.files(rulesets.crs3(), 1, tmp_path_factory.mktemp("rules")))
    yield engine
    engine.close()


@pytest.mark.parametrize(
    ("request_", "response", "expected"),
    [
        (_PLAIN, None, set()),
        (_XSS, None, {941100, 941110, 941160, 949110}),
        (form([("氏名", "1' or '1'='1")]).raw(), None, {942100, 949110}),
        (json_request({"a": ["../../etc/passwd"]}).raw(), None, {930100, 930110, 930120, 932160, 949110}),
        (multipart([part(b"a", b"1"), part(b"b", b";cat /etc/passwd")]).raw(), None, {930120, 932160, 949110}),
        (
            _PLAIN,
            b"HTTP/1.1 500 X\r\nContent-Type: text/html\r\n\r\n<title>Index of /a</title><h1>Index of /a</h1>",
            {950130},
        ),
    ],
)
def test_modsecurity_itself_answers(
    modsecurity: ModSecurity3, request_: bytes, response: bytes | None, expected: set[int]
) -> None:
    assert expected <= set(modsecurity.grade(request_, response)[1])
    assert bool(expected) == bool(modsecurity.grade(request_, response)[1])


def test_modsecurity_blocks_when_it_is_on(tmp_path: Path) -> None:
    engine = ModSecurity3(rulesets.files(rulesets.crs3(), 1, tmp_path, engine="On"))
    assert engine.grade(_XSS)[0] == 403
    assert engine.grade(_PLAIN)[0] == 200
    engine.close()


def test_the_cases_are_many_of_every_family_and_each_named_once() -> None:
    families = Counter(case.family for case in cases.cases())
    assert families.total() >= cases.LEAST
    assert len({case.name for case in cases.cases()}) == families.total()
    assert len({(case.request, case.response) for case in cases.cases()}) >= 0.9 * families.total()
    for family in (
        *grammar.FAMILIES,
        "packaged",
        "japanese",
        "planted",
        "protocol",
        "multipart",
        "json",
        "xml",
        "response",
    ):
        assert families[family] >= 40, family
    assert len(packaged()) >= 5_000


def test_the_cases_are_the_same_each_time() -> None:
    first = _digest()
    cases.cases.cache_clear()
    assert _digest() == first


def _digest() -> str:
    return hashlib.sha256(b"\0".join(case.request + (case.response or b"") for case in cases.cases())).hexdigest()


def test_a_message_is_cut_and_not_repaired() -> None:
    raw = split_request(b"POST /a b?c HTTP/1.0\r\nX:  y \r\nno colon\r\nZ:\n\nbody\r\n\r\n")
    assert (raw.method, raw.uri, raw.version, raw.body) == (b"POST", b"/a b?c", b"1.0", b"body\r\n\r\n")
    assert raw.headers == ((b"X", b"y"), (b"Z", b""))
    assert split_response(b"HTTP/1.1 404 Not Found\r\nA: b\r\n\r\nx").status == 404
    assert split_request(_PLAIN).body == b""


class _Fixed:
    """An engine that fires what it was told."""

    def __init__(self, *rules: int) -> None:
        self._rules = list(rules)

    def grade(self, request: bytes, response: bytes | None = None) -> tuple[int, list[int], list[str]]:
        return 200, self._rules, []

    def grade_told(self, request: bytes, response: bytes | None = None) -> tuple[list[int], frozenset[int]]:
        return self._rules, frozenset()


_CASE = cases.Case("made-1", "a case", _PLAIN)
_ROW = Explanation(frozenset({1}), "sekisho", "sekisho", "why")


@pytest.mark.parametrize(
    ("theirs", "ours", "explanations", "explained", "unexplained"),
    [
        ((1, 2), (2, 1), (), 0, 0),
        ((), (1,), (), 0, 1),
        ((), (1,), (_ROW,), 1, 0),
        ((1,), (), (_ROW,), 0, 1),
        ((), (1, 2), (_ROW,), 0, 1),
        ((), (1, 949110), (_ROW,), 1, 0),
        ((), (949110,), (_ROW,), 0, 1),
        ((949110, 980130), (1,), (_ROW,), 1, 0),
    ],
)
def test_a_disagreement_is_explained_whole_or_not_at_all(
    theirs: tuple[int, ...],
    ours: tuple[int, ...],
    explanations: tuple[Explanation, ...],
    explained: int,
    unexplained: int,
) -> None:
    asked, found = ask(_Fixed(*theirs), _Fixed(*ours), [_CASE], 1)
    outcome = sort(asked, found, explanations)
    assert (outcome.asked, len(outcome.explained), len(outcome.unexplained)) == (1, explained, unexplained)


def test_an_explanation_may_ask_for_a_form_of_request_and_for_a_rule_that_both_fired() -> None:
    row = Explanation(frozenset(), "modsecurity", "silent", "why", re.compile(rb"^POST "), both=2)
    posted = cases.Case("made-2", "a form", form([("a", "b")]).raw())
    unexplained = [
        len(sort(1, [Disagreement(case, 1, frozenset({1}), frozenset(), common)], [row]).unexplained)
        for case in (_CASE, posted)
        for common in (frozenset[int](), frozenset({2}))
    ]
    assert unexplained == [1, 1, 1, 0]


def test_an_explanation_may_be_of_a_limit() -> None:
    row = Explanation(frozenset(), "sekisho", "modsecurity", "why", limit=True)
    unexplained = [
        len(sort(1, [Disagreement(_CASE, 1, frozenset(), frozenset({1}), frozenset(), limited)], [row]).unexplained)
        for limited in (frozenset[int](), frozenset({1}))
    ]
    assert unexplained == [1, 0]


def test_every_explanation_can_be_read_and_says_enough() -> None:
    for row in load_explanations():
        assert row.rules or row.request or row.both or row.limit, "a row for any rule must say where"
        assert row.side in SIDES
        assert row.manual in MANUAL
        assert len(row.reason) > 40
