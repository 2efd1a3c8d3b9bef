"""What loading gives and refuses beyond the golden cases: paths, bytes that are no text, sources, and overrides."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from msgspec import inspect

from relay.base.errors import ConfigInvalid
from relay.base.limits import DEFAULTS, Limits
from relay.settings import example
from relay.settings.load import FILE_BYTES, load_gate, load_host, read_host, read_overrides
from relay.settings.model import GateFile, HostFile

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden" / "settings"


@pytest.fixture
def host_file(tmp_path: Path) -> Path:
    for name in ("a.crt", "a.vkey", "a.pub"):
        (tmp_path / name).write_text("x")
    path = tmp_path / "sekisho.toml"
    path.write_text((GOLDEN / "base-host.toml").read_text())
    return path


def problems(path: Path) -> list[str]:
    with pytest.raises(ConfigInvalid) as caught:
        load_host(path)
    assert caught.value.exit_code == 78
    return [str(problem).partition("\n")[0].removeprefix(str(path)) for problem in caught.value.problems]


def test_defaults_are_filled_in_and_paths_are_absolute(host_file: Path) -> None:
    settings = load_host(host_file)
    assert isinstance(settings, HostFile)
    assert settings.limits == DEFAULTS
    assert settings.front.workers == 1
    assert settings.sandbox.landlock == "require"
    assert settings.egress.certificate == str(host_file.parent / "a.crt")
    assert settings.ledger.directory == "/var/lib/sekisho/log"


def test_a_relative_path_starts_at_the_directory_of_the_file(
    host_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host_file.write_text(host_file.read_text().replace("[host]\n", '[host]\nkeys_dir = "keys/../own"\n'))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    settings = load_host(Path("..") / "sekisho.toml")
    assert Path(settings.host.keys_dir).resolve() == tmp_path / "own"
    assert os.path.isabs(settings.host.keys_dir)


def test_values_say_where_they_came_from(host_file: Path) -> None:
    loaded = read_host(host_file)
    assert loaded.source(("host", "name")) == "sekisho.toml:2"
    assert loaded.source(("front", "workers")) == "default"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'[host]\nname = "\xff"\n', ":2: is not UTF-8 text"),
        (b"\xef\xbb\xbf[host]\n", ":1: is not TOML: Invalid statement"),
        (b"a = " + b"[" * 100_000, ": is nested too deeply"),
        (b"a = 1" + b"0" * 5_000 + b"\n", ": is not TOML:"),
        (b"[limits]\nfields = 0x1" + b"0" * 5_000 + b"\n", "a very large number"),
        (b"#" * (FILE_BYTES + 1), f": is larger than {FILE_BYTES} bytes"),
        (b"", ":1: the table [host] is missing"),
    ],
)
def test_bytes_that_are_no_configuration(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "sekisho.toml"
    path.write_bytes(content)
    assert any(expected in message for message in problems(path))


def test_a_file_of_exactly_the_largest_size_is_read(host_file: Path) -> None:
    text = host_file.read_bytes()
    host_file.write_bytes(text + b"#" * (FILE_BYTES - len(text)))
    assert load_host(host_file).host.name == "relay1.example.jp"


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    assert problems(tmp_path / "none.toml") == [": does not exist"]
    assert problems(tmp_path) == [": cannot be read: Is a directory"]


def test_windows_line_ends_do_not_move_the_lines(host_file: Path) -> None:
    host_file.write_bytes(host_file.read_bytes().replace(b"\n", b"\r\n").replace(b"[front]", b"[front]\r\nworkers = 0"))
    assert [message.partition(": [")[0] for message in problems(host_file)] == [":5"]


@pytest.mark.parametrize("entry", dataclasses.fields(Limits), ids=lambda entry: entry.name)
def test_each_limit_is_taken_at_its_bounds_and_refused_beyond(host_file: Path, entry: dataclasses.Field[int]) -> None:
    text = host_file.read_text()
    for value in (entry.metadata["minimum"], entry.metadata["maximum"]):
        host_file.write_text(f"{text}\n[limits]\n{entry.name} = {value}\n")
        assert getattr(load_host(host_file).limits, entry.name) == value
    for value in (entry.metadata["minimum"] - 1, entry.metadata["maximum"] + 1):
        host_file.write_text(f"{text}\n[limits]\n{entry.name} = {value}\n")
        assert len(problems(host_file)) == 1


def test_overrides_need_nothing_but_must_be_right(tmp_path: Path) -> None:
    path = tmp_path / "extra.toml"
    path.write_text("[front]\nworkers = 2\n[limits]\nfields = 5\n")
    assert read_overrides(path) == {"front": {"workers": 2}, "limits": {"fields": 5}}
    path.write_text("[front]\nworkers = 0\n[gate_file]\nx = 1\n[limits]\nfield = 5\n")
    with pytest.raises(ConfigInvalid) as caught:
        read_overrides(path)
    assert [problem.line for problem in caught.value.problems] == [2, 3, 6]


def shipped(name: str, directory: Path, *, with_defaults: bool) -> Path:
    """The shipped file, with every file that it names; `with_defaults` also takes its `# name = value` lines."""
    text = (ROOT / "config" / name).read_text()
    if with_defaults:
        text = re.sub(r"^# (?=[a-z_]+ = |\[)", "", text, flags=re.MULTILINE)
    (directory / "procedures").mkdir(exist_ok=True)
    (directory / "certs").mkdir(exist_ok=True)
    text = text.replace('"/etc/clamav/', '"certs/')  # a file that need not be on this machine
    for path in re.findall(r'"(certs/[^"]+)"', text):
        (directory / path).write_text("x")
    (directory / name).write_text(text)
    return directory / name


def test_the_shipped_files_load(tmp_path: Path) -> None:
    assert load_host(shipped("sekisho.toml", tmp_path, with_defaults=False)).front.workers == 2
    assert load_gate(shipped("gate.toml", tmp_path, with_defaults=False)).gate.name == "gate1.example.jp"


def test_the_shipped_files_show_every_key_and_each_default(tmp_path: Path) -> None:
    for name, model, load in (("sekisho.toml", HostFile, load_host), ("gate.toml", GateFile, load_gate)):
        path = shipped(name, tmp_path, with_defaults=True)
        load(path)
        everything = tomllib.loads(path.read_text())
        plain = tomllib.loads(shipped(name, tmp_path, with_defaults=False).read_text())
        for table in inspect.type_info(model).fields:  # type: ignore[attr-defined]  # a Struct gives a StructType
            one = next(iter(getattr(table.type, "types", [])), table.type)  # of a table that nobody needs
            shape = getattr(one, "item_type", one)
            written = everything[table.name][0] if isinstance(everything[table.name], list) else everything[table.name]
            assert set(written) == {entry.name for entry in shape.fields}, table.name
            if table.name not in plain:  # an example of a table that nobody needs
                continue
            commented = plain[table.name][0] if isinstance(plain[table.name], list) else plain[table.name]
            for entry in shape.fields:
                default = entry.default_factory() if callable(entry.default_factory) else entry.default
                if entry.name not in commented and default is not None and default != []:
                    assert written[entry.name] == default, f"{table.name}.{entry.name}"


def test_the_shipped_files_show_the_limits_as_they_are() -> None:
    for name in example.FILES:
        text = (example.DIRECTORY / name).read_text()
        assert text == example.with_current_limits(text), "run: python -m relay.settings.example"


def test_each_line_of_the_shipped_files_has_its_comment() -> None:
    for name in ("sekisho.toml", "gate.toml"):
        lines = (ROOT / "config" / name).read_text().splitlines()
        settings = [line for line in lines if re.match(r"(# )?[a-z_]+ = ", line)]
        assert len(settings) > 40
        assert [line for line in settings if "  # " not in line] == []


def test_reading_the_configuration_imports_nothing_that_a_role_may_not_have() -> None:
    """Every role imports relay.settings.load, so what that imports is part of every role's privilege."""
    program = "import sys, relay.settings.load; print(*sorted(name for name in sys.modules if '.' in name))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT, timeout=60
    )
    ours = {name for name in done.stdout.split() if name.split(".")[0] in {"relay", "policy", "certs", "trio"}}
    assert {name for name in ours if not name.startswith(("relay.base", "relay.settings"))} == set()
    assert "relay.settings.load" in ours
    assert "cryptography.x509" not in done.stdout.split()
