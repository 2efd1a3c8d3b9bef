"""The effective settings: every value, defaults too, and where each came from."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from relay.settings.load import Loaded
from relay.settings.toml_lines import TomlPath
from relay.settings.toml_write import toml_value


class Row(NamedTuple):
    key: str
    value: str  # as TOML writes it, or "(none)"
    source: str  # file:line, or "default"


def tables(loaded: Loaded[Any]) -> Iterator[tuple[str, list[Row]]]:
    """Each table's header and its rows, in the order of the model."""
    for name, content in msgspec.to_builtins(loaded.settings).items():
        if isinstance(content, list):
            for position, row in enumerate(content):
                yield f"[[{name}]]", list(_rows(loaded, row, (name, position)))
        elif content is not None:  # a table that nobody needs
            yield f"[{name}]", list(_rows(loaded, content, (name,)))


def _rows(loaded: Loaded[Any], content: dict[str, Any], path: TomlPath) -> Iterator[Row]:
    for key, value in content.items():
        yield Row(key, "(none)" if value is None else toml_value(value), loaded.source((*path, key)))


def say_settings(loaded: Loaded[Any]) -> None:
    """On stdout: coloured on a terminal, else plain lines that grep and diff can work with."""
    console = Console(soft_wrap=not sys.stdout.isatty(), highlight=False)
    for header, rows in tables(loaded):
        if console.is_terminal:
            _say_table(console, header, rows)
            continue
        wide = max(len(row.key) for row in rows)
        print(f"\n{header}")
        for row in rows:
            print(f"{row.key:{wide}} = {row.value}  # {row.source}")


def _say_table(console: Console, header: str, rows: list[Row]) -> None:
    grid = Table(
        title=Text(header, style="bold cyan"), title_justify="left", box=None, show_header=False, padding=(0, 1)
    )
    for row in rows:
        key, value = ("dim", "dim") if row.source == "default" else ("bold", "")
        grid.add_row(Text(row.key, style=key), Text(row.value, style=value), Text(row.source, style="dim"))
    console.print(grid)


def as_object(loaded: Loaded[Any]) -> dict[str, Any]:
    """For `--json`: the settings, and the source of each value beside them."""
    settings: dict[str, Any] = msgspec.to_builtins(loaded.settings)
    sources: dict[str, Any] = {}
    for name, content in settings.items():
        if isinstance(content, list):
            sources[name] = [
                {key: loaded.source((name, position, key)) for key in row} for position, row in enumerate(content)
            ]
        elif content is not None:
            sources[name] = {key: loaded.source((name, key)) for key in content}
    return {"settings": settings, "sources": sources}
