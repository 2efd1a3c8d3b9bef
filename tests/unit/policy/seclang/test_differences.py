"""What is said of ModSecurity 3 is asked of ModSecurity 3."""

from __future__ import annotations

import libmodsecurity
import pytest

from policy.seclang.ast import Rule
from policy.seclang.differences import ACCEPTED_HERE, READ_DIFFERENTLY, REFUSED_HERE, THE_SAME, Difference
from policy.seclang.faults import SecLangInvalid
from policy.seclang.load import Source, load

CHAIN = 'SecRule ARGS "a" "id:1,phase:2,chain"\n'


def loads_here(text: str) -> bool:
    try:
        load([Source("f", text)])
    except SecLangInvalid:
        return False
    return True


def loads_there(text: str) -> bool:
    """Its scanner keeps the state in which an error left it, for the next text: an empty rule set brings it back."""
    loaded = libmodsecurity.RulesSet().load(text) >= 0
    while libmodsecurity.RulesSet().load("SecRuleEngine Off\n") < 0:
        pass
    return bool(loaded)


@pytest.mark.parametrize("difference", [*REFUSED_HERE, *ACCEPTED_HERE], ids=lambda difference: difference.text)
def test_it_is_as_the_table_says(difference: Difference) -> None:
    assert (loads_here(difference.text), loads_there(difference.text)) == (difference.here, difference.there)
    assert difference.here is not difference.there


def test_the_tables_are_whole() -> None:
    assert [len(table) for table in (REFUSED_HERE, ACCEPTED_HERE, READ_DIFFERENTLY, THE_SAME)] == [19, 20, 5, 7]


BOTH = [
    "",
    "# a comment",
    'SecRule ARGS "a" "id:1,phase:2"',
    'SecRule ARGS "!a" "id:1,phase:2"',
    'SecRule args "a" "ID:1,PHASE:2,DENY"',
    'SecRule ARGS|!ARGS:x|ARGS_NAMES "@rx a" "id:1,phase:2"',
    'SecRule &ARGS "@eq 0" "id:1,phase:2"',
    'SecRule ARGS,TX:a "a" "id:1,phase:2"',
    'SecRule ARGS.x "a" "id:1,phase:2"',
    'SecRule ARGS:/x/ "a" "id:1,phase:2"',
    'SecRule ARGS:/x "a" "id:1,phase:2"',
    'SecRule XML:/* "a" "id:1,phase:2"',
    'SecRule XML://@* "a" "id:1,phase:2"',
    'SecRule !ARGS:x "a" "id:1,phase:2"',
    'SecRule ARGS ^a "id:1,phase:2"',
    'SecRule ARGS @streq a "id:1,phase:2"',
    'SecRule ARGS "@StrEq a" "id:1,phase:2"',
    'SecRule ARGS "a\nb" "id:1,phase:2"',
    'SecRule ARGS "a\\"b" "id:1,phase:2"',
    'SecRule ARGS "a\\\\" "id:1,phase:2"',
    'SecRule ARGS \\\n "a" \\\n "id:1,\\\n phase:2"',
    'SecRule ARGS "a" "id:1,phase:2" # comment',
    "SecMarker X",
    'SecMarker "X"',
    "SecMarker 1",
    'SecRule ARGS "a" "id:\'1\',phase:request"',
    'SecRule ARGS "a" "id:1, phase:2 , pass"',
    'SecRule ARGS "a" "id:1,phase:1,phase:2"',
    'SecRule ARGS "a" "id:1,phase:2,msg:a b,tag:\'c, d\'"',
    'SecRule ARGS "a" "id:1,phase:2,msg:\'it\\\'s %{MATCHED_VAR}\'"',
    'SecRule ARGS "a" "id:1,phase:2,setvar:tx.a,setvar:!tx.b,setvar:\'tx.c=+%{tx.d}\'"',
    'SecRule ARGS "a" "id:1,phase:2,setvar:tx.a=b c"',
    'SecRule ARGS "a" "id:1,phase:2,setvar:\'tx.a_%{tx.1}=%{tx.2}\'"',
    'SecRule ARGS "a" "id:1,phase:2,t:none,t:urlDecodeUni,t:LOWERCASE"',
    'SecRule ARGS "a" "id:1,phase:2,severity:\'CRITICAL\'"',
    'SecRule ARGS "a" "id:1,phase:2,deny,status:403"',
    'SecRule ARGS "a" "id:1,phase:2,allow:phase"',
    'SecRule ARGS "a" "id:1,phase:2,skip:1"',
    'SecRule ARGS "a" "id:1,phase:2,redirect:https://example.org/%{ARGS.x}"',
    'SecRule ARGS "a" "id:1,phase:2,skipAfter:END"',
    'SecRule ARGS "a" "id:1,phase:2,initcol:ip=%{REMOTE_ADDR},expirevar:ip.a=60"',
    'SecRule ARGS "a" "id:1,phase:2,xmlns:\'a=http://b\'"',
    'SecRule ARGS "a" "id:1,phase:2,ctl:ruleRemoveById=1-9,ctl:ruleRemoveTargetById=5;ARGS:/x/,ctl:ruleEngine=off"',
    'SecRule ARGS "a" "id:1,phase:2,ctl:ruleRemoveTargetByTag=a;XML:/*,ctl:requestBodyProcessor=xml"',
    'SecRule ARGS "a" "id:1,phase:2,setsid:%{ARGS.x},setuid:a,setrsc:\'b\'"',
    f'{CHAIN}SecRule ARGS "b" "t:none,block,status:400"',
    f'{CHAIN}SecAction "nolog"',
    f'{CHAIN}SecRule ARGS "b" "chain"\nSecRule ARGS "c" "msg:\'m\',tag:t"',
    'SecDefaultAction "phase:2,pass,log,t:lowercase,tag:a,setvar:tx.a=1"',
    'SecDefaultAction "log,pass"',
    "SecRuleRemoveById 1 2-3",
    "SecRuleRemoveById 1,2",
    "SecRuleRemoveByTag a",
    'SecRuleRemoveByMsg "a b"',
    'SecRuleUpdateTargetById 1 "!ARGS:x,!ARGS:/y/"',
    'SecRuleUpdateTargetById "1" "!ARGS:x|TX:a"',
    'SecRuleUpdateTargetByTag "a" "!ARGS"',
    'SecRuleUpdateTargetByMsg a "!ARGS:x"',
    'SecRuleUpdateActionById 1 "pass,log"',
    "SecRequestBodyLimit  10",
    "SecResponseBodyMimeTypesClear",
    "SecArgumentSeparator ;",
]

NEITHER = [
    "SecFoo 1",
    "foo",
    'SecRule ARGS "a"',
    'SecRule ARGS "a" "phase:2"',
    'SecRule ARGS "a" "id:0,phase:2"',
    'SecRule ARGS "a" "id:x,phase:2"',
    'SecRule FOO "a" "id:1,phase:2"',
    'SecRule ARGS: "a" "id:1,phase:2"',
    'SecRule & ARGS "a" "id:1,phase:2"',
    'SecRule &!ARGS "a" "id:1,phase:2"',
    'SecRule REMOTE_ADDR:x "a" "id:1,phase:2"',
    'SecRule TX:%{tx.a} "a" "id:1,phase:2"',
    'SecRule ARGS "" "id:1,phase:2"',
    'SecRule ARGS "@rx " "id:1,phase:2"',
    'SecRule ARGS "@streq" "id:1,phase:2"',
    'SecRule ARGS "a" "id:1,phase:6"',
    'SecRule ARGS "a" "id:1,,phase:2"',
    'SecRule ARGS "a" "id:1,phase:2,"',
    'SecRule ARGS "a" "id:1 phase:2"',
    'SecRule ARGS "a" "id:1,foo"',
    'SecRule ARGS "a" "id:1,msg:\'\'"',
    'SecRule ARGS "a" "id:1,msg"',
    'SecRule ARGS "a" "id:1,msg:\'a\'b"',
    'SecRule ARGS "a" "id:1,t:foo"',
    'SecRule ARGS "a" "id:1,severity:FATAL"',
    'SecRule ARGS "a" "id:1,msg:\'%{foo}\'"',
    'SecRule ARGS "a" "id:1,msg:\'%{ARGS.x\'"',
    'SecRule ARGS "a" "id:1,setvar:a=1"',
    'SecRule ARGS "a" "id:1,setvar:args.a=1"',
    'SecRule ARGS "a" "id:1,initcol:session=1"',
    'SecRule ARGS "a" "id:1,ctl:foo=1"',
    'SecRule ARGS "a" "id:1,ctl:ruleEngine=x"',
    'SecRule ARGS "a" "id:1,ctl:ruleRemoveTargetById=1"',
    'SecRule ARGS "a" "id:1,ctl:ruleRemoveById=a"',
    'SecRule ARGS "a" "id:1,exec:/bin/true"',
    'SecRule ARGS "a" "id:1,log:x"',
    'SecRule ARGS "a" "id:1,phase:2"\nSecRule ARGS "b" "id:1,phase:2"',
    f'{CHAIN}SecRule ARGS "b" "deny"',
    'SecDefaultAction "phase:2,log"',
    'SecDefaultAction "phase:2,pass,id:1"',
    'SecDefaultAction "phase:2,pass,t:none"',
    "SecMarker A B",
    "SecRuleRemoveById 3-2",
    "SecRuleRemoveById a",
    "SecRuleEngine Maybe",
    "SecRequestBodyLimit many",
    "SecRequestBodyLimit",
    "SecCookieFormat 1",
    "Include none.conf",
    'SecRuleScript a.lua "id:1"',
    "SecHashEngine On",
    "SecGeoLookupDb a",
    'SecRule ARGS "@rsub s/a/b/" "id:1,phase:2"',
    'SecRule ARGS "@gsbLookup a" "id:1,phase:2"',
    'SecRule ARGS "@validateHash a" "id:1,phase:2"',
    'SecRule SCRIPT_UID "a" "id:1,phase:2"',
]


@pytest.mark.parametrize("text", BOTH)
def test_both_load(text: str) -> None:
    assert (loads_here(text), loads_there(text)) == (True, True)


@pytest.mark.parametrize("text", NEITHER)
def test_neither_loads(text: str) -> None:
    assert (loads_here(text), loads_there(text)) == (False, False)


def test_the_texts_are_all_there() -> None:
    assert [len(set(texts)) for texts in (BOTH, NEITHER)] == [62, 56]


def test_what_is_read_differently_means_here_what_the_table_says() -> None:
    text = "SecRule ARGS \"a\\\nb\" \"id:1,phase:2,msg:'old',chain\"\nSecRule ARGS 'c d'\n"
    text += 'SecRuleUpdateTargetById 1-9 "TX:a"\nSecRuleUpdateTargetById 1:1 "TX:b"\nSecRuleUpdateActionById 1 "msg:\'new\'"'
    (rule,) = load([Source("f", text)]).rules
    assert isinstance(rule, Rule)
    assert [str(link.operator) for link in rule.links] == ["@rx ab", "@rx c d"]
    assert [str(link.targets[0]) for link in rule.links] == ["TX:a", "TX:b"]
    assert rule.argument("msg") == "new"


def test_four_backslashes_ask_for_one_or_two() -> None:
    (rule,) = load([Source("f", r'SecRule ARGS "a\\\\b" "id:1,phase:2"')]).rules
    assert isinstance(rule, Rule)
    assert str(rule.links[0].operator) == r"@rx a\\\\?b"
