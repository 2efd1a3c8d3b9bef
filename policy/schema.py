"""The schema stage: what a route's form may hold, and one submission against it.

Rules:
1. Only declared fields cross; each at most `repeat` times; required ones filled in.
2. Urlencoded, multipart and JSON bodies end in the same calls of `Submission.field`, so that the same form has the same
   verdict in each. What JSON alone can say (null, fractions, nested objects) no form could have sent: refused.
3. Every error of a form is found, not only the first, up to `MAX_FINDINGS`.
4. Empty is not absent: an optional field may be empty and crosses empty; a required one may be neither.
5. What fields say together is looked at when all have come (`policy.cross_field`), and each field concerned has its finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import quote, urlencode

from policy.classes import CLASSES, explain
from policy.cross_field import Check, DayBound
from policy.faults import Fault, Invalid
from policy.fields.field_class import FieldClass
from policy.repertoire import DEFAULT_REPERTOIRE, NARROW_REPERTOIRE, character_class, characters
from policy.verdict import Code, Finding

STAGE: Final = "schema"
MAX_FINDINGS: Final = 100  # findings of one request; more than any form has fields that a person filled in
# A raw value may be longer than its normal form: Hangul in jamo 3 to 1, ｶﾞ and CR LF 2 to 1. Longer ones are not read.
RAW_CHARS_PER_CHAR: Final = 4
TODAY: Final = "today"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A field as the procedure file declares it. `item`: the words of the source's register that it stands for."""

    name: str
    field_class: str
    label_ja: str
    label_en: str
    item: str = ""
    required: bool = False
    max_chars: int = 0  # characters of the normal form
    min_chars: int = 0
    repertoire: str = DEFAULT_REPERTOIRE
    halfwidth_kana: str = "widen"  # or "refuse"
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    earliest: str | None = None  # ISO 8601, or TODAY: the day on which the form comes, in Japan
    latest: str | None = None
    repeat: int = 1


@cache
def _compiled(field_class: str, repertoire: str) -> Callable[[str], object]:
    return re.compile(CLASSES[field_class].pattern(repertoire)).fullmatch


@cache
def _allowed_character(repertoire: str, with_line_feed: bool) -> re.Pattern[str]:
    return re.compile(character_class(characters(repertoire) | ({"\n"} if with_line_feed else set())))


class Field:
    """A declared field, compiled. `admit` is the normalise stage and the schema stage of one value."""

    __slots__ = (
        "_match",
        "_max",
        "_normal",
        "_verify",
        "checked",
        "declaration",
        "field_class",
        "name",
        "repeat",
        "required",
    )

    def __init__(self, declaration: Declaration) -> None:
        field_class: FieldClass = CLASSES[declaration.field_class]
        self.declaration = declaration
        self.field_class = field_class
        self.name = declaration.name
        self.required = declaration.required
        self.repeat = declaration.repeat
        self.checked = False  # whether a check of its form looks at its values
        self._max = declaration.max_chars or field_class.max_chars or 0
        self._match = _compiled(field_class.name, declaration.repertoire)
        if declaration.choices:
            self._match = {choice: choice for choice in declaration.choices}.get
        self._normal = field_class.normal
        keeps_kana = declaration.halfwidth_kana == "refuse" or declaration.repertoire == NARROW_REPERTOIRE
        if keeps_kana and field_class.normal_narrow_kana is not None:
            self._normal = field_class.normal_narrow_kana
        self._verify = self._verifier()

    def admit(self, value: str) -> str:
        """The normal form of `value`. Raises Invalid. An empty value is admitted; `Submission` knows who may be empty."""
        if not value:
            return value
        if len(value) > self._max or self._match(value) is None:
            return self._admit_normalised(value)
        if self._verify is not None:
            self._verify(value)
        return value

    def _admit_normalised(self, value: str) -> str:
        if len(value) > self._max * RAW_CHARS_PER_CHAR:
            raise Invalid(Fault.TOO_LONG)
        normal = self._normal(value)
        if not normal:
            return normal
        if len(normal) > self._max:
            raise Invalid(Fault.TOO_LONG)
        if self._match(normal) is None:
            allowed = _allowed_character(self.declaration.repertoire, self.field_class.name == "free_text")
            raise Invalid(explain(normal, self.field_class.fault, allowed))
        if self._verify is not None:
            self._verify(normal)
        return normal

    def _verifier(self) -> Callable[[str], None] | None:
        declared = self.declaration
        of_class = self.field_class.verify
        earliest = None if declared.earliest == TODAY else declared.earliest
        latest = None if declared.latest == TODAY else declared.latest
        if (
            declared.minimum is None
            and declared.maximum is None
            and earliest is None
            and latest is None
            and not declared.min_chars
        ):
            return of_class

        def verify(value: str) -> None:
            if of_class is not None:
                of_class(value)
            if len(value) < declared.min_chars:
                raise Invalid(Fault.TOO_SHORT)
            if declared.minimum is not None and int(value) < declared.minimum:
                raise Invalid(Fault.TOO_SMALL)
            if declared.maximum is not None and int(value) > declared.maximum:
                raise Invalid(Fault.TOO_LARGE)
            if earliest is not None and value < earliest:  # days of ISO 8601 are in order as text
                raise Invalid(Fault.TOO_EARLY)
            if latest is not None and value > latest:
                raise Invalid(Fault.TOO_LATE)

        return verify


class Form:
    """The fields of a form or of a query, by name, and what they say together. A check names declared fields."""

    __slots__ = ("checks", "fields", "required")

    def __init__(self, declarations: Iterable[Declaration] = (), checks: Iterable[Check] = ()) -> None:
        self.fields = {declaration.name: Field(declaration) for declaration in declarations}
        self.checks: tuple[Check, ...] = (*checks, *self._bounds_of_today())
        for check in self.checks:
            for name in check.names:
                self.fields[name].checked = True
        self.required = tuple(name for name, field in self.fields.items() if field.required)

    def _bounds_of_today(self) -> list[Check]:
        bounded = [field.declaration for field in self.fields.values()]
        past = [DayBound(each.name, Fault.IN_PAST) for each in bounded if each.earliest == TODAY]
        return [*past, *[DayBound(each.name, Fault.IN_FUTURE) for each in bounded if each.latest == TODAY]]


class Submission:
    """One form on its way through. `only_code` replaces every code (a query has one: query_invalid).

    `day`: the ordinal of the day on which it came, in Japan. Without one, no day that is bound by it is taken.
    """

    __slots__ = (
        "_checked", "_counts", "_day", "_fields", "_filled", "_form", "_only_code", "_undeclared", "accepted", "findings"
    )  # fmt: skip

    def __init__(self, form: Form, only_code: Code | None = None, day: int | None = None) -> None:
        self._day = day
        self._checked: dict[str, list[str]] = {}  # the accepted values that a check looks at
        self._form = form
        self._fields = form.fields
        self._only_code = only_code
        self._counts: dict[str, int] = {}
        self._filled: set[str] = set()
        self._undeclared = False
        self.findings: list[Finding] = []
        self.accepted = 0

    def report(self, code: Code, target: str, fault: Fault) -> None:
        self.add(Finding(STAGE, self._only_code or code, target, fault))

    def add(self, finding: Finding) -> None:
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(finding)

    def field(self, name: str, value: str) -> str | None:
        """The value that goes on, or None when it does not."""
        field = self._fields.get(name)
        if field is None:
            self._report_undeclared()
            return None
        count = self._counts.get(name, 0) + 1
        self._counts[name] = count
        if count > field.repeat:
            if count == field.repeat + 1:
                self.report(Code.FIELD_REPEATED, name, Fault.REPEATED if field.repeat == 1 else Fault.TOO_MANY)
            return None
        try:
            normal = field.admit(value)
        except Invalid as invalid:
            self._refuse(name, invalid.fault)
            return None
        if normal:
            self._filled.add(name)
            if field.checked:
                self._checked.setdefault(name, []).append(normal)
        self.accepted += 1
        return normal

    def document(self, value: object) -> dict[str, object] | None:
        """The JSON object that goes on, its members normalised, or None when it does not."""
        if not isinstance(value, dict):
            self.report(Code.FIELD_INVALID, "", Fault.NOT_AN_OBJECT)
            return None
        made = {name: self._member(name, member) for name, member in value.items()}
        return None if self.findings else made

    def _member(self, name: str, member: object) -> object:
        field = self._fields.get(name)
        if field is None:
            self._report_undeclared()
            return None
        if not isinstance(member, list):
            return self._scalar(field, member)
        if field.repeat == 1 and len(member) < 2:  # longer: the same finding as for a repeated field of a form
            self._refuse(name, Fault.JSON_TYPE)
            return None
        return [self._scalar(field, item) for item in member]

    def _scalar(self, field: Field, item: object) -> object:
        if isinstance(item, str):
            return self.field(field.name, item)
        text: str | None = None
        if isinstance(item, bool):
            text = ("false", "true")[item] if field.field_class.name == "checkbox" else None
        elif isinstance(item, int) and field.field_class.integer:
            if item.bit_length() > 128:  # str() of a very long integer is slow, and raises beyond 4,300 digits
                self._refuse(field.name, Fault.TOO_LONG)
                return None
            text = str(item)
        if text is None:
            self._refuse(field.name, Fault.JSON_TYPE)
            return None
        return item if self.field(field.name, text) is not None else None

    def hold(self, name: str) -> None:
        """The field has its finding: it is not reported as missing as well."""
        self._filled.add(name)

    def _refuse(self, name: str, fault: Fault) -> None:
        self.hold(name)
        self.report(Code.FIELD_INVALID, name, fault)

    def _report_undeclared(self) -> None:
        if not self._undeclared:  # its name is the peer's and is not told: one finding stands for all
            self._undeclared = True
            self.report(Code.FIELD_UNDECLARED, "", Fault.UNDECLARED)

    def is_declared(self, name: str) -> bool:
        return name in self._fields

    def is_sensitive(self, name: str) -> bool:
        """Whether the log may not even tell where in the field a rule matched."""
        field = self._fields.get(name)
        return field is not None and field.field_class.sensitive

    def finish(self) -> None:
        """After the last field: what is missing, and what the fields say together."""
        for name in self._form.required:
            if name not in self._filled:
                self.report(Code.FIELD_MISSING, name, Fault.EMPTY if name in self._counts else Fault.MISSING)
        for check in self._form.checks:
            for name, fault in check.faults(self._checked, self._filled, self._day):
                self.report(Code.FIELD_INVALID if name in self._filled else Code.FIELD_MISSING, name, fault)

    @property
    def is_blank(self) -> bool:
        """Whether nothing at all was filled in."""
        return not self._filled


def as_in_a_form(item: object) -> str:
    """An accepted member of a JSON object as rules see it: as a form would have sent it."""
    if isinstance(item, bool):
        return "true" if item else "false"
    return str(item)


def in_order(findings: list[Finding], form: Form) -> list[Finding]:
    """What is wrong with the whole, then field by field as the procedure declares them, each once: the same in every encoding,
    however the fields came. Findings of one field stay in the order in which its values came. Those of files are behind them.
    """
    places = {"": 0} | {name: place for place, name in enumerate(form.fields, 1)}
    return sorted(dict.fromkeys(findings), key=lambda finding: places.get(finding.target, len(places)))


def read_query(form: Form, given: Iterable[tuple[str, str]], day: int) -> tuple[Submission, str | None]:
    """A query as one of `form`, and as it goes on, written anew; None where nothing was asked."""
    asked = Submission(form, only_code=Code.QUERY_INVALID, day=day)
    pairs = [(name, asked.field(name, value)) for name, value in given]
    asked.finish()
    return asked, urlencode([(name, value or "") for name, value in pairs], quote_via=quote, safe="") if pairs else None
