"""Throwaway certificates for the peers, from the authority that the lab uses: P-256 on both sides, like Sekisho's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from certs.issue import IssuedUsage, PrivateAuthority


@dataclass(frozen=True, slots=True)
class Identity:
    chain: Path
    key: Path


class Authority:
    def __init__(self, directory: Path, name: str) -> None:
        self._directory = directory
        self._authority = PrivateAuthority.create(name)
        directory.mkdir()
        self.anchor = directory / "ca.pem"
        self.anchor.write_bytes(self._authority.anchor_pem)

    def issue(self, host: str, usage: IssuedUsage) -> Identity:
        issued = self._authority.issue([host], usage)
        identity = Identity(self._directory / f"{host}-{usage}.pem", self._directory / f"{host}-{usage}.key")
        identity.chain.write_bytes(issued.chain_pem)
        identity.key.touch(0o600)
        identity.key.write_bytes(issued.key_pem)
        return identity


class Pki:
    """`outer` is what a browser trusts; `inner` joins proxy and backend."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self.outer = Authority(directory / "outer", "bench outer CA")
        self.inner = Authority(directory / "inner", "bench inner CA")
