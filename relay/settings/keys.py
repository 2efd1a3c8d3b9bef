"""From the names in a configuration to keys in their text form: our own, peers' public ones, the permit key.

The caller says how a key is parsed, so that a role loads the code of its own kinds only. Every fault is a ConfigInvalid that
says what to mend and holds nothing of the key.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from relay.base.errors import ConfigInvalid, Problem, SekishoError
from relay.ops.credentials import credential_path, read_credential

FILE_BYTES = 64 * 1024  # of a public key file; the largest has 2 KB

Key = TypeVar("Key")


def private_key(name: str, keys_dir: str, parse: Callable[[str], Key]) -> Key:
    """A key of ours in its text form. Raises ConfigInvalid."""
    path = credential_path(name, Path(keys_dir))
    return _parsed(str(path), read_credential(name, Path(keys_dir)), parse)


def public_key(path: str, parse: Callable[[str], Key]) -> Key:
    """A public key file. Raises ConfigInvalid."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(FILE_BYTES)
    except OSError as error:
        raise ConfigInvalid([Problem(path, 0, f"cannot be read: {error.strerror}", "check the path")]) from error
    return _parsed(path, data, parse)


def permit_key(name: str, keys_dir: str) -> bytes:
    """The 32 bytes that ledger and egress share, as 64 hexadecimal digits. Raises ConfigInvalid."""
    return private_key(name, keys_dir, _hex32)


def _hex32(text: str) -> bytes:
    raw = bytes.fromhex(text.strip())
    if len(raw) != 32:
        raise ValueError("not 64 hexadecimal digits")
    return raw


def _parsed(path: str, data: bytes, parse: Callable[[str], Key]) -> Key:
    try:
        return parse(data.decode("utf-8").strip())
    except (ValueError, SekishoError) as error:
        mend = "make it anew with `sekisho certs keygen`, or copy the whole file"
        raise ConfigInvalid([Problem(path, 0, "is not a key of the kind that is needed here", mend)]) from error
