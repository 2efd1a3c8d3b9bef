"""The sieve loses nothing: with it and without it the same rules fire on the same values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote_from_bytes

from hypothesis import given, settings
from hypothesis import strategies as st

from policy.engine.decision import Fired
from policy.engine.evaluate import Run
from policy.engine.limits import PRESENT_MAX
from policy.engine.program import Program, compile_rules
from policy.engine.scanplan import Plan, make_plan
from policy.engine.sieve import ASKED_BYTES, TOGETHER_BYTES, Sieve, make_sieve
from policy.variables.facts import RequestFacts
from policy.variables.transaction import Transaction
from tests.unit.policy.engine.building import compiled, read

RULES = read(
    "SecRuleEngine DetectionOnly\nSecRequestBodyAccess On\n"
    + "".join(
        f'SecRule {targets} "{operator}" "id:{number},phase:2,t:none,{actions},msg:\'%{{MATCHED_VAR_NAME}} %{{MATCHED_VAR}}\'"\n'
        for number, (targets, operator, actions) in enumerate(
            (
                ("ARGS|ARGS_NAMES", "@rx script", "t:lowercase"), ("ARGS", "@rx ^[^A]+$", "t:lowercase"),
                ("ARGS", "@rx (?i)a\\s*b", "t:urlDecodeUni,t:htmlEntityDecode,t:jsDecode"),
                ("ARGS|REQUEST_BODY", "@rx a.c", "t:utf8toUnicode,t:urlDecodeUni,t:removeNulls,t:cmdLine"),
                ("ARGS|REQUEST_HEADERS", "@pm etc/passwd a b", "t:normalizePath,t:lowercase"),
                ("ARGS", "@rx b", "t:lowercase,t:urlDecode,t:htmlEntityDecode"), ("ARGS", "@rx a", "multiMatch,t:base64Decode"),
                ("ARGS", "@rx c", "multiMatch,t:utf8toUnicode,t:urlDecodeUni,t:lowercase"),
                ("ARGS|!ARGS:a", "@detectSQLi", "multiMatch,t:urlDecodeUni"), ("ARGS_NAMES|XML:/*", "@detectXSS", "t:jsDecode"),
                ("ARGS", "@rx ^$", "t:removeWhitespace"), ("ARGS", "@validateByteRange 32-126", "t:none"),
                ("ARGS", "@rx \\xe3\\x81", "t:none"), ("ARGS", "@rx [a-z]{2}$", "t:compressWhitespace,t:trim,t:lowercase"),
                ("REQUEST_URI|ARGS", "@contains <", "t:replaceComments"), ("ARGS", "@beginsWith A", "t:uppercase"),
                ("ARGS", "@rx a*", "t:lowercase"), ("ARGS", "@rx .", "multiMatch,t:length"),
                ("ARGS", "@validateByteRange 32-126", "t:sha1"),
            ),
            1,
        )
    )
)  # fmt: skip
PIECES = [
    b"a", b"B", b"c", b"A b", b"script", b"SCRIPT", b"&lt;", b"%41", b"%u0061", b"\\x61", b"\\u3042", b"/../", b"etc/./passwd",
    b"YWJj", b"' or 1=1", b"<x onload=", b"\x00", b" ", b"\t", b"/*a*/", b"\"^", "あ".encode(), "Ａ".encode(), "Ｋ".encode(), b"\xff",
    b"\xe3\x81", "\u212a".encode(), "\u017f".encode(), b"+", b"=", b";",
]  # fmt: skip
VALUES = st.lists(st.lists(st.sampled_from(PIECES), max_size=5).map(b"".join), max_size=4)


NO_SIEVE = Sieve(Plan((), (), (), ()), ())  # says nothing of any rule


def without_sieve(program: Program) -> Program:
    phases = {
        number: replace(phase, sieve=NO_SIEVE, unsifted=tuple(sorted({*phase.unsifted, *phase.sieve.rules})))
        for number, phase in program.phases.items()
    }
    return replace(program, phases=phases)


PROGRAMS = [(program, without_sieve(program)) for program in (
    compile_rules(RULES, reading="strict"), compile_rules(RULES, reading="characters"),
)]  # fmt: skip


def fired(program: Program, values: Sequence[bytes]) -> list[Fired]:
    names = ("a", "b", "script", "onclick=")
    body = "&".join(f"{name}={quote_from_bytes(value)}" for name, value in zip(names, values, strict=False)).encode()
    headers = ((b"Content-Type", b"application/x-www-form-urlencoded"), (b"X-A", values[0] if values else b""))
    facts = RequestFacts(method=b"POST", uri=b"/?q=" + body[:20], headers=headers, body=body)
    run = Run(program, Transaction(facts, program.options))
    for phase in (1, 2):
        assert run.phase(phase) is None
    return run.fired


@settings(max_examples=300, deadline=None)
@given(values=VALUES)
def test_the_sieve_loses_nothing(values: list[bytes]) -> None:
    for sifted, asked in PROGRAMS:
        assert fired(sifted, values) == fired(asked, values)


@settings(max_examples=100, deadline=None)
@given(values=VALUES, pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=5))
def test_the_sieve_loses_nothing_of_much_text(values: list[bytes], pieces: list[bytes]) -> None:
    """So many bytes that each chain's results are scanned apart."""
    long = b"".join(pieces) * (TOGETHER_BYTES // len(b"".join(pieces)) + 1)
    for sifted, asked in PROGRAMS:
        assert fired(sifted, [*values[:3], long]) == fired(asked, [*values[:3], long])


def test_how_values_are_scanned_changes_no_candidate() -> None:
    """About the size up to which all forms are scanned together; with few values and with many."""
    for count in (1, 50):
        for more in (-1, 0, 1):
            texts = [b"%d ScRiPt &lt;a  %%41/*" % number for number in range(count)]
            texts[0] = texts[0].ljust(TOGETHER_BYTES // 2 - sum(map(len, texts[1:])) + more, b"x")
            body = b"&".join([b"a%d=%b" % (n, quote_from_bytes(text).encode()) for n, text in enumerate(texts)])
            headers = ((b"Content-Type", b"application/x-www-form-urlencoded"),)
            facts = RequestFacts(method=b"POST", uri=b"/", headers=headers, body=body)
            for sifted, asked in PROGRAMS:
                runs = [Run(program, Transaction(facts, program.options)) for program in (sifted, asked)]
                for run in runs:
                    assert run.phase(1) is None and run.phase(2) is None
                assert runs[0].fired == runs[1].fired
                assert {1, 5, 7, 8} <= {one.id for one in runs[0].fired}


def test_the_rules_are_sifted() -> None:
    for sifted, asked in PROGRAMS:
        ids = [rule.id for rule in sifted.phases[2].rules]
        assert {ids[place] for place in sifted.phases[2].sieve.rules} >= set(range(1, 20)) - {2, 14, 16, 17, 18}
        assert len(asked.phases[2].unsifted) == 19


def test_ordinary_values_make_no_candidates() -> None:
    (sieve,) = [
        make_sieve(
            make_plan(compiled('SecRule ARGS "@rx script" "id:1,phase:2,t:lowercase"'), characters=True),
            characters=True,
            cache=None,
            progress=None,
        )
    ]
    run = Run(PROGRAMS[1][0], Transaction(RequestFacts(method=b"GET", uri=b"/?a=Yamada&b=1")))
    assert sieve.candidates(run.state) == {}
    run = Run(PROGRAMS[1][0], Transaction(RequestFacts(method=b"GET", uri=b"/?a=Yamada&b=SCRIPT&c=Script")))
    assert sieve.candidates(run.state) == {0: {b"SCRIPT", b"Script"}}


def test_what_is_remembered_of_requests_is_bounded() -> None:
    for group in PROGRAMS[1][0].phases[2].sieve._groups:
        for present in range(1, PRESENT_MAX + 2):
            assert (group._activate(present) is group._active.get(present)) is (present <= PRESENT_MAX)
        assert len(group._active) == PRESENT_MAX


def test_operators_are_asked_beforehand_of_so_many_bytes() -> None:
    rules = read('SecRequestBodyAccess On\nSecRule ARGS "@detectXSS" "id:1,phase:2,pass"')
    program = compile_rules(rules)
    for value, candidate in ((b"<script>", True), (b"=" * ASKED_BYTES, False), (b"=" * (ASKED_BYTES + 1), True)):
        run = Run(program, Transaction(RequestFacts(method=b"GET", uri=b"/?a=" + value)))
        assert run.phase(2) is None
        assert (program.phases[2].sieve.candidates(run.state) == {0: {value}}) is candidate
