"""Grade one exchange by rule files, without the daemon: no socket, and nothing is refused before the rules see it.

    rules = load([setup, Source("settings", "SecRuleEngine On"), *crs_files])
    status, ids, lines = grade(rules, request, response)

`status` is what a client would get: of the decision that interrupted, else of the response, else 200. `ids` are the rules that
ModSecurity would write into its error log, in order, one id once for each time; `lines` are written as it writes them, and behind
them what Sekisho itself has to say. They hold what the rules' authors put into msg and logdata, values included: this is a
workbench, not the log of the daemon.

What a message does not tell is given as `known`: addresses and ports, the time, UNIQUE_ID. Without it the client is 127.0.0.1 (for which
CRS makes exceptions: 905100), and the time is that of the call, in the time zone of the machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from policy.engine.decision import Cause, Decision, Fired
from policy.engine.evaluate import Run
from policy.engine.program import Program, Reading, compile_rules
from policy.error_log import for_error_log
from policy.seclang.ast import RuleSet
from policy.seclang.load import Source
from policy.seclang.load import load as load_ruleset
from policy.variables.facts import RequestFacts
from policy.variables.parse import parse_request, parse_response
from policy.variables.transaction import Transaction

__all__ = ["Grader", "Source", "grade", "load"]


@dataclass(frozen=True, slots=True)
class Grader:
    """Rules that were read and compiled. Persistent collections live in it from one `grade` to the next."""

    ruleset: RuleSet
    program: Program


def load(files: Sequence[Path | Source | str], *, reading: Reading = "strict", cache: Path | None = None) -> Grader:
    """The files in the order given; a string is a path. `reading`: `strict` is ModSecurity's, bytewise; `characters` the daemon's.

    Raises SecLangInvalid with every problem of every file.
    """
    ruleset = for_error_log(load_ruleset([Path(file) if isinstance(file, str) else file for file in files]))
    return Grader(ruleset, compile_rules(ruleset, reading=reading, cache=cache))


def grade(
    rules: Grader, request: bytes, response: bytes | None = None, *, known: RequestFacts | None = None
) -> tuple[int, list[int], list[str]]:
    """Status, ids of the rules that fired and log lines. Never raises, whatever the bytes are."""
    run = evaluate(rules, request, response, known=known)
    lines = [log_line(fired, run.decision) for fired in run.fired]
    if run.decision is not None and run.decision.cause is not Cause.RULE:
        lines.append(
            f"Sekisho: Access denied with code {run.decision.status}. [{run.decision.cause.value} {run.decision.detail}]"
        )
    if run.unfinished is not None:
        lines.append(f"Sekisho: Warning. Phase {run.unfinished.phase} was not finished. [{run.unfinished.detail}]")
    if run.transaction.response_body and (coding := run.transaction.response_coding()):
        lines.append(
            f"Sekisho: RESPONSE_BODY is as it was sent. [Content-Encoding {_text(coding)}, nothing is unpacked]"
        )
    return _status(run), [fired.id for fired in run.fired], lines


def evaluate(rules: Grader, request: bytes, response: bytes | None = None, *, known: RequestFacts | None = None) -> Run:
    """All phases that the exchange has, and the fifth."""
    program = rules.program
    known = known or RequestFacts(method=b"", uri=b"", time=datetime.now().astimezone())
    run = Run(program, Transaction(parse_request(request, known), program.options))
    if run.phase(1) is None and run.phase(2) is None and response is not None:
        run.respond(parse_response(response))
        if run.phase(3) is None:
            run.phase(4)
    run.phase(5)
    return run


def _status(run: Run) -> int:
    if run.decision is not None:
        return run.decision.status
    response = run.transaction.response
    return 200 if response is None else response.status


def log_line(fired: Fired, decision: Decision | None) -> str:
    """As ModSecurity writes it: `[id "942100"] [msg "..."]` and so on."""
    denied = fired.interrupts and decision is not None and decision.rule == fired.id
    head = f"Access denied with code {decision.status} (phase {fired.phase})." if denied and decision else "Warning."
    where = f" Matched at {_text(fired.target)}." if fired.target else ""
    parts = [
        ("file", fired.file),
        ("line", str(fired.line)),
        ("id", str(fired.id)),
        ("msg", _text(fired.message)),
        ("data", _text(fired.logdata)),
        ("severity", str(fired.severity)),
        *(("tag", tag) for tag in fired.tags),
    ]
    return f"ModSecurity: {head}{where} " + " ".join(f'[{name} "{value}"]' for name, value in parts)


def _text(value: bytes) -> str:
    """One line, whatever the bytes are."""
    text = value.decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
