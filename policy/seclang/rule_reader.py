"""SecRule, SecAction and SecMarker to drafts, chains put together, in the order of reading.

Rules: a chain is its first rule and the links right after it; only SecRule and SecAction may stand in between, and a file does
not end within one. Every first rule has an id of its own. ModSecurity 3 lets all of that pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from policy.seclang.action_list import parse_actions
from policy.seclang.ast import Marker, Note, Position
from policy.seclang.drafts import DEFAULT_PHASE, Draft, Link, check_link
from policy.seclang.faults import Problem, SecLangError, WordError
from policy.seclang.lexer import Argument, Directive
from policy.seclang.operators import parse_operator
from policy.seclang.rule_words import OPERATORS
from policy.seclang.selectors import parse_targets
from policy.seclang.word import Status

_T = TypeVar("_T")
_CHAINED = re.compile(r"(?:\A|[,\s])chain(?:\Z|[,\s])", re.IGNORECASE)


class RuleReader:
    def __init__(self) -> None:
        self.entries: list[Draft | Marker] = []
        self.notes: list[Note] = []
        self._open: Draft | None = None
        """The chain that is still to be continued."""
        self._broken = False
        """The rule before had a problem and looked as if it were to be continued: what follows belongs to it."""

    @property
    def drafts(self) -> list[Draft]:
        return [entry for entry in self.entries if isinstance(entry, Draft)]

    def rule(self, directive: Directive) -> None:
        """Raises SecLangError, WordError."""
        try:
            link = _action(directive) if directive.key == "secaction" else _rule(directive)
            self._place(link)
        except (SecLangError, WordError):
            self._open = None
            self._broken = bool(_CHAINED.search(directive.arguments[-1].text))
            raise

    def _place(self, link: Link) -> None:
        word = OPERATORS[link.operator.name] if link.operator is not None else None
        if word is not None and word.status is Status.WITHOUT_EFFECT:
            self.notes.append(Note(link.position, f"@{word.name} {word.note}"))
        if self._broken:
            self._broken = link.chained
        elif self._open is not None:
            check_link(link)
            self._open.links.append(link)
            if not self._open.open:
                self._open = None
        else:
            self._start(link)

    def _start(self, link: Link) -> None:
        number = link.argument("id")
        if number is None:
            raise WordError("the rule has no id", "add id: with a number that no other rule has")
        if link.argument("phase") is None:
            self.notes.append(Note(link.position, f"rule {number} names no phase and runs in phase {DEFAULT_PHASE}"))
        draft = Draft(int(number), [link])
        self.entries.append(draft)
        if draft.open:
            self._open = draft

    def no_rule(self, directive: Directive) -> None:
        """Before any directive that is no rule. Raises SecLangError where a chain is still open."""
        self._close(directive.position, f"{directive.name} stands inside the chain")

    def end_of_file(self) -> None:
        """Raises SecLangError."""
        self._close(None, "the file ends inside the chain")

    def _close(self, position: Position | None, message: str) -> None:
        broken, self._open, self._broken = self._open, None, False
        if broken is not None:
            raise SecLangError(
                position or broken.links[-1].position,
                f"{message} of rule {broken.id}",
                "let the links follow each other, or take chain out of the last one",
            )

    def marker(self, position: Position, arguments: Sequence[str]) -> None:
        """Raises WordError."""
        if len(arguments) != 1 or not arguments[0]:
            raise WordError("one name is expected", "write SecMarker NAME, without blanks in the name")
        self.entries.append(Marker(arguments[0], position))

    def duplicates(self) -> list[Problem]:
        first: dict[int, Position] = {}
        problems = []
        for draft in self.drafts:
            before = first.setdefault(draft.id, draft.starter.position)
            if before is not draft.starter.position:
                message = f"rule {draft.id} stands at {before} already"
                problems.append(Problem(draft.starter.position, message, "give each rule an id of its own"))
        return problems


def _action(directive: Directive) -> Link:
    if len(directive.arguments) != 1:
        raise WordError(
            "SecAction takes one list of actions", 'put quotation marks around it: SecAction "id:1,phase:1,pass"'
        )
    return Link(directive.position, (), None, _read(directive.arguments[0], parse_actions))


def _rule(directive: Directive) -> Link:
    arguments = _with_operator(directive.arguments)
    if len(arguments) not in (2, 3):
        raise WordError(
            f"SecRule takes targets, an operator and actions, not {len(arguments)} arguments",
            'put quotation marks around each: SecRule ARGS "@rx x" "id:1,phase:2,pass"',
        )
    targets = _read(arguments[0], parse_targets)
    operator = _read(arguments[1], parse_operator)
    actions = _read(arguments[2], parse_actions) if len(arguments) == 3 else ()
    return Link(directive.position, targets, operator, actions)


def _with_operator(arguments: tuple[Argument, ...]) -> tuple[Argument, ...]:
    """`@streq x` without quotation marks is one argument."""
    if len(arguments) == 4 and not arguments[1].quoted and not arguments[2].quoted and "@" in arguments[1].text[:2]:
        text = f"{arguments[1].text} {arguments[2].text}"
        return (arguments[0], Argument(text, False, arguments[1].position, text), arguments[3])
    return arguments


def _read(argument: Argument, parse: Callable[[str], _T]) -> _T:
    try:
        return parse(argument.text)
    except WordError as error:
        raise SecLangError(argument.position_at(error.offset), error.message, error.mend) from error
