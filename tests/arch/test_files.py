"""Sizes, names, and what must never be in the repository."""

from __future__ import annotations

import ast
import re

import pytest

from tests.arch.sources import ROOT, all_files, sources

MODULE_LINES = 400
FUNCTION_LINES = 60
LONGER = {"relay/base/reasons.py": "one table, which is read as one"}
LONGER_TESTS = {
    "tests/unit/http/cases.py": "one table, row by row that of docs/spec/http.md",
    "tests/unit/front/test_serve.py": "everything that one connection of the front can meet",
    "tests/vectors/envelope/make.py": "one run makes all vectors",
}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "manager", "common", "misc", "base", "core"}
SECRET = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s*\n[A-Za-z0-9+/=]{16}"  # PEM
    rb"|PRIVATE\+KEY\+[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{40}"  # signed-note keys: the log, receipts, fronts
    rb"|SEKISHO-SEALING-KEY-1 [A-Za-z0-9+/=]{40}"
    rb"|AGE-SECRET-KEY-1[0-9A-Z]{20}|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|xox[baprs]-[0-9A-Za-z-]{20}"
)
MAY_HOLD_SECRETS = {"tests/vectors/envelope/keys.json": "keys whose seeds are public (PROVENANCE.md beside it)"}
SECRET_SUFFIXES = {".pem", ".key", ".p12", ".pfx", ".jks", ".kdbx"}
LOCKS = ("requirements.lock", "requirements-dev.lock")


def test_modules_are_short() -> None:
    found = {source.name for source in sources() if len(source.text.splitlines()) > MODULE_LINES}
    assert found == set(LONGER)


def test_files_of_tests_and_measurements_are_short() -> None:
    files = [
        path for path in all_files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in ("tests", "bench")
    ]
    assert len(files) > 400
    found = {
        path.relative_to(ROOT).as_posix() for path in files if len(path.read_text("utf-8").splitlines()) > MODULE_LINES
    }
    assert found == set(LONGER_TESTS)


def test_functions_are_short() -> None:
    seen, too_long = 0, []
    for source in sources():
        for node in source.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
            seen += 1
            if node.end_lineno - node.lineno + 1 > FUNCTION_LINES:  # type: ignore[attr-defined]  # functions have places
                too_long.append(f"{source.name}:{node.name}")  # type: ignore[attr-defined]  # and names
    assert too_long == []
    assert seen > 1000


def test_every_module_says_what_it_is() -> None:
    """The packages' own files are empty, so that an import closure is exact; `relay` and `policy` may hold a map."""
    silent = []
    for source in sources():
        if source.name.endswith("__init__.py"):
            if source.name not in ("relay/__init__.py", "policy/__init__.py"):
                assert source.text == "", source.name
            assert not any(source.nodes(ast.Import, ast.ImportFrom)), source.name
        elif not ast.get_docstring(source.tree):
            silent.append(source.name)
    assert silent == []


def test_names_say_what_is_inside() -> None:
    for source in sources():
        words = source.name.removesuffix(".py").split("/")
        assert words[-1] not in VAGUE_NAMES, source.name


def test_imports_are_at_the_top() -> None:
    """An import inside a function would hide from the contracts, and fail behind the walls."""
    inside = []
    for source in sources():
        for function in source.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
            inside += [source.name for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert inside == []
    by_name = {source.name for source in sources() if re.search(r"\bimport_module\(|__import__", source.text)}
    assert by_name == {"relay/cli.py", "relay/ops/sandbox/walls.py"}


def test_no_secret_is_in_the_repository() -> None:
    holders = {path.relative_to(ROOT).as_posix() for path in all_files() if SECRET.search(path.read_bytes())}
    assert holders <= set(MAY_HOLD_SECRETS)
    assert {path.relative_to(ROOT).as_posix() for path in all_files()} >= set(MAY_HOLD_SECRETS)
    assert [path.name for path in all_files() if path.suffix in SECRET_SUFFIXES] == []


@pytest.mark.parametrize(
    "text",
    [
        b"-----BEGIN PRIVATE" + b" KEY-----\nMC4CAQAwBQYDK2VwBCIEIA",
        b"-----BEGIN EC PRIVATE" + b" KEY-----\nMHcCAQEEIAAAAAAAAAA",
        b"PRIVATE" + b"+KEY+relay1.example.jp/log+0123abcd+" + b"A" * 44,
        b"SEKISHO-SEALING-KEY" + b"-1 " + b"A" * 128,
        b"AKIA" + b"ABCDEFGHIJKLMNOP",
    ],
)
def test_the_scan_finds_secrets(text: bytes) -> None:
    assert SECRET.search(text)


@pytest.mark.parametrize("name", LOCKS)
def test_lock_files_pin_hashes_and_name_no_registry(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|--trusted-host|\b\d{1,3}(\.\d{1,3}){3}:\d", text)
    pinned = re.findall(r"^([A-Za-z0-9_.-]+)==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    assert len(pinned) == len(re.findall(r"^[A-Za-z0-9]", text, re.MULTILINE)) >= 10
    assert "h11" in pinned
    version = re.search(r"^h11==(\d+)\.(\d+)", text, re.MULTILINE)
    assert version and (int(version[1]), int(version[2])) >= (0, 16)  # CVE-2025-43859
