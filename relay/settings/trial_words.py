"""What `sekisho policy test` prints: on a terminal a table in colours, elsewhere lines; with --json for machines."""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from policy.engine.decision import Decision
from policy.fault_words import words_of
from policy.trial import Hit, Trial, of_the_engine
from policy.verdict import Finding
from relay.base.reasons import row
from relay.settings.rules_command import severity_name
from relay.settings.trial import Tried

PIECE_BYTES = 60  # of a matched piece
AROUND_BYTES = 16  # shown on either side of it

_VERDICTS = {
    "admitted": ("○ 通す  admitted", "bold green"),
    "would refuse": (
        "△ 通す（検知のみ。強制なら拒否）  admitted by detection only: it would be refused",
        "bold yellow",
    ),
    "refused": ("× 拒否  refused", "bold red"),
}


def verdict_of(tried: Tried) -> str:
    if tried.reason is not None:
        return "refused"
    return "would refuse" if tried.trial is not None and tried.trial.would_refuse else "admitted"


def as_object(tried: Tried) -> dict[str, Any]:
    """`findings`: what stages other than the rules found. `alone`: the rules saw the bytes as sent, as the request got no further."""
    trial, shown = tried.trial, tried.shown
    return {
        "verdict": verdict_of(tried),
        "reason": tried.reason,
        "status": None if tried.reason is None else _status(tried),
        "stage": None if tried.reason is None else row(tried.reason).stage,
        "tenant": tried.tenant,
        "route": tried.route,
        "rule_set": tried.rule_set,
        "mode": None if shown is None else shown.mode,
        "findings": [_finding_object(one) for one in _other_findings(trial)],
        "scores": {} if shown is None else {side: score._asdict() for side, score in shown.scores.items()},
        "alone": tried.bytes_trial is not None,
        "rules": [] if shown is None else [_hit_object(hit) for hit in shown.hits],
        "limit": None if shown is None else _limit(shown.decision),
    }


def _status(tried: Tried) -> int | None:
    """Of the table of reasons; where the rules are alone, of the rule that refused."""
    if tried.tenant is None and tried.trial is not None and tried.trial.decision is not None:
        return tried.trial.decision.status
    return None if tried.reason is None else row(tried.reason).status


def _other_findings(trial: Trial | None) -> list[Finding]:
    return [] if trial is None else [one for one in trial.findings if one.rule is None]


def _finding_object(finding: Finding) -> dict[str, Any]:
    words = words_of(finding.detail)
    said = {} if words is None else words._asdict()
    return {"stage": finding.stage, "code": finding.code, "target": finding.target, "detail": finding.detail} | said


def _hit_object(hit: Hit) -> dict[str, Any]:
    fired = hit.fired
    return {
        "id": fired.id,
        "phase": fired.phase,
        "severity": severity_name(fired.severity),
        "target": _text(fired.target),
        "start": fired.start,
        "end": fired.end,
        "piece": _text(hit.piece[:PIECE_BYTES]),
        "message": _text(fired.message),
        "tags": fired.tags,
        "refuses": fired.interrupts,
        "exhausted": fired.exhausted,
        "place": f"{fired.file}:{fired.line}",
    }


def _limit(decision: Decision | None) -> str | None:
    """The bound of the engine that was met, or the failure."""
    return f"{decision.cause.value}: {decision.detail}" if decision is not None and of_the_engine(decision) else None


def say_tried(tried: Tried) -> None:
    console = Console(highlight=False, emoji=False, soft_wrap=not sys.stdout.isatty())
    words, style = _VERDICTS[verdict_of(tried)]
    console.print(Text(words, style) + Text("" if tried.reason is None else f"  {_status(tried)} {tried.reason}"))
    if tried.reason is not None and tried.tenant is not None:
        console.print(Text(f"  {row(tried.reason).ja}\n  {row(tried.reason).en}"))
    _say_where(console, tried)
    for finding in _other_findings(tried.trial):
        words_ = words_of(finding.detail)
        said = "" if words_ is None else f"  {words_.ja}  {words_.en}"
        console.print(Text(f"  {finding.stage}: ", "bold") + Text(f"{finding.code} {finding.target}{said}"))
    if tried.shown is not None:
        _say_rules(console, tried.shown, is_alone=tried.bytes_trial is not None)


def _say_where(console: Console, tried: Tried) -> None:
    mode = "" if tried.shown is None else f" ({tried.shown.mode})"
    parts = [
        f"rule set {tried.rule_set}{mode}" if tried.rule_set else "no rule set",
        f"tenant {tried.tenant}" if tried.tenant else "",
        f"route {tried.route}" if tried.route else "",
    ]
    console.print(Text("  " + ", ".join(filter(None, parts)), "dim"))


def _say_rules(console: Console, trial: Trial, *, is_alone: bool) -> None:
    if is_alone:
        words = "ルールに届く前に拒否。届いたままのバイト列をルールで調べると  refused before the rules; of its bytes they say"
        console.print(Text(words, "bold"))
    for side, score in trial.scores.items():
        over = score.threshold is not None and score.points >= score.threshold
        limit = "" if score.threshold is None else f" / {score.threshold}"
        console.print(
            Text(f"  anomaly score {side}: ") + Text(f"{score.points}{limit}", "bold red" if over else "bold")
        )
    if (limit_met := _limit(trial.decision)) is not None:
        console.print(Text(f"  the engine refused: {limit_met}", "bold red"))
    if not trial.hits:
        console.print("  当たったルールはありません  no rule fired")
    elif console.is_terminal:
        console.print(_table(trial))
    else:
        for hit in trial.hits:
            console.print(_line(hit))


def _line(hit: Hit) -> str:
    fired = hit.fired
    marks = "".join([" refuses" if fired.interrupts else "", " limit-met" if fired.exhausted else ""])
    return (
        f"  {fired.id} phase {fired.phase} {_text(fired.target) or '-'} [{fired.start}:{fired.end}]"
        f" {shown_piece(hit).plain!r} {_text(fired.message)} ({severity_name(fired.severity)}{marks}) {fired.file}:{fired.line}"
    )


def _table(trial: Trial) -> Table:
    table = Table(header_style="dim", box=None, padding=(0, 1), show_edge=False)
    for column in ("rule", "phase", "target [start:end]", "matched", "message"):
        table.add_column(column, overflow="fold")
    for hit in trial.hits:
        fired = hit.fired
        span = f"[{fired.start}:{fired.end}]" + ("*" if fired.exhausted else "")
        table.add_row(
            Text.assemble(
                (str(fired.id), "bold red" if fired.interrupts else "bold"),
                (f"\n{severity_name(fired.severity)}", "dim"),
            ),
            str(fired.phase),
            Text(f"{_text(fired.target)}\n{span}"),
            shown_piece(hit),
            Text.assemble(_text(fired.message), (f"\n{fired.file.rpartition('/')[2]}:{fired.line}", "dim")),
        )
    if any(hit.fired.exhausted for hit in trial.hits):
        table.caption = (
            "* 照合の上限に達したため、当たったものとして扱った  a limit of matching was met, which counts as a match"
        )
    return table


def shown_piece(hit: Hit) -> Text:
    """The piece with a little on either side; cut in its middle where it is long."""
    value, start, end = hit.value, hit.fired.start, hit.fired.end
    piece = hit.piece
    half = PIECE_BYTES // 2
    shown = _text(piece) if len(piece) <= PIECE_BYTES else f"{_text(piece[:half])}…{_text(piece[-half:])}"
    before, after = value[max(0, start - AROUND_BYTES) : start], value[end : end + AROUND_BYTES]
    lead = "…" if start > AROUND_BYTES else ""
    tail = "…" if len(value) > end + AROUND_BYTES else ""
    return Text.assemble((lead + _text(before), "dim"), (shown, "bold red"), (_text(after) + tail, "dim"))


def _text(value: bytes) -> str:
    """One line that no terminal takes for an instruction."""
    text = value.decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
