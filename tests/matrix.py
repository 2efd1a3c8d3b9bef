"""The fail-closed matrix as data: what is broken, in which way, and what the citizen is told then (promise P3).

Each row of `WAYS` is done to a lab of real processes by tests/live/test_the_fail_closed_matrix.py, and asked in every way of
`ASKED`; the tables of both readmes are made of the same rows. `python -m tests.matrix` prints it; `--write` puts it into both readmes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final, NamedTuple

READMES: Final = tuple(Path(__file__).parents[1] / name for name in ("README.md", "README.ja.md"))
BEGIN, END = "<!-- the fail-closed matrix: python -m tests.matrix --write -->\n", "<!-- end of the matrix -->\n"
FAULTS: Final = ("absent", "refuses", "slow", "closes midway", "lies", "over its limit")
FILES: Final = ("text", "text in chunks", "PDF", "disarmed PDF", "PNG", "ZIP", "two files")  # attached, in multipart
ONE_FILE: Final = FILES[:-1]  # a lie about the first of two files may come before or after its end
LONG: Final = (
    "long PDF",
    "long PDF in chunks",
    "three long PDFs",
    "disarmed long PDF",
)  # that take its process a while
FORMS: Final = ("query", "urlencoded", "JSON", "multipart", "file")
DEAR: Final = tuple(f"{form}, dear" for form in FORMS[1:])
ATTACKED: Final = tuple(f"{form}, attacked" for form in FORMS)  # with something that a rule refuses
ASKED: Final = {
    "clamd": FILES,
    "ICAP": FILES,
    "scanner": FILES,
    "its process for a file": LONG,
    "ledger": FORMS,
    "egress": FORMS,
    "gate": FORMS,
    "application": FORMS,
    "rules": ATTACKED,
    "disk": FORMS,
    "clock": ("envelope",),
}
CELLS_LEAST: Final = 50


class Way(NamedTuple):
    """`may_have_arrived`: it broke behind the gate, so that is what the citizen is told; nothing is sent a second time."""

    dependency: str
    fault: str
    how: str
    reason: str
    may_have_arrived: bool = False
    only: tuple[str, ...] = ()

    @property
    def asked(self) -> tuple[str, ...]:
        return self.only or ASKED[self.dependency]


WAYS: Final = (
    Way("clamd", "absent", "no socket", "scan_failed"),
    Way("clamd", "absent", "killed, its socket left behind", "scan_failed"),
    Way("clamd", "refuses", "ends every connection", "scan_failed"),
    Way("clamd", "refuses", "COMMAND READ TIMED OUT", "scan_failed"),
    Way("clamd", "slow", "stopped", "scan_timeout"),
    Way("clamd", "slow", "takes all and says nothing", "scan_timeout"),
    Way("clamd", "slow", "half an answer, and no more", "scan_timeout"),
    Way("clamd", "closes midway", "killed while files come", "scan_failed"),
    Way("clamd", "closes midway", "after the command", "scan_failed"),
    Way("clamd", "closes midway", "half an answer", "scan_failed"),
    Way("clamd", "lies", "OK before it has seen the file", "scan_failed", only=ONE_FILE),
    Way("clamd", "lies", "two answers", "scan_failed"),
    Way("clamd", "lies", "OK of another command", "scan_failed"),
    Way("clamd", "lies", "OK with a line end", "scan_failed"),
    Way("clamd", "lies", "no words", "scan_failed"),
    Way("clamd", "over its limit", "StreamMaxLength", "file_invalid"),
    Way("clamd", "over its limit", "MaxScanSize", "file_invalid"),
    Way("clamd", "over its limit", "an answer without end", "scan_failed"),
    Way("ICAP", "absent", "nobody listens", "scan_failed"),
    Way("ICAP", "refuses", "ends every connection", "scan_failed"),
    Way("ICAP", "refuses", "the service is not found", "scan_failed"),
    Way("ICAP", "refuses", "overloaded", "scan_failed"),
    Way("ICAP", "slow", "takes all and says nothing", "scan_timeout"),
    Way("ICAP", "closes midway", "in the preview", "scan_failed"),
    Way("ICAP", "closes midway", "half an answer", "scan_failed"),
    Way("ICAP", "lies", "no ICAP", "scan_failed"),
    Way("ICAP", "lies", "an answer of HTTP", "scan_failed"),
    Way("ICAP", "over its limit", "a head without end", "scan_failed"),
    Way("scanner", "absent", "no socket", "scanner_unavailable"),
    Way("scanner", "refuses", "ends every connection", "scanner_unavailable"),
    Way("scanner", "refuses", "nobody listens", "scanner_unavailable"),
    Way("scanner", "slow", "stopped", "scan_timeout"),
    Way("scanner", "slow", "takes all and says nothing", "scan_timeout"),
    Way("scanner", "closes midway", "killed while files come", "scanner_unavailable"),
    Way("scanner", "closes midway", "instead of the verdict", "scanner_unavailable"),
    Way("scanner", "lies", "clean before it has seen the file", "scanner_invalid", only=ONE_FILE),
    Way("scanner", "lies", "clean, of another file", "scanner_invalid"),
    Way("scanner", "lies", "a verdict that there is not", "scanner_invalid"),
    Way("scanner", "lies", "a fault that there is not", "scanner_invalid"),
    Way("scanner", "lies", "clean, and nothing made anew", "scanner_invalid", only=("disarmed PDF",)),
    Way("scanner", "lies", "made anew, and nobody asked", "scanner_invalid", only=("PDF", "text")),
    Way("scanner", "lies", "an answer of the ledger", "scanner_invalid"),
    Way("scanner", "lies", "no message", "scanner_invalid"),
    Way("scanner", "over its limit", "as many files as it takes", "scan_timeout"),
    Way("scanner", "over its limit", "an answer longer than a packet", "scanner_invalid"),
    Way("its process for a file", "refuses", "cannot take on its bounds", "file_invalid"),
    Way("its process for a file", "slow", "stopped", "scan_timeout"),
    Way("its process for a file", "closes midway", "killed", "file_invalid"),
    Way("its process for a file", "closes midway", "crashed", "file_invalid"),
    Way("ledger", "absent", "no socket", "ledger_unavailable"),
    Way("ledger", "refuses", "nobody listens", "ledger_unavailable"),
    Way("ledger", "slow", "says nothing", "ledger_unavailable"),
    Way("ledger", "closes midway", "instead of the permit", "ledger_unavailable"),
    Way("ledger", "lies", "no message", "ledger_unavailable"),
    Way("ledger", "lies", "an answer to something else", "ledger_unavailable"),
    Way("ledger", "lies", "a permit of its own making", "permit_invalid"),
    Way("ledger", "over its limit", "an answer longer than a packet", "ledger_unavailable"),
    Way("egress", "absent", "no socket", "egress_unavailable"),
    Way("egress", "refuses", "nobody listens", "egress_unavailable"),
    Way("egress", "slow", "says nothing", "egress_lost", True),
    Way("egress", "closes midway", "instead of the answer", "egress_lost", True),
    Way("egress", "lies", "no message", "egress_lost", True),
    Way("egress", "over its limit", "an answer longer than a packet", "egress_lost", True),
    Way("gate", "absent", "nobody listens", "gate_unavailable"),
    Way("gate", "refuses", "ends every connection", "gate_unavailable"),
    Way("gate", "slow", "says nothing", "gate_unavailable"),
    Way("gate", "closes midway", "in the handshake", "gate_unavailable"),
    Way("gate", "lies", "no TLS", "gate_unavailable"),
    Way("gate", "over its limit", "a record longer than TLS has", "gate_unavailable"),
    Way("application", "absent", "nobody listens", "application_unavailable"),
    Way("application", "refuses", "ends every connection", "application_invalid", True),
    Way("application", "slow", "says nothing", "application_timeout", True),
    Way("application", "closes midway", "half a body", "application_invalid", True),
    Way("application", "lies", "two lengths", "application_invalid", True),
    Way("application", "lies", "no HTTP", "application_invalid", True),
    Way("application", "over its limit", "a body longer than response_bytes", "response_too_large", True),
    Way("rules", "absent", "their files are gone", "rules_matched"),
    Way("rules", "refuses", "a directory in the place of a file", "rules_matched"),
    Way("rules", "slow", "a pipe in the place of a file", "rules_matched"),
    Way("rules", "closes midway", "half of a file", "rules_matched"),
    Way("rules", "lies", "a file that is none of rules", "rules_matched"),
    Way("rules", "lies", "what was compiled of them is something else", "rules_matched"),
    Way("rules", "over its limit", "files that include each other without end", "rules_matched"),
    Way("rules", "over its limit", "a request that uses up its steps", "rules_matched", only=DEAR),
    Way("disk", "over its limit", "full", "ledger_unavailable"),
    Way("clock", "lies", "ten minutes behind", "envelope_stale"),
    Way("clock", "lies", "ten minutes ahead", "envelope_stale"),
)


def ways_of(dependency: str) -> list[Way]:
    return [way for way in WAYS if way.dependency == dependency]


def cells() -> int:
    """How many requests must not pass: each way, asked in each form."""
    return sum(len(way.asked) for way in WAYS)


def _cell(dependency: str, fault: str) -> str:
    """Each reason once, and in how many ways it was come by."""
    found: dict[str, int] = {}
    for way in ways_of(dependency):
        if way.fault == fault:
            words = f"`{way.reason}`" + ("†" if way.may_have_arrived else "")
            found[words] = found.get(words, 0) + 1
    return ", ".join(f"{words} ({count})" if count > 1 else words for words, count in found.items()) or "–"


def _table() -> str:
    lines = ["| | " + " | ".join(FAULTS) + " |", "|---" * (len(FAULTS) + 1) + "|"]
    lines += [f"| {name} | " + " | ".join(_cell(name, fault) for fault in FAULTS) + " |" for name in ASKED]
    return "\n".join(lines)


def as_markdown() -> str:
    return f"""\
{len(WAYS)} ways to break what a request depends on, each asked as {", ".join(FILES)} (what looks at files) or as
{", ".join(FORMS)} (what every request needs; of rules: with an attack in it): {cells()} cells, all against real processes. None passes.

{_table()}

Each is the reason that citizen and log are told, and in brackets in how many ways. † It broke behind what seals and logs: the
citizen is told that it may have arrived, and it is not sent again. Rules that cannot be read again leave the old ones in force,
which refuse the attack. – Tried by other tests, or not possible.
"""


def as_japanese_markdown() -> str:
    return f"""\
要求が頼るものを {len(WAYS)} 通りに壊し、それぞれをいくつもの形の要求
（{"、".join(FILES)}、または {"、".join(FORMS)}（ルールには攻撃を含むもの））で試す。
実際のプロセスに対して計 {cells()} 件で、通過するものはない。列は順に、ない、断る、遅い、途中で切れる、偽る、限度を超える。

{_table()}

表にあるのは申請者と記録に伝わる理由で、括弧内はその通りの数。† 封と記録の後で壊れたもの。届いている場合があると伝え、
再送はしない。読み直せないルールは使われず、それまでのルールが攻撃を断る。– は別のテストで試すか、起こりえないもの。
"""


def in_readme(text: str) -> str:
    """A README with the matrix as it is now, in its language."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    is_english = "## What happens when something is broken" in text
    return before + BEGIN + (as_markdown() if is_english else as_japanese_markdown()) + END + after


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        for readme in READMES:
            readme.write_text(in_readme(readme.read_text("utf-8")), "utf-8")
    else:
        sys.stdout.write(as_markdown())
