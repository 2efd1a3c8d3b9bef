"""A relay's host and a gate's host as an operator sets them up, and the networks between them.

Internet 203.0.113.0/24 — inet0 [relay] lgwan0 — LGWAN 198.51.100.0/24 — lan0 [gate], and mgmt0 of the relay in the
management network 192.0.2.0/24. The addresses are those of config/sekisho.toml.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.attachments import CONTENT_TYPE, PATH, PROCEDURE, form
from tests.systemd.hosts import TREE, Host, cable, host, install_clamd, namespaces, run, wheel

CITY = "shinsei.city-a.example.jp"
_RELAY_TOML = """
[host]
name = "relay1.example.jp"
cache_dir = "/var/cache/sekisho"
[front]
listen = ["203.0.113.10:443"]
interface = "inet0"
workers = 2
[egress]
certificate = "egress.crt"
interface = "lgwan0"
source_address = "198.51.100.10"
[ledger]
origin = "relay1.example.jp/log"
[exporter]
listen = "192.0.2.10:9464"
interface = "mgmt0"
[[gate]]
name = "honcho-1"
address = "198.51.100.20:8443"
server_name = "gate1.example.jp"
anchor = "lgwan-ca.crt"
pins = ["{gate_pin}"]
crl = "lgwan-ca.crl"
receipt_key = "honcho-1-receipt.vkey"
[[tenant]]
name = "city-a"
hosts = ["{city}"]
certificate = "city-a.crt"
key = "city-a"
gates = ["honcho-1"]
sealing_key = "city-a-sealing.pub"
[scanner]
clamd_config = "/etc/clamav/clamd.conf"
[policy]
procedures = ["procedures"]
rule_set = "small"
[[rule_set]]
name = "small"
rules = ["rules/*.conf"]
"""
_RULES = r"""
SecRule REQUEST_HEADERS:X-Probe "@streq one" "id:101,phase:1,deny,status:403,msg:'Probe'"
SecRule ARGS "@rx (?i)union\s+select" "id:102,phase:2,deny,msg:'Union'"
"""
_GATE_TOML = """
[gate]
name = "gate1.example.jp"
listen = "198.51.100.20:8443"
interface = "lan0"
certificate = "gate.crt"
[[relay]]
name = "relay-1"
server_name = "relay1.example.jp"
anchor = "lgwan-ca.crt"
pins = ["{relay_pin}"]
crl = "lgwan-ca.crl"
signing_keys = ["relay-1-front-signing.vkey"]
[[application]]
tenant = "city-a"
url = "http://127.0.0.1:8000"
"""
# the table "What differs on each host" of systemd/README.md
_DROP_INS = {
    "sekisho-front.socket.d/address.conf": "[Socket]\nListenStream=\nListenStream=203.0.113.10:443\nBindToDevice=inet0\n",
    "sekisho-front@.service.d/tenants.conf": "[Service]\nLoadCredential=city-a:/etc/sekisho/keys/city-a\n",
    "sekisho-egress.service.d/gates.conf": "[Service]\nIPAddressAllow=198.51.100.20\nRestrictNetworkInterfaces=lgwan0\n",
    "sekisho-exporter.socket.d/address.conf": (
        "[Socket]\nListenStream=\nListenStream=192.0.2.10:9464\nBindToDevice=mgmt0\n"
    ),
}
_GATE_DROP_INS = {
    "sekisho-gate.service.d/peers.conf": "[Service]\nIPAddressAllow=198.51.100.10 127.0.0.1\n",
    "municipality.service": (
        "[Service]\nDynamicUser=yes\nExecStart=/opt/sekisho/bin/python -m relay.lab.application --port 8000\n"
        "[Install]\nWantedBy=multi-user.target\n"
    ),
}
_CERTIFICATES = """
cd /root
sekisho certs init ca
sekisho certs issue ca --role front --name {city} --key city-a --out relay
sekisho certs issue ca --role egress --name relay1.example.jp --out relay
sekisho certs issue ca --role gate --name gate1.example.jp --out gate
sekisho certs keygen relay --for relay --name relay1.example.jp
sekisho certs keygen gate --for gate --name gate1.example.jp
cp ca/lgwan-ca.crt ca/lgwan-ca.crl relay/
cp ca/lgwan-ca.crt ca/lgwan-ca.crl gate/
cp gate/receipt.vkey relay/honcho-1-receipt.vkey
cp gate/sealing.pub relay/city-a-sealing.pub
cp relay/front-signing.vkey gate/relay-1-front-signing.vkey
"""


@dataclass(frozen=True)
class Municipality:
    """Both hosts, booted, and the namespaces `internet` and `management` around them."""

    relay: Host
    gate: Host
    networks: Mapping[str, str]
    ca_file: Path

    def ask(self, path: str = "/status/2026-0415-000001") -> tuple[int, str]:
        """Status and body of a GET by a citizen, from the Internet; status 0: no connection."""
        said = self.curl("internet", f"https://{CITY}{path}", "--cacert", str(self.ca_file))
        body, _, status = said.rpartition("\n")
        return int(status), body

    def attach(self, data: bytes) -> int:
        """Status of a form with this file."""
        body = self.ca_file.with_name("form")
        body.write_bytes(form(data))
        options = (
            "--cacert",
            str(self.ca_file),
            "--header",
            f"Content-Type: {CONTENT_TYPE}",
            "--data-binary",
            f"@{body}",
        )
        return int(self.curl("internet", f"https://{CITY}{PATH}", *options).rpartition("\n")[2])

    def metrics(self, path: str = "/metrics") -> str:
        return self.curl("management", f"http://192.0.2.10:9464{path}")

    def curl(self, network: str, url: str, *options: str) -> str:
        where = ("--resolve", f"{CITY}:443:203.0.113.10")
        curl = ("curl", "--silent", "--max-time", "10", "--noproxy", "*", "--write-out", "\n%{http_code}")
        return run("ip", "netns", "exec", self.networks[network], *curl, *where, *options, url, check=False)


@contextmanager
def municipality(directory: Path) -> Iterator[Municipality]:
    """Set up as systemd/README.md says, and booted."""
    run(Path("scripts/debian-tree"), TREE, cwd=TREE.parents[1])
    package = wheel(directory / "wheel")
    with (
        namespaces("internet", "management", "relay", "gate") as networks,
        host("relay", networks["relay"], directory / "relay", package) as relay,
        host("gate", networks["gate"], directory / "gate", package) as gate,
    ):
        cable((networks["relay"], "inet0", "203.0.113.10/24"), (networks["internet"], "eth0", "203.0.113.1/24"))
        cable((networks["relay"], "lgwan0", "198.51.100.10/24"), (networks["gate"], "lan0", "198.51.100.20/24"))
        cable((networks["relay"], "mgmt0", "192.0.2.10/24"), (networks["management"], "eth0", "192.0.2.1/24"))
        for network, way in (("internet", "203.0.113.10"), ("gate", "198.51.100.10"), ("management", "192.0.2.10")):
            # every address of the relay can be tried from everywhere; only its own rules keep the networks apart
            run("ip", "-n", networks[network], "route", "add", "default", "via", way)
        relay.before("sh", "-ec", f"PATH=/opt/sekisho/bin:$PATH; {_CERTIFICATES.format(city=CITY)}")
        _set_up_relay(relay)
        _set_up_gate(gate, relay.root / "root/gate")
        gate.boot()
        relay.boot()
        yield Municipality(relay, gate, networks, relay.root / "root/ca/internet-ca.crt")


def _set_up_relay(relay: Host) -> None:
    relay.before("cp", "-r", "/root/relay/.", "/etc/sekisho/")
    relay.write("/etc/sekisho/rules/probe.conf", _RULES)
    relay.before("sh", "-ec", "cp -r /opt/sekisho/lib/python3*/site-packages/policy/procedures /etc/sekisho/procedures")
    relay.write("/etc/sekisho/procedures/with-files.toml", PROCEDURE)
    install_clamd(relay)
    relay.write("/etc/sekisho/sekisho.toml", _RELAY_TOML.format(city=CITY, gate_pin=_pin(relay, "/root/gate/gate.crt")))
    for name, text in _DROP_INS.items():
        relay.write(f"/etc/systemd/system/{name}", text)
    relay.before("/opt/sekisho/bin/sekisho", "check", "--quiet")
    relay.before("systemctl", "enable", "sekisho.target", "sekisho-front@1.service", "sekisho-scanner.service")
    relay.before("systemctl", "enable", "clamav-daemon.service")


def _set_up_gate(gate: Host, files: Path) -> None:
    run("cp", "-r", f"{files}/.", gate.root / "etc/sekisho")
    pin = _pin(gate, "/root/egress.crt", files.parent / "relay/egress.crt")
    gate.write("/etc/sekisho/gate.toml", _GATE_TOML.format(relay_pin=pin))
    for name, text in _GATE_DROP_INS.items():
        gate.write(f"/etc/systemd/system/{name}", text)
    gate.before("/opt/sekisho/bin/sekisho", "check", "--gate", "--quiet")
    gate.before("systemctl", "enable", "sekisho-gate.service", "municipality.service")


def _pin(where: Host, certificate: str, source: Path | None = None) -> str:
    """The pin as `sekisho certs show` prints it."""
    if source is not None:
        run("cp", source, where.root / certificate.lstrip("/"))
    said = where.before("/opt/sekisho/bin/sekisho", "certs", "show", certificate)
    (pin,) = [word for word in said.split() if word.startswith("sha256/")]
    return pin
