"""Each thing that can be wrong with a key file. No message ever shows a key."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from relay.base.errors import Problem
from relay.envelope.keys import ReceiptSigner, RecipientPrivateKey, SenderPrivateKey
from relay.settings.check import check_gate, check_host
from relay.settings.pki import LabConfig, Pki
from relay.tree.note import Signer
from tests.unit.settings.lab import NOW, edit, make, replace_file


@pytest.fixture
def lab(tmp_path: Path) -> tuple[Pki, LabConfig]:
    return make(tmp_path)


def messages(problems: tuple[Problem, ...], directory: Path) -> list[str]:
    return [problem.message.replace(str(directory), "DIR") for problem in problems]


def of_host(config: LabConfig) -> list[str]:
    return messages(check_host(config.host_file, NOW).problems, config.host_file.parent)


def of_gate(config: LabConfig) -> list[str]:
    return messages(check_gate(config.gate_files[0], NOW).problems, config.host_file.parent)


HOST_KEYS = {
    "front-signing": "[front] signing_key",
    "egress": "[egress] key",
    "log-signing": "[ledger] signing_key",
    "city-a": "[[tenant]] 1 key",
}
GATE_KEYS = {"gate": "[gate] key", "receipt": "[gate] receipt_key", "sealing-city-a": "[gate] sealing_keys item 1"}


def test_a_key_that_is_missing_or_open_to_others(lab: tuple[Pki, LabConfig]) -> None:
    pki, config = lab
    checked = 0
    for directory, keys, look in (
        (pki.relay_directory, HOST_KEYS, of_host),
        (pki.gates[0].directory, GATE_KEYS, of_gate),
    ):
        for name, place in keys.items():
            path = directory / "keys" / name
            content = path.read_bytes()
            path.chmod(0o440)
            assert look(config) == [f"{place}: DIR/{directory.name}/keys/{name}: the key has mode 0440"]
            path.unlink()
            assert look(config) == [f"{place}: DIR/{directory.name}/keys/{name}: there is no such key"]
            replace_file(path, content)
            assert look(config) == []
            checked += 1
    assert checked == 7


def test_a_key_of_another_kind(lab: tuple[Pki, LabConfig]) -> None:
    pki, config = lab
    secret = SenderPrivateKey.generate("x").to_text()
    keys = pki.relay_directory / "keys"
    for name in ("front-signing", "log-signing", "permit", "egress", "city-a"):
        replace_file(keys / name, b"\xff" + secret.encode())
    found = of_host(config)
    assert [message.partition(": ")[0] for message in found] == [
        "[[tenant]] 1 key",
        "[egress] key",
        "[front] signing_key",
        "[ledger] signing_key",
        "[egress] permit_key",
        "[ledger] permit_key",
    ]
    gate = pki.gates[0].directory / "keys"
    for name in ("gate", "receipt", "sealing-city-a"):
        replace_file(gate / name, RecipientPrivateKey.generate().to_text()[:-4])
    found += of_gate(config)
    assert len(found) == 9
    assert not any(secret[20:] in message or "PRIVATE+KEY+x" in message for message in found)


@pytest.mark.parametrize("bad", ["", "0" * 63, "0" * 65, "g" * 64, "A" * 64, "0" * 64 + "\n\n"])
def test_a_permit_key_is_64_hexadecimal_digits(lab: tuple[Pki, LabConfig], bad: str) -> None:
    pki, config = lab
    replace_file(pki.relay_directory / "keys" / "permit", bad)
    assert len(of_host(config)) == 2


def test_two_names_for_the_permit_key_must_hold_one_key(lab: tuple[Pki, LabConfig]) -> None:
    pki, config = lab
    edit(config.host_file, "[egress]\n", '[egress]\npermit_key = "permit-too"\n')
    same = (pki.relay_directory / "keys" / "permit").read_bytes()
    replace_file(pki.relay_directory / "keys" / "permit-too", same)
    assert of_host(config) == []
    replace_file(pki.relay_directory / "keys" / "permit-too", secrets.token_hex(32))
    assert of_host(config) == ["[ledger] permit_key: is not the key that egress has"]


def test_the_log_signs_with_its_own_name(lab: tuple[Pki, LabConfig]) -> None:
    pki, config = lab
    replace_file(pki.relay_directory / "keys" / "log-signing", Signer.generate("other.example.jp/log").encode())
    (problem,) = of_host(config)
    assert problem.endswith("signs as other.example.jp/log, and origin is relay1.lab.example/log")


def test_public_keys_that_cannot_be_read(lab: tuple[Pki, LabConfig]) -> None:
    pki, config = lab
    gate = pki.gates[0].directory
    for path in (gate / "sealing-city-a.pub", gate / "receipt.vkey", pki.relay_directory / "front-signing.vkey"):
        replace_file(path, path.read_text()[:-6] + "AAAA=\n")
    assert [message.partition(" DIR")[0] for message in of_host(config)] == [
        "[[tenant]] 1 sealing_key:",
        "[[gate]] 1 receipt_key:",
    ]
    assert [message.partition(" DIR")[0] for message in of_gate(config)] == ["[[relay]] 1 signing_keys item 1:"]
    replace_file(gate / "receipt.vkey", b"\xff\n")
    assert "cannot be read as text" in of_host(config)[1]


def test_a_receipt_key_of_another_gate_is_a_warning_on_both_sides(lab: tuple[Pki, LabConfig]) -> None:
    pki, config = lab
    other = ReceiptSigner.generate("gate9.lab.example")
    replace_file(pki.gates[0].directory / "receipt.vkey", other.public_key.to_text())
    replace_file(pki.gates[0].directory / "keys" / "receipt", other.to_text())
    for checked in (check_host(config.host_file, NOW), check_gate(config.gate_files[0], NOW)):
        assert checked.problems == ()
        assert "gate9.lab.example" in checked.warnings[0].message


def test_two_relays_with_one_signing_key(lab: tuple[Pki, LabConfig], tmp_path: Path) -> None:
    pki, config = lab
    copy = tmp_path / "copy.vkey"
    copy.write_bytes((pki.relay_directory / "front-signing.vkey").read_bytes())
    text = config.gate_files[0].read_text()
    start = text.index("[[relay]]")
    relay = text[start : text.index("[[application]]")]
    second = relay.replace("relay-1", "relay-2").replace("relay1.", "relay2.")
    second = second.replace(str(pki.relay_directory / "front-signing.vkey"), str(copy))
    config.gate_files[0].write_text(text + second)
    assert of_gate(config) == ["[[relay]] 2 signing_keys item 1: DIR/copy.vkey is also the key of relay-1"]


def test_without_keys_no_private_file_is_looked_at(lab: tuple[Pki, LabConfig]) -> None:
    pki, config = lab
    for path in (*(pki.relay_directory / "keys").iterdir(), *(pki.gates[0].directory / "keys").iterdir()):
        path.unlink()
    assert check_host(config.host_file, NOW, keys=False).problems == ()
    assert check_gate(config.gate_files[0], NOW, keys=False).problems == ()
    assert len(check_host(config.host_file, NOW).problems) == 6
