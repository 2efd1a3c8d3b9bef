"""What judging a request ends in: `Admitted` or `Denied`, and the findings that say why.

Rules of this file:
1. `Admitted` is the proof that every stage ran. Only `policy.pipeline` makes one (`_admit`; tests/arch looks for other
   callers); construction, copying, pickling and subclassing raise TypeError. This guards against mistakes, not against
   an attacker inside the process: there, only the operating system's walls count.
2. A finding names a *declared* field or nothing. It never holds a value, nor a name that the peer made up.
3. Every `Code` is also a `relay.base.reasons.Reason` of the same value; tests/arch compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Never, NoReturn

if TYPE_CHECKING:
    from policy.shadow import ShadowVerdict


class Code(StrEnum):
    """Why a request is denied. The values are those of the reason table, which gives status and words."""

    CONTENT_TYPE_UNSUPPORTED = "content_type_unsupported"
    BODY_UNEXPECTED = "body_unexpected"
    FIELDS_EXCEEDED = "fields_exceeded"
    BODY_TOO_LARGE = (
        "body_too_large"  # of a shadow alone: the front itself refuses what the version in force does not take
    )
    ROUTE_UNKNOWN = "route_unknown"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    QUERY_INVALID = "query_invalid"
    FIELD_UNDECLARED = "field_undeclared"
    FIELD_MISSING = "field_missing"
    FIELD_REPEATED = "field_repeated"
    FIELD_INVALID = "field_invalid"
    FILE_UNDECLARED = "file_undeclared"
    FILE_MISSING = "file_missing"
    FILE_INVALID = "file_invalid"
    RULES_MATCHED = "rules_matched"
    RESPONSE_REFUSED = "response_refused"
    INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True, slots=True)
class RuleMatch:
    """Which rule matched, and where: `start` and `end` in the value as its transformations left it. Never what it matched.

    In a field of a sensitive class both are 0: where in it would tell how long it is.

    `message` is the rule's `msg` as its author wrote it, with no macro filled in. `exhausted`: a limit of the pattern engine
    was met, which counts as a match.
    """

    id: int
    phase: int
    message: str
    tags: tuple[str, ...]
    severity: int
    start: int
    end: int
    exhausted: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a stage found. `target`: a declared name or "". `detail`: a word from a closed set of that stage.

    `number`: of a file among those of its attachment, from 1; 0 where one alone may come. No record holds it.
    """

    stage: str
    code: Code
    target: str
    detail: str
    rule: RuleMatch | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class ForwardHead:
    """The head that goes on: written anew from what was accepted, never the client's bytes.

    `path` and `query` are percent-encoded and canonical. Host, body framing and the type of the body are not among the
    headers: they belong to whoever writes the body anew.
    """

    method: str
    path: str
    query: str | None
    headers: tuple[tuple[bytes, bytes], ...]


class PolicyMisuse(Exception):
    """A bug of the caller: a call out of order. Never caught in order to go on as if nothing had happened."""


class Admitted:
    """Every stage of the route ran on the whole request and none denied it."""

    __slots__ = ("fields", "files", "findings", "head", "mode", "route_id", "shadow", "tenant", "would_refuse")

    route_id: str
    tenant: str
    mode: str
    head: ForwardHead
    findings: tuple[Finding, ...]
    fields: int
    files: int
    would_refuse: bool  # rules that only detect would have refused it
    shadow: ShadowVerdict | None  # by the next version of the procedure, which decides nothing

    def __new__(cls, *_args: Never, **_kwargs: Never) -> Admitted:
        raise TypeError("Admitted has one maker: policy.pipeline")

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("Admitted cannot be subclassed")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"Admitted is frozen: {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"Admitted is frozen: {name}")

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("Admitted can be neither copied nor pickled: a proof is made once")

    def __repr__(self) -> str:
        return f"<Admitted {self.tenant} {self.route_id} {self.mode} fields={self.fields} files={self.files}>"


@dataclass(frozen=True, slots=True)
class Denied:
    """The request does not cross. At least one finding; `allow` lists the methods that the path takes (for 405)."""

    findings: tuple[Finding, ...]
    route_id: str | None = None
    allow: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.findings:
            raise PolicyMisuse("a denial without a finding")

    @property
    def code(self) -> Code:
        """The code that decides the answer: that of the first finding."""
        return self.findings[0].code


def _admit(
    route_id: str,
    tenant: str,
    mode: str,
    head: ForwardHead,
    findings: tuple[Finding, ...],
    fields: int,
    files: int,
    *,
    would_refuse: bool = False,
    shadow: ShadowVerdict | None = None,
) -> Admitted:
    """The one maker. Called from `policy.pipeline` only."""
    made = object.__new__(Admitted)
    put = object.__setattr__
    put(made, "route_id", route_id)
    put(made, "tenant", tenant)
    put(made, "mode", mode)
    put(made, "head", head)
    put(made, "findings", findings)
    put(made, "fields", fields)
    put(made, "files", files)
    put(made, "would_refuse", would_refuse)
    put(made, "shadow", shadow)
    return made
