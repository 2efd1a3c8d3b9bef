"""What `!TARGET`, SecRuleUpdateTargetBy* and ctl:ruleRemoveTargetBy* take out: the same here, and asked of ModSecurity 3 (rules.md 6.5)."""

from __future__ import annotations

from collections import Counter

import libmodsecurity
import pytest

from bench.rules.messages import split_request
from policy import offline
from tests.unit.policy.variables.modsecurity import DIRECTIVES

FORM = (
    b"POST /?Foo=1&xa=2 HTTP/1.1\r\nHost: h\r\nCookie: Sid=3\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\np=4"
)
XML = b'POST / HTTP/1.1\r\nHost: h\r\nContent-Type: text/xml\r\nContent-Length: 22\r\n\r\n<a b="1">t<c>u</c></a>'
WAYS = {
    "exclusion": ("", "|!{removed}", ""),
    **{f"SecRuleUpdateTargetBy{by}": ("", "", f'SecRuleUpdateTargetBy{by} "{what}" "!{{removed}}"')
       for by, what in (("Id", "1"), ("Tag", "a-tag"), ("Msg", "a message"))},
    **{f"ctl:ruleRemoveTargetBy{by}": (f'SecAction "id:2,phase:1,pass,nolog,ctl:ruleRemoveTargetBy{by}={what};{{removed}}"', "", "")
       for by, what in (("Id", "1"), ("Tag", "a-tag"), ("Msg", "a message"))},
}  # fmt: skip

CASES: list[tuple[str, str, str]] = [  # written, taken out, what is left
    ("ARGS", "ARGS", ""),
    ("ARGS", "args", ""),
    ("ARGS", "ARGS:foo", "ARGS:xa ARGS:p"),
    ("ARGS", "ARGS:Foo", "ARGS:xa ARGS:p"),
    ("ARGS", "ARGS:/^X/", "ARGS:Foo ARGS:p"),
    ("ARGS", "ARGS:z", "ARGS:Foo ARGS:xa ARGS:p"),
    ("ARGS", "ARGS_GET", "ARGS:Foo ARGS:xa ARGS:p"),
    ("ARGS", "ARGS_NAMES:xa", "ARGS:Foo ARGS:xa ARGS:p"),
    ("ARGS:foo", "ARGS", "ARGS:Foo"),
    ("ARGS:foo", "ARGS:Foo", ""),
    ("ARGS:foo", "ARGS:/^x/", "ARGS:Foo"),
    ("ARGS:xa", "ARGS:/^x/", ""),
    ("ARGS:/^x/", "ARGS", "ARGS:xa"),
    ("ARGS:/^x/", "ARGS:xa", ""),
    ("ARGS:/^x/", "ARGS:/^x/", ""),
    ("ARGS|ARGS:foo", "ARGS", "ARGS:Foo"),
    ("ARGS|ARGS_NAMES", "ARGS", "ARGS_NAMES:Foo ARGS_NAMES:xa ARGS_NAMES:p"),
    ("ARGS|ARGS_NAMES", "ARGS:/^x/", "ARGS:Foo ARGS:p ARGS_NAMES:Foo ARGS_NAMES:xa ARGS_NAMES:p"),
    ("ARGS|ARGS_NAMES", "ARGS_NAMES:xa", "ARGS:Foo ARGS:xa ARGS:p ARGS_NAMES:Foo ARGS_NAMES:p"),
    ("&ARGS", "ARGS", ""),
    ("&ARGS", "ARGS:xa", "ARGS"),
    ("&ARGS:xa|REQUEST_METHOD", "ARGS:xa", "REQUEST_METHOD"),
    ("&ARGS:/^z/", "ARGS:/^z/", ""),
    ("REQUEST_COOKIES", "REQUEST_COOKIES", ""),
    ("REQUEST_COOKIES", "REQUEST_COOKIES:sid", ""),
    ("REQUEST_COOKIES", "REQUEST_COOKIES:/^s/", ""),
    ("REQUEST_COOKIES:Sid", "REQUEST_COOKIES", "REQUEST_COOKIES:Sid"),
    ("REQUEST_HEADERS:Host|REQUEST_COOKIES", "REQUEST_HEADERS:host", "REQUEST_COOKIES:Sid"),
    ("REQUEST_METHOD|ARGS:p", "REQUEST_METHOD", "ARGS:p"),
    ("REQUEST_METHOD|ARGS:p", "request_method", "ARGS:p"),
    ("XML:/*", "XML", "XML:/*"),
    ("XML:/*", "XML:/*", ""),
    ("XML:/*", "XML://@*", "XML:/*"),
    ("XML://@*", "XML://@*", ""),
    ("XML://@*", "XML:/*", "XML://@*"),
    ("XML:/*|XML://@*", "XML://@*", "XML:/*"),
    ("XML:/*|XML://@*", "XML", "XML:/* XML://@*"),
]


def _rules(way: str, target: str, removed: str) -> str:
    before, beside, after = (text.format(removed=removed) for text in WAYS[way])
    return (
        f"{DIRECTIVES}\n"
        'SecRule REQUEST_HEADERS:Content-Type "@rx xml" "id:3,phase:1,pass,nolog,ctl:requestBodyProcessor=XML"\n'
        f"{before}\n"
        f"SecRule {target}{beside} \"@unconditionalMatch\" \"id:1,phase:2,pass,log,multiMatch,t:none,msg:'a message',tag:'a-tag',"
        f"logdata:'%{{MATCHED_VAR_NAME}}'\"\n{after}\n"
    )


def _request(target: str) -> bytes:
    return XML if target.startswith("XML") else FORM


def _ours(way: str, target: str, removed: str) -> list[str]:
    run = offline.evaluate(offline.load([offline.Source("rules", _rules(way, target, removed))]), _request(target))
    return sorted(fired.logdata.decode() for fired in run.fired if fired.id == 1)


def _asked(engine: libmodsecurity.ModSecurity, rules: libmodsecurity.RulesSet, request: bytes) -> list[str]:
    raw = split_request(request)
    transaction = libmodsecurity.Transaction(engine, rules, None)
    transaction.process_connection("192.0.2.1", 1, "192.0.2.2", 80)
    transaction.process_uri(raw.uri, raw.method, raw.version)
    for name, value in raw.headers:
        transaction.add_request_header(name, value)
    transaction.process_request_headers()
    transaction.append_request_body(raw.body)
    transaction.process_request_body()
    return sorted(message.data for message in transaction.get_rule_messages() if message.rule_id == 1)


def _theirs(way: str, target: str, removed: str) -> list[str] | None:
    """None: it does not load."""
    engine, rules = libmodsecurity.ModSecurity(), libmodsecurity.RulesSet()
    engine.set_rule_message_callback(lambda _: None)
    try:
        return _asked(engine, rules, _request(target)) if rules.load(_rules(way, target, removed)) >= 0 else None
    finally:
        engine.set_rule_message_callback(None)


_CASE = "names are compared by case there, unless the exclusion stands in the rule itself"
_PATTERN = "an exclusion by pattern also takes out of other collections there, and no target with a key"
_EXPLAINED = {  # and every ByMsg and every pattern and @ in ctl, which it does not load
    **dict.fromkeys(
        [(way, target, removed) for way in WAYS for target, removed in (
            ("ARGS", "ARGS:foo"), ("ARGS", "args"), ("REQUEST_COOKIES", "REQUEST_COOKIES:sid"), ("ARGS:foo", "ARGS:Foo"),
            ("REQUEST_HEADERS:Host|REQUEST_COOKIES", "REQUEST_HEADERS:host"), ("REQUEST_METHOD|ARGS:p", "request_method"),
        )],
        _CASE,
    ),
    **dict.fromkeys(
        [(way, target, "ARGS:/^x/") for way in WAYS for target in ("ARGS:xa", "ARGS|ARGS_NAMES")], _PATTERN
    ),
}  # fmt: skip


@pytest.mark.parametrize(("target", "removed", "left"), CASES)
def test_every_way_takes_out_the_same(target: str, removed: str, left: str) -> None:
    for way in WAYS:
        assert _ours(way, target, removed) == sorted(left.split()), way


def test_modsecurity_takes_out_the_same_but_where_it_is_explained() -> None:
    """The manual has patterns, and of case it says nothing; ModSecurity 2 compares without."""
    found: Counter[str] = Counter()
    for target, removed, left in CASES:
        for way in WAYS:
            theirs = _theirs(way, target, removed)
            if theirs == sorted(left.split()):
                found["the same"] += 1
            elif theirs is None:
                assert way.endswith("Msg") or "/^" in removed or "@" in removed, (way, target, removed)
                found["does not load"] += 1
            else:
                found[_EXPLAINED[way, target, removed]] += 1
    assert found.total() == len(CASES) * len(WAYS) == 37 * 7
    assert set(found) == {"the same", "does not load", _CASE, _PATTERN}
    assert found["the same"] > 160, found
