"""The versions of one route, in the order in which they take effect: one at a time, without a day between two of them.

A citizen must find the procedure on every day, and nobody may have to guess which version judged a form. So that periods which
overlap, and days on which no version would be in force, are problems of the files; they are named when the files are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import pairwise

from policy.problems import Problem
from policy.route import Route, overlaps


def version_problems(routes: Iterable[Route]) -> list[Problem]:
    """Of each route, whichever tenant has it: periods that overlap, gaps between them, versions out of order."""
    by_id: dict[str, list[Route]] = {}
    for route in routes:
        by_id.setdefault(route.id, []).append(route)
    found = [problem for versions in by_id.values() if len(versions) > 1 for problem in _of_versions(versions)]
    return list(dict.fromkeys(found))  # the same for each tenant


def next_versions(routes: Iterable[Route]) -> dict[str, tuple[Route, ...]]:
    """By id: the versions that are not the first, in the order in which they take effect. No entry where there is one version."""
    by_id: dict[str, list[Route]] = {}
    for route in sorted(routes, key=lambda route: route.first_day):
        by_id.setdefault(route.id, []).append(route)
    return {route_id: tuple(versions[1:]) for route_id, versions in by_id.items() if len(versions) > 1}


def _of_versions(versions: list[Route]) -> Iterator[Problem]:
    named = {tenant for route in versions for tenant in route.tenants or ()}
    for tenant in (*sorted(named), None):  # None: a tenant that no version names
        chain = [route for route in versions if route.tenants is None or tenant in route.tenants]
        for earlier, later in pairwise(sorted(chain, key=lambda route: (route.first_day, route.version))):
            yield from _between(earlier, later)


def _between(earlier: Route, later: Route) -> Iterator[Problem]:
    where = f"{earlier.source}:{earlier.source_line}"
    line = later.lines.get("effective_from", later.source_line)
    versions = f"version {later.version} of {later.id}"
    if later.version < earlier.version:
        message = f"{versions} takes effect after version {earlier.version}, {where}"
        yield Problem(later.source, line, message, "number the versions in the order in which they take effect")
    if later.first_day <= earlier.last_day:
        if not overlaps(earlier, later) and later.version != earlier.version:  # those are said where routes clash
            message = f"{versions} takes effect while version {earlier.version} is in force, {where}"
            yield Problem(later.source, line, message, f"write effective_until = {_day(later.first_day - 1)} there")
    elif later.first_day > earlier.last_day + 1:
        message = f"no version of {later.id} is in force {_gap(earlier, later)}, after {where}"
        yield Problem(later.source, line, message, f"write effective_from = {_day(earlier.last_day + 1)} here")


def _gap(earlier: Route, later: Route) -> str:
    first, last = _day(earlier.last_day + 1), _day(later.first_day - 1)
    return f"on {first}" if first == last else f"from {first} to {last}"


def _day(ordinal: int) -> date:
    return date.fromordinal(max(ordinal, 1))
