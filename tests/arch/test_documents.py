"""What the documents name exists, and what they count is right."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from relay.base.errors import Broken, ConfigInvalid, IntegrityBroken, WallMissing
from tests.arch.sources import ROOT, all_files

PAGES = [path for path in all_files() if path.suffix == ".md" and "vectors" not in path.parts]
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`[^`\n]*`")
CODE_PATH = re.compile(r"`((?:relay|policy|content|certs|tests|docs|config|systemd|scripts|bench)/[A-Za-z0-9_./-]+)`")
STEPS_OF_OTHERS = {"packages"}  # targets that are no commands of their own
PROMISES = [f"P{number}" for number in range(1, 9)]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        if anchor:
            assert anchor in anchors(found), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_paths_that_are_named_exist(page: Path) -> None:
    for name in CODE_PATH.findall(page.read_text(encoding="utf-8")):
        assert (ROOT / name).exists() or "NAME" in name, name


def test_there_are_pages() -> None:
    names = {page.relative_to(ROOT).as_posix() for page in PAGES}
    wanted = {"README.md", "README.ja.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"}
    wanted |= {f"docs/{name}.md" for name in ("overview", "threat-model", "limitations", "dependencies", "glossary")}
    assert wanted <= names
    assert len([name for name in names if name.startswith("docs/spec/")]) >= 8


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_every_promise_names_tests(name: str) -> None:
    rows = {line.split(" | ")[0].strip("| "): line for line in read(name).splitlines() if re.match(r"\| P\d \|", line)}
    assert list(rows) == PROMISES
    for promise, row in rows.items():
        assert re.findall(r"\]\((tests/[^)]+\.py)\)", row), promise


def test_the_two_readmes_say_the_same() -> None:
    """Equal in content: the same headings, links, commands and tables."""
    english, japanese = read("README.md"), read("README.ja.md")
    assert len(re.findall(r"^## ", english, re.MULTILINE)) == len(re.findall(r"^## ", japanese, re.MULTILINE))
    others = {"README.md", "README.ja.md"}
    assert set(LINK.findall(english)) - others == set(LINK.findall(japanese)) - others
    commands = [re.findall(r"^    (?!#)(\S.*?)(?:  +.*)?$", text, re.MULTILINE) for text in (english, japanese)]
    assert [line.replace("TRANSFER-ID", "転送番号") for line in commands[0]] == commands[1]


def test_every_target_of_make_is_explained_and_every_command_with_make_is_one() -> None:
    makefile = read("Makefile")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    targets = set(phony.split())
    assert targets == set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    meant_for_people = targets - STEPS_OF_OTHERS
    assert set(re.findall(r"^#   make ([a-z-]+) ", makefile, re.MULTILINE)) == meant_for_people
    for name in ("README.md", "README.ja.md"):
        assert set(re.findall(r"(?:^    |^\| `)make ([a-z-]+)", read(name), re.MULTILINE)) == meant_for_people, name
    for page in PAGES:
        named = set(re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8")))
        assert named <= meant_for_people, page


def test_every_dependency_is_explained() -> None:
    """By name, in the right table, and none that is gone."""
    page = read("docs/dependencies.md")
    run, develop = page.split("## To run")[1].split("## To develop")
    develop = develop.split("## From Debian")[0]
    project = tomllib.loads(read("pyproject.toml"))["project"]
    for text, section, asked in (
        (run, "requirements.lock", project["dependencies"]),
        (develop, "requirements-dev.lock", project["optional-dependencies"]["dev"]),
    ):
        explained = {name.lower() for name in re.findall(r"^\| ([A-Za-z0-9-]+) \| (?!why|by)", text, re.MULTILINE)}
        explained |= {name.lower() for name in re.findall(r"\b([a-z0-9-]+) \((?:MIT|BSD|Apache|MPL)", text)}
        explained -= {"package"}
        pinned = set(re.findall(r"^([a-z0-9-]+)==", read(section), re.MULTILINE))
        if section == "requirements-dev.lock":
            pinned -= set(re.findall(r"^([a-z0-9-]+)==", read("requirements.lock"), re.MULTILINE))
        assert explained == pinned
        assert {re.split(r"[<>=]", name)[0].lower() for name in asked} <= explained


def test_limitations_list_every_difference_from_x509_limbo() -> None:
    accepted = read("docs/spec/x509-limbo.md").split("## 2.")[1].split("## 3.")[0]
    wanted = re.findall(r"^\| `([^`]+)` \|", accepted, re.MULTILINE)
    assert re.findall(r"^- `([^`]+)`$", read("docs/limitations.md"), re.MULTILINE) == wanted
    assert wanted


def test_exit_codes_are_explained_to_operators() -> None:
    rows = set(re.findall(r"^\| (\d+) \|", read("docs/operate/run.md"), re.MULTILINE))
    codes = {kind.exit_code for kind in (Broken, IntegrityBroken, ConfigInvalid, WallMissing)}  # type: ignore[attr-defined]  # each has one
    assert rows == {str(code) for code in codes} | {"70"}


def test_decisions_are_numbered_and_whole() -> None:
    pages = sorted((ROOT / "docs/adr").glob("*.md"))
    numbers = [page.name[:4] for page in pages]
    assert len(set(numbers)) == len(numbers) >= 8
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for word in ("**Context", "**Decision", "**Consequences"):
            assert word in text, (page.name, word)
        for first, second in re.findall(r"docs/adr/(\d{4})(-[a-z0-9-]+\.md)?", text):
            assert first in numbers, (page.name, first, second)
