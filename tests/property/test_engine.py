"""Random small programs over TX: what is settled when they are compiled changes nothing, and ModSecurity 3 agrees."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from policy.engine.macros import as_function, compile_text
from policy.engine.variables import number
from tests.unit.policy.engine.beside import GET, ours, run, theirs
from tests.unit.policy.engine.test_targets import state

NAMES = st.sampled_from(["a", "B", "c_d", "0", "1"])
MACROS = st.sampled_from(["%{tx.a}", "%{TX.b}", "%{tx.1}", "%{ARGS.x}", "%{REQUEST_METHOD}", "%{tx.none}"])
TEXTS = st.lists(st.sampled_from(["1", "7", "x", "-", " "]) | MACROS, min_size=1, max_size=3).map("".join)
SETVARS = st.one_of(
    st.builds("setvar:'tx.{}={}'".format, NAMES, TEXTS.filter(lambda text: text[0] not in "+- ")),
    st.builds(
        "setvar:tx.{}={}{}".format, NAMES, st.sampled_from("+-"), st.sampled_from(["1", "5", "%{tx.a}", "%{tx.b}"])
    ),
    st.builds("setvar:tx.{}".format, NAMES),
    st.builds("setvar:!tx.{}".format, NAMES),
    st.builds("setvar:tx.p_{}=2".format, MACROS),
)
CONDITIONS = st.one_of(
    st.builds(
        'SecRule TX:{} "@{} {}"'.format,
        NAMES,
        st.sampled_from(["eq", "lt", "streq", "rx"]),
        st.sampled_from(["1", "7", "0"]),
    ),
    st.builds('SecRule &TX:{} "@eq {}"'.format, NAMES, st.sampled_from("01")),
    st.builds('SecRule TX:{}|TX:a "!@within {}"'.format, NAMES, TEXTS),
    st.builds('SecRule ARGS "@rx {}"'.format, st.sampled_from(["(a)(b)?", "nothing", "(.)"])),
    st.just("SecAction"),
)
FLOW = st.sampled_from(["pass", "pass", "pass", "pass,skipAfter:M", "pass,skipAfter:N", "pass,skip:1", "pass,capture"])
RULES = st.tuples(CONDITIONS, st.integers(1, 2), FLOW, st.lists(SETVARS, max_size=2), st.booleans())
LAST = 'SecRule TX:/./ "@rx ." "id:9000,phase:2,pass,multiMatch,msg:\'%{MATCHED_VAR_NAME}=%{MATCHED_VAR}\'"\n'
UNCERTAIN = 'SecRule ARGS:never "@rx ." "id:9001,phase:1,pass,nolog,setvar:tx.%{MATCHED_VAR}=1"\n'


def _program(rules: list[tuple[str, int, str, list[str], bool]]) -> str:
    lines = []
    for identity, (condition, phase, flow, setvars, marked) in enumerate(rules, 1):
        flow = flow.removesuffix(",capture") if condition == "SecAction" else flow
        actions = ",".join([f"id:{identity},phase:{phase},nolog,{flow}", *setvars])
        lines.append(f'{condition} "{actions}"' if condition != "SecAction" else f'SecAction "{actions}"')
        if marked:
            lines.append(f"SecMarker {'MN'[identity % 2]}")
    return "\n".join([*lines, "SecMarker M", "SecMarker N", LAST])


def _sorted(answer: tuple[int, list[tuple[int, str, str]]]) -> list[str]:
    return sorted(message for _, message, _ in answer[1])


@settings(max_examples=300, deadline=None)
@given(rules=st.lists(RULES, max_size=8))
def test_folding_changes_nothing(rules: list[tuple[str, int, str, list[str], bool]]) -> None:
    program = _program(rules)
    assert _sorted(ours(program)) == _sorted(ours(UNCERTAIN + program))


@settings(max_examples=200, deadline=None)
@given(rules=st.lists(RULES, max_size=6))
def test_tx_ends_as_in_modsecurity(rules: list[tuple[str, int, str, list[str], bool]]) -> None:
    program = _program(rules)
    assert _sorted(ours(program)) == _sorted(theirs(program))


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.characters(codec="utf-8", exclude_characters="%\\"), max_size=20), macro=MACROS)
def test_text_around_macros_stays(text: str, macro: str) -> None:
    run = state()
    value = as_function(compile_text(macro))(run)
    assert as_function(compile_text(f"{text}{macro}{text}"))(run) == text.encode() + value + text.encode()


@settings(max_examples=300, deadline=None)
@given(value=st.integers(-(2**40), 2**40), tail=st.binary(max_size=5))
def test_a_number_is_its_digits(value: int, tail: bytes) -> None:
    tail = b"" if tail[:1].isdigit() else tail
    assert number(b"%d" % value + tail) == (value if -(2**31) <= value < 2**31 else 0)


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=200))
def test_any_request_has_a_verdict(data: bytes) -> None:
    done = run(
        'SecRule ARGS|REQUEST_HEADERS|REQUEST_BODY "@rx (?i)union.+select" "id:1,phase:2,deny,t:urlDecodeUni"',
        GET + data,
    )
    assert done.decision is None or done.decision.rule == 1
