"""Debian packages unpacked, not installed: their dictionaries and documents are read, and no dependency comes along."""

from __future__ import annotations

import subprocess
from pathlib import Path

PACKAGES = ("mecab-ipadic", "libreoffice-help-ja")
_SECONDS = 600


class TextsMissing(Exception):
    """A package cannot be had, or does not hold what it is known to hold."""


def unpacked(directory: Path) -> Path:
    """The root below which the packages' files lie; downloads what is not there yet."""
    root = directory / "debian"
    done = root / "complete"
    if not done.is_file():
        root.mkdir(parents=True, exist_ok=True)
        for package in PACKAGES:
            _run(["apt-get", "download", "--quiet", package], root)
        for archive in sorted(root.glob("*.deb")):
            _run(["dpkg-deb", "-x", archive.name, "files"], root)
            archive.unlink()
        done.touch()
    return root / "files"


def _run(command: list[str], directory: Path) -> None:
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=_SECONDS)
    if done.returncode != 0:
        raise TextsMissing(f"{' '.join(command)}: {done.stderr.strip()[-300:]}; an `apt-get update` may be due")
