"""Reading `[[field]]` and `[[query]]` tables into declarations. The keys are docs/spec/policy.md section 4."""

from __future__ import annotations

import re
from datetime import date

from policy.check_table import read_checks
from policy.classes import CLASSES
from policy.faults import Invalid
from policy.fields.field_class import FieldClass
from policy.fields.numbers import MAX_DIGITS
from policy.repertoire import DEFAULT_REPERTOIRE, NARROW_REPERTOIRE, REPERTOIRES
from policy.schema import TODAY, Declaration, Field, Form
from policy.toml_table import Table

MAX_FIELD_CHARS = 20_000  # characters: 60 KB of Japanese, below relay's limit field_bytes
MAX_CHOICES = 500  # choices of one field
MAX_REPEAT = 100  # values of one field
_LARGEST = 10**MAX_DIGITS - 1

_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")


def read_form(tables: list[Table], common: tuple[Declaration, ...] = (), checks: list[Table] | None = None) -> Form:
    """The fields of one form or query, behind them those of its common items, and what they say together.

    Problems are reported where they stand.
    """
    shared = {declaration.name: declaration for declaration in common}
    declarations: dict[str, Declaration] = {}
    for table in tables:
        declaration = _declaration(table)
        if declaration is None:
            continue
        if declaration.name in declarations:
            table.report(
                "name", f'a field "{declaration.name}" is declared already', "give each field a name of its own"
            )
        if declaration.name in shared:
            item = shared[declaration.name].item
            table.report(
                "name", f'a field "{declaration.name}" comes with the common item {item}', "give this one another name"
            )
        declarations.setdefault(declaration.name, declaration)
    every = declarations | shared
    return Form(every.values(), read_checks(checks or [], every))


def _declaration(table: Table) -> Declaration | None:
    before = table.problem_count
    name = table.text("name", 'write the name in the form, such as name = "applicant_name"') or ""
    if name and not _FIELD_NAME.fullmatch(name):
        table.report("name", f'name is "{name}"', "use 1 to 64 of A-Z, a-z, 0-9 and _.-, beginning with a letter")
    label_ja = table.text("label_ja", "write what the citizen sees, in Japanese") or ""
    label_en = table.text("label_en", "write what the citizen sees, in English") or ""
    item = table.text("item", "write the words of the register", required=False) or ""
    class_name = table.choice("class", tuple(CLASSES))
    field_class = CLASSES.get(class_name or "")
    required = table.flag("required", "write required = true, or leave it out")
    repeat = table.integer("repeat", "write how many values the field may have", 1, (1, MAX_REPEAT)) or 1
    min_chars = table.integer("min_chars", "write a number of characters", 0, (0, MAX_FIELD_CHARS)) or 0
    max_chars = _max_chars(table, field_class)
    repertoire, halfwidth_kana = _characters(table, field_class)
    minimum, maximum = _bounds(table, field_class)
    earliest, latest = _days(table, field_class)
    choices = _choices(table, field_class)
    table.end()
    if max_chars and min_chars > max_chars:
        table.report("min_chars", "min_chars is larger than max_chars", "write a smaller number")
    if table.problem_count != before or class_name is None:
        return None
    declaration = Declaration(
        name=name,
        field_class=class_name,
        label_ja=label_ja,
        label_en=label_en,
        item=item,
        required=required,
        max_chars=max_chars,
        min_chars=min_chars,
        repertoire=repertoire,
        halfwidth_kana=halfwidth_kana,
        choices=choices,
        minimum=minimum,
        maximum=maximum,
        earliest=earliest,
        latest=latest,
        repeat=repeat,
    )
    _check_choices(table, declaration)
    return declaration if table.problem_count == before else None


def _max_chars(table: Table, field_class: FieldClass | None) -> int:
    largest = (field_class and field_class.max_chars) or MAX_FIELD_CHARS
    mend = f"write the number of characters, from 1 to {largest}"
    must_say = field_class is not None and field_class.max_chars is None
    return table.integer("max_chars", mend, None, (1, largest), required=must_say) or 0


def _characters(table: Table, field_class: FieldClass | None) -> tuple[str, str]:
    repertoire = table.choice("repertoire", REPERTOIRES, DEFAULT_REPERTOIRE) or DEFAULT_REPERTOIRE
    halfwidth_kana = table.choice("halfwidth_kana", ("widen", "refuse"), "widen") or "widen"
    if field_class is not None and not field_class.textual:
        for key in ("repertoire", "halfwidth_kana"):
            _only_for(table, key, field_class, "classes of Japanese text")
    elif repertoire == NARROW_REPERTOIRE:
        if field_class is not None and field_class.name == "kana":
            table.report("repertoire", "kana is in full width, and jis-x-0201 has no such", 'use class = "text"')
        if table.has("halfwidth_kana"):
            table.report("halfwidth_kana", "half-width kana stays half-width in jis-x-0201", "remove it")
    return repertoire, halfwidth_kana


def _bounds(table: Table, field_class: FieldClass | None) -> tuple[int | None, int | None]:
    mend = "write an integer of at most 18 digits"
    minimum = table.integer("minimum", mend, None, (-_LARGEST, _LARGEST))
    maximum = table.integer("maximum", mend, None, (-_LARGEST, _LARGEST))
    if field_class is not None and not field_class.integer:
        for key in ("minimum", "maximum"):
            _only_for(table, key, field_class, "the class number or amount")
    if minimum is not None and maximum is not None and minimum > maximum:
        table.report("maximum", "maximum is smaller than minimum", "write a larger number")
    return minimum, maximum


def _days(table: Table, field_class: FieldClass | None) -> tuple[str | None, str | None]:
    earliest, latest = _day(table, "earliest"), _day(table, "latest")
    if field_class is not None and not field_class.day:
        for key in ("earliest", "latest"):
            _only_for(table, key, field_class, "the class date or birth_date")
    if earliest and latest and TODAY not in (earliest, latest) and earliest > latest:
        table.report("latest", "latest is before earliest", "write a later day")
    if latest is None and field_class is not None and field_class.name == "birth_date":
        latest = TODAY
    return earliest, latest


def _day(table: Table, key: str) -> str | None:
    value = table.day_or(key, TODAY, f'write a day such as {key} = 2026-04-01, or {key} = "{TODAY}"')
    return value.isoformat() if isinstance(value, date) else value


def _choices(table: Table, field_class: FieldClass | None) -> tuple[str, ...]:
    choices = table.texts("choices", 'write choices = ["新規", "変更"]') or ()
    if field_class is not None and field_class.name != "choice":
        _only_for(table, "choices", field_class, "the class choice")
    elif field_class is not None and not table.has("choices"):
        table.report("", "a choice without choices", 'write choices = ["新規", "変更"]')
    if len(choices) > MAX_CHOICES:
        table.report("choices", f"there are {len(choices)} choices; at most {MAX_CHOICES}", "use another class")
    return choices


def _check_choices(table: Table, declaration: Declaration) -> None:
    """Each choice must itself be a value that crosses unchanged."""
    probe = Field(
        Declaration(
            name="choice", field_class="text", label_ja="", label_en="", max_chars=CLASSES["choice"].max_chars or 0
        )
    )
    for choice in declaration.choices:
        try:
            crosses = probe.admit(choice) == choice
        except Invalid:
            crosses = False
        if not crosses:
            table.report(
                "choices", f'the choice "{choice}" would not cross as it is', "write it in JIS X 0208, full width"
            )


def _only_for(table: Table, key: str, field_class: FieldClass, meant: str) -> None:
    if table.has(key):
        table.report(key, f"{key} says nothing about the class {field_class.name}", f"remove it: it is for {meant}")
