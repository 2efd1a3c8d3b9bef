"""What `sekisho policy explain` prints: both languages, a table where people look; with --json for machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from rich.table import Table
from rich.text import Text

from policy.fault_words import words_of
from policy.narrowest import Reach
from policy.rule_purpose import purpose_of
from relay.base.reasons import row
from relay.ledger.explain import Exclusion, Explanation
from relay.ledger.log_words import console, message_words
from relay.tree.record import Finding, Record, kind_of

_REACHES = {
    Reach.VALUE: ("この項目だけを、このルールの対象から外します", "leaves this one value out, for this rule"),
    Reach.VARIABLE: ("この変数だけを、このルールの対象から外します", "leaves this one variable out, for this rule"),
    Reach.COLLECTION: (
        "送られた名前は記録に残らないため {target} 全体を外します。名前が分かるなら target を {target}:名前 と狭めてください",
        "the record does not hold the name, so all of {target} is left out; narrow target to {target}:name where you know it",
    ),
    Reach.RULE: (
        "このルールは連鎖の後半などで当たったため、対象だけは外せません。この経路でルールを外します",
        "the match is where no target can be left out (such as late in a chain): the rule is left out on this route",
    ),
    Reach.NONE: (
        "他のルールの点数を合計するルールです。除外せず、点を付けたルールを見てください",
        "adds up the points of the other rules: do not leave it out, look at those that gave points",
    ),
}
_PASTE = (
    "sekisho.toml に貼り、reason を書き（10文字以上）、`sekisho check` の後に読み直させます。reason が … のままでは読み込まれません。",
    "Paste into sekisho.toml, write the reason (10 characters or more), run `sekisho check`, reload. With … it does not load.",
)


def as_object(transfer: str, records: Sequence[Record], explanation: Explanation) -> dict[str, Any]:
    reason = explanation.reason
    entry = None if reason is None else row(reason)
    found: dict[str, Any] = msgspec.to_builtins(
        {
            "transfer": transfer,
            "refused": reason is not None,
            "reason": reason,
            "stage": None if entry is None else entry.stage,
            "status": None if entry is None else entry.status,
            "ja": None if entry is None else entry.ja,
            "en": None if entry is None else entry.en,
            "tenant": explanation.tenant,
            "route": explanation.route,
            "rule_set": explanation.rule_set,
            "records": [{"kind": kind_of(record), "time": record.time} for record in records],
            "findings": explanation.findings,
            "exclusions": [_exclusion_object(one) for one in explanation.exclusions],
            "notes": explanation.notes,
        }
    )
    return found


def _exclusion_object(one: Exclusion) -> dict[str, Any]:
    purpose = purpose_of(one.match.tags)
    return {
        "rule": one.proposal.rule,
        "target": one.proposal.target,
        "route": one.proposal.route,
        "reach": one.proposal.reach.value,
        "place": one.place,
        "protects_ja": None if purpose is None else purpose.ja,
        "protects_en": None if purpose is None else purpose.en,
        "expired": None if one.expired is None else one.expired.isoformat(),
        "toml": one.toml,
    }


def say(transfer: str, records: Sequence[Record], explanation: Explanation) -> None:
    out = console()
    out.print(Text(f"転送 transfer {transfer}", "bold"))
    out.print(Text(f"  {records[0].time}  tenant {explanation.tenant or '-'}, route {explanation.route or '-'}", "dim"))
    _say_verdict(explanation)
    for finding in explanation.findings:
        if finding.rule is None:
            _say_finding(finding, explanation)
    if explanation.matches:
        _say_matches(explanation)
        if explanation.exclusions:
            _say_exclusions(explanation)
        else:
            console().print(
                "\nルールは拒否の理由ではありません。除外では直りません  not why it was refused: no exclusion would help"
            )
    for note in explanation.notes:
        out.print(Text("注 note: ", "yellow") + Text(note))


def _say_verdict(explanation: Explanation) -> None:
    out, reason = console(), explanation.reason
    if reason is not None:
        entry = row(reason)
        out.print(
            Text(f"\n× 拒否 refused  {entry.status} {reason.value}（段階 stage: {entry.stage.value}）", "bold red")
        )
        out.print(Text(f"  {entry.ja}\n  {entry.en}"))
    elif explanation.matches:
        how = "（検知のみ detection only）" if explanation.detects_only else ""
        out.print(Text(f"\n○ 拒否していません。ルールは当たりました{how}  not refused, but rules fired", "bold yellow"))
    else:
        out.print(Text("\n○ 拒否していません  not refused", "bold green"))


def _say_finding(finding: Finding, explanation: Explanation) -> None:
    """What a stage other than the rules has found; the rules' own limits too."""
    words = words_of(finding.detail)
    label = explanation.labels.get(finding.target, "")
    field = " ".join(filter(None, [finding.target, f"（{label}）" if label else ""]))
    said = finding.detail if words is None else f"{words.ja}  {words.en}"
    console().print(
        Text.assemble((f"  {finding.stage}: ", "bold"), " ".join(filter(None, [field, said, f"[{finding.code}]"])))
    )


def _say_matches(explanation: Explanation) -> None:
    out = console()
    out.print(Text(f"\n当たったルール rules that fired (rule set {explanation.rule_set or '-'})", "bold"))
    if not out.is_terminal:
        for finding, match in explanation.matches:
            target = _target(finding, explanation)
            out.print(
                f"  {match.id}  phase {match.phase}  {target}  [{match.start}:{match.end}]  {message_words(match.message)}"
            )
        return
    out.soft_wrap = False
    table = Table(header_style="dim", box=None, padding=(0, 1), show_edge=False)
    for column in ("rule", "phase", "target", "[start:end]", "message"):
        table.add_column(column, overflow="fold")
    for finding, match in explanation.matches:
        span = f"[{match.start}:{match.end}]" + ("*" if match.exhausted else "")
        target = _target(finding, explanation)
        said = Text(message_words(match.message))
        table.add_row(Text(str(match.id), "bold"), str(match.phase), Text(target), Text(span), said)
    if any(match.exhausted for _, match in explanation.matches):
        table.caption = "* 照合の上限に達した  a limit of matching was met, which counts as a match"
    out.print(table)


def _target(finding: Finding, explanation: Explanation) -> str:
    label = explanation.labels.get(finding.target.partition(":")[2], "")
    return f"{finding.target or '-'}（{label}）" if label else finding.target or "-"


def _say_exclusions(explanation: Explanation) -> None:
    out = console()
    out.print(Text("\n最も狭い除外 the narrowest exclusions", "bold"))
    if explanation.rule_set is None:
        out.print("  この経路には今、ルールセットがありません  no rule set judges this route now")
        return
    if any(one.toml for one in explanation.exclusions):
        out.print(Text(f"  {_PASTE[0]}\n  {_PASTE[1]}", "dim"))
    for one in explanation.exclusions:
        for line in _comments(one):
            out.print(Text(f"# {line}", "green"))
        out.print(one.toml, markup=False)


def _comments(one: Exclusion) -> list[str]:
    """What whoever weighs it has to know; comments, so that they can be pasted with it."""
    ja, en = _REACHES[one.proposal.reach]
    lines = [f"{one.match.id} {message_words(one.match.message)}".rstrip() + (f"  ({one.place})" if one.place else "")]
    purpose = purpose_of(one.match.tags)
    if purpose is not None and one.proposal.reach is not Reach.NONE:
        lines += [f"守るもの: {purpose.ja}", f"protects against: {purpose.en}"]
    if not one.place:
        lines.append("今のルールセットにはありません  not in the rule set as it is now")
    if one.expired is not None:
        lines.append(f"同じ除外が {one.expired} に期限切れ  an exclusion of the same expired then")
    target = one.proposal.target or ""
    return [*lines, ja.format(target=target), en.format(target=target)]
