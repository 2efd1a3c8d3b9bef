"""The packet filter as text: what it names, and that `nft` itself takes it for every shape of configuration.

tests/live/test_nft_rules_hold.py loads the rules and tries what they forbid.
"""

from __future__ import annotations

import argparse
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from relay.settings import nft_command
from relay.settings.load import load_host
from relay.settings.nft import ruleset

GOLDEN = Path(__file__).parents[2] / "golden" / "settings"
USERS = 'user = "60001"\n'
SHAPES = {
    "interfaces": {
        "[front]\n": '[front]\ninterface = "eth0"\n',
        "[egress]\n": '[egress]\ninterface = "eth1"\n',
        "[exporter]\n": '[exporter]\ninterface = "eth2"\n',
    },
    "addresses only": {},
    "wildcards": {
        'listen = ["203.0.113.10:443"]': 'listen = ["0.0.0.0:443", "[::]:443"]\ninterface = "eth0"',
        'listen = "192.0.2.10:9464"': 'listen = "[::]:9464"\ninterface = "eth2"',
    },
    "both versions of IP": {
        'listen = ["203.0.113.10:443"]': 'listen = ["203.0.113.10:443", "203.0.113.11:443", "[2001:db8:1::10]:8443"]',
        'source_address = "198.51.100.10"': 'source_address = "2001:db8:2::10"',
        'address = "198.51.100.20:8443"': 'address = "[2001:db8:2::20]:8443"',
    },
    "an ICAP service": {"[exporter]\n": '[scanner]\nicap = "icap://192.0.2.9:1344/avscan"\n\n[exporter]\n'},
    "loopback": {
        'listen = ["203.0.113.10:443"]': 'listen = ["127.0.0.1:8443", "[::1]:8443"]',
        'source_address = "198.51.100.10"\n': "",
        'address = "198.51.100.20:8443"': 'address = "127.0.0.1:9443"',
        'listen = "192.0.2.10:9464"': 'listen = "127.0.0.1:9464"',
    },
}


def host_file(directory: Path, changes: dict[str, str]) -> Path:
    text = (GOLDEN / "base-host.toml").read_text()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    for name in ("a.crt", "a.vkey", "a.pub"):
        (directory / name).write_text("x")
    path = directory / "sekisho.toml"
    path.write_text(text)
    return path


@pytest.fixture
def namespace() -> Iterator[str]:
    name = f"sk-nft-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    yield name
    subprocess.run(["ip", "netns", "del", name], check=True)


@pytest.mark.netns
def test_nft_takes_the_rules_of_every_shape_and_twice_over(namespace: str, tmp_path: Path) -> None:
    taken = 0
    for changes in SHAPES.values():
        rules = ruleset(load_host(host_file(tmp_path, changes)))
        for number, role in enumerate(("front", "egress", "ledger", "exporter", "scanner")):
            rules = rules.replace(f'"sekisho-{role}"', str(60001 + number))  # these users need not exist here
        for options in (["-c"], [], []):
            command = ["ip", "netns", "exec", namespace, "nft", *options, "-f", "-"]
            done = subprocess.run(command, input=rules, text=True, capture_output=True, timeout=30)
            assert (done.returncode, done.stderr) == (0, "")
        taken += 1
    assert taken == 6


def test_the_rules_name_what_the_configuration_declares(tmp_path: Path) -> None:
    path = host_file(tmp_path, SHAPES["interfaces"] | {"[ledger]\n": '[ledger]\nuser = "60003"\n'})
    lines = [line.strip() for line in ruleset(load_host(path)).splitlines()]
    for expected in (
        'iifname "eth0" ip daddr 203.0.113.10 tcp dport 443 ct state new accept comment "front"',
        'iifname "eth0" counter drop comment "front: nothing else"',
        'iifname "eth1" counter drop comment "egress: nothing comes in"',
        'iifname "eth2" ip daddr 192.0.2.10 tcp dport 9464 ct state new accept comment "exporter"',
        'oifname "eth1" ip saddr 198.51.100.10 ip daddr 198.51.100.20 tcp dport 8443 accept comment "honcho-1"',
        'meta skuid "sekisho-front" goto front',
        "meta skuid 60003 goto ledger",
    ):
        assert lines.count(expected) == 1, expected
    assert "type filter hook forward priority filter; policy drop;" in lines


@pytest.mark.parametrize(
    ("address", "accepted"),
    [("192.0.2.9", "ip daddr 192.0.2.9"), ("[2001:db8:3::9]", "ip6 daddr 2001:db8:3::9")],
)
def test_a_scanner_reaches_its_icap_service_and_nothing_else(tmp_path: Path, address: str, accepted: str) -> None:
    scanner = f'[scanner]\nicap = "icap://{address}:1344/avscan"\n\n[exporter]\n'
    rules = ruleset(load_host(host_file(tmp_path, {"[exporter]\n": scanner})))
    chain = rules.partition("chain scanner {")[2].partition("}")[0]
    assert [line.strip() for line in chain.strip().splitlines()] == [
        f'{accepted} tcp dport 1344 accept comment "icap"',
        'counter reject with icmpx admin-prohibited comment "scanner reaches the ICAP service only"',
    ]
    assert 'meta skuid "sekisho-scanner" goto scanner' in rules


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    nft_command.add_parser(parser.add_subparsers())
    chosen = parser.parse_args(["nft", *arguments])
    code: int = chosen.run(chosen)
    return code


def test_the_command_prints_the_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = host_file(tmp_path, {})
    assert run("--config", str(path)) == 0
    assert capsys.readouterr().out == ruleset(load_host(path))


def test_the_command_names_the_problems_of_the_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = host_file(tmp_path, {"[front]\n": "[front]\nworkers = 0\n"})
    assert run("--config", str(path)) == 78
    said = capsys.readouterr()
    assert said.out == ""
    assert f"{path}:5: error: [front] workers: expected a whole number from 1 to 256" in said.err
    assert "mend: write a whole number" in said.err
