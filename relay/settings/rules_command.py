"""`sekisho policy rules`: the rules of a rule set, and what each compiled to."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from policy.rule_listing import Form, ListedRule, list_rules, totals_by_form, totals_by_tag
from policy.rule_set import RuleSetFiles
from relay.base.errors import ConfigInvalid
from relay.settings.report import EX_CONFIG, EX_OK, Subparsers, add_command, failed, say_json
from relay.settings.rule_source import add_choice_of_rules, compiled, rule_source

SEVERITIES = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")  # of syslog, 0 to 7
FORMS = {
    Form.FOLDED: "読込み時に計算済み  worked out at load: costs a request nothing",
    Form.REMEMBERED: "値ごとに一度だけ  asked once for each value of a method, header or flag",
    Form.SCANNED: "走査で見つかった値だけ  only where the scanner finds something",
    Form.PREFILTERED: "簡単な検査を通った値だけ  only for values that a cheap test lets through",
    Form.EVALUATED: "要求ごと  for every request that comes to it",
    Form.ALWAYS: "常に成立（SecAction）  matches every request that comes to it",
}
_STYLES = {Form.FOLDED: "dim", Form.EVALUATED: "yellow", Form.ALWAYS: "magenta"}
_EPILOG = """\
What a rule compiled to: folded (worked out at load), remembered (asked once for each value of a header or flag), scanned (found
by the scanner), prefiltered (behind a cheap test), evaluated (asked for every request), always (a SecAction).

examples:
  sekisho policy rules                                        the default rule set of /etc/sekisho/sekisho.toml
  sekisho policy rules --rule-set crs | grep attack-sqli
  sekisho policy rules --rules crs-setup.conf 'rules/*.conf'
  sekisho policy rules --json | jq '.rules[] | select(.form == "evaluated") | .id'

exit codes: 0 listed, 2 wrong usage, 78 the configuration or the rules have problems
"""


def add_commands(commands: Subparsers) -> None:
    parser = add_command(
        commands, "rules", "list the rules of a rule set, and what each compiled to (ルールの一覧)", _EPILOG, _run
    )
    add_choice_of_rules(parser)


def severity_name(severity: int) -> str:
    return SEVERITIES[severity] if severity < len(SEVERITIES) else "-"


def _run(arguments: argparse.Namespace) -> int:
    try:
        source = rule_source(arguments)
        files = source.default() if arguments.rule_set is None else source.named(arguments.rule_set)
        read, rules = compiled(source, files)
    except ConfigInvalid as invalid:
        return failed(invalid.problems, EX_CONFIG, as_json=arguments.json)
    listed = list_rules(read, rules.program)
    notes = [str(note) for note in read.notes]
    if arguments.json:
        say_json(_as_object(files, listed, notes))
    else:
        _say(files, listed, notes)
    return EX_OK


def _as_object(files: RuleSetFiles, listed: Sequence[ListedRule], notes: list[str]) -> dict[str, Any]:
    return {
        "rule_set": files.name,
        "mode": files.mode,
        "reading": files.reading,
        "rules": [asdict(rule) | {"severity": severity_name(rule.severity)} for rule in listed],
        "forms": totals_by_form(listed),
        "tags": totals_by_tag(listed),
        "notes": notes,
    }


def _say(files: RuleSetFiles, listed: Sequence[ListedRule], notes: list[str]) -> None:
    console = Console(highlight=False, emoji=False, soft_wrap=not sys.stdout.isatty())
    if console.is_terminal:
        console.print(_table(listed))
    else:
        for rule in listed:
            print(_line(rule))
    console.print(
        Text(f"\n{files.name}: ルール {len(listed)} rules, mode {files.mode}, reading {files.reading}", "bold")
    )
    for form, count in totals_by_form(listed).items():
        console.print(Text(f"  {count:>5}  ") + Text(f"{form:<12}", _STYLES.get(form, "")) + Text(f" {FORMS[form]}"))
    console.print(Text("\nタグ tags", "bold"))
    for tag, count in totals_by_tag(listed).items():
        console.print(Text(f"  {count:>5}  {tag}"))
    for note in notes:
        console.print(Text("note: ", "yellow") + Text(note))


def _line(rule: ListedRule) -> str:
    """One rule for grep, its fields between tabs."""
    words = (rule.id, rule.phase, severity_name(rule.severity), rule.form, f"{rule.file}:{rule.line}")
    return "\t".join([*map(str, words), ",".join(rule.tags), rule.message])


def _table(listed: Sequence[ListedRule]) -> Table:
    table = Table(header_style="dim", box=None, padding=(0, 1), show_edge=False)
    for column, options in (
        ("id", {"justify": "right"}), ("phase", {}), ("severity", {}), ("compiled to", {}), ("tags", {"ratio": 2}),
        ("message", {"ratio": 3}), ("file:line", {"overflow": "fold", "ratio": 2}),
    ):  # fmt: skip
        table.add_column(column, **options)
    for rule in listed:
        attacks = [tag for tag in rule.tags if tag.startswith("attack-")] or list(rule.tags[:1])
        table.add_row(
            str(rule.id),
            str(rule.phase),
            severity_name(rule.severity),
            Text(rule.form, _STYLES.get(rule.form, "")),
            Text(", ".join(attacks)),
            Text(rule.message),
            Text(f"{rule.file.rpartition('/')[2]}:{rule.line}", "dim"),
        )
    return table
