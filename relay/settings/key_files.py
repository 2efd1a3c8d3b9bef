"""Making the key files that `[host] keys_dir` and `[gate] keys_dir` hold, and their public halves for the other side.

Private files are made with mode 0400 in a directory of mode 0700, and never replaced: a key that is overwritten can open
or prove nothing any more. Formats: docs/spec/envelope.md section 7, docs/spec/log.md, and for the permit key 64
hexadecimal digits.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from relay.base.errors import ConfigInvalid, Problem
from relay.envelope.keys import ReceiptSigner, RecipientPrivateKey, SenderPrivateKey
from relay.tree.note import Signer

PERMIT_KEY_BYTES = 32  # an HMAC-SHA-256 key (docs/spec/ipc.md)

PRIVATE_MODE = 0o400
PUBLIC_MODE = 0o444


def write_relay_keys(directory: Path, name: str, origin: str | None = None) -> dict[str, Path]:
    """Keys of a DMZ host under `directory`/keys; returns the public files: `front-signing`, `log`."""
    signing, log = SenderPrivateKey.generate(f"{name}/front"), Signer.generate(origin or f"{name}/log")
    private = {
        "front-signing": signing.to_text(),
        "log-signing": log.encode(),
        "permit": secrets.token_hex(PERMIT_KEY_BYTES),
    }
    public = {"front-signing": signing.public_key.to_text(), "log": log.vkey}
    return _write(directory, private, {f"{role}.vkey": text for role, text in public.items()})


def write_gate_keys(directory: Path, name: str, sealing: Mapping[str, RecipientPrivateKey]) -> dict[str, Path]:
    """Keys of a gate: its receipt key, and the sealing keys by credential name (gates of one tenant share them)."""
    receipt = ReceiptSigner.generate(name)
    private = {"receipt": receipt.to_text()} | {key: value.to_text() for key, value in sealing.items()}
    public = {"receipt.vkey": receipt.public_key.to_text()}
    public |= {f"{key}.pub": value.public_key.to_text() for key, value in sealing.items()}
    return _write(directory, private, public)


def write_private(path: Path, content: str | bytes) -> Path:
    """A new file that only its owner may read. Raises ConfigInvalid where there is one already."""
    return _new_file(path, content, PRIVATE_MODE)


def write_public(path: Path, content: str | bytes) -> Path:
    """A new file that everybody may read. Raises ConfigInvalid where there is one already."""
    return _new_file(path, content, PUBLIC_MODE)


def make_directory(path: Path, mode: int = 0o755) -> Path:
    """Raises ConfigInvalid."""

    def create() -> Path:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
        return path

    return _told(path, create)


def _write(directory: Path, private: Mapping[str, str], public: Mapping[str, str]) -> dict[str, Path]:
    keys = make_directory(directory / "keys", 0o700)
    taken = [
        path for path in (*(keys / name for name in private), *(directory / name for name in public)) if path.exists()
    ]
    if taken:
        raise ConfigInvalid([_taken(path) for path in taken])  # all or nothing: half a set fits nothing
    for name, text in private.items():
        write_private(keys / name, text + "\n")
    return {Path(name).stem: write_public(directory / name, text + "\n") for name, text in public.items()}


def _new_file(path: Path, content: str | bytes, mode: int) -> Path:
    def create() -> Path:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, mode)  # whatever the umask is
            file.write(content.encode() if isinstance(content, str) else content)
        return path

    return _told(path, create)


def _told(path: Path, act: Callable[[], Path]) -> Path:
    try:
        return act()
    except FileExistsError as error:
        raise ConfigInvalid([_taken(path)]) from error
    except OSError as error:
        message = f"cannot be written: {error.strerror}"
        raise ConfigInvalid([Problem(str(path), 0, message, "choose a directory that this user may write")]) from error


def _taken(path: Path) -> Problem:
    return Problem(str(path), 0, "exists already", "choose another directory, or move the old file away on purpose")
