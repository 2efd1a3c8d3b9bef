"""The declared peers of a role, kept up to date with their revocation lists while the role runs.

A list lives for days, a role for months: so the file is looked at again and again, and a new one takes effect at the next
handshake. One that cannot be used changes nothing; the old list then grows stale, and the peer is refused (fail closed).
The file may be replaced by another of the same name, so what a role must be able to read is the directory that it is in.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from certs.profile import PeerProfile, Usage
from relay.base.errors import ConfigInvalid
from relay.settings.certificates import peer_profile
from relay.settings.model import Gate, Relay

REFRESH_S = 30.0  # a revocation takes effect within this time; a stat() of each file costs microseconds


class Renewal(NamedTuple):
    """A revocation list that was found changed; `problem` is None when it is in use now."""

    peer: str
    problem: ConfigInvalid | None


class Peers:
    """`profiles`: one for each peer, in their order; entries are replaced, the list stays the same object."""

    def __init__(self, peers: Sequence[Gate | Relay], usage: Usage, now: datetime) -> None:
        """Raises ConfigInvalid."""
        self._peers = tuple(peers)
        self._usage: Usage = usage
        self._seen = [_identity_of(peer.crl) for peer in self._peers]
        self.profiles: list[PeerProfile] = [peer_profile(peer, usage, now) for peer in self._peers]

    @property
    def directories(self) -> tuple[Path, ...]:
        """What a role must be able to read later on."""
        return tuple(sorted({Path(peer.crl).parent for peer in self._peers if peer.crl is not None}))

    def refresh(self, now: datetime) -> list[Renewal]:
        """Read the lists whose files have changed."""
        found = []
        for position, peer in enumerate(self._peers):
            identity = _identity_of(peer.crl)
            if identity == self._seen[position]:
                continue
            self._seen[position] = identity
            try:
                crls = peer_profile(peer, self._usage, now).crls
            except ConfigInvalid as problem:
                found.append(Renewal(peer.name, problem))
            else:
                self.profiles[position] = replace(self.profiles[position], crls=crls)
                found.append(Renewal(peer.name, None))
        return found


def _identity_of(path: str | None) -> tuple[int, int, int] | None:
    """What changes when a file is written anew or replaced; None while there is none."""
    if path is None:
        return None
    try:
        about = os.stat(path)
    except OSError:
        return None
    return about.st_ino, about.st_mtime_ns, about.st_size
