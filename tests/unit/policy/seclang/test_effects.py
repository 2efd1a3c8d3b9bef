"""Every supported directive, action and `ctl:` option, and what the engine keeps in variables, does what the manual says: over a
whole exchange, here and in ModSecurity 3 where it has the word."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.rules.modsecurity import ModSecurity3, RulesRefused
from policy import offline
from policy.seclang.action_words import ACTIONS, CTLS
from policy.seclang.directive_words import DIRECTIVES
from policy.seclang.word import Status
from tests.unit.policy.seclang.effects import BASE, EFFECTS, REFUSED_THERE, Case
from tests.unit.policy.seclang.test_rule_words import OF_THE_ENGINE

FILES = {"SecUnicodeMapFile"}
ELSEWHERE = {"Include", "IncludeOptional", "SecCollectionTimeout"}  # files, and time


def _request(case: Case) -> bytes:
    body = case.body.encode()
    lines = (f"POST /a?{case.query} HTTP/1.1", "Host: h", "Cookie: c=4; d=5", f"Content-Type: {case.kind}")
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


@pytest.mark.parametrize("case", EFFECTS, ids=lambda case: case.words)
def test_it_has_its_effect(case: Case) -> None:
    rules = offline.load([offline.Source("case", BASE + case.text)])
    for _ in range(case.times):
        status, ids, lines = offline.grade(rules, _request(case), case.response)
    assert (status, sorted(ids)) == (case.status, case.ids), lines


@pytest.mark.parametrize("case", EFFECTS, ids=lambda case: case.words)
def test_modsecurity_does_the_same(case: Case, tmp_path: Path) -> None:
    file = tmp_path / "case.conf"
    file.write_text(BASE + case.text, encoding="utf-8")
    if case.there == REFUSED_THERE:
        with pytest.raises(RulesRefused):
            ModSecurity3([file])
        return
    engine = ModSecurity3([file])
    for _ in range(case.times):
        status, ids, _ = engine.grade(_request(case), case.response)
    engine.close()
    assert ((status, ids) == (case.status, case.ids)) is not bool(case.there), (status, ids)


def test_every_supported_word_was_tried() -> None:
    tried = {word.lower() for case in EFFECTS for word in case.words.split()}
    words = [*DIRECTIVES.values(), *ACTIONS.values(), *CTLS.values()]
    supported = {word.name for word in words if word.status is Status.SUPPORTED} | OF_THE_ENGINE
    assert {word for word in supported if word.lower() not in tried} == ELSEWHERE | FILES
    assert len(EFFECTS) == 73


def test_a_unicode_map_says_what_becomes_of_a_character(tmp_path: Path) -> None:
    (tmp_path / "unicode.mapping").write_text("20127 (US-ASCII)\n2460:31\n\n", encoding="utf-8")
    rules = tmp_path / "rules.conf"
    rules.write_text(
        f"{BASE}SecUnicodeMapFile {tmp_path}/unicode.mapping 20127\n"
        'SecRule ARGS:q "@streq 1" "id:1,phase:2,pass,log,t:none,t:urlDecodeUni"\n',
        encoding="utf-8",
    )
    request = b"GET /?q=%25u2460 HTTP/1.1\r\nHost: h\r\n\r\n"
    assert offline.grade(offline.load([rules]), request)[:2] == (200, [1])
    engine = ModSecurity3([rules])
    assert engine.grade(request)[:2] == (200, [1])
    engine.close()
