"""Reading `[[check]]` tables: what fields of a form say together. The keys are docs/spec/policy.md section 5.6."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from policy.classes import CLASSES
from policy.cross_field import Check, Equal, InOrder, NeededIf, OneOf

if TYPE_CHECKING:
    from policy.schema import Declaration
    from policy.toml_table import Table

KINDS = ("needed-if", "at-least-one", "exactly-one", "in-order", "equal")
MAX_CHECKS = 100  # of one form; each is asked for every submission


def read_checks(tables: list[Table], declared: Mapping[str, Declaration]) -> list[Check]:
    """The checks of one form. Problems are reported where they stand."""
    if len(tables) > MAX_CHECKS:
        tables[MAX_CHECKS].report("", f"there are {len(tables)} checks; at most {MAX_CHECKS}", "write fewer")
        return []
    return [check for table in tables if (check := _check(table, declared)) is not None]


def _check(table: Table, declared: Mapping[str, Declaration]) -> Check | None:
    before = table.problem_count
    kind = table.choice("kind", KINDS)
    names = table.texts("fields", 'write the names of its fields, such as fields = ["start_date", "end_date"]', None)
    least = 1 if kind == "needed-if" else 2
    if kind is not None and (len(names) < least if names is not None else not table.has("fields")):
        table.report("fields", f"a check {kind} is about {least} or more fields", "name them")
    _report_undeclared(table, "fields", names or (), declared)
    check = None if kind is None or names is None else _of_kind(table, kind, names, declared)
    table.end()
    return check if table.problem_count == before else None


def _of_kind(table: Table, kind: str, names: tuple[str, ...], declared: Mapping[str, Declaration]) -> Check:
    if kind == "needed-if":
        return _needed_if(table, names, declared)
    if kind == "in-order":
        for name in names:
            if name in declared and (not CLASSES[declared[name].field_class].day or declared[name].repeat > 1):
                table.report(
                    "fields", f'the field "{name}" is no single day', "name fields of class date, without repeat"
                )
        return InOrder(
            names, table.flag("strict", "write strict = true where the same day twice is wrong, or leave it out")
        )
    if kind == "equal":
        return Equal(names)
    _report_required(table, names, declared)
    return OneOf(names, only=kind == "exactly-one")


def _needed_if(table: Table, names: tuple[str, ...], declared: Mapping[str, Declaration]) -> Check:
    when = table.text("when", "name the field that decides") or ""
    values = table.texts("is", "write the values of that field, in their normal form; or leave it out: any value") or ()
    if when:
        _report_undeclared(table, "when", (when,), declared)
    if when in names:
        table.report("when", f'"{when}" would be needed because it is there', "name another field")
    if when in declared and declared[when].choices:
        for value in values:
            if value not in declared[when].choices:
                table.report("is", f'"{value}" is no choice of the field "{when}"', "write one of its choices")
    _report_required(table, names, declared)
    return NeededIf(names, when, frozenset(values))


def _report_undeclared(table: Table, key: str, names: Collection[str], declared: Mapping[str, Declaration]) -> None:
    for name in names:
        if name not in declared:
            table.report(key, f'there is no field "{name}"', "write the name of a declared [[field]]")


def _report_required(table: Table, names: Collection[str], declared: Mapping[str, Declaration]) -> None:
    for name in names:
        if name in declared and declared[name].required:
            table.report("fields", f'the field "{name}" is required whatever others say', "remove its required = true")
