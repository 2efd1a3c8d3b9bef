"""A rule that is written down is read as it was meant; any other text is a rule set or a list of problems."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from policy.seclang.ast import ActionCall, OperatorCall, Rule, Target, raw
from policy.seclang.faults import SecLangInvalid, WordError
from policy.seclang.lexer import Directive, directives
from policy.seclang.load import Source, load
from policy.seclang.macro import MacroRef, parse_macro
from policy.seclang.rule_words import OPERATORS, TRANSFORMATIONS, VARIABLES
from policy.seclang.selectors import parse_targets
from policy.seclang.word import Shape, Status

EXAMPLES = settings(max_examples=300, deadline=None)

ODD = "\"'\\ \t\n#,|:;!&@%{}/=+-_aA1日\udcff"
ANY = st.text(alphabet=st.sampled_from(ODD + "SecRuleidphase"), max_size=60)
PLAIN = st.text(alphabet="abzAZ019_-[]日", min_size=1, max_size=8)
KNOWN = [word for word in VARIABLES.values() if word.status is not Status.REFUSED]
COLLECTIONS = [word.name for word in KNOWN if word.shape is Shape.OPTIONAL and word.name != "XML"]
SINGLE = [word.name for word in KNOWN if word.shape is Shape.NONE]
NAMES = [word.name for word in TRANSFORMATIONS.values() if word.name != "none"]
ASKING = [word.name for word in OPERATORS.values() if word.shape is Shape.REQUIRED and word.status is Status.SUPPORTED]


def escaped(mark: str) -> st.SearchStrategy[str]:
    """Text as it may stand between two of `mark`: the mark and the backslash after a backslash, no joined line end, no macro."""
    pieces = st.one_of(
        st.text(alphabet=ODD.replace("\\", "").replace(mark, "").replace("%", ""), min_size=1, max_size=5),
        st.sampled_from([f"\\{mark}", "\\\\", "\\d", "%{TX.1}"]),
    )
    return st.lists(pieces, min_size=1, max_size=6).map("".join)


SELECTED = st.one_of(
    st.builds(Target, st.sampled_from(COLLECTIONS)),
    st.builds(Target, st.sampled_from(COLLECTIONS), key=PLAIN),
    st.builds(Target, st.sampled_from(COLLECTIONS), pattern=st.text(alphabet="ab|^$.()日,", min_size=1, max_size=8)),
    st.builds(Target, st.sampled_from(SINGLE)),
    st.builds(Target, st.just("XML"), key=st.sampled_from(["/*", "//@*", "/a:b[@id='x|y']/text()"])),
)
TARGET = st.one_of(
    SELECTED,
    SELECTED.map(lambda target: Target(target.collection, target.key, target.pattern, exclude=True)),
    SELECTED.map(lambda target: Target(target.collection, target.key, target.pattern, count=True)),
)
OPERATOR = st.builds(OperatorCall, st.sampled_from(ASKING).map(str.lower), escaped('"'), st.booleans()).filter(
    lambda call: (
        bool(call.argument) and "\\\\\\\\" not in call.argument
    )  # four in a pattern are one or two: docs/seclang.md
)
VALUE = escaped("'").map(lambda text: text.replace('"', "")).filter(bool)
ACTION = st.one_of(
    st.builds(ActionCall, st.sampled_from(["tag", "setsid"]), VALUE),
    st.builds(ActionCall, st.just("setvar"), PLAIN.map(lambda name: f"tx.{name}=+1")),
    st.sampled_from([ActionCall("capture"), ActionCall("log"), ActionCall("nolog"), ActionCall("multimatch")]),
)


def written(
    targets: list[Target], operator: OperatorCall, names: list[str], actions: list[ActionCall], head: str
) -> str:
    shown = [action.name if action.argument is None else f"{action.name}:'{action.argument}'" for action in actions]
    parts = [*([head] if head else []), "t:none", *(f"t:{name}" for name in names), *shown]
    selectors = "|".join(str(target) for target in targets)
    list_of_actions = ",\\\n  ".join(parts)
    return f'SecRule "{selectors}" \\\n  "{operator}" \\\n  "{list_of_actions}"\n'


@given(st.lists(TARGET, min_size=1, max_size=5))
@EXAMPLES
def test_targets_are_read_as_they_were_written(targets: list[Target]) -> None:
    assert list(parse_targets("|".join(str(target) for target in targets))) == targets


ACTIONS = st.lists(ACTION, max_size=4, unique_by=lambda action: action.name)
LINK = st.tuples(
    st.lists(TARGET, min_size=1, max_size=3), OPERATOR, st.lists(st.sampled_from(NAMES), max_size=3), ACTIONS
)
Link = tuple[list[Target], OperatorCall, list[str], list[ActionCall]]


@given(st.lists(LINK, min_size=1, max_size=3), st.integers(1, 5))
@EXAMPLES
def test_a_chain_is_read_as_it_was_written(links: list[Link], phase: int) -> None:
    text = ""
    for at, (targets, operator, names, actions) in enumerate(links):
        chain = [ActionCall("chain")] if at + 1 < len(links) else []
        text += written(targets, operator, names, [*actions, *chain], f"id:7,phase:{phase}" if at == 0 else "")
    (rule,) = load([Source("f", text)]).phases[phase]
    assert isinstance(rule, Rule)
    assert len(rule.links) == len(links)
    for link, (targets, operator, names, actions) in zip(rule.links, links, strict=True):
        assert list(link.targets) == targets
        assert link.operator == operator
        assert list(link.transformations) == [name.lower() for name in names]
        assert list(link.actions) == actions


@given(
    st.lists(
        st.tuples(PLAIN, st.lists(st.one_of(PLAIN, escaped('"').map(lambda text: f'"{text}"')), max_size=4)), max_size=5
    )
)
@EXAMPLES
def test_directives_are_read_as_they_were_written(lines: list[tuple[str, list[str]]]) -> None:
    text = "\n".join(" \\\n ".join([name, *arguments]) for name, arguments in lines)
    found = list(directives(text, "f"))
    assert all(isinstance(directive, Directive) for directive in found)
    assert [
        (
            directive.name,
            [f'"{argument.text}"' if argument.quoted else argument.text for argument in directive.arguments],
        )
        for directive in found
        if isinstance(directive, Directive)
    ] == lines


@given(
    st.one_of(
        ANY,
        st.lists(
            st.one_of(ANY, st.sampled_from(["SecRule ARGS ", '"id:1,phase:2,', "chain", '"\n', "SecAction "]))
        ).map("".join),
    )
)
@EXAMPLES
def test_any_text_is_a_rule_set_or_problems_with_a_place_and_a_mend(text: str) -> None:
    try:
        load([Source("f", text)])
    except SecLangInvalid as error:
        assert error.problems
        for problem in error.problems:
            assert 1 <= problem.position.line <= text.count("\n") + 1
            assert problem.message and problem.mend


@given(ANY)
@EXAMPLES
def test_a_macro_is_its_text_and_its_references(text: str) -> None:
    try:
        parts = parse_macro(text)
    except WordError:
        return
    if not any(isinstance(part, MacroRef) for part in parts):
        assert b"".join(part for part in parts if isinstance(part, bytes)) == raw(text)
    assert b"" not in parts
