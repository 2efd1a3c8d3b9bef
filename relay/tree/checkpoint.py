"""Checkpoints of C2SP tlog-checkpoint: origin, size and root of a tree, signed as a note (docs/spec/log.md section 6)."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

from relay.base.errors import IntegrityBroken
from relay.tree.merkle import HASH_BYTES
from relay.tree.note import Signer, Verifier, open_note, sign_note

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")  # below 2**63, as other clients keep it in a signed 64-bit integer


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a tree. `extensions`: further lines, which we never write but must not lose when reading."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def parse_text(text: str) -> Checkpoint:
    """The text of a note as a checkpoint. Raises IntegrityBroken."""
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 3 or not all(lines):
        raise IntegrityBroken("a checkpoint has at least three lines, none of them empty")
    origin, size, encoded, *extensions = lines
    if not _SIZE.fullmatch(size):
        raise IntegrityBroken("the checkpoint's size is not a decimal number")
    try:
        root = base64.b64decode(encoded, validate=True)
    except ValueError as exc:  # binascii.Error, or a character that is not ASCII
        raise IntegrityBroken("the checkpoint's root is not base64") from exc
    checkpoint = Checkpoint(origin, int(size), root, tuple(extensions))
    if len(root) != HASH_BYTES or checkpoint.text != text:
        raise IntegrityBroken("the checkpoint's root is not the base64 of 32 bytes")
    return checkpoint


def sign_checkpoint(checkpoint: Checkpoint, signers: Sequence[Signer]) -> bytes:
    return sign_note(checkpoint.text, signers)


def open_checkpoint(data: bytes, origin: str, verifiers: Sequence[Verifier]) -> Checkpoint:
    """The checkpoint in a note that one of `verifiers` signed. Raises IntegrityBroken, also for another log's origin."""
    checkpoint = parse_text(open_note(data, verifiers).text)
    if checkpoint.origin != origin:
        raise IntegrityBroken(f"a checkpoint of the log {checkpoint.origin!r}, not of {origin!r}")
    return checkpoint


def read_unverified(data: bytes) -> Checkpoint:
    """The checkpoint in a note whose signatures nobody looked at: enough to find records, never to trust them."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise IntegrityBroken("the checkpoint is not UTF-8") from exc
    body, blank, _ = text.rpartition("\n\n")
    if not blank:
        raise IntegrityBroken("the checkpoint is not a signed note")
    return parse_text(body + "\n")
