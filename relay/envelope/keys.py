"""The keys of envelopes and receipts, their ids, and the one-line files they are kept in (section 7 of the spec).

Rules of this file:
1. A key has one purpose and its type says which: sealing (recipient), signing envelopes (sender), signing receipts. The
   two signing kinds share the C2SP file form; what they sign begins differently, so neither can pass for the other.
2. One line, one key: what `to_text` would not write, `from_text` does not read.
3. No private key shows its content in `repr`, in an error, or to `pickle`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from typing import ClassVar, Final, Generic, NoReturn, Self, TypeVar, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey, Suite

from relay.base.errors import Refused, SekishoError
from relay.base.reasons import Reason
from relay.envelope.format import KEY_ID_BYTES, WRAPPED_LABEL

_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_MLKEM_PUBLIC_BYTES: Final = 1184
_MLKEM_SEED_BYTES: Final = 64
_X25519_BYTES: Final = 32
_ED25519_BYTES: Final = 32
_ED25519: Final = b"\x01"  # signature type of C2SP signed-note
_HASH_BYTES: Final = 4  # of C2SP signed-note
_SEALING_ID_LABEL: Final = b"sekisho sealing key v1\x00"
_SIGNING_ID_LABEL: Final = b"sekisho signing key v1\x00"
_PUBLIC_MARK: Final = "sekisho-sealing-1"
_PRIVATE_MARK: Final = "SEKISHO-SEALING-KEY-1"
_VKEY_PRIVATE_MARK: Final = "PRIVATE+KEY+"
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9._/-]{0,62}[a-z0-9])?\Z")
_VKEY: Final = re.compile(r"(?P<name>[a-z0-9._/-]+)\+(?P<hash>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/=]+)\Z")


class KeyInvalid(SekishoError):
    """A key file that cannot be read. The message never holds any of its content."""


def _one_line(text: str) -> str:
    line = text.removesuffix("\n")
    if not line.isascii() or not line.isprintable():
        raise KeyInvalid("a key file holds one line of printable ASCII")
    return line


def _decode(text: str, length: int) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise KeyInvalid("the key is not base64") from None  # the cause would quote the key
    if len(raw) != length or base64.b64encode(raw).decode("ascii") != text:
        raise KeyInvalid(f"the key is not {length} bytes in canonical base64")
    return raw


class _Secret:
    """Neither shown nor copied by accident."""

    __slots__ = ()

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("a private key is neither pickled nor copied")


class RecipientPublicKey:
    """Seals to a gate."""

    __slots__ = ("_key", "_raw", "key_id")

    def __init__(self, raw: bytes) -> None:
        """`raw`: P of section 7.2. Raises KeyInvalid."""
        if len(raw) != _MLKEM_PUBLIC_BYTES + _X25519_BYTES:
            raise KeyInvalid("a sealing key has not this length")
        try:
            self._key = MLKEM768X25519PublicKey(
                MLKEM768PublicKey.from_public_bytes(raw[:_MLKEM_PUBLIC_BYTES]),
                X25519PublicKey.from_public_bytes(raw[_MLKEM_PUBLIC_BYTES:]),
            )
            _SUITE.encrypt(b"", self._key)  # a point of low order shows only when it is used
        except ValueError as error:
            raise KeyInvalid("the sealing key is not a valid ML-KEM-768 and X25519 key") from error
        self._raw = raw
        self.key_id = hashlib.sha256(_SEALING_ID_LABEL + raw).digest()[:KEY_ID_BYTES]

    def seal(self, plaintext: bytes, info: bytes) -> bytes:
        """HPKE, single shot, base mode (section 3.2)."""
        return _SUITE.encrypt(plaintext, self._key, info=info)

    @classmethod
    def from_text(cls, text: str) -> Self:
        mark, _, rest = _one_line(text).partition("+")
        key_id, _, encoded = rest.partition("+")
        if mark != _PUBLIC_MARK:
            raise KeyInvalid(f"a public sealing key begins with {_PUBLIC_MARK}+")
        key = cls(_decode(encoded, _MLKEM_PUBLIC_BYTES + _X25519_BYTES))
        if key_id != key.key_id.hex():
            raise KeyInvalid("the id of the sealing key does not belong to it")
        return key

    def to_text(self) -> str:
        return f"{_PUBLIC_MARK}+{self.key_id.hex()}+{base64.b64encode(self._raw).decode('ascii')}"

    def __repr__(self) -> str:
        return f"<RecipientPublicKey {self.key_id.hex()}>"


class RecipientPrivateKey(_Secret):
    """Opens what was sealed to a gate."""

    __slots__ = ("_key", "_raw", "key_id", "public_key")

    def __init__(self, raw: bytes) -> None:
        """`raw`: S of section 7.2. Raises KeyInvalid."""
        if len(raw) != _MLKEM_SEED_BYTES + _X25519_BYTES:
            raise KeyInvalid("a private sealing key has not this length")
        mlkem = MLKEM768PrivateKey.from_seed_bytes(raw[:_MLKEM_SEED_BYTES])
        x25519 = X25519PrivateKey.from_private_bytes(raw[_MLKEM_SEED_BYTES:])
        self._raw = raw
        self._key = MLKEM768X25519PrivateKey(mlkem, x25519)
        self.public_key = RecipientPublicKey(
            mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        )
        self.key_id = self.public_key.key_id

    @classmethod
    def generate(cls) -> Self:
        return cls(secrets.token_bytes(_MLKEM_SEED_BYTES + _X25519_BYTES))

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """The plaintext of `RecipientPublicKey.seal`. Raises Refused(ENVELOPE_INVALID)."""
        try:
            return _SUITE.decrypt(sealed, self._key, info=info)
        except InvalidTag as error:
            raise Refused(Reason.ENVELOPE_INVALID, "the sealed keys do not open") from error

    @classmethod
    def from_text(cls, text: str) -> Self:
        mark, _, encoded = _one_line(text).partition(" ")
        if mark != _PRIVATE_MARK:
            raise KeyInvalid(f"a private sealing key begins with {_PRIVATE_MARK} and a space")
        return cls(_decode(encoded, _MLKEM_SEED_BYTES + _X25519_BYTES))

    def to_text(self) -> str:
        return f"{_PRIVATE_MARK} {base64.b64encode(self._raw).decode('ascii')}"

    def __repr__(self) -> str:
        return f"<RecipientPrivateKey {self.key_id.hex()}>"


WRAP_NONCE: Final = bytes(12)  # each key of `wrap_key` is used once, as each header has its own transfer id


def keyed_by(wrapping_key: bytes) -> HMAC:
    """For `wrap_key`: made once for a wrapping key, as to begin an HMAC takes ten times as long as to finish a short one."""
    return HMAC(wrapping_key, SHA256())


def wrap_key(wrapping_key: HMAC, header: bytes) -> bytes:
    """The AES-256-GCM key for the keys of the envelope with this encoded header (section 3.3)."""
    mac = wrapping_key.copy()
    mac.update(WRAPPED_LABEL + header)
    return mac.finalize()


class _VerifyKey:
    """Ed25519, public, with the name of its owner."""

    __slots__ = ("_key", "_raw", "key_hash", "key_id", "name")
    PREFIX: ClassVar[bytes]

    def __init__(self, name: str, raw: bytes) -> None:
        """`raw`: A of section 7.3. Raises KeyInvalid."""
        if not _NAME.match(name):
            raise KeyInvalid("the name of a signing key has characters that no key name may have")
        if len(raw) != _ED25519_BYTES:
            raise KeyInvalid("a signing key has not this length")
        self.name = name
        self._raw = raw
        self._key = Ed25519PublicKey.from_public_bytes(raw)
        about = name.encode("ascii") + b"\n" + _ED25519 + raw
        self.key_hash = hashlib.sha256(about).digest()[:_HASH_BYTES]
        self.key_id = hashlib.sha256(_SIGNING_ID_LABEL + about).digest()[:KEY_ID_BYTES]

    def verify(self, signature: bytes, message: bytes) -> None:
        """Raises cryptography's InvalidSignature; the caller knows which refusal that is."""
        self._key.verify(signature, self.PREFIX + message)

    @classmethod
    def from_text(cls, text: str) -> Self:
        found = _VKEY.match(_one_line(text))
        if found is None:
            raise KeyInvalid("a public signing key is <name>+<hash>+<base64>")
        raw = _decode(found["key"], 1 + _ED25519_BYTES)
        if raw[:1] != _ED25519:
            raise KeyInvalid("the signing key is not of the kind Ed25519")
        key = cls(found["name"], raw[1:])
        if found["hash"] != key.key_hash.hex():
            raise KeyInvalid("the hash of the signing key does not belong to it")
        return key

    def to_text(self) -> str:
        return f"{self.name}+{self.key_hash.hex()}+{base64.b64encode(_ED25519 + self._raw).decode('ascii')}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} {self.key_id.hex()}>"


class SenderPublicKey(_VerifyKey):
    """Verifies the envelopes of a front."""

    __slots__ = ()
    PREFIX = b"sekisho envelope v1 signature\x00"


class ReceiptVerifier(_VerifyKey):
    """Verifies the receipts of a gate. No prefix: the first line of the text says what is signed, as in every signed note."""

    __slots__ = ()
    PREFIX = b""


_Public = TypeVar("_Public", bound=_VerifyKey)


class _SigningKey(_Secret, Generic[_Public]):
    """Ed25519, private, with the name of its owner."""

    __slots__ = ("_key", "_seed", "key_id", "name", "public_key")
    PUBLIC: ClassVar[type[_VerifyKey]]

    public_key: _Public

    def __init__(self, name: str, seed: bytes) -> None:
        """Raises KeyInvalid."""
        if len(seed) != _ED25519_BYTES:
            raise KeyInvalid("a private signing key has not this length")
        self._seed = seed
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = cast(_Public, self.PUBLIC(name, self._key.public_key().public_bytes_raw()))
        self.key_id = self.public_key.key_id
        self.name = name

    @classmethod
    def generate(cls, name: str) -> Self:
        return cls(name, secrets.token_bytes(_ED25519_BYTES))

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(self.PUBLIC.PREFIX + message)

    @classmethod
    def from_text(cls, text: str) -> Self:
        line = _one_line(text)
        found = _VKEY.match(line.removeprefix(_VKEY_PRIVATE_MARK))
        if found is None or not line.startswith(_VKEY_PRIVATE_MARK):
            raise KeyInvalid(f"a private signing key is {_VKEY_PRIVATE_MARK}<name>+<hash>+<base64>")
        raw = _decode(found["key"], 1 + _ED25519_BYTES)
        if raw[:1] != _ED25519:
            raise KeyInvalid("the signing key is not of the kind Ed25519")
        key = cls(found["name"], raw[1:])
        if found["hash"] != key.public_key.key_hash.hex():
            raise KeyInvalid("the hash of the signing key does not belong to it")
        return key

    def to_text(self) -> str:
        encoded = base64.b64encode(_ED25519 + self._seed).decode("ascii")
        return f"{_VKEY_PRIVATE_MARK}{self.name}+{self.public_key.key_hash.hex()}+{encoded}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} {self.key_id.hex()}>"


class SenderPrivateKey(_SigningKey[SenderPublicKey]):
    """Signs the envelopes of a front."""

    __slots__ = ()
    PUBLIC = SenderPublicKey


class ReceiptSigner(_SigningKey[ReceiptVerifier]):
    """Signs the receipts of a gate."""

    __slots__ = ()
    PUBLIC = ReceiptVerifier
