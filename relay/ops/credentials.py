"""Reading a secret by name: from `$CREDENTIALS_DIRECTORY` (systemd `LoadCredential=`), or else from `keys_dir`.

Rules: the file is a regular file, not a link; it belongs to root or to us; nobody else may read or write it; its size
is bounded. systemd hands a credential to an unprivileged user by an access control list, which shows as group-read
(0440): that is allowed in `$CREDENTIALS_DIRECTORY` only, where the directory itself is closed to others.
Every fault is a ConfigInvalid that says what to mend and nothing of the content.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from relay.base.errors import ConfigInvalid, Problem

CREDENTIAL_BYTES = 64 * 1024  # ML-KEM and X25519 keys are under 5 KB as text; a PEM chain is under 20 KB

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?\Z")


def credential_path(name: str, keys_dir: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """Where the secret `name` is looked for."""
    if not _NAME.match(name):
        raise ConfigInvalid([Problem(name[:64], 0, "not the name of a credential", "use a-z, 0-9 and -, at most 32")])
    given = environ.get("CREDENTIALS_DIRECTORY")
    return Path(given or keys_dir) / name


def read_credential(name: str, keys_dir: Path, environ: Mapping[str, str] = os.environ) -> bytes:
    """The bytes of the secret `name`. Raises ConfigInvalid."""
    path = credential_path(name, keys_dir, environ)
    by_systemd = "CREDENTIALS_DIRECTORY" in environ
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as exc:
        raise _invalid(path, *_why_not_opened(exc, by_systemd)) from exc
    try:
        _check(path, os.fstat(handle), 0o337 if by_systemd else 0o177)
        return _read_bounded(path, handle)
    finally:
        os.close(handle)


def _why_not_opened(exc: OSError, by_systemd: bool) -> tuple[str, str]:
    if exc.errno == errno.ENOENT:
        where = "add LoadCredential= to the unit" if by_systemd else "put the key there"
        return "there is no such key", f"{where}, or correct its name in the configuration"
    if exc.errno == errno.ELOOP:
        return "the key is a symbolic link", "put the file itself there"
    return f"the key cannot be opened: {exc.strerror}", "make it owned by the role's user, mode 0400"


def _check(path: Path, about: os.stat_result, forbidden: int) -> None:
    if not stat.S_ISREG(about.st_mode):
        raise _invalid(path, "the key is not a regular file", "put the file itself there")
    if about.st_uid not in (0, os.geteuid()):
        raise _invalid(path, f"the key belongs to uid {about.st_uid}", "chown it to root or to the role's user")
    if about.st_mode & forbidden:
        raise _invalid(path, f"the key has mode {stat.S_IMODE(about.st_mode):04o}", "chmod 0400")
    if about.st_size > CREDENTIAL_BYTES:
        raise _invalid(path, f"the key is larger than {CREDENTIAL_BYTES} bytes", "put only the key into the file")
    if about.st_size == 0:
        raise _invalid(path, "the key is empty", "write the key again")


def _read_bounded(path: Path, handle: int) -> bytes:
    pieces = bytearray()
    while piece := os.read(handle, CREDENTIAL_BYTES + 1 - len(pieces)):
        pieces += piece
        if len(pieces) > CREDENTIAL_BYTES:
            raise _invalid(path, "the key grew while it was read", "put only the key into the file")
    return bytes(pieces)


def _invalid(path: Path, message: str, mend: str) -> ConfigInvalid:
    return ConfigInvalid([Problem(str(path), 0, message, mend)])
