"""The whole check: policy, walls of the kernel, networks of the host, and one thing never hiding another."""

from __future__ import annotations

import errno
from ipaddress import ip_address
from pathlib import Path

import pytest

from relay.ops.sandbox import landlock
from relay.settings import check
from relay.settings.check import check_gate, check_host
from relay.settings.pki import LabConfig, Pki
from tests.unit.settings.lab import NOW, edit, make


@pytest.fixture
def lab(tmp_path: Path) -> tuple[Pki, LabConfig]:
    return make(tmp_path)


def test_a_file_with_problems_goes_no_further(lab: tuple[Pki, LabConfig]) -> None:
    pki, config = lab
    (pki.relay_directory / "keys" / "egress").unlink()
    edit(config.host_file, "workers = 1", "workers = 0")
    checked = check_host(config.host_file, NOW)
    assert checked.loaded is None
    assert [problem.message.partition(":")[0] for problem in checked.problems] == ["[front] workers"]


def test_a_problem_of_each_part_is_found_in_one_run(lab: tuple[Pki, LabConfig], tmp_path: Path) -> None:
    pki, config = lab
    (pki.relay_directory / "keys" / "log-signing").unlink()
    pki.authorities.crl.unlink()
    pki.authorities.crl.write_bytes(b"x")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "bad.toml").write_text("id = \n")
    edit(config.host_file, "procedures = []", 'procedures = ["own"]')
    checked = check_host(config.host_file, NOW)
    assert len(checked.problems) == 3
    assert checked.problems[2].path == str(tmp_path / "own" / "bad.toml")
    assert checked.problems[2].line == 1


class NoLandlock:
    def __init__(self, version: int) -> None:
        self.version = version

    def abi(self) -> int:
        if not self.version:
            raise OSError(errno.EOPNOTSUPP, "disabled at boot")
        return self.version


@pytest.mark.parametrize(("version", "words"), [(0, "has no Landlock"), (3, "has Landlock version 3"), (4, "")])
def test_a_wall_that_the_kernel_cannot_put_up(
    lab: tuple[Pki, LabConfig], monkeypatch: pytest.MonkeyPatch, version: int, words: str
) -> None:
    _, config = lab
    monkeypatch.setattr(landlock, "abi", NoLandlock(version).abi)
    for path, look in ((config.host_file, check_host), (config.gate_files[0], check_gate)):
        expected = 1 if words else 0
        checked = look(path, NOW)
        assert [words in problem.message for problem in checked.problems] == [True] * expected
        path.write_text(path.read_text() + '\n[sandbox]\nlandlock = "if-available"\n')
        checked = look(path, NOW)
        assert (len(checked.problems), len(checked.warnings)) == (0, expected)
        edit(path, '"if-available"', '"off"')
        checked = look(path, NOW)
        assert (checked.problems, checked.warnings) == ((), ())


def test_a_kernel_without_seccomp(lab: tuple[Pki, LabConfig], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _, config = lab
    monkeypatch.setattr(check, "_SECCOMP_ACTIONS", tmp_path / "none")
    (problem,) = check_host(config.host_file, NOW).problems
    assert problem.message.startswith("[sandbox] seccomp: this kernel")


FRONT, EGRESS, EXPORTER = "203.0.113.10", "198.51.100.10", "192.0.2.10"


def networks(config: LabConfig, monkeypatch: pytest.MonkeyPatch, **places: str) -> list[str]:
    """Problems and warnings on a host whose interfaces have these addresses."""
    if "127.0.0.1:18443" in config.host_file.read_text():
        edit(config.host_file, "127.0.0.1:18443", f"{FRONT}:443")
        edit(config.host_file, '"127.0.0.1"\n\n[ledger]', f'"{EGRESS}"\n\n[ledger]')
        edit(config.host_file, "127.0.0.1:19464", f"{EXPORTER}:9464")
    addresses = {ip_address(address): interface for interface, address in places.items()}
    monkeypatch.setattr(check, "interface_of_addresses", lambda: addresses)
    monkeypatch.setattr(check, "interface_names", lambda: frozenset({"lo", *(name.split("_")[0] for name in places)}))
    checked = check_host(config.host_file, NOW)
    return [problem.message for problem in checked.problems] + [warning.message for warning in checked.warnings]


def test_each_role_on_its_own_interface_of_this_host(
    lab: tuple[Pki, LabConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert networks(lab[1], monkeypatch, eth0=FRONT, eth1=EGRESS, eth2=EXPORTER) == []


def test_two_roles_on_one_interface_of_this_host(lab: tuple[Pki, LabConfig], monkeypatch: pytest.MonkeyPatch) -> None:
    _, config = lab
    same = {ip_address(FRONT): "eth0", ip_address(EGRESS): "eth0", ip_address(EXPORTER): "eth2"}
    networks(config, monkeypatch, eth0=FRONT, eth2=EXPORTER)
    monkeypatch.setattr(check, "interface_of_addresses", lambda: same)
    (problem,) = check_host(config.host_file, NOW).problems
    message = "[egress] source_address: egress and front are on one interface of this host, eth0"
    assert problem.message == message


def test_an_address_on_another_interface_than_the_file_says(
    lab: tuple[Pki, LabConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, config = lab
    edit(config.host_file, "[front]\n", '[front]\ninterface = "eth1"\n')
    found = networks(config, monkeypatch, eth0=FRONT, eth1=EGRESS, eth2=EXPORTER)
    assert found == [f"[front] listen item 1: {FRONT} is on eth0, and interface says eth1"]


def test_what_this_host_does_not_have_is_a_warning(lab: tuple[Pki, LabConfig], monkeypatch: pytest.MonkeyPatch) -> None:
    _, config = lab
    edit(config.host_file, "[front]\n", '[front]\ninterface = "eth7"\n')
    assert networks(config, monkeypatch, eth1=EGRESS, eth2=EXPORTER) == [
        "[front] interface: this host has no interface eth7",
        f"[front] listen item 1: this host does not have the address {FRONT}",
    ]


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("http://127.0.0.1:18000", ""),
        ("https://[2001:db8::30]:8443", ""),
        ("http://known.city.example:18000", ""),
        ("http://KNOWN.city.example", ""),
        ("http://app.city.example:18000", "app.city.example"),
        ("https://city.example", "city.example"),
        ("http://192.0.2.300:80", "192.0.2.300"),
    ],
)
def test_an_application_whose_name_only_a_name_server_knows(
    lab: tuple[Pki, LabConfig], monkeypatch: pytest.MonkeyPatch, url: str, warned: str
) -> None:
    monkeypatch.setattr(check, "names_of_hosts", lambda: frozenset({"localhost", "known.city.example"}))
    path = lab[1].gate_files[0]
    edit(path, '"http://127.0.0.1:18000"', f'"{url}"')
    checked = check_gate(path, NOW)
    assert checked.problems == ()
    message = f"[[application]] 1 url: the gate asks no name server, and /etc/hosts of this host does not know {warned}"
    assert [(found.message, found.mend) for found in checked.warnings] == (
        [(message, f"write an address, or add {warned} to /etc/hosts")] if warned else []
    )


def test_limits_that_work_against_each_other_are_warnings(lab: tuple[Pki, LabConfig]) -> None:
    _, config = lab
    tried = 0
    for low, high, otherwise in check.LIMITS_IN_ORDER:
        for path, look in ((config.host_file, check_host), (config.gate_files[0], check_gate)):
            text = path.read_text()
            path.write_text(f"{text}\n[limits]\n{low} = 9000\n{high} = 9000\n")
            assert not any(otherwise in warning.message for warning in look(path, NOW).warnings)
            path.write_text(f"{text}\n[limits]\n{low} = 9001\n{high} = 9000\n")
            checked = look(path, NOW)
            assert checked.problems == ()
            assert sum(otherwise in warning.message for warning in checked.warnings) == 1
            path.write_text(text)
            tried += 1
    assert tried == 10
