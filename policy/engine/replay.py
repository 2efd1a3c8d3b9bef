"""Links that only copy what they matched into TX: what they write for a value is worked out once, and then written again.

Such a link (`tx.header_name_%{tx.0}`) does the same for the same value in every exchange. What is remembered are names of headers, which
are few and the same all day, and never more than VALUES_MAX of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from policy.engine.limits import MEMORABLE_BYTES_MAX, VALUES_MAX
from policy.operators.match import Match, Operator
from policy.operators.rx import Rx
from policy.seclang import ast
from policy.seclang.action_arguments import Change, parse_setvar
from policy.seclang.macro import MacroRef

_VARIABLES: Final = frozenset({"REQUEST_HEADERS_NAMES", "RESPONSE_HEADERS_NAMES"})
_CAPTURED_WHOLE: Final = b"0"

_Parts = tuple[bytes | None, ...]  # None: TX.0


class Replayed(NamedTuple):
    """`value` is what the transformations made of it; `writes`: lower-case name, name, value."""

    value: bytes
    span: tuple[int, int]
    writes: tuple[tuple[bytes, bytes, bytes], ...]


class Replay:
    """Of one link."""

    __slots__ = ("_setvars", "known")

    def __init__(self, setvars: Sequence[tuple[_Parts, _Parts]]) -> None:
        self._setvars = tuple(setvars)
        self.known: dict[bytes, Replayed] = {}

    def learn(self, sent: bytes, value: bytes, match: Match) -> None:
        """What the match of a value as sent writes."""
        if len(sent) > MEMORABLE_BYTES_MAX or len(self.known) >= VALUES_MAX or len(match.groups) != 1:
            return
        whole = match.groups[0]
        if whole is None or match.exhausted:
            return
        writes = [(_CAPTURED_WHOLE, _CAPTURED_WHOLE, whole)]
        for name_parts, value_parts in self._setvars:
            name = _filled(name_parts, whole)
            writes.append((name.lower(), name, _filled(value_parts, whole)))
        self.known[sent] = Replayed(value, (match.start, match.end), tuple(writes))


def _filled(parts: _Parts, whole: bytes) -> bytes:
    return b"".join([whole if part is None else part for part in parts])


def replay_of(link: ast.Rule, operator: Operator | None) -> Replay | None:
    """None where the link does anything else, or with other variables, or may meet a limit."""
    names = {action.name for action in link.actions}
    if operator is None or isinstance(operator, Rx) or (link.operator is not None and link.operator.negated):
        return None
    if "capture" not in names or "multimatch" in names or "initcol" in names or names & {"setrsc", "setsid", "setuid"}:
        return None
    if any(target.collection not in _VARIABLES or target.count for target in link.targets):
        return None
    setvars: list[tuple[_Parts, _Parts]] = []
    for argument in link.arguments("setvar"):
        call = parse_setvar(argument)
        name, value = _copied(call.key), _copied(call.value)
        if call.collection != "TX" or call.change is not Change.SET or name is None or value is None:
            return None
        setvars.append((name, value))
    return Replay(setvars)


def _copied(parts: Sequence[bytes | MacroRef]) -> _Parts | None:
    """None where anything but TX.0 is filled in."""
    copied: list[bytes | None] = []
    for part in parts:
        if isinstance(part, bytes):
            copied.append(part)
        elif part.collection == "TX" and part.key == _CAPTURED_WHOLE:
            copied.append(None)
        else:
            return None
    return tuple(copied)
