"""How a role's life ends, and what is made for it before it begins. The walls of a start are tried in test_sandbox."""

from __future__ import annotations

import json
import os
import pwd
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trio

from relay.base.errors import Broken, ConfigInvalid, IntegrityBroken
from relay.ops import start
from relay.ops.logs import Log


@pytest.mark.parametrize(
    ("error", "code", "event"),
    [
        (None, 0, "ended"),
        (Broken("a disk"), 74, "failed"),
        (IntegrityBroken("a log"), 76, "failed"),
        (ExceptionGroup("of a nursery", [ExceptionGroup("of another", [Broken("a disk")])]), 74, "failed"),
        (ValueError("a bug"), 70, "failed"),
    ],
    ids=["ended", "broken", "integrity", "nested", "bug"],
)
def test_how_a_life_ended_is_its_exit_code(tmp_path: Path, error: Exception | None, code: int, event: str) -> None:
    async def life() -> None:
        await trio.lowlevel.checkpoint()
        if error is not None:
            raise error

    with (tmp_path / "said").open("wb") as out:
        assert start._exit_code(life, Log("ledger", None, out.fileno(), {})) == code
    (line,) = (tmp_path / "said").read_text().splitlines()
    assert json.loads(line)["event"] == event


@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_a_directory_of_a_role_is_as_open_as_it_says(tmp_path: Path, mode: int) -> None:
    before = os.umask(0o022)
    try:
        made = start.own_directory(tmp_path / "run" / "role", mode)
    finally:
        os.umask(before)
    assert stat.S_IMODE(made.stat().st_mode) == mode


def test_a_directory_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o710)
    assert start.own_directory(tmp_path, 0o755) == tmp_path
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o710


def test_a_directory_that_cannot_be_made_says_what_to_mend(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigInvalid, match="make it, for this role's user"):
        start.own_directory(tmp_path / "file" / "role")


def test_the_status_is_told_to_its_client_only(tmp_path: Path) -> None:
    role: Any = SimpleNamespace(run_dir=tmp_path, status_client="nobody")
    listener = start._status_listener(role, "front", 3)
    about = (tmp_path / "status" / "front-3.sock").stat()
    listener.close()
    assert stat.S_IMODE(about.st_mode) == 0o660
    nobody = pwd.getpwnam("nobody")
    assert about.st_gid == (nobody.pw_gid if os.geteuid() == 0 else os.getegid())  # only root can give it away
