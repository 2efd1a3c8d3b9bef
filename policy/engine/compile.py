"""From a rule as it was read to a rule that can be evaluated. Everything that an exchange does not change happens here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from policy.engine.ctl import compile_ctl
from policy.engine.decision import SEVERITY_NONE
from policy.engine.exceptions import Subject
from policy.engine.familiar import FamiliarRx, all_familiar
from policy.engine.macros import Text, as_function, compile_macro, compile_text
from policy.engine.replay import replay_of
from policy.engine.rule import Link, Outcome, Rule
from policy.engine.state import State
from policy.engine.targets import compile_targets
from policy.engine.variables import (
    Effect,
    compile_expirevar,
    compile_initcol,
    compile_setrsc,
    compile_setsid,
    compile_setuid,
    compile_setvar,
)
from policy.operators.encodings import ValidateByteRange
from policy.operators.match import Match, Operator
from policy.operators.table import build, build_variable
from policy.seclang import ast
from policy.seclang.action_arguments import parse_severity
from policy.seclang.macro import has_macro, parse_macro
from policy.transformations.code_points import UnicodeMap
from policy.transformations.table import chain

_OPENING: Final[dict[str, Callable[[str], Effect | None]]] = {
    "initcol": compile_initcol,
    "setrsc": compile_setrsc,
    "setsid": compile_setsid,
    "setuid": compile_setuid,
}
_AT_MATCH: Final[dict[str, Callable[[str], Effect | None]]] = {"setvar": compile_setvar, **_OPENING}
"""In a rule without a chain a collection is open for the setvar behind its initcol, as the manual has it."""
_EFFECTS: Final[dict[str, Callable[[str], Effect | None]]] = {"ctl": compile_ctl, "expirevar": compile_expirevar}
_EVERYTHING: Final = {"^.*$": 1, "^(.*)$": 2, ".*": 1, "(.*)": 2}
"""Patterns that only ask for the value as a whole, with the groups that hold it."""

_DISRUPTIVE: Final = frozenset({"allow", "block", "deny", "drop", "pass", "redirect"})
_RELAXING: Final = frozenset({"allow", "skip", "skipafter"})
_LOGGING: Final = {"log": True, "auditlog": True, "nolog": False, "noauditlog": False}
_REDIRECTS: Final = range(301, 308)  # statuses that a redirect keeps; any other becomes 302


def compile_rule(rule: ast.Rule, ordinal: int, unicode_map: UnicodeMap | None) -> Rule:
    """Raises WordError, OperatorInvalid."""
    links = tuple(compile_link(link, unicode_map, alone=not rule.chain) for link in rule.links)
    message = rule.argument("msg")
    severities = [parse_severity(text) for link in rule.links for text in link.arguments("severity")[-1:]]
    own = rule.argument("severity")
    outcome = compile_outcome(rule)
    return Rule(
        links,
        Subject(rule.id, rule.tags, None if message is None else compile_text(message)),
        outcome,
        phase=rule.phase,
        ordinal=ordinal,
        listed=_is_listed(rule, outcome),
        severity=SEVERITY_NONE if own is None else parse_severity(own),
        gravest=min(severities, default=SEVERITY_NONE),
        rev=ast.raw(rule.argument("rev") or ""),
        file=rule.position.file,
        line=rule.position.line,
        relaxes=any(_relaxes(action) for link in rule.links for action in link.actions),
    )


def compile_link(link: ast.Rule, unicode_map: UnicodeMap | None, *, alone: bool) -> Link:
    """`alone`: it is a rule without a chain. Raises WordError, OperatorInvalid."""
    names = {action.name for action in link.actions}
    namespaces = dict(text.split("=", 1) for text in link.arguments("xmlns"))
    message, logdata = link.argument("msg"), link.argument("logdata")
    operator, operator_of = compile_operator(link)
    return Link(
        compile_targets(link.targets, namespaces),
        chain(link.transformations, unicode_map),
        operator,
        operator_of,
        negated=link.operator is not None and link.operator.negated,
        capture="capture" in names,
        multi="multimatch" in names,
        setvars=_compiled(link.actions, _AT_MATCH if alone else {"setvar": compile_setvar}),
        effects=_compiled(link.actions, _EFFECTS if alone else {**_OPENING, **_EFFECTS}),
        message=None if message is None else as_function(compile_text(message)),
        logdata=None if logdata is None else as_function(compile_text(logdata)),
        replay=replay_of(link, operator),
    )


def _compiled(
    actions: Sequence[ast.ActionCall], known: Mapping[str, Callable[[str], Effect | None]]
) -> tuple[Effect, ...]:
    compiled = [known[action.name](action.argument or "") for action in actions if action.name in known]
    return tuple(effect for effect in compiled if effect is not None)


class Everything:
    """`@rx ^.*$`, which rules write to get at a value as a whole; a dot matches line feeds too."""

    __slots__ = ("_groups",)

    def __init__(self, groups: int) -> None:
        self._groups = groups

    def match(self, value: bytes, characters: bool) -> Match:
        del characters
        return Match(0, len(value), (value,) * self._groups)


def compile_operator(link: ast.Rule) -> tuple[Operator | None, Callable[[State], Operator] | None]:
    """The operator, or how each exchange gets one where a macro stands in the argument. Raises OperatorInvalid."""
    call = link.operator
    if call is None:
        return None, None
    if call.name == "rx" and call.argument in _EVERYTHING:
        return Everything(_EVERYTHING[call.argument]), None
    if call.name == "rx" and not has_macro(call.argument) and all_familiar(link.targets):
        return FamiliarRx(_plain(call.argument)), None
    if call.name == "validatebyterange" and call.negated:
        return ValidateByteRange(_plain(call.argument), gives_way=False), None
    directory = Path(link.position.file).parent
    if not has_macro(call.argument):
        return build(call.name, _plain(call.argument), directory), None
    make = build_variable(call.name)
    argument: Text = as_function(compile_macro(parse_macro(call.argument)))
    return None, lambda run: make(argument(run))


def _relaxes(action: ast.ActionCall) -> bool:
    """`ctl` that has no effect here, as most of CRS have (auditLogParts), does not."""
    return action.name in _RELAXING or (action.name == "ctl" and compile_ctl(action.argument or "") is not None)


def _plain(argument: str) -> bytes:
    return b"".join([part for part in parse_macro(argument) if isinstance(part, bytes)])


def _is_listed(rule: ast.Rule, outcome: Outcome) -> bool:
    """As ModSecurity 3: a SecRule unless its last word is not to log; a SecAction only with a message or `block`.

    One that interrupts is listed here in any case unless it says nolog: nobody is refused without a reason.
    """
    listed, names = True, {action.name for action in rule.actions}
    for action in rule.actions:
        listed = _LOGGING.get(action.name, listed)
    if rule.operator is not None:
        return listed
    return listed and ("msg" in names or "block" in names or outcome.action in ("deny", "drop", "redirect"))


def compile_outcome(rule: ast.Rule) -> Outcome:
    """Raises WordError."""
    disruptive = [action for action in rule.actions if action.name in _DISRUPTIVE]
    action = disruptive[-1] if disruptive else ast.ActionCall("pass")
    if action.name == "block":
        action = rule.default_action
    status = int(rule.argument("status") or 0)
    code, url = 403 if status in (0, 200) else status, None
    if action.name == "redirect":
        code = status if status in _REDIRECTS else 302
        url = as_function(compile_text(action.argument or ""))
    return Outcome(
        "pass" if action.name == "block" else action.name,
        code,
        url,
        (action.argument or "all").lower() if action.name == "allow" else "",
        int(rule.argument("skip") or 0),
        rule.argument("skipafter") or "",
    )
