"""The units under a real systemd: two booted hosts, three networks, and everything as systemd/README.md says.

`make test-long` runs this; it needs root. The first run makes the tree that is booted (`scripts/debian-tree`).
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.labs import until
from tests.scanners import MARK
from tests.systemd.hosts import ROOT
from tests.systemd.municipality import CITY, Municipality, municipality

pytestmark = pytest.mark.long

PRIVILEGES: dict[str, dict[str, Any]] = tomllib.loads((ROOT / "docs/privileges.toml").read_text("utf-8"))
SERVICES = (
    "sekisho-ledger.service",
    "sekisho-egress.service",
    "sekisho-exporter.service",
    "sekisho-scanner.service",
    "sekisho-front@0.service",
    "sekisho-front@1.service",
)
SOCKETS = (
    "sekisho-front.socket",
    "sekisho-egress-front.socket",
    "sekisho-ledger-front.socket",
    "sekisho-ledger-egress.socket",
    "sekisho-exporter.socket",
    "sekisho-scanner-front.socket",
    "sekisho-status-scanner.socket",
    "sekisho-status-ledger.socket",
    "sekisho-status-egress.socket",
    "sekisho-status-front@0.socket",
    "sekisho-status-front@1.socket",
)

_POLICY = 38  # of /proc/PID/stat: field 41 of proc(5), counted from the state, which is field 3


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Municipality]:
    with municipality(tmp_path_factory.mktemp("systemd")) as made:
        try:
            wait_served(made)
        except BaseException:
            print(made.relay.journal()[-8000:], made.gate.journal()[-4000:])
            raise
        yield made


def wait_served(city: Municipality) -> None:
    until(lambda: city.ask()[0] == 200, "a request goes all the way")


def role_of(service: str) -> dict[str, Any]:
    return PRIVILEGES[re.split(r"[-@.]", service)[1]]


def status_of(city: Municipality, service: str) -> dict[str, str]:
    """`/proc/PID/status` of the unit's main process."""
    host = city.gate if "gate" in service else city.relay
    text = host.call("cat", f"/proc/{host.property(service, 'MainPID')}/status")
    return {name: " ".join(value.split()) for name, _, value in (line.partition(":") for line in text.splitlines())}


def test_the_target_brings_every_unit_up(city: Municipality) -> None:
    for unit in (*SERVICES, *SOCKETS, "sekisho.target"):
        assert city.relay.property(unit, "ActiveState") == "active", unit
    assert city.gate.property("sekisho-gate.service", "ActiveState") == "active"
    loaded = city.relay.call("systemctl", "list-units", "--plain", "--no-legend", "--state=active", "sekisho*")
    assert {line.split()[0] for line in loaded.splitlines()} == {*SERVICES, *SOCKETS, "sekisho.target"}
    assert len(SERVICES) == 6 and len(SOCKETS) == 11


def test_a_request_goes_all_the_way_and_is_in_the_log(city: Municipality) -> None:
    status, body = city.ask()
    assert status == 200 and "2026-0415-000001" in body
    assert '"ready":true' in city.metrics("/readyz")
    assert 'sekisho_gate_up{gate="honcho-1"} 1.0' in city.metrics()
    verify(city)


def test_an_attached_file_crosses_when_clamd_and_its_structure_let_it(city: Municipality) -> None:
    until(lambda: city.attach(b"hello") == 200, "a file goes all the way")
    assert [city.attach(data) for data in (b"hello " + MARK, b"%PDF-1.7 named as a text")] == [422, 422]
    city.relay.call("systemctl", "stop", "clamav-daemon.service")
    assert city.attach(b"hello") == 503
    city.relay.call("systemctl", "start", "clamav-daemon.service")
    until(lambda: city.attach(b"hello") == 200, "clamd is back")
    verify(city)


def verify(city: Municipality) -> None:
    log = ("/var/lib/sekisho/log", "--key", "/etc/sekisho/log.vkey")
    city.relay.call("/opt/sekisho/bin/sekisho", "log", "verify", *log)


@pytest.mark.parametrize("service", [*SERVICES, "sekisho-gate.service"])
def test_a_role_is_a_user_without_any_power(city: Municipality, service: str) -> None:
    status = status_of(city, service)
    host = city.gate if "gate" in service else city.relay
    user = host.call("id", "--user", role_of(service)["user"]).strip()
    assert status["Uid"].split() == [user] * 4 and user != "0"
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"], status["Threads"]) == ("1", "2", "1")


@pytest.mark.parametrize("service", [*(one for one in SERVICES if "exporter" not in one), "sekisho-gate.service"])
def test_the_unit_lets_a_role_be_scheduled_as_batch(city: Municipality, service: str) -> None:
    host = city.gate if "gate" in service else city.relay
    after_name = host.call("cat", f"/proc/{host.property(service, 'MainPID')}/stat").rpartition(")")[2].split()
    assert int(after_name[_POLICY]) == os.SCHED_BATCH


@pytest.mark.parametrize("service", [*SERVICES, "sekisho-gate.service"])
def test_a_role_has_the_network_of_the_table_and_no_other(city: Municipality, service: str) -> None:
    host = city.gate if "gate" in service else city.relay
    devices = host.call("cat", f"/proc/{host.property(service, 'MainPID')}/net/dev")
    interfaces = set(re.findall(r"^ *(\w+):", devices, re.MULTILINE))
    if role_of(service)["network"] == "none":
        assert interfaces == {"lo"}
    else:
        assert interfaces > {"lo"}


@pytest.mark.parametrize(
    ("network", "url", "answers"),
    [
        ("internet", "https://203.0.113.10:443/", True),
        ("internet", "http://203.0.113.10:9464/metrics", False),
        ("internet", "http://192.0.2.10:9464/metrics", False),
        ("internet", "https://198.51.100.10:443/", False),
        ("management", "http://192.0.2.10:9464/metrics", True),
        ("management", "https://192.0.2.10:443/", False),
        ("management", "https://203.0.113.10:443/", False),
        ("gate", "https://198.51.100.10:443/", False),
        ("gate", "https://203.0.113.10:443/", False),
        ("gate", "http://198.51.100.10:9464/metrics", False),
    ],
)
def test_a_network_reaches_the_role_that_stands_in_it(
    city: Municipality, network: str, url: str, answers: bool
) -> None:
    said = city.curl(network, url, "--insecure", "--max-time", "3")
    assert (said.rpartition("\n")[2] not in ("", "000")) == answers, said


def test_nothing_is_reachable_that_no_drop_in_names(city: Municipality) -> None:
    """`IPAddressDeny=any` holds: without its drop-in the egress reaches no gate, and with it again it does."""
    drop_in = "/etc/systemd/system/sekisho-egress.service.d/gates.conf"
    text = (city.relay.root / drop_in.lstrip("/")).read_text("utf-8")
    city.relay.call("rm", drop_in)
    try:
        restart(city, "sekisho-egress.service")
        until(lambda: "gate_unavailable" in city.metrics("/readyz"), "the egress has tried its gate")
        assert city.ask()[0] == 503
    finally:
        city.relay.call("sh", "-c", f"printf '%s' '{text}' >{drop_in}")
        restart(city, "sekisho-egress.service")
    wait_served(city)


def restart(city: Municipality, service: str) -> None:
    city.relay.call("systemctl", "daemon-reload")
    city.relay.call("systemctl", "restart", service)


@pytest.mark.parametrize("service", [*SERVICES, "sekisho-gate.service"])
def test_a_role_that_is_killed_comes_back(city: Municipality, service: str) -> None:
    host = city.gate if "gate" in service else city.relay
    old = host.property(service, "MainPID")
    host.call("systemctl", "kill", "--signal=KILL", service)

    def back() -> bool:
        return host.property(service, "ActiveState") == "active" and host.property(service, "MainPID") not in ("0", old)

    until(back, f"{service} is back")
    assert host.property(service, "NRestarts") >= "1"
    wait_served(city)
    until(lambda: '"ready":true' in city.metrics("/readyz"), "all roles are ready")


def test_a_worker_may_restart_while_the_other_answers(city: Municipality) -> None:
    for service in ("sekisho-front@0.service", "sekisho-front@1.service") * 3:
        city.relay.call("systemctl", "restart", "--no-block", service)
        assert [city.ask()[0] for _ in range(5)] == [200] * 5


def probe(city: Municipality, word: str) -> set[str]:
    """What six requests with this header are answered, by either worker."""
    url = f"https://{CITY}/status/2026-0415-000001"
    options = ("--cacert", str(city.ca_file), "--header", f"X-Probe: {word}")
    return {city.curl("internet", url, *options).rpartition("\n")[2] for _ in range(6)}


def reloads(city: Municipality, event: str = "reloaded") -> int:
    return city.relay.journal("--unit=sekisho-front@*").count(f'"event":"{event}"')


def test_a_reload_puts_other_rules_into_force_and_no_worker_restarts(city: Municipality) -> None:
    """Files are replaced, as an editor does: the keys beside them are shut to the front, so its walls leave the directory open."""
    wait_served(city)
    workers = [city.relay.property(service, "MainPID") for service in SERVICES[-2:]]
    assert (probe(city, "one"), probe(city, "two")) == ({"403"}, {"200"})
    for edit, one, two in (
        ("s/streq one/streq two/ /etc/sekisho/rules/probe.conf", "200", "403"),
        ('s/^name = "small"/&\\nmode = "off"/ /etc/sekisho/sekisho.toml', "200", "200"),
        ("/^mode/d /etc/sekisho/sekisho.toml", "200", "403"),
        ("s/streq two/streq one/ /etc/sekisho/rules/probe.conf", "403", "200"),
    ):
        before = reloads(city)
        script, _, file = edit.rpartition(" ")
        city.relay.call("sed", "-i", script, file)
        city.relay.call("systemctl", "reload", "sekisho-front@*.service")
        until(lambda before=before: reloads(city) == before + 2, "both workers have reloaded")
        assert (probe(city, "one"), probe(city, "two")) == ({one}, {two})
    assert [city.relay.property(service, "MainPID") for service in SERVICES[-2:]] == workers
    cached = city.relay.call("stat", "--format=%U %a %n", "/var/cache/sekisho").split()
    assert cached == ["sekisho-front", "700", "/var/cache/sekisho"]
    assert city.relay.call("ls", "/var/cache/sekisho").strip().endswith(".hsdb")


def test_stopping_the_target_ends_everything_in_order_and_starting_it_begins_anew(city: Municipality) -> None:
    wait_served(city)
    city.relay.call("systemctl", "stop", "sekisho.target")
    for unit in (*SERVICES, *SOCKETS):  # `systemctl stop` waits for the target itself only
        until(lambda unit=unit: city.relay.property(unit, "ActiveState") == "inactive", f"{unit} has ended")
        assert city.relay.property(unit, "Result") == "success", unit
    owners = city.relay.call("sh", "-c", "stat --format=%U /proc/[0-9]*").split()
    assert "root" in owners and not [owner for owner in owners if owner.startswith("sekisho-")]
    assert city.ask()[0] == 0
    ended = re.findall(r"Stopped sekisho-(front|egress|ledger)\b", city.relay.journal())[-4:]
    assert ended == ["front", "front", "egress", "ledger"]
    verify(city)
    city.relay.call("systemctl", "start", "sekisho.target")
    wait_served(city)
    verify(city)


def test_nothing_went_wrong_that_the_journal_knows(city: Municipality) -> None:
    """No role died but by our hand, none was denied what it needs, and systemd could do all that the units ask for."""
    for host in (city.relay, city.gate):
        journal = host.journal("--unit=sekisho*")
        assert '"event":"ready"' in journal
        for word in ("Traceback", "not supported", "Failed to", "status=7", "core-dump", "timed out", "watchdog"):
            assert word not in journal, [line for line in journal.splitlines() if word in line]


def test_the_files_are_where_the_readme_says() -> None:
    readme = (ROOT / "systemd/README.md").read_text("utf-8")
    for place in ("/usr/lib/systemd/system/", "/usr/lib/sysusers.d/sekisho.conf", "/usr/lib/tmpfiles.d/sekisho.conf"):
        assert place in readme
    assert Path("/opt/sekisho").as_posix() in readme
