"""From the names in a configuration to the things themselves: certificates, keys, revocation lists, peers' profiles.

Each role loads what it may hold and nothing else. Every fault is a ConfigInvalid that says what to mend.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from certs.load import CertInvalid, check_crls, check_own, load_anchors, load_chain, load_crls, load_private_key
from certs.profile import PeerProfile, Usage, parse_pin
from relay.base.errors import ConfigInvalid, Problem
from relay.envelope.keys import KeyInvalid
from relay.ops.credentials import credential_path, read_credential
from relay.settings.model import Gate, Relay
from relay.tls.contexts import TlsIdentity

FILE_BYTES = 64 * 1024  # of a public key file; the largest has 2 KB

Key = TypeVar("Key")


def identity(
    certificate: str, key_name: str, keys_dir: str, usage: Usage, names: Iterable[str], now: datetime
) -> TlsIdentity:
    """Our own certificate chain and key, checked as a peer would. Raises ConfigInvalid."""
    try:
        chain = load_chain(certificate)
        path = credential_path(key_name, Path(keys_dir))
        key = load_private_key(read_credential(key_name, Path(keys_dir)), str(path))
        check_own(chain, key, usage, names, now, certificate)
    except CertInvalid as error:
        raise _invalid(error) from error
    return TlsIdentity(chain, key, frozenset(names))


def peer_profile(peer: Gate | Relay, usage: Usage, now: datetime) -> PeerProfile:
    """What the peer's certificate must be. Raises ConfigInvalid."""
    try:
        anchors = load_anchors(peer.anchor)
        crls = None
        if peer.crl is not None:
            crls = load_crls(peer.crl)
            check_crls(crls, anchors, now, peer.crl)
    except CertInvalid as error:
        raise _invalid(error) from error
    return PeerProfile(
        anchors=anchors,
        names=frozenset({peer.server_name}),
        pins=frozenset(parse_pin(pin) for pin in peer.pins),
        usage=usage,
        crls=crls,
        crl_max_age=timedelta(hours=peer.crl_max_age_hours),
    )


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
    except (ValueError, KeyInvalid) as error:
        mend = "make it anew with `sekisho certs keygen`, or copy the whole file"
        raise ConfigInvalid([Problem(path, 0, "is not a key of the kind that is needed here", mend)]) from error


def _invalid(error: CertInvalid) -> ConfigInvalid:
    return ConfigInvalid([Problem(fault.path, 0, fault.message, fault.mend) for fault in error.faults])
