"""P1 and P4 on the wire: what `sekisho run` sends and receives, captured on both interfaces of the DMZ host.

Nothing of one network is seen on the other's link, and nothing that a citizen wrote can be read on either. Behind the gate, where
the municipal application gets the request, the same capture does find it.
"""

from __future__ import annotations

import json
import secrets
import signal
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import pytest

from policy.samples import samples
from relay.settings.toml_write import to_toml
from tests.walls.hosts import SEKISHO, Hosts, Process, until
from tests.walls.networks import CLIENT, GATE, TIMEOUT_S, TO_INTERNET, TO_LGWAN, Networks

pytestmark = [pytest.mark.live, pytest.mark.netns, pytest.mark.slow]

REQUESTS = 50
INTERNET, LGWAN = "net 203.0.113.0/24", "net 198.51.100.0/24"


@pytest.fixture(scope="module")
def run(hosts: Hosts) -> Iterator[Process]:
    """`sekisho run` on the DMZ host, with its packet filter."""
    hosts.load_packet_filter()
    yield hosts.start_run()


@contextmanager
def capture(networks: Networks, place: str, device: str, file: Path) -> Iterator[None]:
    """Every frame on a device, from before the block to after it."""
    command = networks.within(
        place,
        "tcpdump",
        "--immediate-mode",
        "-i",
        device,
        "-Z",
        "root",
        "-s",
        "0",
        "-B",
        "32768",
        "-U",
        "-w",
        str(file),
    )
    tcpdump = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert tcpdump.stderr is not None
    said = ""
    while "listening on" not in said:
        line = tcpdump.stderr.readline()
        assert line, said
        said += line
    try:
        yield
    finally:
        tcpdump.send_signal(signal.SIGINT)
        _, end = tcpdump.communicate(timeout=TIMEOUT_S)
    assert "\n0 packets dropped by kernel" in f"\n{end}", end


def frames(file: Path, expression: str = "") -> int:
    command = ["tcpdump", "-nn", "-r", str(file), *([expression] if expression else [])]
    return len(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines())


def _frames_so_far(file: Path) -> int:
    """Of a capture that goes on: its last frame may be half written."""
    with suppress(subprocess.CalledProcessError):
        return frames(file)
    return 0


def packets(networks: Networks, device: str) -> int:
    """Sent and received, as the kernel counts them."""
    (about,) = json.loads(networks.run("dmz", "ip", "-json", "-stats", "link", "show", "dev", device))
    return about["stats64"]["tx"]["packets"] + about["stats64"]["rx"]["packets"]


@pytest.fixture(scope="module")
def captured(hosts: Hosts, networks: Networks, run: Process) -> dict[str, object]:
    """50 requests, each with a secret in a field; every capture and counter of them."""
    secret = f"秘密の理由{secrets.token_hex(8)}"
    form = next(sample for sample in samples() if sample.name == "form-urlencoded")
    files = {name: hosts.home / f"{name}.pcap" for name in (TO_INTERNET, TO_LGWAN, "application")}
    statuses = []
    with ExitStack() as stack:
        stack.enter_context(capture(networks, "dmz", TO_INTERNET, files[TO_INTERNET]))
        stack.enter_context(capture(networks, "dmz", TO_LGWAN, files[TO_LGWAN]))
        stack.enter_context(capture(networks, "lgwan", "lo", files["application"]))
        before = {device: packets(networks, device) for device in (TO_INTERNET, TO_LGWAN)}
        for number in range(REQUESTS):
            if number % 2:
                body = form_with(form.body or b"", "change_reason", secret)
                statuses.append(hosts.ask("POST", form.path, body, {"Content-Type": form.content_type or ""}).status)
            else:
                statuses.append(hosts.ask("GET", "/status/2026-0415-000001").status)
        counted = {device: packets(networks, device) - before[device] for device in before}
        for device, count in counted.items():
            until(lambda: _frames_so_far(files[device]) >= count, f"{count} frames of {device}")  # noqa: B023  # at once
    return {"files": files, "statuses": statuses, "secret": secret, "counted": counted}


def form_with(body: bytes, name: str, value: str) -> bytes:
    """The urlencoded form with another value in one field."""
    pairs = body.decode().split("&")
    changed = [f"{name}={quote(value)}" if pair.startswith(f"{name}=") else pair for pair in pairs]
    assert changed != pairs
    return "&".join(changed).encode()


def test_every_request_goes_through(captured: dict[str, object]) -> None:
    assert captured["statuses"] == [200] * REQUESTS


def test_each_link_carries_its_own_network_only(captured: dict[str, object]) -> None:
    files = captured["files"]
    assert frames(files[TO_INTERNET], f"{INTERNET} and tcp port 443") >= 10 * REQUESTS
    assert frames(files[TO_LGWAN], f"{LGWAN} and tcp port 8443") >= 2 * REQUESTS
    assert frames(files[TO_INTERNET], LGWAN) == 0
    assert frames(files[TO_LGWAN], INTERNET) == 0


def test_nothing_but_the_links_own_connections_is_on_them(captured: dict[str, object]) -> None:
    """No datagram, no other port, and on the LGWAN side no connection that was not opened from here."""
    files = captured["files"]
    ours = {TO_INTERNET: "host 203.0.113.10 and host 203.0.113.99 and tcp port 443"}
    ours[TO_LGWAN] = "host 198.51.100.10 and host 198.51.100.20 and tcp port 8443"
    for device, expression in ours.items():
        assert frames(files[device], f"ip and not ({expression})") == 0
    assert frames(files[TO_LGWAN], "tcp[tcpflags] == tcp-syn and not src host 198.51.100.10") == 0
    assert frames(files[TO_INTERNET], "tcp[tcpflags] == tcp-syn and not src host 203.0.113.99") == 0


def test_the_capture_saw_what_the_kernel_counted(captured: dict[str, object]) -> None:
    """So nothing went by while tcpdump did not look."""
    for device, counted in captured["counted"].items():
        assert 2 * REQUESTS <= counted <= frames(captured["files"][device])


def test_nobody_on_the_way_can_read_it(captured: dict[str, object]) -> None:
    secret = captured["secret"]
    forms = [secret.encode(), quote(secret).encode(), quote(secret).lower().encode(), secret[-16:].encode()]
    for device in (TO_INTERNET, TO_LGWAN):
        raw = captured["files"][device].read_bytes()
        assert [form for form in forms if form in raw] == []
    assert any(form in captured["files"]["application"].read_bytes() for form in forms)


def test_the_log_has_each_of_them_and_verifies(hosts: Hosts, captured: dict[str, object]) -> None:
    lines = Path(hosts.config.host.ledger.jsonl).read_bytes().splitlines()
    kinds = [record["kind"] for record in map(json.loads, lines)]
    assert kinds.count("outcome") == kinds.count("intent") >= len(captured["statuses"])
    vkey = str(hosts.pki.log_vkey_file)
    until(lambda: _verifies(hosts, vkey), "a checkpoint that verifies")


def _verifies(hosts: Hosts, vkey: str) -> bool:
    command = [SEKISHO, "log", "verify", str(hosts.log_dir), "--key", vkey]
    return subprocess.run(command, capture_output=True, check=False, timeout=TIMEOUT_S).returncode == 0


def test_with_the_lgwan_line_cut_nothing_takes_the_other_way(hosts: Hosts, networks: Networks, run: Process) -> None:
    """Without the packet filter, and with a route to the gate by the Internet side: the egress itself holds on to its interface."""
    file = hosts.home / "cut.pcap"
    networks.run("dmz", "nft", "delete", "table", "inet", "sekisho")
    networks.run("dmz", "ip", "link", "set", TO_LGWAN, "down")
    networks.run("dmz", "ip", "route", "add", "198.51.100.0/24", "via", CLIENT)
    try:
        with capture(networks, "dmz", TO_INTERNET, file):
            refusals = [hosts.ask("GET", "/status/2026-0415-000001").status for _ in range(2)]
            assert set(refusals) <= {502, 503, 504}  # before and after the gate is known to be down
            until(lambda: _frames_so_far(file) > 10, "the capture has the request")
            assert frames(file, LGWAN) == 0
            with pytest.raises(OSError, match="timed out"):  # the control: whoever is not bound does take that way
                networks.connect("dmz", (GATE, 8443), timeout_s=0.5)
            until(lambda: _frames_so_far(file) > 10 and frames(file, LGWAN) > 0, "the capture has the control")
    finally:
        networks.run("dmz", "ip", "route", "del", "198.51.100.0/24", "via", CLIENT)
        networks.run("dmz", "ip", "link", "set", TO_LGWAN, "up")
        hosts.load_packet_filter()
    until(lambda: hosts.try_get("/status/2026-0415-000001") == 200, "the line is back")


@pytest.mark.parametrize("roles", [("front", "egress"), ("front", "exporter"), ("egress", "exporter")])
def test_two_roles_on_one_interface_are_refused(hosts: Hosts, roles: tuple[str, str]) -> None:
    done = _check(hosts, {roles[0]: {"interface": TO_LGWAN}, roles[1]: {"interface": TO_LGWAN}})
    assert done.returncode == 78
    assert f'"{TO_LGWAN}"' in done.stdout + done.stderr or TO_LGWAN in done.stdout + done.stderr


def test_an_address_on_the_other_roles_interface_is_refused(hosts: Hosts) -> None:
    """The names differ, but the kernel knows where the addresses are."""
    done = _check(hosts, {"egress": {"source_address": "203.0.113.10"}, "front": {"listen": ["198.51.100.10:443"]}})
    assert done.returncode == 78
    assert TO_LGWAN in done.stdout + done.stderr and TO_INTERNET in done.stdout + done.stderr


def test_the_configuration_that_runs_is_not_refused(hosts: Hosts) -> None:
    done = _check(hosts, {})
    assert done.returncode == 0, done.stdout + done.stderr


def _check(hosts: Hosts, changes: dict[str, dict[str, object]]) -> subprocess.CompletedProcess[str]:
    """`sekisho check` on the DMZ host, of its file with changes."""
    tree = tomllib.loads(hosts.host_file.read_text())
    for table, values in changes.items():
        tree[table] |= values
    changed = hosts.host_file.with_name("changed.toml")
    changed.write_text(to_toml(tree))
    command = hosts.networks.within("dmz", SEKISHO, "check", "--config", str(changed))
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
