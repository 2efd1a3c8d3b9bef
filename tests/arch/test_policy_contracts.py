"""The policy imports nothing of relay, its codes are reasons, and Admitted has one maker."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from policy.verdict import Code
from relay.base.reasons import Reason

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "policy").glob("**/*.py"))
EVERYTHING = sorted(path for top in ("relay", "policy", "certs") for path in (ROOT / top).glob("**/*.py"))
ALLOWED = {
    "__future__", "abc", "argparse", "binascii", "bisect", "codecs", "collections", "contextlib", "dataclasses", "datetime",
    "difflib", "enum", "functools", "glob", "hashlib", "html", "importlib", "ipaddress", "itertools", "json", "librt", "mypy_extensions",
    "operator", "pathlib", "policy", "re", "sys", "tomllib", "types", "typing", "unicodedata", "urllib",
}  # fmt: skip
# The one module that knows each library
SEAMS = {
    "policy/scan/database.py": {"hyperscan"},
    "policy/operators/pcre.py": {"pcre2"},
    "policy/operators/injection.py": {"ctypes"},
    "policy/variables/processors/xml.py": {"lxml"},
    "policy/regular_file.py": {"errno", "stat"},  # what is no file that ends
    "policy/scan/cache.py": {"secrets"},  # the name of a file that is not complete yet
}
# What opens files, and no other module does
READERS = (
    "policy/load.py",
    "policy/seclang/load.py",
    "policy/rule_set.py",
    "policy/rule_files.py",
    "policy/scan/cache.py",
    "policy/operators/table.py",
    "policy/engine/program.py",
    "policy/regular_file.py",
)


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


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_policy_is_pure(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    assert {name.split(".")[0] for name in imported(path)} <= ALLOWED | SEAMS.get(name, set())


def test_each_library_is_known_to_one_module() -> None:
    for name, libraries in SEAMS.items():
        assert libraries <= {module.split(".")[0] for module in imported(ROOT / name)}


def test_only_loaders_touch_files() -> None:
    """A request is judged without one: nothing that is called for a request opens anything."""
    assert len(MODULES) > 90
    opening = re.compile(
        r"\.(?:read_bytes|read_text|write_bytes|write_text|glob|iterdir|unlink|mkdir)\(|(?<!def )(?<![.\w])open\("
        r"|(?<!def )\bread_regular\(|\bpath\.open\("
    )
    readers = {
        path.relative_to(ROOT).as_posix() for path in MODULES if opening.search(path.read_text(encoding="utf-8"))
    }
    assert readers == set(READERS)


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
