"""`sekisho check` as an operator types it: each mistake is named at its file and line, with what to mend, and ends in 78.

Every case is one edit of files that are in order, made by the code that `sekisho certs` and the lab use.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from relay.settings.pki import LabChoices, Pki, create_pki, write_lab_config
from tests.live.labs import sekisho

pytestmark = pytest.mark.live

DAY = timedelta(days=1)
_PROBLEM = re.compile(r"(?P<path>/\S+?)(?::(?P<line>\d+))?: error: (?P<message>.+)\n    mend: (?P<mend>.+)")


@dataclass
class Site:
    """A relay's and a gate's files, in order until a case edits them."""

    pki: Pki
    host_file: Path
    gate_file: Path

    def edit(self, old: str, new: str) -> None:
        text = self.host_file.read_text("utf-8")
        assert old in text
        self.host_file.write_text(text.replace(old, new, 1), "utf-8")

    def replace(self, path: Path, content: bytes, mode: int = 0o400) -> None:
        path.unlink()
        path.write_bytes(content)
        path.chmod(mode)

    @property
    def relay(self) -> Path:
        return self.pki.relay_directory

    def place_of(self, needle: str, file: Path | None = None) -> str:
        """`file:line` of the first line with these words."""
        file = file or self.host_file
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            if needle in line:
                return f"{file}:{number}"
        raise AssertionError(needle)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    pki = create_pki(tmp_path / "site", tenants={"city-a": ["localhost"]})
    choices = LabChoices(
        front_port=18443, exporter_port=19464, gate_ports=[19001], applications={"city-a": "http://127.0.0.1:18000"}
    )
    config = write_lab_config(pki, choices)
    return Site(pki, config.host_file, config.gate_files[0])


def unknown_key(site: Site) -> None:
    site.edit("[egress]\n", '[egress]\nsorce_address = "127.0.0.1"\n')


def unknown_table(site: Site) -> None:
    site.edit("[exporter]\n", "[exporters]\n")


def wrong_type(site: Site) -> None:
    site.edit("workers = 1", 'workers = "1"')


def out_of_bounds(site: Site) -> None:
    site.edit("workers = 1", "workers = 0")


def not_toml(site: Site) -> None:
    site.edit("workers = 1", "workers = one")


def missing_file(site: Site) -> None:
    site.edit("egress.crt", "egres.crt")


def expired_certificate(site: Site) -> None:
    now = datetime.now(UTC)
    issued = site.pki.authorities.issue("egress", [site.pki.relay_name], now=now - 9 * DAY, not_after=now - DAY)
    site.replace(site.relay / "egress.crt", issued.chain_pem, 0o444)
    site.replace(site.relay / "keys/egress", issued.key_pem)


def mismatched_key(site: Site) -> None:
    other = site.pki.authorities.issue("front", ["localhost"])
    site.replace(site.relay / "keys/city-a", other.key_pem)


def certificate_for_another_host(site: Site) -> None:
    site.edit('hosts = ["localhost"]', 'hosts = ["localhost", "shinsei.city-a.example.jp"]')


def certificate_for_another_use(site: Site) -> None:
    issued = site.pki.authorities.issue("gate", [site.pki.relay_name])
    site.replace(site.relay / "egress.crt", issued.chain_pem, 0o444)
    site.replace(site.relay / "keys/egress", issued.key_pem)


def two_roles_on_one_interface(site: Site) -> None:
    site.edit("[front]\n", '[front]\ninterface = "eth0"\n')
    site.edit("[egress]\n", '[egress]\ninterface = "eth0"\n')


def two_roles_on_one_port(site: Site) -> None:
    site.edit("127.0.0.1:19464", "127.0.0.1:18443")


def bad_pin(site: Site) -> None:
    site.edit('pins = ["sha256/', 'pins = ["sha256/x')


def unreadable_credential(site: Site) -> None:
    (site.relay / "keys/front-signing").chmod(0o644)


def missing_credential(site: Site) -> None:
    (site.relay / "keys/permit").unlink()


def secret_in_the_file(site: Site) -> None:
    key = (site.relay / "keys/egress").read_text("ascii").replace("\n", "\\n")
    site.edit('name = "relay1', f'name = "{key}')


def stale_revocation_list(site: Site) -> None:
    crl = site.pki.authorities.lgwan.crl_pem(now=datetime.now(UTC) - 9 * DAY)
    site.replace(site.pki.authorities.crl, crl, 0o444)


def tenant_without_a_gate(site: Site) -> None:
    site.edit('gates = ["gate-1"]', 'gates = ["gate-2"]')


@dataclass(frozen=True)
class Case:
    """`line`: words of the line that is named; `message` and `mend`: words of what is said. `role`: whom a role's own files concern."""

    make: Callable[[Site], None]
    line: str
    message: str
    mend: str
    role: str = ""


CASES = (
    Case(unknown_key, "sorce_address", "sorce_address", "source_address"),
    Case(unknown_table, "[exporters]", "exporters", "exporter"),
    Case(wrong_type, 'workers = "1"', "workers", "1"),
    Case(out_of_bounds, "workers = 0", "workers", "1"),
    Case(not_toml, "workers = one", "TOML", ""),
    Case(missing_file, "egres.crt", "egres.crt", ""),
    Case(expired_certificate, "egress.crt", "expired on", "renew it", "egress"),
    Case(mismatched_key, "city-a.crt", "does not belong to the private key", "give the key", "front"),
    Case(certificate_for_another_host, "city-a.crt", "is not for shinsei.city-a.example.jp", "subjectAltName", "front"),
    Case(certificate_for_another_use, "egress.crt", "may not be used as a client", "clientAuth", "egress"),
    Case(two_roles_on_one_interface, 'interface = "eth0"', "eth0", "interface"),
    Case(two_roles_on_one_port, "127.0.0.1:18443", "18443", ""),
    Case(bad_pin, "pins", "pins", "sekisho certs show"),
    Case(unreadable_credential, "[front]", "keys/front-signing: the key has mode 0644", "chmod 0400", "front"),
    Case(missing_credential, "[egress]", "keys/permit: there is no such key", "put the key there", "egress"),
    Case(secret_in_the_file, "PRIVATE KEY", "private key", ""),
    Case(stale_revocation_list, "lgwan-ca.crl", "out of date", "fetch a new one", "egress"),
    Case(tenant_without_a_gate, 'gates = ["gate-2"]', "gate-2", ""),
)


def problems_in(said: str) -> list[re.Match[str]]:
    found = list(_PROBLEM.finditer(said))
    assert len(found) == said.count(": error: ") > 0, said
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.make.__name__)
def test_each_mistake_has_its_place_and_what_to_mend(site: Site, case: Case) -> None:
    case.make(site)
    done = sekisho("check", "--config", str(site.host_file))
    assert done.returncode == 78, done.stdout + done.stderr
    numbers = {
        f"{site.host_file}:{number}"
        for number, line in enumerate(site.host_file.read_text("utf-8").splitlines(), 1)
        if case.line in line
    }
    assert numbers
    told = [
        found
        for found in problems_in(done.stderr)
        if f"{found['path']}:{found['line']}" in numbers and case.message in found["message"]
    ]
    assert told, done.stderr
    assert case.mend in told[0]["mend"], done.stderr
    assert "-----BEGIN" not in done.stderr + done.stdout
    assert "MIG" not in done.stderr  # nothing of a key


@pytest.mark.parametrize("case", [case for case in CASES if case.role], ids=lambda case: case.make.__name__)
def test_the_role_does_not_start_with_it_either(site: Site, case: Case) -> None:
    case.make(site)
    done = sekisho(case.role, "--config", str(site.host_file))
    assert done.returncode == 78, done.stderr
    assert "mend: " in done.stderr


def test_a_good_file_is_shown_with_every_setting(site: Site) -> None:
    done = sekisho("check", "--config", str(site.host_file))
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert (
        f'listen          = ["127.0.0.1:18443"]  # {site.host_file.name}:{site.place_of("18443").rpartition(":")[2]}'
        in lines
    )
    assert 'tls_min_version = "1.3"  # default' in lines
    assert lines[-1] == f"ok: {site.host_file}, 0 warnings"
    assert sekisho("check", "--gate", str(site.gate_file)).returncode == 0


def test_json_is_for_a_machine(site: Site) -> None:
    good = sekisho("check", "--config", str(site.host_file), "--json")
    said = json.loads(good.stdout)
    assert (good.returncode, said["problems"], said["warnings"]) == (0, [], [])
    assert said["settings"]["front"]["listen"] == ["127.0.0.1:18443"]
    assert said["sources"]["limits"]["connections"] == "default"
    bad_pin(site)
    bad = sekisho("check", "--config", str(site.host_file), "--json")
    (problem,) = json.loads(bad.stdout)["problems"]
    assert (bad.returncode, bad.stderr) == (78, "")
    assert f"{problem['path']}:{problem['line']}" == site.place_of("pins")
    assert problem["message"] and problem["mend"]


def test_several_mistakes_are_told_at_once(site: Site) -> None:
    for make in (unknown_key, wrong_type, bad_pin):
        make(site)
    done = sekisho("check", "--config", str(site.host_file))
    assert done.returncode == 78
    assert len(problems_in(done.stderr)) == 3


def test_a_key_that_may_not_be_read_is_told(site: Site) -> None:
    """Without root's power over files, a key of another user is out of reach, as it is for the role."""
    os.chown(site.relay / "keys/permit", 65534, 65534)
    command = ["setpriv", "--bounding-set=-all", str(Path(sys.executable).parent / "sekisho"), "check"]
    done = subprocess.run([*command, "--config", str(site.host_file)], capture_output=True, text=True, check=False)
    assert done.returncode == 78, done.stderr
    assert "keys/permit: the key cannot be opened: Permission denied" in done.stderr
    assert {f"{found['path']}:{found['line']}" for found in problems_in(done.stderr)} == {
        site.place_of("[egress]"), site.place_of("[ledger]"),
    }  # fmt: skip


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = sekisho("check", "--config", str(tmp_path / "none.toml"))
    assert done.returncode == 78
    (problem,) = problems_in(done.stderr)
    assert problem["path"] == str(tmp_path / "none.toml")


def test_every_case_counts() -> None:
    assert len(CASES) == 18
