"""Each `tests/golden/settings/*.tomltest`: a configuration, `----------`, and exactly the problems found in it, or `ok`.

Line 1 of a case is `# host` or `# gate`. Tables that the case does not write are appended from `base-host.toml` or
`base-gate.toml`, unless line 1 names them after `without`. `{dir}` stands for the directory of the file.
To write the expectation of a new case: run this file as a script with the case's path, and judge what it prints.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import pytest

from relay.base.errors import ConfigInvalid
from relay.settings.load import load_gate, load_host

GOLDEN = Path(__file__).parents[2] / "golden" / "settings"
CASES = sorted(GOLDEN.glob("*.tomltest"))
SEPARATOR = "----------\n"
FILES = ("a.crt", "a.vkey", "a.pub")

_HEADER = re.compile(r"^\[\[?([a-z]+)", re.MULTILINE)


def completed(text: str) -> str:
    """The case's text and the tables that it leaves to the base file."""
    first = text.partition("\n")[0].split()
    kind, absent = first[1], set(first[3:])
    base = (GOLDEN / f"base-{kind}.toml").read_text()
    written = set(_HEADER.findall(text)) | absent
    for block in base.split("\n\n"):
        found = _HEADER.search(block)
        assert found is not None
        if found[1] not in written:
            text += "\n" + block + "\n"
    return text


def outcome(text: str, directory: Path) -> str:
    for name in FILES:
        (directory / name).write_text("x")
    path = directory / "case.toml"
    path.write_text(completed(text))
    load = load_gate if text.startswith("# gate") else load_host
    try:
        load(path)
    except ConfigInvalid as invalid:
        return str(invalid).replace(str(path), "case.toml").replace(str(directory), "{dir}") + "\n"
    return "ok\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_configuration_has_exactly_these_problems(case: Path, tmp_path: Path) -> None:
    text, separator, expected = case.read_text().partition(SEPARATOR)
    assert separator, "no separator"
    assert re.match(r"# (host|gate)( without( [a-z]+)+)?\n", text), "line 1 names the kind of file"
    assert outcome(text, tmp_path) == expected


def test_all_cases_are_found() -> None:
    assert len(CASES) == 64


if __name__ == "__main__":
    for name in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as temporary:
            source = Path(name).read_text().partition(SEPARATOR)[0]
            print(outcome(source, Path(temporary)), end="")
