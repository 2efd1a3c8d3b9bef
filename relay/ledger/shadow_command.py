"""`sekisho policy shadow`: what the next version of each procedure would have refused of what is admitted now."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from policy.bilingual import Said
from relay.base.errors import ConfigInvalid, IntegrityBroken, Problem
from relay.ledger import reader
from relay.ledger.log_commands import moment
from relay.ledger.shadow_report import OfVersion, report_of
from relay.settings.load import HOST_FILE, load_host
from relay.settings.report import EX_CONFIG, EX_OK, Subparsers, add_command, failed, say_json
from relay.tree.record import Record

EX_BROKEN = 1  # the log does not fit together
FORMATS = ("table", "csv", "json")
_BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes a CSV file for one in Shift_JIS
_PIPED_COLUMNS = 160
HEADINGS = {
    "route": Said("経路", "Route"),
    "version": Said("次の版", "Next version"),
    "judged": Said("判定件数", "Judged"),
    "field": Said("欄の符号", "Field name"),
    "code": Said("理由", "Code"),
    "detail": Said("詳細", "Detail"),
    "count": Said("件数", "Count"),
}
_RESULTS = {
    "would_admit": Said("受け付ける", "would admit"),
    "would_refuse": Said("拒否する", "would refuse"),
    "failed": Said("判定に失敗", "failed"),
    "exhausted": Said("判定の上限超過", "over the bound"),
}
_NOTHING = Said(
    "次の版による判定の記録はありません。効力の始まる日が先の版があると、その日まで記録されます。",
    "No judgement by a next version is in the log. They are made while a version is loaded whose first day is still to come.",
)
_EPILOG = """\
次の版（効力の始まる日が先の版）が、いま受け付けている申請のうち何を拒否するかを、記録から数えます。市民への応答には影響しません。
A version whose effective_from is still to come is judged beside the one in force. It decides nothing; this is what it would
refuse of what is admitted now. Codes and names of fields only. One request counts once for each field and code.

examples:
  sekisho policy shadow                                               the log of /etc/sekisho/sekisho.toml
  sekisho policy shadow --route dog-death-notice --since 2026-11-01
  sekisho policy shadow --log /var/lib/sekisho/log --format csv > would-refuse.csv
  sekisho policy shadow --format json | jq '.[] | {route, version, results}'

exit codes: 0 printed, 1 the log does not fit together, 2 wrong usage, 78 the configuration or the log cannot be read
"""


def add_commands(commands: Subparsers) -> None:
    parser = add_command(
        commands,
        "shadow",
        "say what the next version of a procedure would refuse (次の版の試行結果)",
        _EPILOG,
        _run,
    )
    parser.add_argument("--config", metavar="FILE", type=Path, default=HOST_FILE, help=f"default: {HOST_FILE}")
    parser.add_argument("--log", metavar="DIR", type=Path, help="the log's directory, in place of the configured one")
    parser.add_argument("--tenant", metavar="T", default="", help="of one municipality")
    parser.add_argument("--route", metavar="R", default="", help="of one route")
    parser.add_argument("--since", metavar="T", type=moment, help="from this time on: 2026-11-01T09:00:00+09:00")
    parser.add_argument("--until", metavar="T", type=moment, help="before this time; without an offset it is UTC")
    parser.add_argument("--format", choices=FORMATS, default="table", help="default: table")
    parser.add_argument("--lang", choices=Said._fields, default="ja", help="of headings; default: ja")


def _run(arguments: argparse.Namespace) -> int:
    as_json = arguments.format == "json"
    try:
        directory = arguments.log or Path(load_host(arguments.config).ledger.directory)
        records = _within(directory, arguments.since, arguments.until)
        report = report_of(records, tenant=arguments.tenant, route=arguments.route)
    except ConfigInvalid as invalid:
        return failed(invalid.problems, EX_CONFIG, as_json=as_json)
    except IntegrityBroken as broken:
        problem = Problem(
            str(directory), 0, f"the log does not fit together: {broken}", "run `sekisho log verify` on it"
        )
        return failed([problem], EX_BROKEN, as_json=as_json)
    except OSError as error:
        mend = "run this where the log is, as a user who may read it, such as sekisho-ledger"
        problem = Problem(str(error.filename or directory), 0, f"cannot be read: {error.strerror}", mend)
        return failed([problem], EX_CONFIG, as_json=as_json)
    if as_json:
        say_json([_as_object(one) for one in report])
    elif arguments.format == "csv":
        sys.stdout.write(_BYTE_ORDER_MARK)
        csv.writer(sys.stdout).writerows(_lines(report, arguments.lang))  # RFC 4180
    else:
        _say(report, arguments.lang)
    return EX_OK


def _within(directory: Path, since: str | None, until: str | None) -> Iterator[Record]:
    """Times of records have one form, so that their order is that of their text."""
    for _, record in reader.records(directory):
        if (since is None or record.time >= since) and (until is None or record.time < until):
            yield record


def _as_object(one: OfVersion) -> dict[str, object]:
    faults = [
        {"field": fault.target, "code": fault.code, "detail": fault.detail, "count": count}
        for fault, count in one.by_count()
    ]
    results = {result: one.results[result] for result in _RESULTS}
    return {"route": one.route, "version": one.version, "judged": one.judged, "results": results, "faults": faults}


def _lines(report: Sequence[OfVersion], language: str) -> Iterator[list[str]]:
    """The headings, then for each version how its judgements ended, and a line for each field and code."""
    yield [_in(heading, language) for heading in HEADINGS.values()]
    for one in report:
        about = [one.route, str(one.version), str(one.judged)]
        for result in _RESULTS:
            if one.results[result]:
                yield [*about, "", result, "", str(one.results[result])]
        for fault, count in one.by_count():
            yield [*about, fault.target, fault.code, fault.detail, str(count)]


def _say(report: Sequence[OfVersion], language: str) -> None:
    width = None if sys.stdout.isatty() else _PIPED_COLUMNS
    console = Console(highlight=False, emoji=False, markup=False, width=width)
    if not report:
        console.print(Text(_in(_NOTHING, language)))
    for one in report:
        ended = [f"{_in(said, language)} {one.results[result]}" for result, said in _RESULTS.items()]
        judged = f"{_in(HEADINGS['judged'], language)} {one.judged}"
        console.print(Text(f"{one.route}  v{one.version}  {judged}  ({', '.join(ended)})", "bold"))
        if one.faults:
            console.print(_table(one, language))
        console.print()


def _table(one: OfVersion, language: str) -> Table:
    table = Table(header_style="dim", box=None, padding=(0, 1), show_edge=False)
    for key in ("field", "code", "detail"):
        table.add_column(_in(HEADINGS[key], language), overflow="fold")
    table.add_column(_in(HEADINGS["count"], language), justify="right")
    for fault, count in one.by_count():
        table.add_row(*map(Text, (fault.target or "-", fault.code, fault.detail, str(count))))
    return table


def _in(said: Said, language: str) -> str:
    return said.en if language == "en" else said.ja
