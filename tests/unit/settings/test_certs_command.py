"""`sekisho certs`: a relay and a gate from nothing, and files that are never overwritten or shown by mistake."""

from __future__ import annotations

import argparse
import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from certs.load import load_anchors, load_chain, load_crls, load_private_key
from certs.profile import Mismatch, PeerProfile, PeerRejected, parse_pin, verify_peer
from relay.settings import certs_command
from tests.unit.settings.lab import NOW, make


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser(prog="sekisho")
    certs_command.add_parser(parser.add_subparsers())
    chosen = parser.parse_args(["certs", *arguments])
    code: int = chosen.run(chosen)
    return code


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_certificate_of_each_role_is_what_its_peer_expects(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("init", "ca") == 0
    for role, name, usage, ca in (
        ("front", "shinsei.example.jp", "server", "internet"),
        ("egress", "relay1.example.jp", "client", "lgwan"),
        ("gate", "gate1.example.jp", "server", "lgwan"),
    ):
        assert run("issue", "ca", "--role", role, "--name", name, "--out", "out") == 0
        pin = capsys.readouterr().out.splitlines()[-1].split()[-1]
        file = name.partition(".")[0] if role == "front" else role
        chain = load_chain(here / "out" / f"{file}.crt")
        key = load_private_key((here / "out" / "keys" / file).read_bytes())
        assert key.public_key() == chain[0].public_key()
        anchors = load_anchors(here / "ca" / f"{ca}-ca.crt")
        profile = PeerProfile(anchors, frozenset([name]), frozenset([parse_pin(pin)]), usage)  # type: ignore[arg-type]  # literals
        assert verify_peer(chain, profile, NOW + timedelta(minutes=1)).name == name


def test_key_and_days_and_several_names_can_be_chosen(here: Path) -> None:
    run("init", "ca")
    names = ["--name", "a.example.jp", "--name", "2001:DB8::1"]
    assert run("issue", "ca", "--role", "front", *names, "--key", "city-a", "--days", "10") == 0
    (leaf,) = load_chain("city-a.crt")
    assert timedelta(days=9) < leaf.not_valid_after_utc - NOW < timedelta(days=11)
    assert stat.S_IMODE((here / "keys" / "city-a").stat().st_mode) == 0o400
    assert stat.S_IMODE((here / "city-a.crt").stat().st_mode) == 0o444


def test_nothing_is_overwritten(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    again = (
        ["init", "ca"],
        ["issue", "ca", "--role", "gate", "--name", "gate1.example.jp"],
        ["keygen", "relay", "--for", "relay", "--name", "relay1.example.jp"],
        ["keygen", "gate", "--for", "gate", "--name", "gate1.example.jp"],
    )
    assert [run(*arguments) for arguments in again] == [0, 0, 0, 0]
    before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
    capsys.readouterr()
    assert [run(*arguments) for arguments in again] == [78, 78, 78, 78]
    assert {path: path.read_bytes() for path in here.rglob("*") if path.is_file()} == before
    assert capsys.readouterr().err.count("exists already") == 1 + 1 + 5 + 4


def test_a_revoked_certificate_is_refused_from_the_next_list_on(here: Path) -> None:
    run("init", "ca")
    run("issue", "ca", "--role", "egress", "--name", "relay1.example.jp")
    chain, anchors = load_chain("egress.crt"), load_anchors("ca/lgwan-ca.crt")
    later = NOW + timedelta(minutes=1)

    def judge() -> None:
        crls = load_crls("ca/lgwan-ca.crl")
        verify_peer(chain, PeerProfile(anchors, frozenset(["relay1.example.jp"]), frozenset(), "client", crls), later)

    judge()
    assert run("crl", "ca", "--revoke", "egress.crt") == 0
    for _ in range(2):
        with pytest.raises(PeerRejected) as refused:
            judge()
        assert refused.value.mismatch is Mismatch.REVOKED
        assert run("crl", "ca") == 0  # a renewal forgets nothing


def test_show_tells_each_kind_of_public_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(here / "lab")
    files = ["relay/city-a.crt", "ca/lgwan-ca.crt", "ca/lgwan-ca.crl", "relay/log.vkey", "gate-1/sealing-city-a.pub"]
    paths = [str(here / "lab" / file) for file in files]
    assert run("show", *paths) == 0
    said = capsys.readouterr().out
    for label in (
        "発行先 subject",
        "ピン pin",
        "残り日数 days left",
        "鍵の種類 key type",
        "失効数 revoked",
        "鍵ID key id",
    ):
        assert label in said
    assert run("show", "--json", *paths) == 0
    facts = json.loads(capsys.readouterr().out)
    assert [one["kind"] for one in facts] == [
        "certificate",
        "CA certificate",
        "revocation list (CRL)",
        "verifier key (vkey)",
        "sealing public key",
    ]
    assert facts[0]["names"] == ["127.0.0.1", "localhost"]
    assert facts[0]["usage"] == ["server"]
    assert facts[0]["key"] == "ECDSA secp256r1"
    assert facts[3]["name"] == "relay1.lab.example/log"


def test_show_refuses_private_keys_and_what_it_does_not_know(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pki, _ = make(here / "lab")
    private = [path for path in (here / "lab").rglob("*keys/*") if path.is_file() and path.name != "permit"]
    assert len(private) == 9
    for path in private:
        assert run("show", str(path)) == 78
        said = capsys.readouterr()
        assert "holds a private key" in said.err
        assert path.read_text().split()[-1][-20:] not in said.out + said.err
    for path in (pki.relay_directory / "keys" / "permit", here, here / "none"):
        assert run("show", str(path)) == 78
        said = capsys.readouterr()
        assert said.out == ""
        assert "error: " in said.err


def test_check_looks_at_certificates_only(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pki, config = make(here / "lab")
    (pki.relay_directory / "keys" / "log-signing").unlink()
    assert run("check", "--config", str(config.host_file)) == 0
    (pki.relay_directory / "keys" / "egress").unlink()
    capsys.readouterr()
    assert run("check", "--config", str(config.host_file), "--json") == 78
    assert [problem["line"] for problem in json.loads(capsys.readouterr().out)["problems"]] == [13]
    assert run("check", "--gate", str(config.gate_files[0])) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        ["issue", "ca", "--role", "front", "--name", "../x"],
        ["issue", "ca", "--role", "front", "--name", "a.example.jp", "--key", "../x"],
        ["issue", "ca", "--role", "front", "--name", "a.example.jp", "--days", "0"],
        ["issue", "ca", "--role", "front", "--name", "a.example.jp", "--days", "826"],
        ["issue", "ca", "--role", "ledger", "--name", "a.example.jp"],
        ["keygen", "x", "--for", "relay", "--name", "Relay 1"],
        ["keygen", "x", "--for", "relay", "--name", "r", "--origin", "A"],
        ["keygen", "x", "--name", "r"],
        ["no-such-action"],
    ],
)
def test_wrong_usage_is_2_and_writes_nothing(here: Path, wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(*wrong)
    assert left.value.code == 2
    assert list(here.iterdir()) == []


def test_without_an_action_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 2
    assert "sekisho certs init ca" in capsys.readouterr().out


def test_a_directory_that_is_no_ca(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("issue", "nowhere", "--role", "front", "--name", "a.example.jp") == 78
    assert run("crl", "nowhere") == 78
    assert "nowhere" in capsys.readouterr().err
    assert list(here.iterdir()) == []


def test_a_name_that_no_key_can_have_writes_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("keygen", "a", "--for", "relay", "--name", "r" * 58) == 0
    assert run("keygen", "b", "--for", "relay", "--name", "r" * 59) == 78
    assert "choose a shorter --name" in capsys.readouterr().err
    assert list((here / "b").iterdir()) == []


def test_a_list_that_cannot_be_written_is_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("init", "ca")
    old = (here / "ca" / "lgwan-ca.crl").read_bytes()
    (here / "elsewhere").mkdir()
    crl = here / "ca" / "lgwan-ca.crl"
    crl.rename(here / "elsewhere" / "list")
    crl.symlink_to(here / "elsewhere" / "list")
    assert run("crl", "ca") == 0  # the link is replaced, not what it points to
    assert (here / "elsewhere" / "list").read_bytes() == old
    crl.unlink()
    crl.mkdir()
    assert run("crl", "ca") == 78
    assert "lgwan-ca.crl" in capsys.readouterr().err
