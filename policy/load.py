"""From directories of procedure files to a Policy. Reads files; decides nothing about requests.

Every problem of every file is reported at once, with file and line. A policy with any problem does not load.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from policy.common_items import FILE_NAME, CommonItems, read_common
from policy.pipeline import Policy
from policy.problems import PolicyInvalid, Problem
from policy.procedure_file import AVAILABLE_STAGES, read_route
from policy.regular_file import read_regular
from policy.route import Route, overlaps
from policy.rule_book import RuleBook, RuleChoice
from policy.toml_lines import TomlInvalid, parse_toml
from policy.toml_table import Source
from policy.versions import version_problems

__all__ = ["AVAILABLE_STAGES", "INSTALLED", "load_policy", "read_routes", "rules_missing"]

INSTALLED = Path(__file__).parent / "procedures"  # the catalogue that comes with Sekisho
MAX_FILE_BYTES = 1 << 20  # bytes of one procedure file; the largest of the catalogue has 4 KB


def load_policy(
    directories: Sequence[Path],
    tenants: Mapping[str, Sequence[str]],
    *,
    open_routes: bool,
    rules: RuleChoice | None = None,
    scans_files: bool = True,
) -> Policy:
    """The policy of every procedure in `directories` (none: the installed catalogue) for `tenants` (name -> hosts).

    `scans_files`: whether there is a scanner for attachments.

    Raises PolicyInvalid with every problem found.
    """
    rules = rules or RuleChoice()
    routes, problems = read_routes(directories)
    problems += rules_missing(routes, tenants, rules)
    if not scans_files:
        problems += [_scanner_missing(route) for route in routes if route.attachments]
    for route in routes:
        for tenant in sorted((route.tenants or frozenset()) - tenants.keys()):
            problems.append(
                Problem(
                    route.source,
                    route.lines.get("tenants", route.source_line),
                    f'the tenant "{tenant}" is not configured',
                    f"write one of: {', '.join(sorted(tenants))}; or leave tenants out",
                )
            )
    if problems:
        raise PolicyInvalid(problems)
    return Policy(tuple(routes), frozenset(tenants), open_routes=open_routes, rules=RuleBook(rules))


def _scanner_missing(route: Route) -> Problem:
    return Problem(
        route.source,
        route.lines.get("stages", route.source_line),
        "there are attachments, and no scanner to look at them",
        "write [scanner] in sekisho.toml, or remove the attachments",
    )


def rules_missing(routes: Iterable[Route], tenants: Iterable[str], rules: RuleChoice) -> list[Problem]:
    """A route never runs with less than it asks for."""
    names = frozenset(tenants)
    return [problem for route in routes for problem in _rules_missing(route, names, rules)]


def _rules_missing(route: Route, tenants: frozenset[str], rules: RuleChoice) -> list[Problem]:
    if route.rule_set is not None and route.rule_set not in rules.sets:
        return [
            Problem(
                route.source,
                route.lines.get("rule_set", route.source_line),
                f'the rule set "{route.rule_set}" is not configured',
                "declare it by a [[rule_set]] in sekisho.toml, or leave rule_set out",
            )
        ]
    if "rules" not in route.stages or route.rule_set is not None or rules.default is not None:
        return []
    without = sorted((route.tenants or tenants) - rules.by_tenant.keys())
    return [
        Problem(
            route.source,
            route.lines.get("stages", route.source_line),
            f'the stage "rules" is asked for, but the tenant "{tenant}" has no rule set',
            "write rule_set = … under [policy] or under this tenant, in sekisho.toml",
        )
        for tenant in without
    ]


def read_routes(directories: Sequence[Path]) -> tuple[list[Route], list[Problem]]:
    """Every route that could be read, and every problem."""
    problems: list[Problem] = []
    routes: list[Route] = []
    for directory in directories or (INSTALLED,):
        files = _files(directory, problems)
        common = _common(directory / FILE_NAME, problems) if directory / FILE_NAME in files else CommonItems()
        for path in files:
            route = _route(path, common, problems) if path.name != FILE_NAME else None
            if route is not None:
                problems.extend(_clashes(route, routes))
                routes.append(route)
    problems += version_problems(routes)
    return routes, problems


def _files(directory: Path, problems: list[Problem]) -> list[Path]:
    if not directory.is_dir():
        problems.append(Problem(str(directory), 0, "there is no such directory", "make it, or name another"))
        return []
    files = sorted(directory.glob("*.toml"))
    if not any(path.name != FILE_NAME for path in files):
        problems.append(Problem(str(directory), 0, "the directory holds no procedure file", "put *.toml files into it"))
    return files


def _common(path: Path, problems: list[Problem]) -> CommonItems:
    read = _document(path, problems)
    if read is None:
        return CommonItems(str(path), is_whole=False)
    document, source = read
    common = read_common(document, source)
    problems.extend(sorted(source.problems, key=lambda problem: problem.line))
    return common


def _route(path: Path, common: CommonItems, problems: list[Problem]) -> Route | None:
    read = _document(path, problems)
    if read is None:
        return None
    document, source = read
    route = read_route(document, source, common)
    problems.extend(sorted(source.problems, key=lambda problem: problem.line))
    return route


def _document(path: Path, problems: list[Problem]) -> tuple[dict[str, object], Source] | None:
    """One file as TOML; None after a problem."""
    try:
        raw = read_regular(path)
        if len(raw) > MAX_FILE_BYTES:
            problems.append(Problem(str(path), 0, f"the file has more than {MAX_FILE_BYTES} bytes", "split it"))
            return None
        text = raw.decode("utf-8")
        document, lines = parse_toml(text)
    except OSError as error:
        problems.append(Problem(str(path), 0, f"cannot be read: {error.strerror}", "check its permissions"))
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        problems.append(Problem(str(path), line, "the file is not UTF-8", "save it as UTF-8 without a byte order mark"))
    except TomlInvalid as error:
        problems.append(Problem(str(path), error.line, f"not TOML: {error.message}", "mend the syntax of this line"))
    else:
        return document, Source(str(path), lines)
    return None


def _clashes(route: Route, earlier: list[Route]) -> list[Problem]:
    found = []
    for other in earlier:
        where = f"{other.source}:{other.source_line}"
        if route.id == other.id and route.version == other.version:
            found.append(
                Problem(
                    route.source,
                    route.lines.get("id", route.source_line),
                    f'the id "{route.id}" is taken already, by {where}',
                    "give each route an id of its own, and each change of a procedure a version of its own",
                )
            )
        if overlaps(route, other):
            found.append(
                Problem(
                    route.source,
                    route.lines.get("path", route.source_line),
                    f"{route.method} {route.path} is taken already, by {where}",
                    "change the path, the tenants or the effective period of one of them",
                )
            )
    return found
