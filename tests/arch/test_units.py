"""The systemd units are what docs/privileges.toml says, and systemd finds nothing wrong with them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from relay.ops.sandbox.walls import Walls
from relay.ops.status import socket_path

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "systemd"
PRIVILEGES: dict[str, dict[str, Any]] = tomllib.loads((ROOT / "docs/privileges.toml").read_text())
ROLES = sorted(PRIVILEGES)
KEY_SOURCE = "/etc/sekisho/keys"

Unit = dict[str, list[str]]  # `Section.Key`: its values


def unit(name: str) -> Unit:
    found: Unit = defaultdict(list)
    section = ""
    for line in (UNITS / name).read_text().splitlines():
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            section = heading[1]
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found[f"{section}.{key}"].append(value)
    return found


def words(found: Unit, key: str) -> list[str]:
    return [word for value in found[key] for word in value.split()]


def test_every_unit_belongs_to_a_role_and_every_role_has_its_own_user() -> None:
    named = {PRIVILEGES[role]["unit"] for role in ROLES}
    named |= {listens["unit"] for role in ROLES for listens in PRIVILEGES[role]["listens"]}
    assert {path.name for path in UNITS.iterdir() if path.suffix in (".service", ".socket")} == named
    assert ROLES == ["egress", "exporter", "front", "gate", "ledger", "scanner"]
    users = {PRIVILEGES[role]["user"] for role in ROLES}
    assert len(users) == len(ROLES)
    declared = re.findall(r"^u +(\S+)", (UNITS / "sekisho.sysusers").read_text(), re.MULTILINE)
    assert set(declared) == users


@pytest.mark.parametrize("role", ROLES)
def test_a_service_has_the_privileges_of_the_table_and_no_others(role: str) -> None:
    may, found = PRIVILEGES[role], unit(PRIVILEGES[role]["unit"])
    assert found["Service.User"] == found["Service.Group"] == [may["user"]]
    assert found["Service.SupplementaryGroups"] == []
    assert found["Service.ExecStart"] == [f"/opt/sekisho/bin/sekisho {may['runs']}"]
    assert words(found, "Service.Sockets") == [listens["unit"].replace("@.", "@%i.") for listens in may["listens"]]
    # the flag belongs to all processes that share a socket, and systemd sets it whenever it starts one of them
    assert found["Service.NonBlocking"] == (["yes"] if may["listens"] else [])
    assert words(found, "Service.RestrictAddressFamilies") == may["families"]
    assert (found["Service.PrivateNetwork"] == ["yes"]) == (may["network"] == "none")
    assert found["Service.IPAddressDeny"] == ["any"] or may["network"] == "none"
    keys = [value.split(":") for value in found["Service.LoadCredential"]]
    assert sorted(keys) == [[name, f"{KEY_SOURCE}/{name}"] for name in may["keys"]]
    written = [f"/var/lib/{name}" for name in words(found, "Service.StateDirectory")]
    assert written == may["write"]
    cached = [f"/var/cache/{name}" for name in words(found, "Service.CacheDirectory")]
    assert cached == may.get("write_at_start", [])
    assert found["Service.CacheDirectoryMode"] == (["0700"] if cached else [])
    assert set(cached) <= set(may["read"])
    for widening in (
        "ReadWritePaths",
        "LogsDirectory",
        "RuntimeDirectory",
        "BindPaths",
        "Environment",
    ):
        assert found[f"Service.{widening}"] == []
    assert f"-{KEY_SOURCE}" in words(found, "Service.InaccessiblePaths")
    inside_log = any(directory.startswith("/var/lib/sekisho/") for directory in may["write"])
    on_the_dmz = role != "gate"
    assert ("-/var/lib/sekisho" in words(found, "Service.InaccessiblePaths")) == (on_the_dmz and not inside_log)


FIXED = {
    "Type": "notify",
    "NotifyAccess": "main",
    "WatchdogSec": "30",
    "Restart": "always",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "LimitCORE": "0",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "RestrictNamespaces": "yes",
    "SystemCallArchitectures": "native",
    "UMask": "0077",
}


@pytest.mark.parametrize("role", ROLES)
def test_a_service_has_what_every_service_has(role: str) -> None:
    found = unit(PRIVILEGES[role]["unit"])
    assert {key: found[f"Service.{key}"] for key in FIXED} == {key: [value] for key, value in FIXED.items()}
    others = unit(PRIVILEGES["ledger"]["unit"])
    assert found["Service.SystemCallFilter"] == others["Service.SystemCallFilter"]
    assert found["Service.MemoryDenyWriteExecute"] == []  # the TLS library could not make its callbacks


@pytest.mark.parametrize(
    ("role", "listens"), [(role, listens) for role in ROLES for listens in PRIVILEGES[role]["listens"]],
    ids=lambda given: given if isinstance(given, str) else given["unit"],
)  # fmt: skip
def test_a_socket_is_for_its_client_only(role: str, listens: dict[str, str]) -> None:
    found = unit(listens["unit"])
    addresses = found["Socket.ListenStream"] + found["Socket.ListenSequentialPacket"]
    assert addresses == [listens["address"]]
    assert found["Socket.FileDescriptorName"] == [listens["name"]]
    first = PRIVILEGES[role]["unit"].replace("@.", "@%i." if "@" in listens["unit"] else "@0.")
    assert found["Socket.Service"] == [first]
    if listens["address"].startswith("/"):
        assert found["Socket.SocketUser"] == ["root"]
        assert found["Socket.SocketGroup"] == [listens["client"]]
        assert found["Socket.SocketMode"] == ["0660"]


def test_status_sockets_are_where_the_exporter_looks() -> None:
    run_dir = Path("/run/sekisho")
    for role in ("egress", "ledger", "scanner"):
        assert [str(socket_path(run_dir, role))] == unit(f"sekisho-status-{role}.socket")["Socket.ListenStream"]
    (of_front,) = unit("sekisho-status-front@.socket")["Socket.ListenStream"]
    assert of_front.replace("%i", "3") == str(socket_path(run_dir, "front", 3))


def test_what_a_role_connects_to_is_a_socket_for_it() -> None:
    served = {listens["address"]: listens["client"] for role in ROLES for listens in PRIVILEGES[role]["listens"]}
    tried = 0
    for role in ROLES:
        for name in PRIVILEGES[role]["connects"]:
            if name.endswith(".sock") and "*" not in name:
                assert served[f"/run/sekisho/{name}"] == PRIVILEGES[role]["user"]
                tried += 1
    assert tried == 4


@pytest.mark.parametrize("role", ROLES)
def test_the_profile_of_calls_is_one_that_walls_have(role: str) -> None:
    calls = PRIVILEGES[role]["calls"]
    assert set(calls) == {"inet", "unix", "listen", "write", "children"}
    assert calls["children"] == (role == "scanner")
    assert calls["write"] == bool(PRIVILEGES[role]["write"])
    assert calls["inet"] == ("AF_INET" in PRIVILEGES[role]["families"])
    assert not calls["listen"] and not Walls(role=role).listen_after


def test_the_target_starts_every_role_of_the_dmz() -> None:
    wanted = set(words(unit("sekisho.target"), "Unit.Wants"))
    """But for the scanner, which belongs to a host whose procedures take files."""
    services = {PRIVILEGES[role]["unit"].replace("@.", "@0.") for role in ROLES if role not in ("gate", "scanner")}
    assert services == {name for name in wanted if name.endswith(".service")}
    for role in ROLES:
        expected = ["multi-user.target"] if role == "gate" else ["sekisho.target"]
        assert unit(PRIVILEGES[role]["unit"])["Install.WantedBy"] == expected


def _written(may: dict[str, Any]) -> str:
    at_start = [f"`{name}` (at start only)" for name in may.get("write_at_start", [])]
    return ", ".join([*(f"`{name}`" for name in may["write"]), *at_start]) or "nothing"


def test_only_the_front_reloads() -> None:
    reloading = {role: unit(PRIVILEGES[role]["unit"])["Service.ExecReload"] for role in ROLES}
    assert reloading == {role: ["/bin/sh -c 'kill -HUP $MAINPID'"] if role == "front" else [] for role in ROLES}


def as_table() -> str:
    """The table of systemd/README.md."""
    lines = [
        "| role | unit | user | interface | listens for | connects to | keys | writes | IP | cannot |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for role, may in PRIVILEGES.items():
        listens = (
            "<br>".join(f"`{entry['address']}` ({entry['client']})" for entry in may["listens"])
            or "its own TCP address"
        )
        cells = [
            f"**{role}**",
            f"`{may['unit']}`",
            f"`{may['user']}`",
            may["interface"],
            listens,
            "<br>".join(f"`{name}`" for name in may["connects"]) or "—",
            ", ".join(f"`{name}`" for name in may["keys"]) or "none",
            _written(may),
            may["network"],
            may["cannot"],
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def test_the_readme_has_the_table() -> None:
    readme = (UNITS / "README.md").read_text()
    assert as_table() in readme
    for role in ROLES:
        for drop_in in PRIVILEGES[role]["drop_ins"]:
            assert f"`{drop_in}`" in readme


def installed(directory: Path) -> list[str]:
    """The units as `systemd-analyze verify` can look at them: the programs they start need not be there."""
    for path in UNITS.iterdir():
        if path.suffix in (".service", ".socket", ".target"):
            (directory / path.name).write_text(path.read_text().replace("/opt/sekisho/bin/sekisho", "/bin/true"))
    return sorted(str(path) for path in directory.iterdir())


@pytest.mark.slow
def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    names = installed(tmp_path)
    assert len(names) == 17
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *names],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.slow
def test_verify_would_notice_a_mistake(tmp_path: Path) -> None:
    installed(tmp_path)
    ledger = tmp_path / "sekisho-ledger.service"
    ledger.write_text(ledger.read_text().replace("ProtectSystem=strict", "ProtectSystem=stricter"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(ledger)],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "protect system value" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_the_exposure_of_a_service_is_low(tmp_path: Path, role: str) -> None:
    installed(tmp_path)
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", str(tmp_path / PRIVILEGES[role]["unit"])],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_users_and_directories_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    for name in ("passwd", "group", "shadow", "gshadow"):
        (tmp_path / "etc" / name).write_text("root:x:0:\n" if name == "group" else "")
    users = subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}", str(UNITS / "sekisho.sysusers")],
        capture_output=True,
        text=True,
        check=False,
    )
    made = [line.split(":") for line in (tmp_path / "etc/passwd").read_text().splitlines()]
    assert users.returncode == 0, users.stderr
    assert {entry[0] for entry in made} >= {PRIVILEGES[role]["user"] for role in ROLES}
    assert all("nologin" in entry[-1] for entry in made if entry[0].startswith("sekisho-"))
    directories = [line.split()[1] for line in (UNITS / "sekisho.tmpfiles").read_text().splitlines() if line[:1] == "d"]
    assert "/run/sekisho/status" in directories and "/etc/sekisho/keys" in directories
    assert shutil.which("systemd-tmpfiles")
