"""Keeps the `[limits]` part of config/*.toml as `relay.base.limits` has it: `python -m relay.settings.example`.

A test compares the two, so a limit that is added, renamed or given another default is followed by one run of this.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from relay.base.limits import Limits

DIRECTORY = Path(__file__).parents[2] / "config"
FILES = ("sekisho.toml", "gate.toml")

_HEADER = "[limits]\n"


def limits_as_comments() -> str:
    lines = []
    for entry in fields(Limits):
        about = entry.metadata
        lines.append(f"# {entry.name} = {entry.default}  # {about['unit']}; {about['minimum']} to {about['maximum']}\n")
    return "".join(lines)


def with_current_limits(text: str) -> str:
    """`text` with everything after its `[limits]` line, which is the last table, written anew."""
    return text[: text.index(_HEADER) + len(_HEADER)] + limits_as_comments()


if __name__ == "__main__":
    for name in FILES:
        path = DIRECTORY / name
        path.write_text(with_current_limits(path.read_text(encoding="utf-8")), encoding="utf-8")
