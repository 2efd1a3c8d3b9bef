"""What is written from memory is what the link would have written."""

from __future__ import annotations

import pytest

from policy.engine.evaluate import Run
from policy.engine.limits import MEMORABLE_BYTES_MAX, VALUES_MAX
from policy.engine.program import Program, compile_rules
from policy.engine.replay import Replay
from policy.operators.match import whole
from policy.variables.facts import RequestFacts
from policy.variables.transaction import Transaction
from tests.unit.policy.engine.building import compiled, read

RULES = (
    "SecRuleEngine On\n"
    'SecRule REQUEST_HEADERS_NAMES "@rx ^.*$" "id:1,phase:1,pass,capture,t:lowercase,setvar:tx.Name_%{tx.0}=/%{tx.0}/,'
    'setvar:tx.last=%{tx.0},chain"\nSecRule TX:/^name_/ "@within /proxy/ /x-a/ /host/" "setvar:tx.found=+1"\n'
    'SecRule REQUEST_HEADERS_NAMES "@pm host via" "id:2,phase:1,pass,capture,setvar:tx.pm_%{tx.0}=1,logdata:\'%{MATCHED_VAR} %{tx.0}\'"\n'
    'SecRule REQUEST_HEADERS_NAMES "@pm host via" "id:3,phase:1,pass,capture,chain"\nSecRule MATCHED_VARS "@rx ."'
)
REQUESTS = [[b"Host", b"X-A"], [b"host", b"Host", b"VIA"], [b"other"], [b"X-a", b"proxy", b""], [b"hostvia", b"Host"]]


def judged(program: Program, names: list[bytes]) -> Run:
    headers = tuple((name, b"1") for name in names)
    run = Run(program, Transaction(RequestFacts(method=b"GET", uri=b"/", headers=headers), program.options))
    assert run.phase(1) is None
    return run


def test_the_same_from_memory() -> None:
    program = compile_rules(read(RULES))
    for _ in range(3):
        for names in REQUESTS:
            fresh, known = judged(compile_rules(read(RULES)), names), judged(program, names)
            assert known.fired == fresh.fired
            assert list(known.tx.items()) == list(fresh.tx.items())
            assert known.state.effort.left >= fresh.state.effort.left  # what is known is not looked at
            for told in ("tx_names", "tx_written", "matched", "matched_name", "matched_value", "span"):
                assert getattr(known.state, told) == getattr(fresh.state, told)
    assert {one.id for names in REQUESTS for one in judged(program, names).fired} == {1, 2, 3}
    first = program.phases[1].rules[0].links[0].replay
    assert first is not None and {b"Host", b"host", b"X-A", b"VIA", b"hostvia"} < first.known.keys()


@pytest.mark.parametrize(
    ("rule", "does"),
    [
        ('REQUEST_HEADERS_NAMES "@pm a" "id:1,phase:1,capture"', True),
        ('RESPONSE_HEADERS_NAMES "@rx ^.*$" "id:1,phase:3,capture,setvar:tx.a=%{TX.0}"', True),
        ('REQUEST_HEADERS_NAMES "@pm a" "id:1,phase:1,setvar:tx.a=1"', False),
        ('REQUEST_HEADERS_NAMES "!@pm a" "id:1,phase:1,capture"', False),
        ('REQUEST_HEADERS_NAMES "@pm a" "id:1,phase:1,capture,multiMatch"', False),
        ('REQUEST_HEADERS_NAMES "@rx a" "id:1,phase:1,capture"', False),
        ('REQUEST_HEADERS_NAMES "@pm a" "id:1,phase:1,capture,setvar:tx.a=%{tx.1}"', False),
        ('REQUEST_HEADERS_NAMES "@pm a" "id:1,phase:1,capture,setvar:tx.%{MATCHED_VAR_NAME}=1"', False),
        ('REQUEST_HEADERS_NAMES "@pm a" "id:1,phase:1,capture,setvar:tx.a=+1"', False),
        ('REQUEST_HEADERS_NAMES "@pm a" "id:1,phase:1,capture,setvar:ip.a=1"', False),
        ('REQUEST_HEADERS_NAMES "@pm a" "id:1,phase:1,capture,initcol:ip=%{tx.0}"', False),
        ('REQUEST_HEADERS "@pm a" "id:1,phase:1,capture"', False),
        ('ARGS_NAMES|REQUEST_HEADERS_NAMES "@pm a" "id:1,phase:1,capture"', False),
        ('&REQUEST_HEADERS_NAMES "@pm a" "id:1,phase:1,capture"', False),
    ],
)  # fmt: skip
def test_which_links_are_replayed(rule: str, does: bool) -> None:
    (one,) = compiled("SecRule " + rule)
    assert (one.links[0].replay is not None) is does


def test_memory_is_bounded() -> None:
    replay = Replay([])
    for number in range(VALUES_MAX + 1):
        name = b"%d" % number
        replay.learn(name, name, whole(name)._replace(groups=(name,)))
    assert len(replay.known) == VALUES_MAX
    replay = Replay([])
    for size in (MEMORABLE_BYTES_MAX, MEMORABLE_BYTES_MAX + 1):
        name = b"x" * size
        replay.learn(name, name, whole(name)._replace(groups=(name,)))
    replay.learn(b"a", b"a", whole(b"a"))
    replay.learn(b"b", b"b", whole(b"b")._replace(groups=(b"b",), exhausted=True))
    assert [len(name) for name in replay.known] == [MEMORABLE_BYTES_MAX]
