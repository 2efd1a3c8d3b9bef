"""Key files that a configuration names: there, closed to others, of the right kind, and with the halves that fit.

Nothing of a private key's content is ever in a message.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from relay.envelope.keys import (
    KeyInvalid,
    ReceiptSigner,
    ReceiptVerifier,
    RecipientPrivateKey,
    RecipientPublicKey,
    SenderPrivateKey,
    SenderPublicKey,
)
from relay.ops.credentials import credential_path, read_credential
from relay.settings.findings import Findings
from relay.settings.key_files import PERMIT_KEY_BYTES
from relay.settings.model import GateFile, HostFile
from relay.settings.toml_lines import TomlPath
from relay.tree.note import Signer

_PERMIT = re.compile(rb"[0-9a-f]{%d}\n?" % (2 * PERMIT_KEY_BYTES))


class KeyStore:
    """Reads credentials for one configuration, each problem told where the key is named."""

    def __init__(self, findings: Findings, keys_dir: str, environ: Mapping[str, str] = os.environ) -> None:
        self._findings = findings
        self._keys_dir = Path(keys_dir)
        self._environ = environ

    def read(self, path: TomlPath, name: str) -> bytes | None:
        with self._findings.told_at(path):
            return read_credential(name, self._keys_dir, self._environ)
        return None

    def read_text(self, path: TomlPath, name: str) -> str | None:
        """A key that is a line of text; what is no text becomes a text that no key parses as."""
        raw = self.read(path, name)
        return None if raw is None else raw.decode("ascii", "replace")

    def place(self, name: str) -> str:
        return str(credential_path(name, self._keys_dir, self._environ))


def check_host_keys(findings: Findings, settings: HostFile, store: KeyStore) -> None:
    path: TomlPath = ("front", "signing_key")
    text = store.read_text(path, settings.front.signing_key)
    with findings.told_at(path, store.place(settings.front.signing_key)):
        if text is not None:
            SenderPrivateKey.from_text(text)
    _log_key(findings, settings, store)
    for role, name in (("egress", settings.egress.permit_key), ("ledger", settings.ledger.permit_key)):
        permit = store.read((role, "permit_key"), name)
        if permit is not None and _PERMIT.fullmatch(permit) is None:
            message = f"{store.place(name)} is not a permit key"
            findings.problem(
                (role, "permit_key"), message, f"write {2 * PERMIT_KEY_BYTES} hexadecimal digits: openssl rand -hex 32"
            )
    if settings.egress.permit_key != settings.ledger.permit_key:
        one, other = (store.read((), role.permit_key) for role in (settings.egress, settings.ledger))
        if one != other:
            mend = "give both the same key: egress checks what ledger permits"
            findings.problem(("ledger", "permit_key"), "is not the key that egress has", mend)


def check_host_public_keys(findings: Findings, settings: HostFile) -> None:
    for position, tenant in enumerate(settings.tenant):
        with findings.told_at(("tenant", position, "sealing_key"), tenant.sealing_key):
            RecipientPublicKey.from_text(_public(tenant.sealing_key))
    for position, gate in enumerate(settings.gate):
        path: TomlPath = ("gate", position, "receipt_key")
        with findings.told_at(path, gate.receipt_key):
            name = ReceiptVerifier.from_text(_public(gate.receipt_key)).name
            if name != gate.server_name:
                mend = "see that it is the file from this gate"
                findings.warning(path, f"is the key of {name}, and the gate is {gate.server_name}", mend)


def check_gate_keys(findings: Findings, settings: GateFile, store: KeyStore) -> None:
    for position, name in enumerate(settings.gate.sealing_keys):
        path: TomlPath = ("gate", "sealing_keys", position)
        text = store.read_text(path, name)
        with findings.told_at(path, store.place(name)):
            if text is not None:
                RecipientPrivateKey.from_text(text)
    path = ("gate", "receipt_key")
    text = store.read_text(path, settings.gate.receipt_key)
    with findings.told_at(path, store.place(settings.gate.receipt_key)):
        if text is not None and (name := ReceiptSigner.from_text(text).name) != settings.gate.name:
            findings.warning(path, f"signs as {name}, and this is {settings.gate.name}", "make a key with this name")


def check_gate_public_keys(findings: Findings, settings: GateFile) -> None:
    owners: dict[bytes, str] = {}
    for position, relay in enumerate(settings.relay):
        for item, file in enumerate(relay.signing_keys):
            path: TomlPath = ("relay", position, "signing_keys", item)
            with findings.told_at(path, file):
                key_id = SenderPublicKey.from_text(_public(file)).key_id
                if owners.setdefault(key_id, relay.name) != relay.name:
                    mend = "give each relay a signing key of its own"
                    findings.problem(path, f"{file} is also the key of {owners[key_id]}", mend)


def _log_key(findings: Findings, settings: HostFile, store: KeyStore) -> None:
    path: TomlPath = ("ledger", "signing_key")
    text = store.read_text(path, settings.ledger.signing_key)
    if text is None:
        return
    place = store.place(settings.ledger.signing_key)
    try:
        name = Signer.parse(text.removesuffix("\n")).name
    except ValueError as error:
        findings.problem(path, f"{place}: {error}", "make it with `sekisho certs keygen`")
        return
    if name != settings.ledger.origin:
        mend = f"make a key with the name {settings.ledger.origin}; never change the origin of a log that has records"
        findings.problem(path, f"{place} signs as {name}, and origin is {settings.ledger.origin}", mend)


def _public(file: str) -> str:
    try:
        return Path(file).read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise KeyInvalid("cannot be read as text") from error
