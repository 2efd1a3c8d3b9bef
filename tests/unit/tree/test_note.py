"""Signed notes: a published example, and every way in which a note or a key can be wrong."""

from __future__ import annotations

import base64

import pytest

from relay.base.errors import IntegrityBroken
from relay.tree.note import NOTE_MAX_BYTES, SIGNATURES_MAX, Note, Signer, Verifier, open_note, sign_note

# The example in the documentation of golang.org/x/mod/sumdb/note, where the format comes from.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_NOTE = (
    GO_TEXT
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()


def test_the_published_example() -> None:
    verifier = Verifier.parse(GO_VKEY)
    assert verifier.vkey == GO_VKEY
    assert open_note(GO_NOTE, [verifier]) == Note(GO_TEXT, ("PeterNeumann",))


def test_keys_both_ways() -> None:
    signer = Signer.generate("log.example/a")
    again = Signer.parse(signer.encode())
    assert again.vkey == signer.vkey
    assert Verifier.parse(signer.vkey) == signer.verifier
    assert signer.encode() not in repr(signer)
    assert base64.b64decode(signer.encode().split("+", 4)[4])[1:] not in repr(signer).encode()


def test_keys_that_are_none() -> None:
    signer = Signer.generate("log.example/a")
    name, key_id, encoded = signer.vkey.split("+", 2)
    raw = base64.b64decode(encoded)
    ecdsa = base64.b64encode(b"\x02" + raw[1:]).decode()
    wrong = [
        "",
        "log.example/a",
        f"{name}+{key_id}",
        f"+{key_id}+{encoded}",
        f"a b+{key_id}+{encoded}",
        f"other+{key_id}+{encoded}",
        f"{name}+00000000+{encoded}",
        f"{name}+{key_id.upper()}X+{encoded}",
        f"{name}+{key_id}+{encoded}\n",
        f"{name}+{key_id}+{encoded[:-4]}",
        f"{name}+{key_id}+{ecdsa}",
        f"{name}+{key_id}+—",
        signer.encode(),
    ]
    for text in wrong:
        with pytest.raises(ValueError, match=r"."):
            Verifier.parse(text)
    assert len(wrong) == 13
    for text in ("", signer.vkey, signer.encode() + "=", signer.encode().replace("log.example", "log.other")):
        with pytest.raises(ValueError, match=r".") as caught:
            Signer.parse(text)
        assert signer.encode()[-20:] not in str(caught.value)


def test_unknown_signatures_are_passed_over_and_wrong_ones_spoil_the_note() -> None:
    ours, witness, stranger = Signer.generate("log.example"), Signer.generate("witness"), Signer.generate("stranger")
    note = sign_note("text\n\nwith an empty line\n", [stranger, ours, witness])
    assert open_note(note, [ours.verifier]).signed_by == ("log.example",)
    assert open_note(note, [witness.verifier, ours.verifier]).signed_by == ("log.example", "witness")
    assert open_note(note, [ours.verifier]).text == "text\n\nwith an empty line\n"
    for verifiers in ([], [Signer.generate("log.example").verifier], [Signer.generate("nobody").verifier]):
        with pytest.raises(IntegrityBroken, match="no signature by a known key"):
            open_note(note, verifiers)
    lines = note.split(b"\n")
    at = next(number for number, line in enumerate(lines) if b"witness" in line)
    raw = bytearray(base64.b64decode(lines[at].split(b" ")[2]))
    raw[-1] ^= 1
    lines[at] = "— witness ".encode() + base64.b64encode(raw)
    spoilt = b"\n".join(lines)
    assert open_note(spoilt, [ours.verifier]).signed_by == ("log.example",)
    with pytest.raises(IntegrityBroken, match="not valid"):
        open_note(spoilt, [ours.verifier, witness.verifier])


def test_every_changed_bit_is_seen() -> None:
    signer = Signer.generate("log.example")
    note = sign_note("some text\n", [signer])
    for place in range(len(note)):
        for bit in (0, 5):
            changed = bytearray(note)
            changed[place] ^= 1 << bit
            with pytest.raises(IntegrityBroken):
                open_note(bytes(changed), [signer.verifier])


def test_notes_that_are_none() -> None:
    signer = Signer.generate("log.example")
    good = sign_note("text\n", [signer])
    line = good.split(b"\n\n", 1)[1]
    wrong = [
        b"",
        b"text\n",
        b"text\n\n",
        b"\n\n" + line,
        good[:-1],
        good + b"\n",
        good + b"trailing\n",
        b"text\r\n\n" + line,
        b"te\x00xt\n\n" + line,
        b"\xff" + good,
        good.replace("—".encode(), b"-"),
        good.replace(b" ", b"  "),
        b"text\n\n" + "— log.example AAAA\n".encode(),
        b"text\n\n" + "— log.example !!!!\n".encode(),
        b"x" * NOTE_MAX_BYTES + good,
        b"text\n\n" + line * (SIGNATURES_MAX + 1),
    ]
    for data in wrong:
        with pytest.raises(IntegrityBroken):
            open_note(data, [signer.verifier])
    assert len(wrong) == 16
    assert open_note(b"text\n\n" + line * SIGNATURES_MAX, [signer.verifier]).signed_by == ("log.example",)


def test_what_is_not_signed() -> None:
    signer = Signer.generate("log.example")
    for text in ("", "no newline", "a\x00b\n", "a\rb\n"):
        with pytest.raises(ValueError, match="note's text"):
            sign_note(text, [signer])
    with pytest.raises(ValueError, match="somebody signs"):
        sign_note("text\n", [])
    for name in ("", "a b", "a+b", "a\nb", "a\u3000b"):
        with pytest.raises(ValueError, match="key name"):
            Signer.generate(name)
