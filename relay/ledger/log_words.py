"""What `sekisho log` prints: on a terminal in colours and both languages, elsewhere plain; with --json for machines."""

from __future__ import annotations

import re
import sys

import msgspec
from rich.console import Console
from rich.text import Text

from relay.base.reasons import Reason, row
from relay.ledger.reader import Snapshot
from relay.ledger.verify import Report
from relay.tree.record import DELIVERED, Finding, Intent, Outcome, Record, Refusal, kind_of

_WORDS = {
    "intent": "送出の記録 intent",
    "outcome": "結果 outcome",
    "remark": "応答への所見 remark",
    "refusal": "拒否 refusal",
    "operation": "操作 operation",
    "state": "状態 state",
    "review": "点検 review",
}
_STYLES = {
    "intent": "cyan",
    "outcome": "green",
    "remark": "yellow",
    "refusal": "yellow",
    "operation": "magenta",
    "state": "dim",
}

# A record has a message as the rule's author wrote it; what would stand for a macro may hold a value of the request.
_IN_BRACKETS = re.compile(r"\s*\([^()]*%\{[^()]*\)")
_MACRO = re.compile(r"%\{[^}]*\}?")

Shown = list[tuple[int, Record, list[bytes] | None]]


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the command what follows from that; rich would end the process with 1, which has a meaning here."""
        raise BrokenPipeError


def console() -> Console:
    return _Console(highlight=False, soft_wrap=True, emoji=False)


def message_words(message: str) -> str:
    """A rule's message without its macros: `Score exceeded (Total Score: %{TX.SCORE})` ▸ `Score exceeded`."""
    return _MACRO.sub("…", _IN_BRACKETS.sub("", message))


def print_json(value: object) -> None:
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


def report_fields(report: Report) -> dict[str, object]:
    return {
        "ok": True,
        "origin": report.origin,
        "size": report.size,
        "root": report.root.hex(),
        "kinds": dict(report.kinds),
        "results": dict(report.results),
        "first_time": report.first_time,
        "last_time": report.last_time,
        "clock_steps": report.clock_steps,
        "unpublished": report.unpublished,
        "earlier_size": report.earlier_size,
    }


def print_report(report: Report) -> None:
    out = console()
    out.print(Text(f"✓ 記録は正しく、改変はありません  the log verifies: {report.origin}", "bold green"))
    lines = [
        (
            "件数 records",
            f"{report.size}" + (f" (+{report.unpublished} not yet published)" if report.unpublished else ""),
        ),
        ("根 root", report.root.hex()),
        ("期間 period", f"{report.first_time or '—'} … {report.last_time or '—'}"),
        ("種類 kinds", _counts(report.kinds)),
        ("結果 results", _counts(report.results)),
    ]
    if report.clock_steps:
        lines.append(("時計の後戻り clock stepped back", f"{report.clock_steps} times"))
    if report.earlier_size is not None:
        lines.append(("以前の記録との連続 continues", f"the checkpoint of {report.earlier_size} records"))
    for label, value in lines:
        out.print(Text(f"  {label}: ", "bold") + Text(value))


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "—"


def line(index: int, record: Record) -> Text:
    """One record on one line."""
    kind = kind_of(record)
    fields = msgspec.structs.asdict(record)
    words = [str(fields[name]) for name in ("transfer", "role", "operation", "subject", "reviewer") if fields.get(name)]
    place = "/".join(str(fields[name]) for name in ("tenant", "route") if fields.get(name))
    result = str(fields.get("reason") or fields.get("result") or fields.get("verdict") or "")
    text = Text(f"{index:>8}  {record.time}  ", "dim") + Text(f"{kind:<9}  ", _STYLES.get(kind, ""))
    return text + Text("  ".join([*words, *filter(None, [place])]) + "  ") + Text(result, _result_style(result))


def _result_style(result: str) -> str:
    return "green" if result in (DELIVERED, Reason.ADMITTED.value, "done", "ok") else "bold yellow"


def shown_fields(transfer: str, at: Snapshot, shown: Shown, *, is_signed: bool) -> dict[str, object]:
    return {
        "transfer": transfer,
        "origin": at.checkpoint.origin,
        "size": at.checkpoint.size,
        "root": at.checkpoint.root.hex(),
        "signature_checked": is_signed,
        "records": [
            {"index": index, "record": record, "proof": None if proof is None else [node.hex() for node in proof]}
            for index, record, proof in shown
        ],
    }


def print_shown(transfer: str, at: Snapshot, shown: Shown, *, is_signed: bool) -> None:
    out = console()
    if not shown:
        out.print(Text(f"転送 {transfer} の記録はありません  no record of this transfer", "yellow"))
        return
    out.print(Text(f"転送 transfer {transfer}", "bold"))
    for index, record, proof in shown:
        kind = kind_of(record)
        out.print(Text(f"\n{_WORDS[kind]}  #{index}  {record.time}", f"bold {_STYLES.get(kind, '')}".strip()))
        for name, value in rows(record):
            out.print(Text(f"  {name:<16} ", "dim") + Text(value))
        if proof is None:
            out.print(Text("  △ まだ公開前です  not in a checkpoint yet", "yellow"))
        else:
            out.print(
                Text(
                    f"  ✓ 包含証明は正しい  included in the tree of {at.checkpoint.size} ({len(proof)} hashes)", "green"
                )
            )
    signed = "署名も正しい signature checked" if is_signed else "署名は未確認 signature not checked (--key)"
    out.print(Text(f"\ncheckpoint {at.checkpoint.origin} {at.checkpoint.size}: {signed}", "dim"))


def rows(record: Record) -> list[tuple[str, str]]:
    """Name and value of what a record says, empty fields left out, with the words for the citizen beside a reason."""
    said: list[tuple[str, str]] = []
    for field in msgspec.structs.fields(record):
        value = getattr(record, field.name)
        if field.name in ("time", "transfer") or value in ("", ()):
            continue
        if isinstance(value, tuple):
            said += [("finding", _finding(finding)) for finding in value]
        elif isinstance(value, dict):
            said.append((field.name, ", ".join(f"{name}={number}" for name, number in value.items())))
        else:
            said.append((field.name, str(value).replace("\n", " ")))
    reason = record.reason if isinstance(record, Refusal) else None
    if isinstance(record, Outcome) and record.result != DELIVERED:
        reason = Reason(record.result)
    if reason is not None:
        said += [("", row(reason).ja), ("", row(reason).en)]
    elif isinstance(record, Intent):
        said.append(("", "この内容での送出を許可しました。Permitted to leave."))
    return said


def _finding(finding: Finding) -> str:
    said = [part for part in (finding.stage, finding.code, finding.target, finding.detail) if part]
    if (rule := finding.rule) is not None:
        said.append(f"{rule.id} [{rule.start}:{rule.end}] {message_words(rule.message)}")
    return " ".join(said)
