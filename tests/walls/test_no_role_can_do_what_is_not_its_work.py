"""P1, tried from inside: every role is started by its own `main`, with its configuration, its user and its network, and then,
behind the walls that it has put up itself, tries what it must not be able to do. The other roles run as always.

Each act is tried three times: behind all walls, with users and packet filter alone, and, as the control, without any of them.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.scanners import MARK
from tests.walls.acts import ANSWERING, GATE_PORT
from tests.walls.cases import (
    ALLOWED,
    CASES,
    EGRESS_CASES,
    EXPORTER_CASES,
    FRONT_CASES,
    GATE_CASES,
    KILLED,
    LEDGER_CASES,
    SCANNER_CASES,
    WORK,
    Case,
)
from tests.walls.hosts import DMZ_ROLES, ROLES, Hosts, until
from tests.walls.networks import CLIENT, GATE, NO_GATE, Networks

pytestmark = [pytest.mark.live, pytest.mark.netns, pytest.mark.slow]

ROOT = __file__.rpartition("/tests/")[0]
Ends = dict[tuple[str, str], str]  # by the mode and the name of the act

# Somebody answers wherever a role tries to connect, so that what fails was stopped on its way.
PEERS = {
    "internet": [(CLIENT, ANSWERING), (CLIENT, GATE_PORT)],
    "lgwan": [(GATE, ANSWERING), (NO_GATE, ANSWERING), (NO_GATE, GATE_PORT), ("127.0.0.1", ANSWERING)],
    "dmz": [("127.0.0.1", ANSWERING), ("127.0.0.1", GATE_PORT), ("::1", ANSWERING)],
}


@pytest.fixture(scope="module")
def relay(hosts: Hosts, networks: Networks) -> Iterator[Hosts]:
    """Every role runs, the packet filter is loaded, and requests go through."""
    opened = hosts.home / "open"
    opened.mkdir()
    opened.chmod(0o777)
    (opened / "file").write_text("anyone may move this")
    with ExitStack() as listening:
        for place, addresses in PEERS.items():
            for address in addresses:
                listening.enter_context(networks.listen(place, address))
        hosts.load_packet_filter()
        for role in DMZ_ROLES:
            hosts.start_role(role)
        assert hosts.ask("GET", "/status/2026-0415-000001").status == 200
        yield hosts


def tried(hosts: Hosts, role: str) -> Ends:
    """Every act of the role, in every mode, each in a process that can go on after it."""
    hosts.stop(role)
    ends: Ends = {}
    for mode in ("walls", "users", "none"):
        together = [case for case in CASES + WORK if case.role == role and case.walls != KILLED]
        ends |= _try(hosts, role, mode, together)
        for case in CASES:
            if case.role == role and case.walls == KILLED:
                ends |= _try(hosts, role, mode, [case])
    hosts.start_role(role)
    return ends


def _try(hosts: Hosts, role: str, mode: str, cases: list[Case]) -> Ends:
    (gate,) = hosts.pki.gates
    facts = {
        "home": str(hosts.home),
        "run_dir": str(hosts.run_dir),
        "log_dir": str(hosts.log_dir),
        "keys": hosts.config.host.host.keys_dir,
        "gate_keys": str(gate.directory / "keys"),
        "jsonl": hosts.config.host.ledger.jsonl,
        "pids": {name: process.pid for name, process in hosts.running.items()},
    }
    numbers = [(CASES + WORK).index(case) for case in cases]
    request = {"facts": facts, "cases": numbers, "arguments": hosts.arguments(role)}
    command = [sys.executable, "-m", "tests.walls.probed_role", role, mode, json.dumps(request)]
    process = hosts.start_and_wait(f"probed-{role}", ["env", f"PYTHONPATH={ROOT}", *command], hosts.place(role))
    if os.WIFSIGNALED(process.wait()):
        assert len(cases) == 1, process.said()
        return {(mode, cases[0].name): KILLED if os.WTERMSIG(process.wait()) == 31 else process.said()}
    report = next((json.loads(line) for line in process.said().splitlines() if line.startswith('{"uid"')), None)
    assert report is not None, process.said()
    assert (report["uid"] == 0) == (mode == "none")
    return {(mode, case.name): end for case, end in zip(cases, report["ends"], strict=True)}


@pytest.fixture(scope="module")
def ends(relay: Hosts) -> dict[str, Ends]:
    return {role: tried(relay, role) for role in ROLES}


def test_there_are_as_many_cases_as_there_should_be() -> None:
    """A case that is lost is a wall that nobody tries."""
    lists = (FRONT_CASES, EGRESS_CASES, LEDGER_CASES, EXPORTER_CASES, SCANNER_CASES, GATE_CASES)
    counted = [len(cases) for cases in lists]
    assert counted == [48, 47, 44, 53, 51, 21]
    assert Counter(case.role for case in CASES) == dict(
        zip(("front", "egress", "ledger", "exporter", "scanner", "gate"), counted, strict=True)
    )
    assert len({(case.role, case.name) for case in CASES + WORK}) == len(CASES + WORK)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.role}: {case.name}")
def test_it_fails_behind_the_walls(ends: dict[str, Ends], case: Case) -> None:
    assert ends[case.role]["walls", case.name] == case.walls


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.role}: {case.name}")
def test_users_and_packet_filter_alone_stop_what_they_should(ends: dict[str, Ends], case: Case) -> None:
    assert (ends[case.role]["users", case.name] != ALLOWED) == case.users


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.role}: {case.name}")
def test_without_any_wall_it_succeeds(ends: dict[str, Ends], case: Case) -> None:
    assert ends[case.role]["none", case.name] == ALLOWED


@pytest.mark.parametrize("case", WORK, ids=lambda case: f"{case.role}: {case.name}")
def test_what_is_its_work_it_can_do(ends: dict[str, Ends], case: Case) -> None:
    assert ends[case.role]["walls", case.name] == ALLOWED


def _goes_on(relay: Hosts) -> None:
    """The roles were stopped and started for the acts, and find each other again in their own time."""
    until(lambda: relay.try_get("/status/2026-0415-000001") == 200, "a request goes through again")


def test_files_are_looked_at_behind_these_walls(relay: Hosts) -> None:
    """By a scanner that is a user without any power, and in the process of each file."""
    _goes_on(relay)
    assert relay.attach(b"hello") == 200
    assert relay.attach(b"hello " + MARK) == 422
    assert relay.attach(b"%PDF-1.7 named as a text") == 422


def test_the_service_goes_on_afterwards(relay: Hosts, ends: dict[str, Ends]) -> None:
    assert len(ends) == 6
    _goes_on(relay)
