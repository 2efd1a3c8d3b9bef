"""Secrets by name: what is read, and what is refused with which advice."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from relay.base.errors import ConfigInvalid
from relay.ops.credentials import CREDENTIAL_BYTES, credential_path, read_credential


def put(directory: Path, name: str = "egress", content: bytes = b"secret", mode: int = 0o400) -> Path:
    path = directory / name
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("mode", [0o400, 0o600])
def test_a_closed_file_is_read(tmp_path: Path, mode: int) -> None:
    put(tmp_path, mode=mode)
    assert read_credential("egress", tmp_path, {}) == b"secret"


def test_the_credentials_directory_comes_first(tmp_path: Path) -> None:
    keys, given = tmp_path / "keys", tmp_path / "given"
    keys.mkdir()
    given.mkdir()
    put(keys, content=b"of the directory")
    put(given, content=b"of systemd", mode=0o440)
    assert read_credential("egress", keys, {"CREDENTIALS_DIRECTORY": str(given)}) == b"of systemd"
    (given / "egress").unlink()
    with pytest.raises(ConfigInvalid, match="LoadCredential"):  # and nothing else is tried
        read_credential("egress", keys, {"CREDENTIALS_DIRECTORY": str(given)})


def link(directory: Path) -> None:
    put(directory, "target")
    (directory / "egress").symlink_to("target")


FAULTS: list[tuple[str, Callable[[Path], object], str]] = [
    ("absent", lambda directory: None, "there is no such key"),
    ("link", link, "symbolic link"),
    ("directory", lambda directory: (directory / "egress").mkdir(), "not a regular file"),
    ("fifo", lambda directory: os.mkfifo(directory / "egress", 0o400), "not a regular file"),
    ("group may read", lambda directory: put(directory, mode=0o440), "mode 0440"),
    ("others may read", lambda directory: put(directory, mode=0o404), "mode 0404"),
    ("executable", lambda directory: put(directory, mode=0o500), "mode 0500"),
    ("empty", lambda directory: put(directory, content=b""), "empty"),
    ("too large", lambda directory: put(directory, content=b"x" * (CREDENTIAL_BYTES + 1)), "larger than"),
]


@pytest.mark.parametrize(("make", "message"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_a_key_that_is_not_as_it_must_be_is_refused(
    tmp_path: Path, make: Callable[[Path], object], message: str
) -> None:
    make(tmp_path)
    with pytest.raises(ConfigInvalid, match=message) as refused:
        read_credential("egress", tmp_path, {})
    (problem,) = refused.value.problems
    assert problem.mend
    assert problem.path == str(tmp_path / "egress")
    assert "secret" not in str(problem)


def test_every_fault_is_tried() -> None:
    assert len(FAULTS) == 9


def test_a_key_of_the_greatest_size_is_read(tmp_path: Path) -> None:
    put(tmp_path, content=b"x" * CREDENTIAL_BYTES)
    assert len(read_credential("egress", tmp_path, {})) == CREDENTIAL_BYTES


def test_a_key_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of root's is taken: systemd and the operator write keys as root."""
    path = put(tmp_path)
    if os.geteuid() == 0:
        os.chown(path, 65_534, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 65_534)
    with pytest.raises(ConfigInvalid, match="belongs to uid"):
        read_credential("egress", tmp_path, {})


def test_systemd_files_may_not_be_open_to_all(tmp_path: Path) -> None:
    put(tmp_path, mode=0o444)
    with pytest.raises(ConfigInvalid, match="mode 0444"):
        read_credential("egress", tmp_path, {"CREDENTIALS_DIRECTORY": str(tmp_path)})


@pytest.mark.parametrize("name", ["", "../egress", "a/b", ".hidden", "A", "a" * 33, "egress\n", "-a", "a-"])
def test_a_name_cannot_leave_the_directory(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigInvalid, match="not the name"):
        credential_path(name, tmp_path, {})
