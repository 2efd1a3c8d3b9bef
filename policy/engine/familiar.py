"""Values that come with every request of one browser: what the sieve says of them is remembered, so that they are scanned once.

Remembered is which rules a value is a candidate for, of one variable and in one group of the sieve. Nothing is remembered of
cookies, paths, queries and bodies: only headers that tell of a program and not of a person, names of headers, methods and protocols, and
names of fields where a procedure declares them. Never more than FAMILIAR_MAX values of one variable; then the memory begins anew, so that
nobody fills it for good.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policy.effort import Effort
from policy.engine.limits import FAMILIAR_MAX, MEMORABLE_BYTES_MAX
from policy.engine.narrow import MEMORABLE, MEMORABLE_HEADERS
from policy.operators.match import Match
from policy.operators.rx import Rx
from policy.seclang.ast import Target

HEADERS: Final = frozenset({
    *MEMORABLE_HEADERS, "dnt", "priority", "sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform", "sec-fetch-dest", "sec-fetch-mode",
    "sec-fetch-site", "sec-fetch-user", "sec-gpc", "upgrade-insecure-requests",
}) - {"content-length"}  # fmt: skip
"""A length is another one for each form: there is no end of them."""
_KEYS: Final = frozenset(name.encode() for name in HEADERS)
_SCALARS: Final = MEMORABLE | {"REQBODY_PROCESSOR", "REQUEST_HEADERS_NAMES", "RESPONSE_HEADERS_NAMES"}
_DECLARED: Final = "ARGS_NAMES"


class Familiar:
    """Of one variable. `known`: value ▸ the places of the rules that it is a candidate for."""

    __slots__ = ("declared", "keys", "known")

    def __init__(self, keys: frozenset[bytes] | None = None, *, declared: bool = False) -> None:
        """`keys`: whose values may be remembered; None: all. `declared`: only where the names of fields are declared."""
        self.keys = keys
        self.declared = declared
        self.known: dict[bytes, tuple[int, ...]] = {}

    def learn(self, value: bytes, rules: tuple[int, ...]) -> None:
        if not value or len(value) > MEMORABLE_BYTES_MAX:
            return
        if len(self.known) >= FAMILIAR_MAX:
            self.known.clear()
        self.known[value] = rules


def familiar_of(target: Target) -> Familiar | None:
    """None where the values of the variable are nobody's to remember."""
    if target.count or target.pattern is not None:
        return None
    if target.collection in ("REQUEST_HEADERS", "RESPONSE_HEADERS"):
        if target.key is None:
            return Familiar(_KEYS)
        return Familiar() if target.key.lower() in HEADERS else None
    if target.key is not None:
        return None
    if target.collection == _DECLARED:
        return Familiar(declared=True)
    return Familiar() if target.collection in _SCALARS else None


class FamiliarRx(Rx):
    """rx, where it is asked about nothing else than such values: what it said of one is said again."""

    __slots__ = ("_known",)

    def __init__(self, pattern: bytes) -> None:
        super().__init__(pattern)
        self._known: tuple[dict[bytes, Match | None], dict[bytes, Match | None]] = ({}, {})  # by reading

    def match_within(self, value: bytes, characters: bool, effort: Effort | None) -> Match | None:
        known = self._known[1 if characters else 0]
        if value in known:
            return known[value]
        match = super().match_within(value, characters, effort)
        if len(value) <= MEMORABLE_BYTES_MAX and (match is None or not match.exhausted):
            if len(known) >= FAMILIAR_MAX:
                known.clear()
            known[value] = match
        return match


def all_familiar(targets: Sequence[Target]) -> bool:
    """Whether what the targets hold, their exclusions aside, may be remembered wherever it is seen."""
    memories = [familiar_of(target) for target in targets if not target.exclude]
    return all(memory is not None and memory.keys is None and not memory.declared for memory in memories)
