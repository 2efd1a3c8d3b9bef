"""With `sekisho nft` loaded: egress reaches the declared gate and nothing else, the other roles reach nothing at all.

Four network namespaces joined by three links: the DMZ host, and the Internet, the LGWAN and the management network.
Every address is of the documentation ranges and exists in these namespaces only.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from relay.settings.load import load_host
from relay.settings.nft import ruleset

pytestmark = [pytest.mark.live, pytest.mark.netns]

FRONT, EGRESS, LEDGER, EXPORTER, OTHER = 60001, 60002, 60003, 60004, 60005
TIMEOUT_S = 20  # of any process started here

CONFIG = """
[host]
name = "relay1.example.jp"
[front]
listen = ["203.0.113.10:443"]
interface = "eth0"
user = "60001"
[egress]
certificate = "a"
interface = "eth1"
source_address = "198.51.100.10"
user = "60002"
[ledger]
origin = "relay1.example.jp/log"
user = "60003"
[exporter]
listen = "192.0.2.10:9464"
interface = "eth2"
user = "60004"
[[gate]]
name = "honcho-1"
address = "198.51.100.20:8443"
server_name = "gate1.example.jp"
anchor = "a"
pins = ["sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]
receipt_key = "a"
[[tenant]]
name = "city-a"
hosts = ["shinsei.city-a.example.jp"]
certificate = "a"
key = "city-a"
gates = ["honcho-1"]
sealing_key = "a"
"""

# Answers each connection with one byte until its standard input ends.
SERVER = """
import os, selectors, socket, sys
choice = selectors.DefaultSelector()
for name in sys.argv[2:]:
    address, _, port = name.rpartition(":")
    choice.register(socket.create_server((address, int(port))), selectors.EVENT_READ)
choice.register(sys.stdin, selectors.EVENT_READ)
os.setuid(int(sys.argv[1]))
print("ready", flush=True)
while True:
    for key, _ in choice.select():
        if key.fileobj is sys.stdin:
            sys.exit()
        connection, _ = key.fileobj.accept()
        connection.sendall(b"!")
        connection.close()
"""

# Prints "answered", or the name of the error.
CLIENT = """
import errno, os, socket, sys
os.setuid(int(sys.argv[1]))
address, _, port = sys.argv[3].rpartition(":")
connection = socket.socket()
connection.settimeout(float(sys.argv[4]))
try:
    if sys.argv[2]:
        connection.bind((sys.argv[2], 0))
    connection.connect((address, int(port)))
    print("answered" if connection.recv(1) else "closed")
except TimeoutError:
    print("timed out")
except OSError as error:
    print(errno.errorcode[error.errno])
"""


@dataclass
class Networks:
    """The namespaces, by what they stand for."""

    names: dict[str, str] = field(
        default_factory=lambda: {role: f"sk-{role}-{os.getpid()}" for role in ("dmz", "inet", "lgwan", "mgmt")}
    )

    def run(self, place: str, *command: str, text: str | None = None) -> str:
        done = subprocess.run(
            ["ip", "netns", "exec", self.names[place], *command],
            input=text,
            text=True,
            capture_output=True,
            timeout=TIMEOUT_S,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def connect(self, place: str, user: int, target: str, *, source: str = "", timeout_s: float = 5) -> str:
        return self.run(place, sys.executable, "-I", "-c", CLIENT, str(user), source, target, str(timeout_s))

    def serve(self, place: str, user: int, *listeners: str) -> subprocess.Popen[str]:
        command = ["ip", "netns", "exec", self.names[place], sys.executable, "-I", "-c", SERVER, str(user), *listeners]
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        return server


def stop(server: subprocess.Popen[str]) -> None:
    server.communicate(timeout=TIMEOUT_S)


def link(networks: Networks, device: str, here: str, place: str, *there: str) -> None:
    dmz, other = networks.names["dmz"], networks.names[place]
    subprocess.run(
        ["ip", "link", "add", device, "netns", dmz, "type", "veth", "peer", "name", "link0", "netns", other], check=True
    )
    networks.run("dmz", "ip", "address", "add", here, "dev", device)
    networks.run("dmz", "ip", "link", "set", device, "up")
    for address in there:
        networks.run(place, "ip", "address", "add", address, "dev", "link0")
    networks.run(place, "ip", "link", "set", "link0", "up")


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Networks]:
    directory = tmp_path_factory.mktemp("nft")
    made = Networks()
    with ExitStack() as stack:
        for name in made.names.values():
            subprocess.run(["ip", "netns", "add", name], check=True)
            stack.callback(subprocess.run, ["ip", "netns", "del", name], check=True)
        made.run("dmz", "ip", "link", "set", "lo", "up")
        link(made, "eth0", "203.0.113.10/24", "inet", "203.0.113.99/24")
        link(made, "eth1", "198.51.100.10/24", "lgwan", "198.51.100.20/24", "198.51.100.21/24")
        link(made, "eth2", "192.0.2.10/24", "mgmt", "192.0.2.99/24")
        stack.callback(stop, made.serve("inet", OTHER, "203.0.113.99:443"))
        stack.callback(stop, made.serve("mgmt", OTHER, "192.0.2.99:8443"))
        lgwan = [f"198.51.100.{host}:{port}" for host in (20, 21) for port in (8443, 9999)]
        stack.callback(stop, made.serve("lgwan", OTHER, *lgwan))
        stack.callback(stop, made.serve("dmz", FRONT, "203.0.113.10:443", "203.0.113.10:8080", "127.0.0.1:7000"))
        stack.callback(stop, made.serve("dmz", EXPORTER, "192.0.2.10:9464", "203.0.113.10:9464"))
        stack.callback(stop, made.serve("dmz", EGRESS, "198.51.100.10:9000"))
        yield load_rules(made, directory)


def load_rules(networks: Networks, directory: Path) -> Networks:
    """Every way is open before the rules are loaded, so what is shut afterwards was shut by them."""
    for user in (FRONT, EGRESS, LEDGER, EXPORTER):
        for target in ("203.0.113.99:443", "198.51.100.21:9999", "192.0.2.99:8443", "127.0.0.1:7000"):
            assert networks.connect("dmz", user, target) == "answered"
    assert networks.connect("inet", OTHER, "203.0.113.10:8080") == "answered"
    assert networks.connect("lgwan", OTHER, "198.51.100.10:9000") == "answered"
    (directory / "a").write_text("x")
    (directory / "sekisho.toml").write_text(CONFIG)
    networks.run("dmz", "nft", "-f", "-", text=ruleset(load_host(directory / "sekisho.toml")))
    return networks


def test_egress_reaches_the_declared_gate(networks: Networks) -> None:
    assert networks.connect("dmz", EGRESS, "198.51.100.20:8443") == "answered"


@pytest.mark.parametrize(
    "target",
    ["198.51.100.20:9999", "198.51.100.21:8443", "203.0.113.99:443", "192.0.2.99:8443", "127.0.0.1:7000"],
)
def test_egress_reaches_nothing_else(networks: Networks, target: str) -> None:
    assert networks.connect("dmz", EGRESS, target) == "EHOSTUNREACH"


def test_egress_reaches_the_gate_from_its_own_address_only(networks: Networks) -> None:
    assert networks.connect("dmz", EGRESS, "198.51.100.20:8443", source="198.51.100.10") == "answered"
    assert networks.connect("dmz", EGRESS, "198.51.100.20:8443", source="203.0.113.10") == "EHOSTUNREACH"


@pytest.mark.parametrize("user", [FRONT, LEDGER, EXPORTER])
def test_the_other_roles_open_no_connection(networks: Networks, user: int) -> None:
    targets = ("198.51.100.20:8443", "198.51.100.21:9999", "203.0.113.99:443", "192.0.2.99:8443", "127.0.0.1:7000")
    assert [networks.connect("dmz", user, target) for target in targets] == ["EHOSTUNREACH"] * len(targets)


def test_front_and_exporter_answer_where_they_listen(networks: Networks) -> None:
    assert networks.connect("inet", OTHER, "203.0.113.10:443") == "answered"
    assert networks.connect("mgmt", OTHER, "192.0.2.10:9464") == "answered"


@pytest.mark.parametrize(
    ("place", "target"),
    [("inet", "203.0.113.10:8080"), ("inet", "203.0.113.10:9464"), ("lgwan", "198.51.100.10:9000")],
)
def test_nothing_else_comes_in(networks: Networks, place: str, target: str) -> None:
    assert networks.connect(place, OTHER, target, timeout_s=0.5) == "timed out"


def test_users_that_are_no_role_are_left_alone(networks: Networks) -> None:
    assert networks.connect("dmz", OTHER, "198.51.100.21:9999") == "answered"


def test_the_host_is_no_router(networks: Networks) -> None:
    networks.run("dmz", "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
    networks.run("inet", "ip", "route", "add", "198.51.100.0/24", "via", "203.0.113.10")
    networks.run("lgwan", "ip", "route", "add", "203.0.113.0/24", "via", "198.51.100.10")
    assert networks.connect("inet", OTHER, "198.51.100.21:9999", timeout_s=0.5) == "timed out"
    counters = networks.run("dmz", "nft", "list", "chain", "inet", "sekisho", "forward")
    assert "packets 0" not in counters
