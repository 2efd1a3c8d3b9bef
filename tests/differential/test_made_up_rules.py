"""Rules that nobody would write, the same each time: the strict reading fires what ModSecurity 3 fires.

Core rule sets have none that match nothing at all, and few that look at empty values; an operator's own may. Left out is what is
known to differ: `multiMatch` in chains (ModSecurity lists a match that its chain denies) and what depends on the order of its hash table.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from bench.rules.modsecurity import ModSecurity3
from policy import offline
from policy.seclang.rule_words import TRANSFORMATIONS

SETS = 12
RULES = 24  # of a set
REQUESTS = 25  # to each set
_HEAD = 'SecRuleEngine On\nSecRequestBodyAccess On\nSecAction "id:900,phase:1,pass,nolog,setvar:tx.s=a,setvar:tx.v=1"\n'
_TARGETS = (
    "ARGS", "ARGS_NAMES", "ARGS:a", "ARGS_GET", "ARGS_POST", "REQUEST_URI", "REQUEST_URI_RAW", "REQUEST_HEADERS", "REQUEST_HEADERS:X-A",
    "REQUEST_HEADERS_NAMES", "REQUEST_COOKIES", "REQUEST_COOKIES_NAMES", "QUERY_STRING", "REQUEST_BODY", "REQUEST_BASENAME", "&ARGS",
    "&ARGS:a", "ARGS|!ARGS:a", "ARGS|ARGS_NAMES|REQUEST_COOKIES", "TX:v", "TX:s", "&TX:v", "REQUEST_METHOD", "ARGS|!ARGS:/^b/",
    "REQUEST_HEADERS|!REQUEST_HEADERS:Host", "ARGS:/^[ab]/", "MATCHED_VARS", "URLENCODED_ERROR", "ARGS_COMBINED_SIZE",
)  # fmt: skip
_OPERATORS = (
    "@rx a", "@rx ^$", "@rx a*", "@rx (a|b)c?", "@rx [^a-z]", "@rx (?i)SCRIPT", "@rx ^[0-9]+$", "@rx .", "@rx (?:a|)b", "@rx \\bA\\b",
    "@rx (.)\\1", "@rx \\W", "@rx a(?=b)", "@rx (?<!a)b", "@rx (?s)^.{3,}$", "@rx a|^$", "@pm a script", "@contains <", "@containsWord a",
    "@beginsWith a", "@endsWith a", "@streq a", "@within a b ab", "@eq 0", "@gt 1", "@lt 1", "@validateByteRange 32-126",
    "@validateUrlEncoding", "@validateUtf8Encoding", "@detectSQLi", "@detectXSS", "@unconditionalMatch", "@noMatch", "@rx %{tx.s}",
    "@streq %{tx.s}", "@contains %{tx.s}",
)  # fmt: skip
_SETVARS = ("setvar:tx.v=+1", "setvar:tx.s=b", "setvar:!tx.v")
_PIECES = (
    b"a", b"b", b"A", b"ab", b"", b"1", b"0", b"%20", b"%41", b"%2541", b"%", b"%g1", b"script", b"%3Cscript%3E", b"%27or%201=1--", b"%00",
    b"%E3%81%82", b"%FF", b"aa", b"/", b"../", b"+", b"\\x61", b"&lt;", b"/*a*/", b"YQ==", b"6162", b"a%0ab", b"%u0061",
)  # fmt: skip


def _link(made: Random, number: int, *, first: bool, last: bool) -> str:
    head = [f"id:{number}", f"phase:{made.choice((1, 2, 2))}", "pass", "log"] if first else []
    names = sorted(word.name for word in TRANSFORMATIONS.values() if word.name != "none")
    actions = [*head, "t:none", *(f"t:{name}" for name in made.sample(names, made.choice((0, 0, 1, 1, 2, 3))))]
    actions += ["multiMatch"] if first and last and made.random() < 0.2 else []
    actions += [made.choice(_SETVARS)] if made.random() < 0.2 else []
    actions += ["skip:1"] if first and made.random() < 0.05 else []
    sign = made.choice(("", "", "", "!"))
    return f'SecRule {made.choice(_TARGETS)} "{sign}{made.choice(_OPERATORS)}" "{",".join([*actions, *([] if last else ["chain"])])}"\n'


def _rules(made: Random) -> str:
    lengths = [made.choice((1, 1, 1, 2, 3)) for _ in range(RULES)]
    return "".join(
        _link(made, number, first=at == 0, last=at + 1 == length)
        for number, length in enumerate(lengths, 1)
        for at in range(length)
    )


def _text(made: Random) -> bytes:
    return b"".join(made.choices(_PIECES, k=made.randrange(4)))


def _fields(made: Random) -> bytes:
    names = made.choices((b"a=", b"b=", b"c=", b"=", b"ab=", b"a"), k=made.randrange(5))
    return b"&".join([name + _text(made) for name in names])


def _request(made: Random) -> bytes:
    method = made.choice((b"GET", b"POST"))
    body = _fields(made) if method == b"POST" else b""
    fields = [b"Host: h", b"X-A: " + _text(made), b"Cookie: a=" + _text(made) + b"; b=" + _text(made)]
    if method == b"POST":
        fields += [b"Content-Type: application/x-www-form-urlencoded", b"Content-Length: %d" % len(body)]
    line = method + b" /" + _text(made) + b"?" + _fields(made) + b" HTTP/1.1"
    return b"\r\n".join([line, *made.sample(fields, len(fields)), b"", body])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SETS))
def test_made_up_rules_fire_the_same(seed: int, tmp_path: Path) -> None:
    made = Random(seed)
    file = tmp_path / "rules.conf"
    file.write_text(_HEAD + _rules(made))
    modsecurity, rules = ModSecurity3([file]), offline.load([file])
    fired = 0
    for _ in range(REQUESTS):
        raw = _request(made)
        theirs = set(modsecurity.grade(raw)[1])
        assert set(offline.grade(rules, raw)[1]) == theirs, raw
        fired += len(theirs)
    modsecurity.close()
    assert fired > REQUESTS
