"""Certificates, anchors and revocation lists that a configuration names, judged before a peer has to.

A certificate that ends within `EXPIRY_WARNING` is a warning; one that has ended, or does not fit its key, its hosts or its
use, is a problem, and so is a revocation list that would refuse every peer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from cryptography import x509

from certs.load import check_crls, check_own, load_anchors, load_chain, load_crls, load_private_key
from certs.mismatch import subject_matches
from certs.profile import Usage, spki_pin
from certs.revocation import is_fresh
from relay.settings.findings import Findings
from relay.settings.model import Gate, GateFile, HostFile, Relay
from relay.settings.toml_lines import TomlPath

EXPIRY_WARNING = timedelta(days=30)  # time enough to order, approve and install a new one

ReadKey = Callable[[TomlPath, str], bytes | None]  # None: not to be had, and already told

_DAY = timedelta(days=1)


def check_host_certificates(findings: Findings, settings: HostFile, read_key: ReadKey, now: datetime) -> None:
    own: dict[str, TomlPath] = {}
    for position, tenant in enumerate(settings.tenant):
        path: TomlPath = ("tenant", position)
        key = read_key((*path, "key"), tenant.key)
        leaf = _own(findings, (*path, "certificate"), tenant.certificate, key, "server", tenant.hosts, now)
        if leaf is not None:
            own.setdefault(spki_pin(leaf), (*path, "certificate"))
    key = read_key(("egress", "key"), settings.egress.key)
    leaf = _own(findings, ("egress", "certificate"), settings.egress.certificate, key, "client", (), now)
    if leaf is not None:
        _egress_own(findings, leaf, settings.host.name, own)
    for position, gate in enumerate(settings.gate):
        _peer(findings, ("gate", position), gate, now)


def check_gate_certificates(findings: Findings, settings: GateFile, read_key: ReadKey, now: datetime) -> None:
    gate = settings.gate
    key = read_key(("gate", "key"), gate.key)
    _own(findings, ("gate", "certificate"), gate.certificate, key, "server", [gate.name], now)
    for position, relay in enumerate(settings.relay):
        _peer(findings, ("relay", position), relay, now)


def _egress_own(findings: Findings, leaf: x509.Certificate, name: str, fronts: dict[str, TomlPath]) -> None:
    if spki_pin(leaf) in fronts:
        mend = "issue the client certificate for a key of its own: what faces the Internet must not hold the LGWAN key"
        findings.problem(("egress", "certificate"), "has the same key as a tenant's certificate", mend)
    if not subject_matches(leaf, name):
        mend = "see that `server_name` of this relay in gate.toml is a name that the certificate has"
        findings.warning(("egress", "certificate"), f"is not for {name}, the name of this host", mend)


def _own(
    findings: Findings,
    path: TomlPath,
    file: str,
    key: bytes | None,
    usage: Usage,
    names: Iterable[str],
    now: datetime,
) -> x509.Certificate | None:
    chain: tuple[x509.Certificate, ...] = ()
    private = None
    with findings.told_at(path):
        chain = load_chain(file)
    with findings.told_at((*path[:-1], "key")):
        private = load_private_key(key) if key is not None else None
    if not chain:
        return None
    with findings.told_at(path):
        check_own(chain, private, usage, names, now, file)
    for certificate in chain:
        _warn_of_expiry(findings, path, file, certificate, now)
    return chain[0]


def _peer(findings: Findings, path: TomlPath, peer: Gate | Relay, now: datetime) -> None:
    anchors: tuple[x509.Certificate, ...] = ()
    with findings.told_at((*path, "anchor")):
        anchors = load_anchors(peer.anchor)
    for anchor in anchors:
        if not anchor.not_valid_before_utc <= now <= anchor.not_valid_after_utc:
            message = (
                f"{peer.anchor} is valid from {_day(anchor.not_valid_before_utc)} to {_day(anchor.not_valid_after_utc)}"
            )
            findings.problem((*path, "anchor"), message, "get the CA's current certificate, or set this host's clock")
        _warn_of_expiry(findings, (*path, "anchor"), peer.anchor, anchor, now)
    if peer.crl is None:
        mend = "set `crl` to the CA's revocation list, if it publishes one"
        findings.warning(path, "has no `crl`: a certificate that was revoked would still be taken", mend)
        return
    with findings.told_at((*path, "crl")):
        crls = load_crls(peer.crl)
        if anchors:
            check_crls(crls, anchors, now, peer.crl)
            _crl_age(findings, path, peer, crls, now)


def _crl_age(
    findings: Findings,
    path: TomlPath,
    peer: Gate | Relay,
    crls: Iterable[x509.CertificateRevocationList],
    now: datetime,
) -> None:
    most = timedelta(hours=peer.crl_max_age_hours)
    if not any(is_fresh(crl, now, most) for crl in crls):
        message = f"{peer.crl} is older than crl_max_age_hours = {peer.crl_max_age_hours} allows"
        findings.problem((*path, "crl"), message, "fetch a new one from the CA, and have that repeated by a timer")


def _warn_of_expiry(
    findings: Findings, path: TomlPath, file: str, certificate: x509.Certificate, now: datetime
) -> None:
    left = certificate.not_valid_after_utc - now
    if timedelta() <= left <= EXPIRY_WARNING:
        message = f"{file} expires in {left // _DAY} days, on {_day(certificate.not_valid_after_utc)}"
        findings.warning(path, f"{message}: {certificate.subject.rfc4514_string()}", "renew it before then")


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")
