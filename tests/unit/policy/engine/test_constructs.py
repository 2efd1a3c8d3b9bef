"""Constructs that rule sets of today are written with, each in a rule of our own: on which requests it fires, in both readings, and
that ModSecurity 3 says the same where it has the construct."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from bench.rules.modsecurity import ModSecurity3
from policy import offline
from policy.offline import Source

BASE: Final = (
    "SecRuleEngine On\nSecRequestBodyAccess On\n"
    'SecRule REQUEST_HEADERS:Content-Type "@rx ^text/xml" "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=XML"\n'
)


@dataclass(frozen=True)
class Case:
    """`fires` and `silent` are requests: a target, or the body of a POST behind its type and a blank line."""

    rules: str
    fires: tuple[str, ...]
    silent: tuple[str, ...]
    there: bool = True  # ModSecurity 3.0.15 loads it and agrees


def _multipart(*heads: str) -> str:
    parts = "".join(f'--b\nContent-Disposition: form-data; name="{head}\n\nv\n' for head in heads)
    return f"multipart/form-data; boundary=b\n\n{parts}--b--\n".replace("\n", "\r\n")


CASES: Final = {
    "a name counted in the headers of parts": Case(
        'SecRule &MULTIPART_PART_HEADERS:_kind_ "!@eq 0" "id:2,phase:2,pass"', (_multipart('_kind_"'),), (_multipart('kind"'),)
    ),
    "numbered variables out of captures, then all of them by a pattern": Case(
        'SecRule &MULTIPART_PART_HEADERS "@gt 0" "id:3,phase:2,pass,nolog,setvar:tx.count=0"\n'
        'SecRule MULTIPART_PART_HEADERS "@rx ^x-kind\\s*:\\s*(.*)$" "id:4,phase:2,pass,nolog,capture,t:lowercase,'
        "setvar:'tx.kinds_%{tx.count}=%{tx.1}',setvar:'tx.count=+1'\"\n"
        'SecRule TX:/KINDS_*/ "!@rx ^(?:one|two)$" "id:2,phase:2,pass,t:lowercase"',
        (_multipart('a"\nX-Kind: one', 'b"\nx-kind:THREE'),),
        (_multipart('a"\nX-Kind: one', 'b"\nX-Kind : TWO'), _multipart('a"')),
    ),
    "a macro in the name of a variable that a chain reads by a pattern": Case(
        'SecRule ARGS_NAMES "@rx ^.*$" "id:2,phase:2,pass,capture,t:lowercase,setvar:\'tx.name_2_%{tx.0}=/%{tx.0}/\',chain"\n'
        '    SecRule TX:/^name_2_/ "@within /secret/ /token/" "setvar:tx.seen=1"',
        ("/?a=1&TOKEN=2", "/?secret"),
        ("/?tok=1", "/"),
    ),
    "bytes in the name of a header of a part that no name has": Case(
        'SecRule MULTIPART_PART_HEADERS "@rx [^\\x21-\\x7e][!-9;-~]*:" "id:2,phase:2,pass"',
        (_multipart('a"\nX Kind: one'), _multipart('a"\nX-Kind\t: one'), _multipart('a"\nX-Kind: b\nX\x7fy: c')),
        (_multipart('a"\nX-Kind: one'), _multipart('a"\nno colon')),
        there=False,
    ),
    "how often a name came": Case(
        'SecRule ARGS_NAMES "@rx ." "id:3,phase:2,pass,nolog,setvar:\'TX.count_%{MATCHED_VAR_NAME}=+1\'"\n'
        'SecRule TX:/count_.*/ "@gt 1" "id:2,phase:2,pass"',
        ("/?a=1&b=2&a=3", "/?a[]=1&a[]=1"),
        ("/?a=1&b=2", "/"),
    ),
    "a chain that compares a method with an argument": Case(
        'SecRule &ARGS:_m "@ge 0" "id:2,phase:2,pass,chain"\n'
        '    SecRule REQUEST_METHOD "!@streq %{ARGS._m}" "t:none,t:lowercase,chain"\n'
        '        SecRule ARGS:_m "@rx ^[a-z]{3,10}$" "t:none,t:lowercase"',
        ("/?_m=PUT", "/?_m=get&_m=put", "/?_m=GET"),
        ("/?_m=get", "/", "/?_m=p-t", "/?_m=put&_m=get"),
    ),
    "a name of a cookie by a pattern of escapes": Case(
        'SecRule QUERY_STRING "@rx ." "id:3,phase:1,pass,nolog"\n'
        'SecRule ARGS:/\\x22?\\x24Kind/ "@streq 1" "id:2,phase:1,pass"',
        ("/?%24kind=1", '/?"$Kind"=1', "/?a$kinds=1"),
        ("/?kind=1", "/?%24kind=2"),
    ),
    "a dot in a key": Case('SecRule ARGS:X.Name|ARGS:X_Name "@rx ." "id:2,phase:2,pass"', ("/?x.name=1", "/?x_name=1"), ("/?x-name=1",)),
    "attributes and text of XML": Case(
        'SecRule XML:/*|XML://@* "@rx (?i)mark" "id:2,phase:2,pass"',
        ('text/xml\n\n<a b="Mark"/>', "text/xml\n\n<a><b>mark</b></a>"),
        ("text/xml\n\n<mark/>", "text/xml\n\n<a/>"),
    ),
    "attributes taken out by a tag": Case(
        'SecRule ARGS:keep "!@eq 1" "id:3,phase:2,pass,nolog"\n'
        'SecAction "id:4,phase:2,pass,nolog,ctl:ruleRemoveTargetByTag=attack-one;XML://@*,ctl:ruleRemoveTargetByTag=attack-two;XML://@*"\n'
        'SecRule XML:/*|XML://@* "@rx mark" "id:2,phase:2,pass,tag:\'attack-two\'"',
        ("text/xml\n\n<a>mark</a>",),
        ('text/xml\n\n<a b="mark"/>',),
        there=False,
    ),
    "a target taken out where its bytes are harmless": Case(
        'SecRule REQUEST_FILENAME "!@validateByteRange 20,45-47,48-57,65-90,95,97-122" '
        '"id:3,phase:1,pass,nolog,ctl:ruleRemoveTargetByTag=costly;REQUEST_FILENAME"\n'
        'SecRule REQUEST_FILENAME|ARGS "@rx (?:<|a)b" "id:2,phase:2,pass,tag:\'costly\'"',
        ("/%3Cb", "/%E6%97%A5%3Cb", "/a?x=ab", "/%93ab"),
        ("/ab", "/c", "/%E6%97%A5"),
    ),
    "classes with ranges that begin or end with an escape": Case(
        'SecRule ARGS "!@rx ^[\\--9A-Z_a-z]*'
        '(?:[\\.-9]|[^\\s\\x0b-\\"\\(\\),/:-\\?\\[-\\]]|[<->~]|[\\t-\\r \\"\'\\(,/-9;=`])$" "id:2,phase:2,pass"',
        ("/?a=)", "/?a=%5C", "/?a=x:"),
        ("/?a=-a", "/?a=a%3E", "/?a=a%22", "/?a=a%0b"),
    ),
    "bytes in braces": Case(
        'SecRule ARGS "@rx ^[\\.0-9]*'
        '(?:\\x{e2}(?:\\x91[\\xa0-\\x{bf}]|\\x93[\\x80-\\x{a9}\\x{ab}-\\x{bf}])|\\x{e3}\\x80\\x82)+$" "id:2,phase:2,pass"',
        ("/?a=1.%E2%91%A0%E3%80%82", "/?a=%E2%93%80"),
        ("/?a=%E2%93%AA", "/?a=%E6%97%A5", "/?a=1"),
    ),
    "options and counts of every kind": Case(
        'SecRule ARGS "@rx ^(?i)up|a(?i:b)c|x++y|z(?>p|pq)r|\\{%[^%}]*%}|q{2,3}?w|(?<n>k)\\k<n>" "id:2,phase:2,pass"',
        ("/?a=UPPER", "/?a=aBc", "/?a=xxy", "/?a=zpr", "/?a={%25a%25}", "/?a=qqw", "/?a=kk"),
        ("/?a=zpqr", "/?a={%25}", "/?a=qw", "/?a=xx"),
    ),
    "a chain of transformations that names some twice, each step asked": Case(
        'SecRule ARGS "@rx ^go\\(" "id:2,phase:2,pass,t:none,'
        't:urlDecodeUni,t:jsDecode,t:removeWhitespace,t:base64Decode,t:urlDecodeUni,'
        't:jsDecode,t:removeWhitespace,multiMatch"',
        ("/?a=go(1)", "/?a=g+o+(", "/?a=Z28oMSk=", "/?a=ZyU2ZigxKQ==", "/?a=g%5Cu006f("),
        ("/?a=gone", "/?a=WgBv"),
    ),
    "a mark that no rule follows": Case(
        'SecRule REQUEST_URI "@contains stop" "id:3,phase:2,pass,nolog,skipAfter:END-NOWHERE"\n'
        'SecRule REQUEST_URI "@rx ." "id:2,phase:2,pass"',
        ("/a",),
        ("/stop",),
    ),
    "quotation marks and line ends in messages": Case(
        "SecRule ARGS \"@rx '\\\"x\" \\\n    \"id:2,\\\n    phase:2,\\\n    pass,\\\n"
        "    msg:'with \\'marks\\' of: \\\n(%{ARGS.a}, \\\"b\\\")'\"",
        ("/?a='%22x",),
        ("/?a='x",),
    ),
}  # fmt: skip


def _request(sent: str) -> bytes:
    if sent.startswith("/"):
        return f"GET {sent} HTTP/1.1\r\nHost: h\r\n\r\n".encode()
    kind, _, body = sent.replace("\r\n\r\n", "\n\n", 1).partition("\n\n")
    return f"POST / HTTP/1.1\r\nHost: h\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


@pytest.mark.parametrize("reading", ["strict", "characters"])
@pytest.mark.parametrize("name", CASES)
def test_a_rule_fires_where_it_is_meant_to(name: str, reading: str) -> None:
    case = CASES[name]
    rules = offline.load([Source("case", BASE + case.rules)], reading="strict" if reading == "strict" else "characters")
    found = {sent: 2 in offline.grade(rules, _request(sent))[1] for sent in (*case.fires, *case.silent)}
    assert found == dict.fromkeys(case.fires, True) | dict.fromkeys(case.silent, False)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.there])
def test_modsecurity_says_the_same(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    file = tmp_path / "case.conf"
    file.write_text(BASE + case.rules, encoding="utf-8")
    engine = ModSecurity3([file])
    found = {sent: 2 in engine.grade(_request(sent))[1] for sent in (*case.fires, *case.silent)}
    engine.close()
    assert found == dict.fromkeys(case.fires, True) | dict.fromkeys(case.silent, False)


def test_every_construct_was_tried() -> None:
    assert (len(CASES), sum(len(case.fires) + len(case.silent) for case in CASES.values())) == (17, 80)
