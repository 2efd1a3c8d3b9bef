"""Before any test: what was compiled belongs to the sources that are here (docs/adr/0012)."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]


def pytest_sessionstart() -> None:
    noted = Path(sys.prefix, "compiled")
    lines = noted.read_text().splitlines() if noted.exists() else []
    changed = [path for digest, path in (line.split() for line in lines) if _digest(_ROOT / path) != digest]
    if changed:
        pytest.exit(f"{changed[0]} is not what was compiled; run `make interpreted`, or `make test` to compile it", 4)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""
