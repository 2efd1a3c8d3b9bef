"""The policy imports nothing of relay, its codes are reasons, and Admitted has one maker."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from policy.verdict import Code
from relay.base.reasons import Reason

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "policy").glob("**/*.py"))
EVERYTHING = sorted(path for top in ("relay", "policy", "certs") for path in (ROOT / top).glob("**/*.py"))
ALLOWED = {
    "__future__", "argparse", "collections", "dataclasses", "datetime", "enum", "functools", "json", "pathlib", "policy", "re",
    "sys", "tomllib", "typing", "unicodedata", "urllib",
}  # fmt: skip


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def test_every_code_is_a_reason() -> None:
    assert {code.value for code in Code} <= {reason.value for reason in Reason}
    assert {code.name for code in Code} <= {reason.name for reason in Reason}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_policy_is_pure(path: Path) -> None:
    assert {name.split(".")[0] for name in imported(path)} <= ALLOWED


def test_only_the_loader_touches_files() -> None:
    assert len(MODULES) > 15
    readers = [path.name for path in MODULES if "pathlib" in imported(path)]
    assert readers == ["commands.py", "load.py"]


def test_admitted_has_one_maker() -> None:
    users = []
    for path in EVERYTHING:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = (isinstance(node, ast.Name) and node.id == "_admit") or (
                isinstance(node, ast.Attribute) and node.attr == "_admit"
            )
            if named or (isinstance(node, ast.ImportFrom) and any(alias.name == "_admit" for alias in node.names)):
                users.append(path.relative_to(ROOT).as_posix())
    assert set(users) == {"policy/pipeline.py"}


def test_nobody_goes_around_the_constructor() -> None:
    text = "object.__new__(Admitted)"
    assert [path.name for path in EVERYTHING if text in path.read_text(encoding="utf-8")] == ["verdict.py"]
