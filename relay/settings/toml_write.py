"""Writing TOML for the files that the lab generates. Tables, arrays of tables and plain values; the reader is tomllib."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def to_toml(tree: Mapping[str, Any]) -> str:
    """`tree`: table name -> table, or list of tables. None values are left out, as TOML has none."""
    blocks = []
    for name, content in tree.items():
        if isinstance(content, list):
            blocks += [_block(f"[[{name}]]", row) for row in content]
        else:
            blocks.append(_block(f"[{name}]", content))
    return "\n".join(blocks)


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` laid over `below`: tables key by key; lists, also of tables, as a whole."""
    result = dict(below)
    for key, value in above.items():
        under = result.get(key)
        result[key] = merged(under, value) if isinstance(under, Mapping) and isinstance(value, Mapping) else value
    return result


def _block(header: str, table: Mapping[str, Any]) -> str:
    return "\n".join(
        [header, *(f"{key} = {toml_value(value)}" for key, value in table.items() if value is not None), ""]
    )


def toml_value(value: object) -> str:
    """One plain value, on one line."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # TOML forbids a bare DEL
        case list() | tuple():
            return f"[{', '.join(toml_value(item) for item in value)}]"
        case _:
            raise TypeError(f"no configuration value: {type(value).__name__}")
