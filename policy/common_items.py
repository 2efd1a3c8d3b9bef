"""The common items (共通項目) of a catalogue: fields that many procedures share, declared once in its `common.toml`.

A procedure file names them by the words of the register (docs/spec/policy.md section 3.2). An item that a file does not
name is not declared there, and does not cross.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from policy.field_table import read_form
from policy.schema import Declaration
from policy.toml_table import Source, Table

FILE_NAME = "common.toml"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class CommonItems:
    """`is_whole`: every table of the file was sound; what it lacks otherwise is reported there, not by who names it."""

    path: str = ""  # "": the directory has no such file
    by_item: Mapping[str, tuple[Declaration, ...]] = field(default_factory=dict)  # in the order of the file
    is_whole: bool = True

    def named_by(self, table: Table) -> tuple[Declaration, ...]:
        """The fields of the items that `common` of a [procedure] names. Problems are reported there."""
        items = table.texts("common", 'write the words of the register, such as common = ["氏名", "住所"]') or ()
        if items and not self.path:
            table.report(
                "common",
                f"the directory has no {FILE_NAME}",
                f"add one, or declare each field by a [[field]] of {items}",
            )
            return ()
        for item in items:
            if item not in self.by_item and self.is_whole:
                known = ", ".join(self.by_item)
                table.report("common", f'{self.path} has no item "{item}"', f"write some of: {known}")
        return tuple(declaration for item in items for declaration in self.by_item.get(item, ()))


def read_common(document: dict[str, object], source: Source) -> CommonItems:
    """The items of one `common.toml`; its problems are in `source`."""
    top = Table(source, document, ())
    top.integer("format", f"write format = {FORMAT} as the first line", None, (FORMAT, FORMAT), required=True)
    tables = top.tables("field")
    form = read_form(tables)
    top.end()
    by_item: dict[str, tuple[Declaration, ...]] = {}
    for each in form.fields.values():
        by_item[each.declaration.item] = (*by_item.get(each.declaration.item, ()), each.declaration)
    for table in tables:
        if not table.has("item"):
            table.report("", "a common field without the item that it stands for", "write the words of the register")
    if not tables:
        top.report("", f"{FILE_NAME} declares no [[field]]", "declare the common items, or remove the file")
    return CommonItems(source.path, by_item, not source.problems)
