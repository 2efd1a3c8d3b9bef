"""`sekisho check`: everything that can be known before a role starts, in the order of docs/spec/config.md section 6.

A file with problems of its own goes no further. After that each part is looked at, whatever the parts before it found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from policy.load import load_policy
from policy.problems import PolicyInvalid
from relay.base.errors import ConfigInvalid, Problem
from relay.base.limits import Limits
from relay.ops.sandbox import kernel, landlock
from relay.ops.sandbox.seccomp import ARCHITECTURES
from relay.settings.addresses import Ip, parse_endpoint, parse_ip
from relay.settings.check_certificates import check_gate_certificates, check_host_certificates
from relay.settings.check_keys import (
    KeyStore,
    check_gate_keys,
    check_gate_public_keys,
    check_host_keys,
    check_host_public_keys,
)
from relay.settings.findings import Findings
from relay.settings.hosts_file import HOSTS, names_of_hosts
from relay.settings.interfaces import interface_names, interface_of_addresses
from relay.settings.load import Loaded, read_gate, read_host
from relay.settings.model import GateFile, HostFile, Sandbox
from relay.settings.report import COMPILING, told_progress
from relay.settings.rules import load_rules
from relay.settings.toml_lines import TomlPath

LANDLOCK_TCP_ABI = 4  # Linux 6.7: the first that knows TCP ports
# A limit, the one that should not be below it, and what happens otherwise.
LIMITS_IN_ORDER = (
    ("application_timeout_ms", "exchange_timeout_ms", "the relay gives up before the gate does"),
    ("exchange_timeout_ms", "envelope_lifetime_ms", "an envelope is stale before its answer is due"),
    ("connect_timeout_ms", "exchange_timeout_ms", "no time is left for a second gate"),
    ("target_bytes", "header_bytes", "a target cannot be as long as it may be"),
    ("connections_per_source", "connections", "one source may take every connection"),
)
_SECCOMP_ACTIONS = Path("/proc/sys/kernel/seccomp/actions_avail")


@dataclass(frozen=True, slots=True)
class Checked:
    """`loaded` is None where the file itself could not be read."""

    loaded: Loaded[Any] | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def check_host(path: Path, now: datetime, *, keys: bool = True, certificates_only: bool = False) -> Checked:
    """`sekisho.toml` and all that it names. `keys`: False where private keys come from elsewhere, as from systemd."""
    return _checked(path, read_host, lambda findings: _host(findings, now, keys, certificates_only))


def check_gate(path: Path, now: datetime, *, keys: bool = True, certificates_only: bool = False) -> Checked:
    """As `check_host`, for `gate.toml`."""
    return _checked(path, read_gate, lambda findings: _gate(findings, now, keys, certificates_only))


def _checked(path: Path, read: Callable[[Path], Loaded[Any]], look: Callable[[Findings], None]) -> Checked:
    try:
        findings = Findings(read(path))
    except ConfigInvalid as invalid:
        return Checked(None, tuple(invalid.problems), ())
    look(findings)
    return Checked(findings.loaded, tuple(findings.problems), tuple(findings.warnings))


def _host(findings: Findings, now: datetime, keys: bool, certificates_only: bool) -> None:
    settings: HostFile = findings.loaded.settings
    store = KeyStore(findings, settings.host.keys_dir)
    check_host_certificates(findings, settings, store.read if keys else _no_key, now)
    if certificates_only:
        return
    if keys:
        check_host_keys(findings, settings, store)
    check_host_public_keys(findings, settings)
    _policy(findings, settings)
    _limits(findings, settings.limits)
    _sandbox(findings, settings.sandbox)
    _networks(findings, settings)


def _gate(findings: Findings, now: datetime, keys: bool, certificates_only: bool) -> None:
    settings: GateFile = findings.loaded.settings
    store = KeyStore(findings, settings.gate.keys_dir)
    check_gate_certificates(findings, settings, store.read if keys else _no_key, now)
    if certificates_only:
        return
    if keys:
        check_gate_keys(findings, settings, store)
    check_gate_public_keys(findings, settings)
    _limits(findings, settings.limits)
    _sandbox(findings, settings.sandbox)
    _placed(findings, [(("gate", "listen"), parse_endpoint(settings.gate.listen).ip, settings.gate.interface)])
    _applications(findings, settings)


def _no_key(_path: TomlPath, _name: str) -> None:
    return None


def _policy(findings: Findings, settings: HostFile) -> None:
    tenants = {tenant.name: tenant.hosts for tenant in settings.tenant}
    directories = [Path(directory) for directory in settings.policy.procedures]
    try:
        with told_progress(COMPILING) as tell:
            rules = load_rules(settings, tell)
    except ConfigInvalid as invalid:
        findings.problems += invalid.problems
        return
    try:
        load_policy(
            directories,
            tenants,
            open_routes=settings.policy.open_routes,
            rules=rules,
            scans_files=settings.scanner is not None,
        )
    except PolicyInvalid as invalid:
        findings.problems += [Problem(*problem) for problem in invalid.problems]


def _limits(findings: Findings, limits: Limits) -> None:
    for low, high, otherwise in LIMITS_IN_ORDER:
        if getattr(limits, low) > getattr(limits, high):
            said = f"is {getattr(limits, low)}, and {high} is {getattr(limits, high)}: {otherwise}"
            findings.warning(("limits", low), said, f"make {low} smaller than {high}")


def _sandbox(findings: Findings, sandbox: Sandbox) -> None:
    try:
        version = landlock.abi()
    except OSError:
        version = 0
    if version < LANDLOCK_TCP_ABI:
        have = f"has Landlock version {version}" if version else "has no Landlock"
        _wall(findings, "landlock", sandbox.landlock, f"this kernel {have}, and roles need version {LANDLOCK_TCP_ABI}")
    if kernel.MACHINE not in ARCHITECTURES or not _SECCOMP_ACTIONS.exists():
        _wall(
            findings,
            "seccomp",
            sandbox.seccomp,
            f"this kernel ({kernel.MACHINE}) has no seccomp filter that is known here",
        )


def _wall(findings: Findings, name: str, demand: str, message: str) -> None:
    mend = f'use a newer kernel, or set {name} = "if-available" and write down why'
    if demand == "require":
        findings.problem(("sandbox", name), message, mend)
    elif demand == "if-available":
        findings.warning(("sandbox", name), message, mend)


def _networks(findings: Findings, settings: HostFile) -> None:
    """P1 on this very host: not only in the file do the roles stand on different interfaces."""
    places: list[tuple[TomlPath, Ip, str | None]] = []
    for position, text in enumerate(settings.front.listen):
        places.append((("front", "listen", position), parse_endpoint(text).ip, settings.front.interface))
    if settings.egress.source_address:
        source = parse_ip(settings.egress.source_address)
        places.append((("egress", "source_address"), source, settings.egress.interface))
    places.append((("exporter", "listen"), parse_endpoint(settings.exporter.listen).ip, settings.exporter.interface))
    found = _placed(findings, places)
    seen: dict[str, str] = {}
    for path, interface in found:
        role = str(path[0])
        if seen.setdefault(interface, role) != role:
            message = f"{role} and {seen[interface]} are on one interface of this host, {interface}"
            findings.problem(path, message, "give each role an interface of its own")


def _applications(findings: Findings, settings: GateFile) -> None:
    """Behind its walls a gate asks no name server (docs/limitations.md)."""
    known = names_of_hosts()
    for position, application in enumerate(settings.application):
        host = urlsplit(application.url).hostname or ""
        try:
            parse_ip(host)
        except ValueError:
            if host not in known:
                message = f"the gate asks no name server, and {HOSTS} of this host does not know {host}"
                findings.warning(
                    ("application", position, "url"), message, f"write an address, or add {host} to {HOSTS}"
                )


def _placed(findings: Findings, places: list[tuple[TomlPath, Ip, str | None]]) -> list[tuple[TomlPath, str]]:
    """On which interface each address really is, loopback left out."""
    names, addresses = interface_names(), interface_of_addresses()
    found = []
    for path, ip, declared in places:
        if declared is not None and declared not in names:
            findings.warning(
                (path[0], "interface"), f"this host has no interface {declared}", "check the name: ip link"
            )
        if ip.is_loopback or ip.is_unspecified:
            continue
        if ip not in addresses:
            findings.warning(path, f"this host does not have the address {ip}", "check it: ip address")
            continue
        if declared is not None and addresses[ip] != declared:
            message = f"{ip} is on {addresses[ip]}, and interface says {declared}"
            findings.problem(path, message, "correct one of them")
        found.append((path, addresses[ip]))
    return found
