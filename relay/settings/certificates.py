"""From the names in a configuration to certificates, revocation lists and the profiles of peers.

Each role loads what it may hold and nothing else. Every fault is a ConfigInvalid that says what to mend. Keys in a text form
of their own are in `relay.settings.keys`, so that a role without TLS does not load TLS.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from certs.load import CertInvalid, check_crls, check_own, load_anchors, load_chain, load_crls, load_private_key
from certs.profile import PeerProfile, Usage, parse_pin
from relay.base.errors import ConfigInvalid, Problem
from relay.ops.credentials import credential_path, read_credential
from relay.settings.model import Gate, Relay
from relay.tls.contexts import TlsIdentity


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


def _invalid(error: CertInvalid) -> ConfigInvalid:
    return ConfigInvalid([Problem(fault.path, 0, fault.message, fault.mend) for fault in error.faults])
