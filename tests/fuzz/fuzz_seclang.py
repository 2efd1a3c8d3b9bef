"""Any text: a rule set or SecLangInvalid with places and mends, never anything else; and what loads, compiles without a WordError.

What was loaded is loaded a second time and must be the same, and every argument that an engine takes apart at compile time is
taken apart here. Texts that include files are left out: which files there are is no business of the text.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable

from driver import run

from policy.seclang.action_arguments import parse_ctl, parse_expirevar, parse_initcol, parse_setvar, parse_severity
from policy.seclang.ast import Marker, Rule
from policy.seclang.differences import ACCEPTED_HERE, REFUSED_HERE
from policy.seclang.faults import SecLangInvalid
from policy.seclang.load import Source, load
from policy.seclang.macro import parse_macro
from policy.seclang.words import KINDS

PARSERS: dict[str, Callable[[str], object]] = {
    "ctl": parse_ctl, "expirevar": parse_expirevar, "initcol": parse_initcol, "logdata": parse_macro, "msg": parse_macro,
    "redirect": parse_macro, "setrsc": parse_macro, "setsid": parse_macro, "setuid": parse_macro, "setvar": parse_setvar,
    "severity": parse_severity, "tag": parse_macro,
}  # fmt: skip


def compiles(rule: Rule) -> None:
    for link in rule.links:
        for action in link.actions:
            PARSERS.get(action.name, str)(action.argument or "")
        if link.operator is not None:
            parse_macro(link.operator.argument)


def refused(error: SecLangInvalid) -> Hashable:
    if not error.problems:
        raise AssertionError("refused without a problem")
    for problem in error.problems:
        if not problem.message or not problem.mend or problem.position.line < 1:
            raise AssertionError(f"a problem that does not help: {problem!r}")
    return "refused", frozenset(problem.message[:12] for problem in error.problems)


def target(data: bytes) -> Hashable:
    if b"nclude" in data.lower():
        return "files"
    source = Source("fuzz", data.decode("utf-8", "surrogateescape"))
    try:
        found = load([source])
    except SecLangInvalid as error:
        return refused(error)
    if load([source]) != found:
        raise AssertionError("the second load is not the first")
    for phase, entries in found.phases.items():
        for entry in entries:
            if isinstance(entry, Marker):
                continue
            if entry.phase != phase or entry.id < 1 or any(link.id or link.chain for link in entry.chain):
                raise AssertionError(f"not a rule of phase {phase}: {entry!r}")
            compiles(entry)
    words = frozenset(action.name for rule in found.rules for link in rule.links for action in link.actions)
    return "loaded", min(len(found.rules), 4), min(len(found.notes), 2), words


CHAIN = b"""\
SecDefaultAction "phase:2,deny,status:403,log,t:lowercase"
SecRule ARGS|!ARGS:/^_/|XML:/*|&TX:a "!@rx ^[\\"'a-z]+$" \\
    "id:100,phase:2,block,capture,t:none,t:urlDecodeUni,multiMatch,\\
    msg:'Found %{TX.0} in %{MATCHED_VAR_NAME}',logdata:'%{MATCHED_VAR}',tag:'a/b',severity:'CRITICAL',\\
    ctl:ruleRemoveTargetByTag=attack-lfi;XML://@*,setvar:'tx.score=+%{tx.critical}',expirevar:ip.a=60,chain"
    SecRule TX:0 "@within %{tx.allowed}" "t:none,setvar:tx.b,initcol:ip=%{REMOTE_ADDR}"
SecMarker "END"
SecRuleUpdateTargetById 90-110 "!ARGS:x"
SecRuleUpdateActionById 100 "pass,msg:'New'"
SecRuleRemoveByTag "c"
"""
SEEDS = [CHAIN, *(difference.text.encode() for difference in (*ACCEPTED_HERE, *REFUSED_HERE))]
TOKENS = [word.name.encode() for kind in KINDS for word in kind.words.values()] + [
    b"id:1", b"phase:2", b",chain", b"t:none", b"%{", b"%{TX.1}", b"}", b"\\\n", b"\\\"", b"\\'", b"'", b"!@", b"@rx ", b"|", b"&",
    b":/", b"/",
    b"SecRule ARGS ", b"=+", b";", b"-", b"#", b"\xe3\x81\x82",
]  # fmt: skip

if __name__ == "__main__":
    sys.exit(run("seclang", target, SEEDS, TOKENS))
