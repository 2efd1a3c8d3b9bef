"""Rules between settings: what each value by itself cannot show. Normative list: docs/spec/config.md section 5.

Each rule looks only at what could be read, so that one mistake hides no other. A table that could not be read is None.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from relay.settings.addresses import Endpoint, Ip, parse_endpoint, parse_ip
from relay.settings.convert import Reading
from relay.settings.toml_lines import TomlPath

_ROLE_TABLES = ("front", "egress", "exporter")


def relate_host(reading: Reading, tree: Mapping[str, Any]) -> None:
    """`tree`: tables as converted dictionaries; values that could not be read are None."""
    front, egress, exporter, ledger = (tree.get(name) or {} for name in ("front", "egress", "exporter", "ledger"))
    gates, tenants = _rows(tree, "gate"), _rows(tree, "tenant")
    listeners = _endpoints(("front", "listen"), front.get("listen"))
    listeners += _endpoints(("exporter", "listen"), [exporter.get("listen")], single=True)
    _one_interface_each(reading, tree)
    _one_address_each(reading, listeners, egress)
    _distinct_endpoints(reading, listeners)
    _wildcards(reading, listeners, tree)
    _distinct_users(reading, tree, ("front", "egress", "ledger", "exporter", "scanner"))
    _gates(reading, gates, egress)
    _tenants(reading, tenants, gates)
    _host_keys(reading, front, egress, ledger, tenants)
    _open_routes(reading, tree.get("policy") or {}, listeners)
    _scanner(reading, tree.get("scanner"))
    _rule_sets(reading, tree, tenants)


def relate_gate(reading: Reading, tree: Mapping[str, Any]) -> None:
    """As `relate_host`, for `gate.toml`."""
    gate, relays, applications = tree.get("gate") or {}, _rows(tree, "relay"), _rows(tree, "application")
    listeners = _endpoints(("gate", "listen"), [gate.get("listen")], single=True)
    status = _endpoints(("gate", "status_listen"), [gate.get("status_listen")], single=True)
    _distinct_endpoints(reading, listeners + status)
    _wildcards(reading, listeners, tree)
    for path, endpoint in status:
        if endpoint.ip.is_unspecified:
            reading.problem(path, "listens on every interface", "write the management address")
    _unique(reading, _column("relay", relays, "name"), "the name of another relay")
    _unique(reading, _column("relay", relays, "server_name"), "the server_name of another relay")
    _unique(reading, _column("application", applications, "tenant"), "the tenant of another application")
    for position, relay in enumerate(relays):
        for key in ("pins", "signing_keys"):
            _unique(reading, _items(("relay", position, key), relay.get(key)), "written twice")
    keys = _items(("gate", "sealing_keys"), gate.get("sealing_keys"))
    keys += [(("gate", key), gate[key]) for key in ("key", "receipt_key") if gate.get(key)]
    _unique(reading, keys, "the name of a key with another purpose", "give each purpose a key of its own")


def _one_interface_each(reading: Reading, tree: Mapping[str, Any]) -> None:
    """P1: what reads the Internet and what reaches the LGWAN stand on different networks."""
    seen: dict[str, str] = {}
    for table in _ROLE_TABLES:
        interface = (tree.get(table) or {}).get("interface")
        if interface is None:
            continue
        if interface in seen:
            message = f"{table} and {seen[interface]} are on one interface, {interface}"
            reading.problem((table, "interface"), message, "give each role an interface of its own")
        seen.setdefault(interface, table)


def _one_address_each(reading: Reading, listeners: list[tuple[TomlPath, Endpoint]], egress: Mapping[str, Any]) -> None:
    """The same for addresses. Loopback is left out: it is nobody's network, and the lab lives there."""
    seen: dict[Ip, str] = {}
    places = [(path, endpoint.ip) for path, endpoint in listeners]
    if egress.get("source_address"):
        places.append((("egress", "source_address"), parse_ip(egress["source_address"])))
    for path, ip in places:
        role = str(path[0])
        if seen.setdefault(ip, role) != role and not ip.is_loopback and not ip.is_unspecified:
            reading.problem(
                path, f"{role} and {seen[ip]} are on one address, {ip}", "give each role an address of its own"
            )


def _distinct_endpoints(reading: Reading, listeners: list[tuple[TomlPath, Endpoint]]) -> None:
    _unique(reading, [(path, str(endpoint)) for path, endpoint in listeners], "listened on twice")


def _wildcards(reading: Reading, listeners: list[tuple[TomlPath, Endpoint]], tree: Mapping[str, Any]) -> None:
    for path, endpoint in listeners:
        if endpoint.ip.is_unspecified and not (tree.get(str(path[0])) or {}).get("interface"):
            mend = f"write one address, or bind it with `interface` in [{path[0]}]"
            reading.problem(path, "listens on every interface, the other networks' too", mend)


def _distinct_users(reading: Reading, tree: Mapping[str, Any], roles: Iterable[str]) -> None:
    users = [((role, "user"), (tree.get(role) or {}).get("user")) for role in roles]
    _unique(reading, users, "the user of another role", "give each role a user of its own")


def _gates(reading: Reading, gates: list[dict[str, Any]], egress: Mapping[str, Any]) -> None:
    _unique(reading, _column("gate", gates, "name"), "the name of another gate")
    _unique(reading, _column("gate", gates, "address"), "the address of another gate")
    _egress_bound(reading, gates, egress)
    for position, gate in enumerate(gates):
        path: TomlPath = ("gate", position, "address")
        _unique(reading, _items(("gate", position, "pins"), gate.get("pins")), "written twice")
        if not gate.get("address"):
            continue
        ip = parse_endpoint(gate["address"]).ip
        if ip.is_unspecified:
            reading.problem(path, f"{ip} is not the address of a host", "write the gate's address")
        source = egress.get("source_address")
        if source and parse_ip(source).version != ip.version:
            mend = "write both as IPv4 or both as IPv6"
            reading.problem(path, f"cannot be reached from egress.source_address {source}", mend)


def _egress_bound(reading: Reading, gates: list[dict[str, Any]], egress: Mapping[str, Any]) -> None:
    addresses = [parse_endpoint(gate["address"]).ip for gate in gates if gate.get("address")]
    written = any(("egress", key) in reading.lines for key in ("interface", "source_address"))
    if egress and not written and not all(ip.is_loopback for ip in addresses):
        mend = "set `interface` or `source_address` in [egress], so that traffic leaves by the LGWAN interface only"
        reading.problem(("egress",), "is bound to no interface and no address", mend)


def _tenants(reading: Reading, tenants: list[dict[str, Any]], gates: list[dict[str, Any]]) -> None:
    declared: list[Any] = [gate.get("name") for gate in gates]
    _unique(reading, _column("tenant", tenants, "name"), "the name of another tenant")
    hosts = []
    for position, tenant in enumerate(tenants):
        hosts += _items(("tenant", position, "hosts"), tenant.get("hosts"))
        named = _items(("tenant", position, "gates"), tenant.get("gates"))
        _unique(reading, named, "written twice")
        if None in declared:
            continue  # the name of a gate could not be read: it may be the one that is meant
        for path, name in named:
            if name not in declared:
                known = f"; declared are: {', '.join(declared)}" if declared else ""
                reading.problem(path, f"there is no [[gate]] named `{name}`", f"declare it, or correct the name{known}")
    _unique(reading, hosts, "written twice", "a host belongs to one tenant, once")


def _host_keys(
    reading: Reading,
    front: Mapping[str, Any],
    egress: Mapping[str, Any],
    ledger: Mapping[str, Any],
    tenants: list[dict[str, Any]],
) -> None:
    """One key, one purpose; tenants may share a certificate. The permit key is shared by ledger and egress alone (P2)."""
    purposes: list[tuple[TomlPath, Any]] = [
        (("front", "signing_key"), front.get("signing_key")),
        (("egress", "key"), egress.get("key")),
        (("egress", "permit_key"), egress.get("permit_key")),
        (("ledger", "signing_key"), ledger.get("signing_key")),
    ]
    if ledger.get("permit_key") != egress.get("permit_key"):
        purposes.append((("ledger", "permit_key"), ledger.get("permit_key")))
    shared = {tenant.get("key"): ("tenant", position, "key") for position, tenant in reversed(list(enumerate(tenants)))}
    purposes += [(path, key) for key, path in shared.items()]
    _unique(reading, purposes, "the name of a key with another purpose", "give each purpose a key of its own")


def _scanner(reading: Reading, scanner: Mapping[str, Any] | None) -> None:
    """Somebody is asked. A value that could not be read is written all the same."""
    written = [("scanner", key) in reading.lines for key in ("clamd_config", "icap")]
    if scanner is not None and not any(written):
        mend = "set `clamd_config`, the file of a clamd; or `icap`, the address of an ICAP service; or both"
        reading.problem(("scanner",), "nobody is asked about attached files", mend)


def _open_routes(reading: Reading, policy: Mapping[str, Any], listeners: list[tuple[TomlPath, Endpoint]]) -> None:
    if policy.get("open_routes") and not all(endpoint.ip.is_loopback for _, endpoint in listeners):
        mend = "remove it; `sekisho lab --open-routes` sets it for trying out rules"
        reading.problem(("policy", "open_routes"), "admits requests without a schema and is for loopback only", mend)


def _rule_sets(reading: Reading, tree: Mapping[str, Any], tenants: list[dict[str, Any]]) -> None:
    sets = _rows(tree, "rule_set")
    declared: list[Any] = [one.get("name") for one in sets]
    _unique(reading, _column("rule_set", sets, "name"), "the name of another rule set")
    if None in declared:
        return  # a name that could not be read may be the one that is meant
    named: list[tuple[TomlPath, Any]] = [(("policy", "rule_set"), (tree.get("policy") or {}).get("rule_set"))]
    named += _column("tenant", tenants, "rule_set")
    named += _column("rule_exclusion", _rows(tree, "rule_exclusion"), "rule_set")
    for path, name in named:
        if name is not None and name not in declared:
            known = f"; declared are: {', '.join(declared)}" if declared else ""
            reading.problem(path, f"there is no [[rule_set]] named `{name}`", f"declare it, or correct the name{known}")


def _rows(tree: Mapping[str, Any], table: str) -> list[dict[str, Any]]:
    return [row or {} for row in tree.get(table) or []]


def _endpoints(path: TomlPath, values: list[Any] | None, *, single: bool = False) -> list[tuple[TomlPath, Endpoint]]:
    return [
        (path if single else (*path, position), parse_endpoint(value))
        for position, value in enumerate(values or [])
        if value is not None
    ]


def _column(table: str, rows: list[dict[str, Any]], key: str) -> list[tuple[TomlPath, Any]]:
    return [((table, position, key), row.get(key)) for position, row in enumerate(rows)]


def _items(path: TomlPath, values: list[Any] | None) -> list[tuple[TomlPath, Any]]:
    return [((*path, position), value) for position, value in enumerate(values or [])]


def _unique(
    reading: Reading, places: Iterable[tuple[TomlPath, Any]], words: str, mend: str = "each may stand once: change one"
) -> None:
    seen: dict[Any, TomlPath] = {}
    for path, value in places:
        if value is None:
            continue
        if value in seen:
            first = f"{reading.file}:{reading.line(seen[value])}"
            reading.problem(path, f"`{value}` is {words} (first at {first})", mend)
        seen.setdefault(value, path)
