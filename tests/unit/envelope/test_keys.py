"""relay/envelope/keys.py: one line, one key; private keys show nothing."""

from __future__ import annotations

import base64
import copy
import pickle
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature

from relay.base.errors import Refused
from relay.envelope.keys import (
    KeyInvalid,
    ReceiptSigner,
    ReceiptVerifier,
    RecipientPrivateKey,
    RecipientPublicKey,
    SenderPrivateKey,
    SenderPublicKey,
)

RECIPIENT = RecipientPrivateKey.generate()
SENDER = SenderPrivateKey.generate("front-1.example/a")
RECEIPT = ReceiptSigner.generate("gate-1")
PRIVATE: list[Any] = [RECIPIENT, SENDER, RECEIPT]
ALL: list[Any] = [*PRIVATE, *(key.public_key for key in PRIVATE)]
FORMS = {  # the two signing kinds share the C2SP form; what they sign differs
    RecipientPrivateKey: "sealing, private",
    RecipientPublicKey: "sealing, public",
    SenderPrivateKey: "signing, private",
    ReceiptSigner: "signing, private",
    SenderPublicKey: "signing, public",
    ReceiptVerifier: "signing, public",
}


@pytest.mark.parametrize("key", ALL, ids=lambda key: type(key).__name__)
def test_a_key_comes_back_from_its_line_with_or_without_lf(key: Any) -> None:
    text = key.to_text()
    for line in (text, text + "\n"):
        again = type(key).from_text(line)
        assert (again.key_id, again.to_text()) == (key.key_id, text)
    assert len(key.key_id) == 16


@pytest.mark.parametrize("key", ALL, ids=lambda key: type(key).__name__)
def test_any_other_line_is_refused(key: Any) -> None:
    text = key.to_text()
    others = [other.to_text() for other in ALL if FORMS[type(other)] != FORMS[type(key)]]
    wrong = [
        "",
        "\n",
        " " + text,
        text + " ",
        text + "\n\n",
        text + "\r\n",
        text[:-1],
        text + "A",
        text.rstrip("=") + "====",
        text.replace("+", " ") if "+" in text else text.replace(" ", "+"),
        text[:40] + "\n" + text[40:],
        text[:40] + "\x00" + text[40:],
        text[:40] + "é" + text[40:],
        text.swapcase(),
        *others,
    ]
    for line in wrong:
        with pytest.raises(KeyInvalid) as caught:
            type(key).from_text(line)
        assert text[-20:-4] not in str(caught.value)
    assert len(wrong) >= 14 + 4


@pytest.mark.parametrize("key", [SENDER, SENDER.public_key, RECIPIENT.public_key], ids=lambda key: type(key).__name__)
def test_a_line_whose_id_belongs_to_another_key_is_refused(key: Any) -> None:
    text = key.to_text()
    parts = text.split("+")
    hashed = next(part for part in parts if len(part) in (8, 32) and all(digit in "0123456789abcdef" for digit in part))
    changed = text.replace(hashed, f"{int(hashed, 16) ^ 1:0{len(hashed)}x}")
    assert changed != text
    with pytest.raises(KeyInvalid, match="does not belong"):
        type(key).from_text(changed)


def test_bits_beyond_the_end_of_base64_are_refused() -> None:
    text = RECIPIENT.public_key.to_text()  # 1216 bytes: four characters and == at the end
    assert text.endswith("==")
    changed = text[:-3] + chr(ord(text[-3]) + 1) + "=="
    assert base64.b64decode(changed.split("+", 2)[2]) == base64.b64decode(text.split("+", 2)[2])
    with pytest.raises(KeyInvalid):
        RecipientPublicKey.from_text(changed)


@pytest.mark.parametrize("kind", [b"\x00", b"\x02", b"\x04"])
def test_a_vkey_of_another_algorithm_is_refused(kind: bytes) -> None:
    text = f"front+00000000+{base64.b64encode(kind + bytes(32)).decode()}"
    with pytest.raises(KeyInvalid, match="not of the kind"):
        SenderPublicKey.from_text(text)
    with pytest.raises(KeyInvalid, match="not of the kind"):
        SenderPrivateKey.from_text("PRIVATE+KEY+" + text)


@pytest.mark.parametrize("name", ["", "A", "a b", "a+b", "-a", "a-", "a" * 65, "名", "a\n"])
def test_a_name_that_no_note_can_carry_is_refused(name: str) -> None:
    with pytest.raises(KeyInvalid):
        SenderPrivateKey.generate(name)


@pytest.mark.parametrize("name", ["a", "a" * 64, "a.b/c_d-e"])
def test_other_names_are_taken(name: str) -> None:
    key = SenderPrivateKey.generate(name)
    assert SenderPrivateKey.from_text(key.to_text()).name == name


@pytest.mark.parametrize("key", PRIVATE, ids=lambda key: type(key).__name__)
def test_a_private_key_is_neither_shown_nor_copied(key: Any) -> None:
    secret = key.to_text()
    shown = repr(key) + str(key) + f"{key}"
    assert all(secret[at : at + 12] not in shown for at in range(len(secret) - 52, len(secret) - 12))
    for act in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            act(key)


def test_keys_of_the_wrong_size_are_refused() -> None:
    for call in (
        lambda: RecipientPrivateKey(bytes(95)),
        lambda: RecipientPrivateKey(bytes(97)),
        lambda: RecipientPublicKey(bytes(1215)),
        lambda: RecipientPublicKey(bytes(1217)),
        lambda: SenderPrivateKey("a", bytes(31)),
        lambda: SenderPublicKey("a", bytes(33)),
    ):
        with pytest.raises(KeyInvalid):
            call()


def test_a_sealing_key_that_cannot_seal_is_refused_when_it_is_read() -> None:
    good = base64.b64decode(RECIPIENT.public_key.to_text().split("+", 2)[2])
    for raw in (good[:1184] + bytes(32), good[:1184] + b"\x01" + bytes(31), b"\xff" * 1184 + good[1184:]):
        with pytest.raises(KeyInvalid):
            RecipientPublicKey(raw)


def test_what_is_sealed_opens_with_the_same_info_only() -> None:
    sealed = RECIPIENT.public_key.seal(b"keys", b"info")
    assert RECIPIENT.open(sealed, b"info") == b"keys"
    for key, data, info in (
        (RECIPIENT, sealed, b"other"),
        (RecipientPrivateKey.generate(), sealed, b"info"),
        (RECIPIENT, sealed[:-1], b"info"),
        (RECIPIENT, b"", b"info"),
        (RECIPIENT, sealed[:1088] + bytes(32) + sealed[1120:], b"info"),
    ):
        with pytest.raises(Refused):
            key.open(data, info)


def test_a_signature_of_one_purpose_is_none_of_the_other() -> None:
    seed = bytes(range(32))
    sender, receipt = SenderPrivateKey("same", seed), ReceiptSigner("same", seed)
    assert sender.public_key.to_text() == receipt.public_key.to_text()
    sender.public_key.verify(sender.sign(b"m"), b"m")
    receipt.public_key.verify(receipt.sign(b"m"), b"m")
    with pytest.raises(InvalidSignature):
        receipt.public_key.verify(sender.sign(b"m"), b"m")
    with pytest.raises(InvalidSignature):
        sender.public_key.verify(receipt.sign(b"m"), b"m")
    assert isinstance(receipt.public_key, ReceiptVerifier)
