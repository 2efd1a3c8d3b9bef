"""The route stage: tenant, path and method to a route. Closed by default: what no file declares does not exist.

Paths are compared in canonical form (docs/spec/policy.md section 2): escapes of unreserved characters decoded, other
escapes in upper case (RFC 3986 section 6.2.2). Comparison is exact: case counts, and so does a slash at the end. A typed
segment, `{number}` in the file, takes one segment of a class whose values need no escapes, in its normal form only.
Two versions of a procedure may share a path when their effective periods do not touch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from policy.attachments import Attachment
from policy.headers import DEFAULT_FORWARDED
from policy.leak_kinds import KINDS
from policy.leaks import LeakCheck
from policy.schema import Form

STAGE_ORDER = ("route", "normalise", "schema", "rules", "files")
MODES = ("exchange", "deposit")
BODY_KINDS = ("urlencoded", "multipart", "json")
CHARSETS = ("utf-8", "shift_jis", "euc-jp")  # of forms; relay/http/charset.py decodes them
SERVICES = ("電子申請", "電子調達")  # e-application and e-procurement; each numbers its procedures by itself
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")  # HEAD is taken where GET is

_JST_OFFSET_MS = 9 * 3_600_000  # Japan has no summer time
_DAY_MS = 86_400_000
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True, slots=True)
class Procedure:
    """A 手続, as the register of its service lists it."""

    number: int
    name: str
    department: str
    version: int
    effective_from: date  # JST, inclusive
    effective_until: date | None  # JST, inclusive; None: until further notice
    service: str = SERVICES[0]
    common_fields: frozenset[str] = frozenset()  # names of the fields that came with the common items


@dataclass(frozen=True, slots=True)
class PathParameter:
    """A typed segment."""

    name: str
    field_class: str
    match: Callable[[str], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One way through: what may be asked, and what may come with it."""

    id: str
    mode: str
    method: str  # "" on the open route: any
    path: str  # as declared
    segments: tuple[str | PathParameter, ...] = ()
    body_kinds: frozenset[str] = frozenset()  # empty: no body allowed
    body_bytes: int | None = None  # None: the configured limit
    charsets: tuple[str, ...] = ()  # of forms; the first is that of a form which names none. Empty: UTF-8 alone
    open: bool = False
    stages: tuple[str, ...] = ("route", "normalise", "schema")
    rule_set: str | None = None  # None: the tenant's, or the default
    tenants: frozenset[str] | None = None  # None: every tenant
    form: Form = field(default_factory=Form)
    query: Form = field(default_factory=Form)
    attachments: tuple[Attachment, ...] = ()
    forward_headers: frozenset[bytes] = DEFAULT_FORWARDED
    leaks: LeakCheck = field(default_factory=LeakCheck)  # of its answers
    procedure: Procedure | None = None
    source: str = ""  # path of the file
    source_line: int = 0
    lines: Mapping[str, int] = field(default_factory=dict)  # key of [route] -> line in the file

    @property
    def version(self) -> int:
        return self.procedure.version if self.procedure else 0

    @property
    def first_day(self) -> int:
        return self.procedure.effective_from.toordinal() if self.procedure else 0

    @property
    def last_day(self) -> int:
        until = self.procedure.effective_until if self.procedure else None
        return until.toordinal() if until else date.max.toordinal()

    def is_in_effect(self, day: int) -> bool:
        return self.procedure is None or self.first_day <= day <= self.last_day

    def is_at(self, path: str) -> bool:
        """Whether a canonical path is this route's."""
        segments = path[1:].split("/")
        return len(segments) == len(self.segments) and _fits(self.segments, segments)


OPEN_ROUTE = Route(
    id="open",
    mode="exchange",
    method="",
    path="",
    open=True,
    stages=("route",),
    body_kinds=frozenset({*BODY_KINDS, "raw"}),
    leaks=LeakCheck(may_show=frozenset(KINDS)),  # the lab's: it tries out rules, whatever the answer shows
)


def day_in_japan(unix_ms: int) -> int:
    """The proleptic ordinal of the day in JST."""
    return _EPOCH_DAY + (unix_ms + _JST_OFFSET_MS) // _DAY_MS


def canonical_path(path: str) -> str:
    """RFC 3986 section 6.2.2.1 and 6.2.2.2; nothing else is rewritten."""
    if "%" not in path:
        return path

    def rewrite(escape: re.Match[str]) -> str:
        character = chr(int(escape.group(1), 16))
        return character if character in _UNRESERVED else escape.group().upper()

    return _ESCAPE.sub(rewrite, path)


def overlaps(one: Route, other: Route) -> bool:
    """Whether some request could be for both."""
    if one.method != other.method or not _share_a_tenant(one, other) or len(one.segments) != len(other.segments):
        return False
    if one.first_day > other.last_day or other.first_day > one.last_day:
        return False
    return all(_segments_meet(a, b) for a, b in zip(one.segments, other.segments, strict=True))


def _share_a_tenant(one: Route, other: Route) -> bool:
    return one.tenants is None or other.tenants is None or bool(one.tenants & other.tenants)


def _segments_meet(one: str | PathParameter, other: str | PathParameter) -> bool:
    if isinstance(one, str):
        return one == other if isinstance(other, str) else other.match(one) is not None
    return one.match(other) is not None if isinstance(other, str) else True


class RouteTable:
    """Every route of every tenant, for lookup. Building it takes routes that do not overlap (`policy.load` checks)."""

    __slots__ = ("_exact", "_typed", "tenants")

    def __init__(self, routes: Iterable[Route], tenants: Iterable[str]) -> None:
        self.tenants = frozenset(tenants)
        self._exact: dict[tuple[str, str], list[Route]] = {}
        self._typed: dict[tuple[str, int], list[Route]] = {}
        for route in routes:
            typed = any(isinstance(segment, PathParameter) for segment in route.segments)
            for tenant in self.tenants if route.tenants is None else route.tenants:
                if typed:
                    self._typed.setdefault((tenant, len(route.segments)), []).append(route)
                else:
                    self._exact.setdefault((tenant, route.path), []).append(route)

    def at(self, tenant: str, path: str) -> list[Route]:
        """Every route at this canonical path, whatever its method and period."""
        found = self._exact.get((tenant, path), [])
        typed = self._typed
        if typed:
            segments = path[1:].split("/")
            candidates = typed.get((tenant, len(segments)))
            if candidates:
                found = found + [route for route in candidates if _fits(route.segments, segments)]
        return found


def _fits(declared: tuple[str | PathParameter, ...], segments: list[str]) -> bool:
    return all(
        part == segment if isinstance(part, str) else part.match(segment) is not None
        for part, segment in zip(declared, segments, strict=True)
    )


def allowed_methods(routes: Iterable[Route]) -> tuple[str, ...]:
    methods = {route.method for route in routes}
    return tuple(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
