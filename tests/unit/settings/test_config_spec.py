"""docs/spec/config.md lists exactly the keys of the model, with their defaults."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec import NODEFAULT, inspect

from relay.settings.model import GateFile, HostFile

SPEC = (Path(__file__).parents[3] / "docs" / "spec" / "config.md").read_text()
SECTION = re.compile(
    r"^### (?P<number>[34])\.\d+ `\[+(?P<table>[a-z_]+)\]+`.*?\n(?P<body>.*?)(?=^##)", re.MULTILINE | re.DOTALL
)
ROW = re.compile(r"^\| `(?P<key>[a-z_]+)` \| .+ \| (?P<default>[^|]+) \|$", re.MULTILINE)


@pytest.mark.parametrize(("number", "model", "count"), [("3", HostFile, 11), ("4", GateFile, 3)])
def test_each_table_is_listed(number: str, model: type, count: int) -> None:
    listed = {
        found["table"]: {row["key"]: row["default"].strip('` "') for row in ROW.finditer(found["body"])}
        for found in SECTION.finditer(SPEC)
        if found["number"] == number
    }
    compared = 0
    shape = inspect.type_info(model)
    assert isinstance(shape, inspect.StructType)
    for table in shape.fields:
        kind = getattr(table.type, "item_type", table.type)
        if not isinstance(kind, inspect.StructType) or (number == "4" and table.name == "sandbox"):
            continue
        assert list(listed[table.name]) == [entry.name for entry in kind.fields], table.name
        for entry in kind.fields:
            said = listed[table.name][entry.name]
            if entry.required:
                assert said == "required"
            elif entry.default is None or entry.default == []:
                assert said.startswith("none"), entry.name
            elif entry.default is not NODEFAULT:
                assert said == str(entry.default).lower(), entry.name
        compared += 1
    assert compared == count
