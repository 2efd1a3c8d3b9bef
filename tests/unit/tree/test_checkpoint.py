"""Checkpoints: their text, and what is none."""

from __future__ import annotations

import base64

import pytest

from relay.base.errors import IntegrityBroken
from relay.tree.checkpoint import Checkpoint, open_checkpoint, parse_text, read_unverified, sign_checkpoint
from relay.tree.note import Signer, sign_note

ROOT = bytes(range(32))
ENCODED = base64.b64encode(ROOT).decode()


def test_text_both_ways() -> None:
    checkpoint = Checkpoint("log.example/a", 20852163, ROOT)
    assert checkpoint.text == f"log.example/a\n20852163\n{ENCODED}\n"
    assert parse_text(checkpoint.text) == checkpoint
    extended = parse_text(checkpoint.text + "extension\n")
    assert extended.extensions == ("extension",)
    assert parse_text(extended.text) == extended


def test_texts_that_are_no_checkpoint() -> None:
    wrong = [
        "",
        "log\n",
        "log\n1\n",
        f"\n1\n{ENCODED}\n",
        f"log\n\n{ENCODED}\n",
        f"log\n01\n{ENCODED}\n",
        f"log\n-1\n{ENCODED}\n",
        f"log\n1 \n{ENCODED}\n",
        f"log\n１\n{ENCODED}\n",
        f"log\n{10**19}\n{ENCODED}\n",
        f"log\n1\n{ENCODED[:-4]}\n",
        f"log\n1\n{ENCODED}",
        f"log\n1\n{ENCODED}\n\n",
        "log\n1\n" + "A" * 42 + "B=\n",
        "log\n1\n!!!!\n",
        "log\n1\n—\n",
    ]
    for text in wrong:
        with pytest.raises(IntegrityBroken):
            parse_text(text)
    assert len(wrong) == 16


def test_a_checkpoint_belongs_to_one_log() -> None:
    signer = Signer.generate("log.example/a")
    note = sign_checkpoint(Checkpoint("log.example/a", 7, ROOT), [signer])
    assert open_checkpoint(note, "log.example/a", [signer.verifier]).size == 7
    assert read_unverified(note).size == 7
    with pytest.raises(IntegrityBroken, match="of the log"):
        open_checkpoint(note, "log.example/b", [signer.verifier])
    with pytest.raises(IntegrityBroken, match="known key"):
        open_checkpoint(note, "log.example/a", [Signer.generate("log.example/a").verifier])
    with pytest.raises(IntegrityBroken, match="three lines"):
        open_checkpoint(sign_note("hello\n", [signer]), "log.example/a", [signer.verifier])
    for data in (b"", b"\xff\n\n", b"a\nb\n"):
        with pytest.raises(IntegrityBroken):
            read_unverified(data)
