"""A small private CA on disk, for the lab and for installations without another: `sekisho certs init|issue|crl`.

A directory of the CA holds `internet-ca.crt`, `lgwan-ca.crt`, `lgwan-ca.crl`, and `ca-keys/` (mode 0700), which belongs on
no relay and no gate. The Internet CA is for trying things out: citizens' browsers know public CAs only.
Leaves live 90 days (`certs.issue.LEAF_LIFETIME`); a CRL is to be renewed by a timer well within `crl_max_age_hours`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from certs.issue import Issued, PrivateAuthority, private_key_pem
from certs.load import CertInvalid, load_anchors, load_crls, load_private_key
from relay.base.errors import Broken, ConfigInvalid, Problem
from relay.ops.durable import replace
from relay.settings.key_files import PUBLIC_MODE, make_directory, write_private, write_public

Side = Literal["internet", "lgwan"]
Role = Literal["front", "egress", "gate"]

# Who issues for a role, and what the certificate is for.
ISSUERS: dict[Role, tuple[Side, Literal["server", "client"]]] = {
    "front": ("internet", "server"),
    "egress": ("lgwan", "client"),
    "gate": ("lgwan", "server"),
}
SUBJECTS: dict[Side, str] = {"internet": "Sekisho private Internet CA", "lgwan": "Sekisho private LGWAN CA"}


@dataclass(frozen=True)
class Authorities:
    """Both CAs, with their keys."""

    directory: Path
    internet: PrivateAuthority
    lgwan: PrivateAuthority

    def issue(
        self, role: Role, names: Sequence[str], *, now: datetime | None = None, not_after: datetime | None = None
    ) -> Issued:
        side, usage = ISSUERS[role]
        authority = self.internet if side == "internet" else self.lgwan
        return authority.issue(names, usage, now=now, not_after=not_after)

    def anchor(self, side: Side) -> Path:
        return self.directory / f"{side}-ca.crt"

    @property
    def crl(self) -> Path:
        return self.directory / "lgwan-ca.crl"


def create_authorities(directory: Path, *, now: datetime | None = None) -> Authorities:
    """Two new CAs and an empty revocation list. Raises ConfigInvalid where the directory has one already."""
    make_directory(directory)
    keys = make_directory(directory / "ca-keys", 0o700)
    made = {}
    for side, subject in SUBJECTS.items():
        made[side] = PrivateAuthority.create(subject, now=now)
        write_private(keys / f"{side}-ca", private_key_pem(made[side].key))
        write_public(directory / f"{side}-ca.crt", made[side].anchor_pem)
    write_public(directory / "lgwan-ca.crl", made["lgwan"].crl_pem(now=now))
    return Authorities(directory, made["internet"], made["lgwan"])


def open_authorities(directory: Path) -> Authorities:
    """What `create_authorities` wrote. Raises ConfigInvalid."""
    return Authorities(directory, _open(directory, "internet"), _open(directory, "lgwan"))


def renew_crl(authorities: Authorities, revoke: Iterable[x509.Certificate], *, now: datetime | None = None) -> int:
    """A new list with all that the old one has and `revoke`; returns how many that are."""
    try:
        old = load_crls(authorities.crl)[0]
    except CertInvalid as error:
        raise _told(error) from error
    serials = {entry.serial_number for entry in old} | {certificate.serial_number for certificate in revoke}
    number = old.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number + 1
    crl = authorities.lgwan.crl(sorted(serials), now=now, number=number)
    try:
        replace(authorities.crl, crl.public_bytes(serialization.Encoding.PEM), PUBLIC_MODE)
    except (OSError, Broken) as error:
        problem = Problem(str(authorities.crl), 0, f"cannot be written: {error}", "let this user write the directory")
        raise ConfigInvalid([problem]) from error
    return len(serials)


def lifetime(days: int | None, now: datetime) -> datetime | None:
    return None if days is None else now + timedelta(days=days)


def _open(directory: Path, side: Side) -> PrivateAuthority:
    key_file = directory / "ca-keys" / f"{side}-ca"
    try:
        certificate = load_anchors(directory / f"{side}-ca.crt")[0]
        key = load_private_key(key_file.read_bytes(), str(key_file))
    except CertInvalid as error:
        raise _told(error) from error
    except OSError as error:
        problem = Problem(str(key_file), 0, f"cannot be read: {error.strerror}", "run `sekisho certs init` first")
        raise ConfigInvalid([problem]) from error
    return PrivateAuthority(key, certificate, certificate)


def _told(error: CertInvalid) -> ConfigInvalid:
    return ConfigInvalid([Problem(fault.path, 0, fault.message, fault.mend) for fault in error.faults])
