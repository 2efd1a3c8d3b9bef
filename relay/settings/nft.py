"""The packet filter of a DMZ host, from its configuration: P1 once more, by the kernel and outside every role.

What the rules say (docs/spec/config.md section 7):
- input: on the front's interface or address, only TCP to `front.listen`; on the egress's, nothing that it did not ask
  for; to the exporter's port, only on its own address. All else, such as SSH on the management network, is left to the
  administrator's own tables: an `accept` here does not overrule a `drop` there.
- output, by the user that owns the socket: front and exporter may answer and never ask; egress may reach the declared
  gates, from its address and by its interface; scanner its ICAP service, or nothing; ledger nothing. What is refused ends
  at once instead of timing out.
- forward: nothing. A relay host is not a router.

Known limit: packets without an owner (a reset for a closed port, the last packets of a closed socket) match no user.
They belong to connections that the rules admitted, or carry no data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from relay.settings.addresses import Endpoint, Ip, parse_endpoint, parse_icap, parse_ip
from relay.settings.model import HostFile, Scanner

USERS = {
    "front": "sekisho-front",
    "egress": "sekisho-egress",
    "ledger": "sekisho-ledger",
    "exporter": "sekisho-exporter",
    "scanner": "sekisho-scanner",
}

_FAMILY = {4: "ip", 6: "ip6"}
_NEIGHBOURS = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept"


def ruleset(settings: HostFile) -> str:
    """A file for `nft -f`: it replaces the table `inet sekisho` in one step and touches no other."""
    chains = [_input(settings), _forward(), _output(settings), _answers("front"), _egress(settings)]
    chains += [_nothing("ledger"), _answers("exporter")]
    if settings.scanner is not None:
        chains.append(_scanner(settings.scanner))
    body = "\n\n".join(chains)
    return (
        f"# Sekisho on {settings.host.name}; written by `sekisho nft`. Load with: nft -f FILE\n"
        f"table inet sekisho\ndelete table inet sekisho\n\ntable inet sekisho {{\n{body}\n}}\n"
    )


def _chain(name: str, lines: Iterable[str], hook: str = "", policy: str = "accept") -> str:
    head = [f"type filter hook {hook} priority filter; policy {policy};"] if hook else []
    return "\n".join([f"\tchain {name} {{", *(f"\t\t{line}" for line in (*head, *lines)), "\t}"])


def _input(settings: HostFile) -> str:
    lines = ["ct state { established, related } accept", 'iifname "lo" accept', _NEIGHBOURS]
    lines += _front([parse_endpoint(text) for text in settings.front.listen], settings.front.interface)
    exporter = parse_endpoint(settings.exporter.listen)
    lines += _new("exporter", exporter, settings.exporter.interface)
    lines.append(f'tcp dport {exporter.port} counter drop comment "exporter: on its own address only"')
    if settings.egress.interface:
        lines.append(f'iifname "{settings.egress.interface}" counter drop comment "egress: nothing comes in"')
    elif settings.egress.source_address:
        here = _match("daddr", [parse_ip(settings.egress.source_address)])
        lines.append(f'{here} counter drop comment "egress: nothing comes in"')
    return _chain("input", lines, "input")


def _front(listeners: Sequence[Endpoint], interface: str | None) -> list[str]:
    """New connections to the listeners, and nothing else where the Internet is."""
    lines = [line for endpoint in listeners for line in _new("front", endpoint, interface)]
    if interface:
        return [*lines, f'iifname "{interface}" counter drop comment "front: nothing else"']
    addresses = sorted({endpoint.ip for endpoint in listeners if not endpoint.ip.is_loopback}, key=_order)
    for _, same_family in groupby(addresses, key=lambda ip: ip.version):
        lines.append(f'{_match("daddr", list(same_family))} counter drop comment "front: nothing else"')
    return lines


def _new(role: str, endpoint: Endpoint, interface: str | None) -> list[str]:
    iif = f'iifname "{interface}" ' if interface else ""
    anywhere = endpoint.ip.is_unspecified
    to = f"meta nfproto ipv{endpoint.ip.version}" if anywhere else _match("daddr", [endpoint.ip])
    return [f'{iif}{to} tcp dport {endpoint.port} ct state new accept comment "{role}"']


def _forward() -> str:
    return _chain("forward", ['counter comment "a relay host is no router"'], "forward", "drop")


def _output(settings: HostFile) -> str:
    tables = {role: getattr(settings, role) for role in USERS}
    users = {role: table.user or USERS[role] for role, table in tables.items() if table is not None}
    return _chain("output", [f"meta skuid {_user(user)} goto {role}" for role, user in users.items()], "output")


def _answers(role: str) -> str:
    """Packets that answer a connection that someone else opened; `ct direction` tells who did."""
    lines = [
        "ct direction reply ct state { established, related } accept",
        f'counter {_REFUSE} comment "{role} never asks"',
    ]
    return _chain(role, lines)


def _nothing(role: str) -> str:
    return _chain(role, [f'counter {_REFUSE} comment "{role} has no network"'])


def _egress(settings: HostFile) -> str:
    egress = settings.egress
    oif = f'oifname "{egress.interface}" ' if egress.interface else ""
    source = _match("saddr", [parse_ip(egress.source_address)]) + " " if egress.source_address else ""
    lines = []
    for gate in settings.gate:
        there = parse_endpoint(gate.address)
        lines.append(f'{oif}{source}{_match("daddr", [there.ip])} tcp dport {there.port} accept comment "{gate.name}"')
    lines.append(f'counter {_REFUSE} comment "egress reaches the declared gates only"')
    return _chain("egress", lines)


def _scanner(scanner: Scanner) -> str:
    if scanner.icap is None:
        return _nothing("scanner")
    there = parse_icap(scanner.icap).endpoint
    lines = [f'{_match("daddr", [there.ip])} tcp dport {there.port} accept comment "icap"']
    return _chain("scanner", [*lines, f'counter {_REFUSE} comment "scanner reaches the ICAP service only"'])


_REFUSE = "reject with icmpx admin-prohibited"


def _match(side: str, addresses: Sequence[Ip]) -> str:
    family = _FAMILY[addresses[0].version]
    if len(addresses) == 1:
        return f"{family} {side} {addresses[0]}"
    return f"{family} {side} {{ {', '.join(str(ip) for ip in addresses)} }}"


def _order(ip: Ip) -> tuple[int, int]:
    return ip.version, int(ip)


def _user(user: str) -> str:
    return user if user.isdecimal() else f'"{user}"'
