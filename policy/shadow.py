"""The next version of a procedure, judged beside the version in force (docs/adr/0014): what it would refuse, before it may.

Rules
1. Nothing here decides. The verdict of the version in force is made without it, and no call of a Shadow raises: what goes
   wrong in it ends the shadow, and is told as `failed`.
2. It has a bound of its own, `SHADOW_CHARS`; beyond it the shadow ends, and is told as `exhausted`.
3. What it tells is codes, names that the next version declares, and words of `policy.faults.Fault`; never a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Final, Protocol

from policy.faults import Fault
from policy.request import RequestHead
from policy.route import Route
from policy.route_stage import denied
from policy.verdict import Code, Denied, Finding
from policy.versions import next_versions

# Characters of names and values that are judged a second time. A form of the catalogue is at most 64 KiB, some 21,000
# characters of Japanese; what is larger is an API's, and must not cost its worker twice as much.
SHADOW_CHARS: Final = 1 << 18


_STAGES: Final = ("route", "normalise", "schema")  # rules have a mode of their own for trying out: detect


class ShadowResult(StrEnum):
    """What came of judging by the next version."""

    WOULD_ADMIT = "would_admit"
    WOULD_REFUSE = "would_refuse"
    FAILED = "failed"
    EXHAUSTED = "exhausted"


@dataclass(frozen=True, slots=True)
class ShadowVerdict:
    """`version`: of the procedure, the next one. Findings where it would refuse."""

    version: int
    result: ShadowResult
    findings: tuple[Finding, ...] = ()


class Judge(Protocol):
    """What a Shadow needs of a `policy.pipeline.Judgement`."""

    def field(self, name: str, value: str) -> str | None: ...
    def document(self, value: object) -> object | None: ...
    def file_start(self, name: str, filename: str | None, content_type: str | None) -> bool: ...
    def denial(self) -> Denied | None: ...


class Shadow:
    """One request under the next version. `begin` judges the head."""

    __slots__ = ("_denied", "_ended", "_judge", "_left", "_version")

    def __init__(self, version: int, begin: Callable[[], Judge | Denied]) -> None:
        self._version = version
        self._left = SHADOW_CHARS
        self._judge: Judge | None = None
        self._denied: Denied | None = None
        self._ended: ShadowResult | None = None
        try:
            begun = begin()
        except Exception:  # rule 1
            self._end(ShadowResult.FAILED)
        else:
            if isinstance(begun, Denied):
                self._denied = begun
            else:
                self._judge = begun

    def field(self, name: str, value: str) -> None:
        """As Judgement's, of the same raw value."""
        if self._judge is None or not self._may_take(len(name) + len(value)):
            return
        try:
            self._judge.field(name, value)
        except Exception:  # rule 1
            self._end(ShadowResult.FAILED)

    def document(self, value: object) -> None:
        """As Judgement's. It is not changed."""
        if self._judge is None or not self._may_take(_chars(value)):
            return
        try:
            self._judge.document(value)
        except Exception:  # rule 1
            self._end(ShadowResult.FAILED)

    def file_start(self, name: str, filename: str | None, content_type: str | None) -> None:
        """That there is a file: its content is not judged a second time."""
        if self._judge is None:
            return
        try:
            self._judge.file_start(name, filename, content_type)
        except Exception:  # rule 1
            self._end(ShadowResult.FAILED)

    def finish(self) -> ShadowVerdict:
        """After the last field."""
        if self._judge is not None:
            try:
                self._denied = self._judge.denial()
            except Exception:  # rule 1
                self._end(ShadowResult.FAILED)
        if self._ended is not None:
            return ShadowVerdict(self._version, self._ended)
        if self._denied is None:
            return ShadowVerdict(self._version, ShadowResult.WOULD_ADMIT)
        return ShadowVerdict(self._version, ShadowResult.WOULD_REFUSE, self._denied.findings)

    def _may_take(self, chars: int) -> bool:
        self._left -= chars
        if self._left < 0:
            self._end(ShadowResult.EXHAUSTED)
        return self._left >= 0

    def _end(self, how: ShadowResult) -> None:
        self._ended = how
        self._judge = None


class Shadows:
    """The versions that are not in force yet. `begin` judges the head of a request by one of them, as of any route."""

    __slots__ = ("_begin", "_later")

    def __init__(self, routes: Iterable[Route], begin: Callable[[Route, RequestHead, str], Judge | Denied]) -> None:
        self._begin = begin
        self._later = {
            route_id: [replace(route, stages=_STAGES) for route in versions]
            for route_id, versions in next_versions(routes).items()
        }

    def of(self, route: Route, request: RequestHead, path: str, day: int) -> Shadow | None:
        """By the first version behind `route` that this tenant will have; None where there is none."""
        for later in self._later.get(route.id, ()):
            if later.first_day > day and (later.tenants is None or request.tenant in later.tenants):
                return Shadow(later.version, partial(self._head, later, request, path))
        return None

    def _head(self, route: Route, request: RequestHead, path: str) -> Judge | Denied:
        """A later version may have another path, or another method."""
        if not route.is_at(path):
            return denied(Code.ROUTE_UNKNOWN, Fault.PATH_UNKNOWN)
        if route.method != ("GET" if request.method == "HEAD" else request.method):
            return denied(Code.METHOD_NOT_ALLOWED, Fault.METHOD)
        if route.body_bytes is not None and (request.content_length or 0) > route.body_bytes:
            return denied(Code.BODY_TOO_LARGE, Fault.TOO_LONG)
        return self._begin(route, request, path)


def _chars(document: object) -> int:
    """Of the names and values of a JSON object; a value that is no text is short, or refused unread."""
    if not isinstance(document, dict):
        return 0
    values = [item for member in document.values() for item in (member if isinstance(member, list) else [member])]
    return sum(map(len, document)) + sum(len(item) if isinstance(item, str) else 1 for item in values)
