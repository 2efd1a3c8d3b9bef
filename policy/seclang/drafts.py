"""Rules while the files are read: a draft keeps what was written, so that later directives can still change it.

`finish` makes the Rule once every SecDefaultAction and update is known: ModSecurity 3 applies both to rules before and after
them alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from policy.seclang.action_arguments import parse_phase
from policy.seclang.action_words import DISRUPTIVE, NOT_DEFAULT, STARTER_ONLY
from policy.seclang.ast import ActionCall, OperatorCall, Position, Rule, Target
from policy.seclang.faults import WordError

DEFAULT_PHASE = 1
"""Of a rule that names none. The manual says 2; ModSecurity 3 runs it in phase 1, and the loader makes a note of it."""

REPEATED = frozenset({"ctl", "expirevar", "initcol", "setenv", "setvar", "t", "tag", "xmlns"})
"""Actions that may stand more than once in a rule; of others the last one counts."""

EXPLICIT = DISRUPTIVE - {"block"}
"""Disruptive actions that say themselves what is done."""

_LOGGING = frozenset({"auditlog", "log", "noauditlog", "nolog"})
"""They work in order, one after the other."""


@dataclass(slots=True)
class Link:
    """One SecRule or SecAction as written."""

    position: Position
    targets: tuple[Target, ...]
    operator: OperatorCall | None
    actions: tuple[ActionCall, ...]

    def argument(self, name: str) -> str | None:
        found = [action.argument for action in self.actions if action.name == name]
        return found[-1] if found else None

    def arguments(self, name: str) -> tuple[str, ...]:
        return tuple(action.argument or "" for action in self.actions if action.name == name)

    @property
    def chained(self) -> bool:
        return any(action.name == "chain" for action in self.actions)


@dataclass(slots=True)
class Draft:
    """A starter and its links, in order of the file."""

    id: int
    links: list[Link]

    @property
    def starter(self) -> Link:
        return self.links[0]

    @property
    def phase(self) -> int:
        return parse_phase(self.starter.argument("phase") or str(DEFAULT_PHASE))

    @property
    def open(self) -> bool:
        """Whether a link is still to come."""
        return self.links[-1].chained


@dataclass(frozen=True, slots=True)
class Defaults:
    """A SecDefaultAction."""

    position: Position
    phase: int
    disruptive: ActionCall
    actions: tuple[ActionCall, ...]
    """Without the disruptive one, `phase` and `t`."""
    transformations: tuple[str, ...]


NO_DEFAULTS = Defaults(Position("", 0), 0, ActionCall("pass"), (), ())


def defaults_of(position: Position, actions: Sequence[ActionCall]) -> Defaults:
    """Raises WordError."""
    disruptive = [action for action in actions if action.name in EXPLICIT]
    if not disruptive:
        raise WordError("a default without a disruptive action", "add pass, deny, drop, redirect:... or allow")
    for action in actions:
        if action.name in NOT_DEFAULT or action.name == "block":
            raise WordError(f"{action.name} cannot be a default", "give it to the rules themselves")
        if action.name == "t" and (action.argument or "").lower() == "none":
            raise WordError("t:none cannot be a default", "leave it out: there is nothing before the defaults")
    phases = [action.argument or "" for action in actions if action.name == "phase"]
    rest = tuple(action for action in actions if action not in disruptive and action.name not in ("phase", "t"))
    phase = parse_phase(phases[-1]) if phases else DEFAULT_PHASE
    return Defaults(position, phase, disruptive[-1], rest, _transformations(actions, ()))


def check_link(link: Link) -> None:
    """Raises WordError for what only the first rule of a chain may have."""
    for action in link.actions:
        if action.name in STARTER_ONLY:
            raise WordError(
                f"{action.name} stands in a later rule of a chain", "give it to the rule that starts the chain"
            )


def finish(draft: Draft, defaults: Mapping[int, Defaults]) -> Rule:
    """The rule, with what SecDefaultAction says for its phase worked in."""
    phase = draft.phase
    given = defaults.get(phase, NO_DEFAULTS)
    chain = tuple(_rule(link, 0, phase, given, (), ()) for link in draft.links[1:])
    return _rule(draft.starter, draft.id, phase, given, given.actions, chain)


def _rule(
    link: Link, number: int, phase: int, given: Defaults, before: tuple[ActionCall, ...], chain: tuple[Rule, ...]
) -> Rule:
    return Rule(
        position=link.position,
        id=number,
        phase=phase,
        targets=link.targets,
        operator=link.operator,
        transformations=_transformations(link.actions, given.transformations),
        actions=merged(before, [action for action in link.actions if action.name not in ("id", "phase", "chain", "t")]),
        chain=chain,
        default_action=given.disruptive,
    )


def merged(first: Sequence[ActionCall], then: Sequence[ActionCall]) -> tuple[ActionCall, ...]:
    """Both in order, without what a later action of the same kind replaces; `block` gives way to any that says how."""
    kept: list[ActionCall] = []
    later: set[str] = set()
    for action in reversed([*first, *then]):
        kind = "disruptive" if action.name in EXPLICIT else action.name
        if kind in REPEATED or kind in _LOGGING or kind not in later:
            kept.append(action)
            later.add(kind)
    return tuple(action for action in reversed(kept) if action.name != "block" or "disruptive" not in later)


def _transformations(actions: Sequence[ActionCall], before: tuple[str, ...]) -> tuple[str, ...]:
    names = list(before)
    for action in actions:
        if action.name == "t":
            name = (action.argument or "").lower()
            names = [] if name == "none" else [*names, name]
    return tuple(names)
