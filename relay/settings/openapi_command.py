"""`sekisho policy openapi`: an OpenAPI 3.1 document of a tenant's routes, for whoever builds the portal."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from http import HTTPStatus
from pathlib import Path

from policy.load import read_routes
from policy.openapi import document
from policy.route import day_in_japan
from relay.base.errors import ConfigInvalid, Problem
from relay.base.reasons import Reason, row
from relay.ops.clock import now_ms
from relay.settings.load import load_host
from relay.settings.model import Tenant
from relay.settings.report import EX_CONFIG, EX_OK, Subparsers, add_command, failed

_REFUSED = 400  # RFC 9110 section 15.5: this status and those above it
_EPILOG = """\
Without --config: every route of the installed catalogue. With it: the routes of its tenant, under the tenant's hosts. The document
has what is in effect on one day, today in Japan unless --on says another.

examples:
  sekisho policy openapi > openapi.json
  sekisho policy openapi --config /etc/sekisho/sekisho.toml --tenant minato > minato.json
  sekisho policy openapi --config sekisho.toml --on 2027-04-01 > next-year.json

exit codes: 0 printed, 2 wrong usage, 78 the configuration or the procedures have problems
"""


def add_commands(commands: Subparsers) -> None:
    parser = add_command(
        commands, "openapi", "print an OpenAPI 3.1 document of a tenant's routes (ポータル事業者向け)", _EPILOG, _run
    )
    parser.add_argument("--config", metavar="FILE", type=Path, help="sekisho.toml: its procedures and tenants")
    parser.add_argument("--tenant", metavar="NAME", help="whose routes; may be left out where there is one")
    parser.add_argument(
        "--on", metavar="DATE", type=date.fromisoformat, help="day in Japan, YYYY-MM-DD; default: today"
    )


def _run(arguments: argparse.Namespace) -> int:
    day: date = arguments.on or date.fromordinal(day_in_japan(now_ms()))
    directories: list[Path] = []
    name, hosts = "", []
    try:
        if arguments.config is not None:
            settings = load_host(arguments.config)
            tenant = _chosen(settings.tenant, arguments.tenant, arguments.config)
            name, hosts = tenant.name, tenant.hosts
            directories = [Path(directory) for directory in settings.policy.procedures]
        elif arguments.tenant is not None:
            mend = "give --config too"
            raise ConfigInvalid([Problem("--tenant", 0, "says nothing without the tenants of a sekisho.toml", mend)])
    except ConfigInvalid as invalid:
        return failed(invalid.problems, EX_CONFIG, as_json=False)
    routes, problems = read_routes(directories)
    if problems:
        return failed([Problem(*problem) for problem in problems], EX_CONFIG, as_json=False)
    json.dump(document(routes, hosts, name, day, refusals()), sys.stdout, ensure_ascii=False, indent=1)
    print()
    return EX_OK


def _chosen(tenants: list[Tenant], name: str | None, config: Path) -> Tenant:
    """Raises ConfigInvalid."""
    found = [tenant for tenant in tenants if name is None or tenant.name == name]
    if len(found) == 1:
        return found[0]
    known = ", ".join(tenant.name for tenant in tenants)
    what = "there are several tenants" if found else f"there is no tenant `{name}`"
    raise ConfigInvalid([Problem(str(config), 0, what, f"give --tenant with one of: {known}")])


def refusals() -> dict[int, str]:
    """Status -> what the front says with it, of whatever may befall a request."""
    rows = sorted({(row(reason).status, reason.value) for reason in Reason if row(reason).status >= _REFUSED})
    said: dict[int, list[str]] = {}
    for status, code in rows:
        said.setdefault(status, []).append(code)
    return {status: f"{HTTPStatus(status).phrase}: {', '.join(codes)}" for status, codes in said.items()}
