"""What the rules say of one exchange: whether it is interrupted and why, and which rules fired where.

A decision never holds a value of the exchange; messages and logdata may (their author asked for it), so that they go to the
grading log and to no other place.
"""

from __future__ import annotations

import enum
from typing import Final, NamedTuple


class Action(enum.Enum):
    """How an exchange is interrupted. A drop is answered as a deny where no connection can be cut."""

    DENY = "deny"
    DROP = "drop"
    REDIRECT = "redirect"


class Cause(enum.Enum):
    """Whose doing a decision is."""

    RULE = "rule"
    INTERNAL = "internal"
    """The engine failed while it judged: refused, because nobody knows what the rules would have said."""
    LIMIT = "limit"
    """A bound of the engine was met, so that the rules have not seen everything."""
    BODY = "body"
    """The body is over a limit whose action is to reject."""


class Decision(NamedTuple):
    """The exchange is not to go on. `rule` is 0 where no rule said so; `detail` names the bound or the kind of failure."""

    status: int
    action: Action
    rule: int
    phase: int
    cause: Cause = Cause.RULE
    url: str = ""
    detail: str = ""


INTERNAL_STATUS: Final = 403  # as ModSecurity's own deny; the daemon answers from its own table of reasons


def internal_error(phase: int, kind: str) -> Decision:
    """The one place where a failure of the engine becomes a verdict: never an allow."""
    return Decision(INTERNAL_STATUS, Action.DENY, 0, phase, Cause.INTERNAL, detail=kind)


class Fired(NamedTuple):
    """A rule that matched as a whole and is to be listed. `start`, `end`: of the last match, in the transformed value."""

    id: int
    phase: int
    message: bytes
    tags: tuple[str, ...]
    severity: int
    """0 (emergency) to 7 (debug); 255 where the rule has none."""
    logdata: bytes
    target: bytes
    """Its name as ModSecurity writes it, `ARGS:x`; empty for a SecAction."""
    start: int
    end: int
    exhausted: bool
    """The match stands for a limit of the pattern engine that was met."""
    interrupts: bool
    file: str
    line: int


SEVERITY_NONE: Final = 255  # what HIGHEST_SEVERITY holds while no rule with a severity has fired
