"""C2SP signed notes with Ed25519 keys (signature type 0x01), and the text forms of such keys.

A note is text, a blank line and signature lines. Nothing of the text may be used before a signature by a known key
was verified, so `open_note` is the only way to the text. Docs: docs/spec/log.md section 5.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from relay.base.errors import IntegrityBroken

ED25519 = 0x01
ED25519_KEY_BYTES = 32
KEY_ID_BYTES = 4
NOTE_MAX_BYTES = 128 * 1024  # signed-note: at least 16 signatures, post-quantum ones of nearly 5 kB among them
SIGNATURES_MAX = 64
_PRIVATE_PREFIX = "PRIVATE+KEY+"  # the private form that Go's note package and the C2SP tools read
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]+")
_SIGNATURE_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


def _base64(text: str) -> bytes:
    """Standard base64, canonical only. Raises ValueError."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as exc:  # binascii.Error, or a character that is not ASCII
        raise ValueError("not base64") from exc
    if base64.b64encode(raw).decode() != text:
        raise ValueError("base64 with spare bits")
    return raw


def _key_id(name: str, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + bytes([ED25519]) + public).digest()[:KEY_ID_BYTES]


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("a key name has at least one character, and no space, plus sign or control character")
    return name


def _split_key(text: str, kind: str) -> tuple[str, str, bytes]:
    """name, key id in hex, and the 32 bytes of the key."""
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    raw = _base64(encoded)
    if len(raw) != 1 + ED25519_KEY_BYTES or raw[0] != ED25519:
        raise ValueError(f"not an Ed25519 {kind} key (type 0x01 and 32 bytes)")
    return _checked_name(name), key_id, raw[1:]


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key and its name; the text form is the vkey `<name>+<key id>+<base64(0x01 || key)>`."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, text: str) -> Verifier:
        """Raises ValueError, also when the key id is not that of this name and key."""
        name, key_id, public = _split_key(text, "public")
        if key_id != _key_id(name, public).hex():
            raise ValueError("the key id does not belong to this name and key")
        return cls(name, public)

    @property
    def key_id(self) -> bytes:
        return _key_id(self.name, self.public)

    @property
    def vkey(self) -> str:
        encoded = base64.b64encode(bytes([ED25519]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    def verify(self, text: bytes, signature: bytes) -> None:
        """Raises IntegrityBroken."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except (InvalidSignature, ValueError) as exc:
            raise IntegrityBroken(f"the note's signature by {self.name} is not valid") from exc


class Signer:
    """A private key and its name. `encode` gives the secret; `repr` does not."""

    __slots__ = ("_private", "verifier")

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.verifier = Verifier(_checked_name(name), private.public_key().public_bytes_raw())

    @classmethod
    def generate(cls, name: str) -> Signer:
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def parse(cls, text: str) -> Signer:
        """From `PRIVATE+KEY+<name>+<key id>+<base64(0x01 || seed)>`. Raises ValueError without the secret in it."""
        if not text.startswith(_PRIVATE_PREFIX):
            raise ValueError("a private note key begins with PRIVATE+KEY+")
        name, key_id, seed = _split_key(text.removeprefix(_PRIVATE_PREFIX), "private")
        signer = cls(name, Ed25519PrivateKey.from_private_bytes(seed))
        if key_id != signer.verifier.key_id.hex():
            raise ValueError("the key id does not belong to this name and key")
        return signer

    def encode(self) -> str:
        """The secret key as text."""
        encoded = base64.b64encode(bytes([ED25519]) + self._private.private_bytes_raw()).decode()
        return f"{_PRIVATE_PREFIX}{self.name}+{self.verifier.key_id.hex()}+{encoded}"

    @property
    def name(self) -> str:
        return self.verifier.name

    @property
    def vkey(self) -> str:
        return self.verifier.vkey

    def sign(self, text: bytes) -> bytes:
        """The bare signature over the text of a note."""
        return self._private.sign(text)

    def __repr__(self) -> str:
        return f"Signer({self.vkey!r})"


def sign_note(text: str, signers: Sequence[Signer]) -> bytes:
    """The note with one signature line for each signer. `text` ends with a newline. Raises ValueError."""
    if not text.endswith("\n") or _CONTROL.search(text) or not signers:
        raise ValueError("a note's text ends with a newline, has no other control character, and somebody signs it")
    body = text.encode()
    lines = [
        f"— {signer.name} {base64.b64encode(signer.verifier.key_id + signer.sign(body)).decode()}\n"
        for signer in signers
    ]
    return body + b"\n" + "".join(lines).encode()


@dataclass(frozen=True, slots=True)
class Note:
    """Text that `signed_by` vouch for: never empty."""

    text: str
    signed_by: tuple[str, ...]


def open_note(data: bytes, verifiers: Sequence[Verifier]) -> Note:
    """The text, once a known key's signature was verified. Raises IntegrityBroken.

    Signatures of unknown keys are passed over, as signed-note demands, but a wrong one of a known key spoils the note.
    """
    text, lines = _parse_note(data)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    signed_by: list[str] = []
    body = text.encode()
    for name, raw in lines:
        verifier = known.get((name, raw[:KEY_ID_BYTES]))
        if verifier is not None:
            verifier.verify(body, raw[KEY_ID_BYTES:])
            signed_by.append(name)
    if not signed_by:
        raise IntegrityBroken("the note carries no signature by a known key")
    return Note(text, tuple(dict.fromkeys(signed_by)))


def _parse_note(data: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    if len(data) > NOTE_MAX_BYTES:
        raise IntegrityBroken(f"a note of {len(data)} bytes; the most is {NOTE_MAX_BYTES}")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise IntegrityBroken("the note is not UTF-8") from exc
    text, blank, signatures = whole.rpartition("\n\n")
    if not blank or not text or not signatures.endswith("\n") or _CONTROL.search(whole):
        raise IntegrityBroken("not a signed note: text, a blank line and signature lines")
    lines = signatures[:-1].split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise IntegrityBroken(f"a note with {len(lines)} signatures; the most is {SIGNATURES_MAX}")
    return text + "\n", [_parse_signature(line) for line in lines]


def _parse_signature(line: str) -> tuple[str, bytes]:
    match = _SIGNATURE_LINE.fullmatch(line)
    if match is None:
        raise IntegrityBroken("the note has a line after its text that is not a signature")
    try:
        raw = _base64(match[2])
    except ValueError as exc:
        raise IntegrityBroken("a signature of the note is not base64") from exc
    if len(raw) <= KEY_ID_BYTES:
        raise IntegrityBroken("a signature of the note is too short")
    return match[1], raw
