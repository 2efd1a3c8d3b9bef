"""What the architecture tests look at: every source file of the four packages, parsed once."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("relay", "policy", "certs", "content")
MADE = {
    ".git",
    ".venv",
    ".hypothesis",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".import_linter_cache",
    "__pycache__",
}
MADE |= {"build", "dist", "out"}


@dataclass(frozen=True)
class Source:
    """One module. `name`: its path from the root of the repository, with slashes."""

    name: str
    text: str
    tree: ast.Module

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        return (node for node in ast.walk(self.tree) if isinstance(node, kinds))

    def line(self, node: ast.AST) -> str:
        return self.text.splitlines()[node.lineno - 1]  # type: ignore[attr-defined]  # only nodes with a place are asked for


@functools.cache
def sources() -> tuple[Source, ...]:
    """Every module of relay, policy, certs and content."""
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            found.append(Source(path.relative_to(ROOT).as_posix(), text, ast.parse(text)))
    assert len(found) > 150, "the packages were not found"
    return tuple(found)


@functools.cache
def all_files() -> tuple[Path, ...]:
    """Every file of the repository but what tools made."""
    found = []
    for entry in sorted(ROOT.iterdir()):
        if entry.name in MADE or entry.name.endswith(".egg-info"):
            continue
        found += [entry] if entry.is_file() else [path for path in sorted(entry.rglob("*")) if _is_ours(path)]
    assert len(found) > 300
    return tuple(found)


def _is_ours(path: Path) -> bool:
    return path.is_file() and not MADE & set(path.relative_to(ROOT).parts)
