from __future__ import annotations

import pytest

from policy.seclang.action_arguments import (
    Change,
    Ctl,
    ExpireVar,
    InitCol,
    SetVar,
    check_argument,
    parse_ctl,
    parse_expirevar,
    parse_initcol,
    parse_phase,
    parse_setvar,
    parse_severity,
)
from policy.seclang.action_words import CTLS
from policy.seclang.ast import ActionCall, Target
from policy.seclang.faults import WordError
from policy.seclang.macro import MacroRef
from policy.seclang.rule_ids import IdRange
from policy.seclang.rule_words import TRANSFORMATIONS
from policy.seclang.word import Status, Word

SETVARS = [
    ("tx.a", SetVar("TX", (b"a",), Change.SET, (b"1",))),
    ("TX.A=1", SetVar("TX", (b"A",), Change.SET, (b"1",))),
    ("tx:a=1", SetVar("TX", (b"a",), Change.SET, (b"1",))),
    ("tx.a=", SetVar("TX", (b"a",), Change.SET, ())),
    ("!tx.a", SetVar("TX", (b"a",), Change.UNSET, ())),
    ("tx.a=+5", SetVar("TX", (b"a",), Change.ADD, (b"5",))),
    ("tx.a=-%{tx.b}", SetVar("TX", (b"a",), Change.SUBTRACT, (MacroRef("TX", b"b"),))),
    ("tx.a=+%{tx.b}", SetVar("TX", (b"a",), Change.ADD, (MacroRef("TX", b"b"),))),
    ("tx.a_%{tx.n}=%{tx.1}", SetVar("TX", (b"a_", MacroRef("TX", b"n")), Change.SET, (MacroRef("TX", b"1"),))),
    ("tx.%{ARGS.a=b}=c", SetVar("TX", (MacroRef("ARGS", b"a=b"),), Change.SET, (b"c",))),
    ("tx.a=b=c", SetVar("TX", (b"a",), Change.SET, (b"b=c",))),
    ("tx.a='b c'", SetVar("TX", (b"a",), Change.SET, (b"'b c'",))),
    ("ip.a=1", SetVar("IP", (b"a",), Change.SET, (b"1",))),
    ("session.a=1", SetVar("SESSION", (b"a",), Change.SET, (b"1",))),
    ("tx.a=|%{ARGS._charset_}|", SetVar("TX", (b"a",), Change.SET, (b"|", MacroRef("ARGS", b"_charset_"), b"|"))),
]


@pytest.mark.parametrize(("argument", "wanted"), SETVARS)
def test_setvar(argument: str, wanted: SetVar) -> None:
    assert parse_setvar(argument) == wanted


def test_expirevar_and_initcol() -> None:
    assert parse_expirevar("ip.a=60") == ExpireVar("IP", (b"a",), (b"60",))
    assert parse_expirevar("ip.a=%{tx.b}") == ExpireVar("IP", (b"a",), (MacroRef("TX", b"b"),))
    assert parse_initcol("ip=%{REMOTE_ADDR}_x") == InitCol("IP", (MacroRef("REMOTE_ADDR", None), b"_x"))
    assert parse_initcol("global=global") == InitCol("GLOBAL", (b"global",))


CTL_CASES = {
    "auditEngine": ("RelevantOnly", Ctl("auditengine", "relevantonly")),
    "auditLogParts": ("+E", Ctl("auditlogparts", "+E")),
    "debugLogLevel": ("9", Ctl("debugloglevel", "9")),
    "forceRequestBodyVariable": ("On", Ctl("forcerequestbodyvariable", "on")),
    "forceResponseBodyVariable": ("off", Ctl("forceresponsebodyvariable", "off")),
    "parseXmlIntoArgs": ("OnlyArgs", Ctl("parsexmlintoargs", "onlyargs")),
    "requestBodyAccess": ("Off", Ctl("requestbodyaccess", "off")),
    "requestBodyLimit": ("100", Ctl("requestbodylimit", "100")),
    "requestBodyProcessor": ("json", Ctl("requestbodyprocessor", "JSON")),
    "responseBodyAccess": ("On", Ctl("responsebodyaccess", "on")),
    "responseBodyLimit": ("100", Ctl("responsebodylimit", "100")),
    "ruleEngine": ("DetectionOnly", Ctl("ruleengine", "detectiononly")),
    "ruleRemoveById": ("5-9", Ctl("ruleremovebyid", "5-9", (IdRange(5, 9),))),
    "ruleRemoveByMsg": ("a b", Ctl("ruleremovebymsg", "a b")),
    "ruleRemoveByTag": ("OWASP_CRS", Ctl("ruleremovebytag", "OWASP_CRS")),
    "ruleRemoveTargetById": ("5-9;ARGS:/a|b/", Ctl("ruleremovetargetbyid", "5-9", (IdRange(5, 9),), Target("ARGS", pattern="a|b"))),
    "ruleRemoveTargetByMsg": ("a b;ARGS", Ctl("ruleremovetargetbymsg", "a b", (), Target("ARGS"))),
    "ruleRemoveTargetByTag": ("attack-lfi;XML://@*", Ctl("ruleremovetargetbytag", "attack-lfi", (), Target("XML", "//@*"))),
}  # fmt: skip


@pytest.mark.parametrize("word", CTLS.values(), ids=lambda word: word.name)
def test_every_ctl_is_read_as_its_row_says(word: Word) -> None:
    if word.status is Status.REFUSED:
        with pytest.raises(WordError, match="is refused"):
            parse_ctl(f"{word.name}=1")
        return
    value, wanted = CTL_CASES[word.name]
    assert parse_ctl(f"{word.name.lower()}={value}") == wanted
    for empty in (word.name, f"{word.name}="):
        with pytest.raises(WordError, match="needs a value"):
            parse_ctl(empty)


def test_the_ctl_cases_are_all_there() -> None:
    assert len(CTLS) == 23
    assert set(CTL_CASES) == {word.name for word in CTLS.values() if word.status is not Status.REFUSED}


@pytest.mark.parametrize("word", TRANSFORMATIONS.values(), ids=lambda word: word.name)
def test_every_transformation_is_known(word: Word) -> None:
    assert word.status is Status.SUPPORTED
    for name in (word.name, word.name.upper()):
        check_argument(ActionCall("t", name))


PROBLEMS = [
    ("t", "urlDecodeUnicode", "there is no transformation"),
    ("id", "0", "there is no rule id"),
    ("id", "abc", "needs a number"),
    ("id", "9223372036854775808", "needs a number"),
    ("phase", "0", "there is no phase"),
    ("phase", "6", "there is no phase"),
    ("phase", "first", "there is no phase"),
    ("severity", "8", "there is no severity"),
    ("severity", "FATAL", "there is no severity"),
    ("status", "99", "there is no status"),
    ("status", "600", "there is no status"),
    ("skip", "one", "needs a number"),
    ("accuracy", "x", "needs a number"),
    ("maturity", "x", "needs a number"),
    ("allow", "response", "allow does not know"),
    ("xmlns", "a", "needs a prefix"),
    ("msg", "%{foo}", "names no variable"),
    ("redirect", "https://example.org/%{foo}", "names no variable"),
    ("setvar", "a=1", "setvar cannot write 'a'"),
    ("setvar", "args.a=1", "setvar cannot write 'args.a'"),
    ("setvar", "tx.=1", "setvar cannot write"),
    ("setvar", "!tx.a=1", "takes a variable away and gives it a value"),
    ("setvar", "tx.a=%{foo}", "names no variable"),
    ("expirevar", "ip.a", "needs seconds"),
    ("expirevar", "ip.a=soon", "needs a number"),
    ("initcol", "session=1", "opens no collection"),
    ("initcol", "ip", "opens no collection"),
    ("ctl", "foo=1", "there is no ctl:foo"),
    ("ctl", "ruleEngine=Maybe", "does not know Maybe"),
    ("ctl", "requestBodyProcessor=%{tx.a}", "does not know"),
    ("ctl", "requestBodyLimit=many", "needs a number"),
    ("ctl", "ruleRemoveById=a", "neither a rule id"),
    ("ctl", "ruleRemoveTargetById=1", "needs a rule and a variable"),
    ("ctl", "ruleRemoveTargetById=;ARGS", "needs a rule and a variable"),
    ("ctl", "ruleRemoveTargetById=1;!ARGS", "takes a variable away by itself"),
    ("ctl", "ruleRemoveTargetById=1;ARGS|TX", "more than one"),
    ("ctl", "ruleRemoveTargetById=1;FOO", "there is no variable FOO"),
]


@pytest.mark.parametrize(("name", "argument", "message"), PROBLEMS)
def test_other_arguments_are_refused(name: str, argument: str, message: str) -> None:
    with pytest.raises(WordError) as raised:
        check_argument(ActionCall(name, argument))
    assert message in raised.value.message
    assert raised.value.mend


def test_the_problems_are_all_there() -> None:
    assert len({case[:2] for case in PROBLEMS}) == 37


def test_phases_and_severities_have_names() -> None:
    assert [parse_phase(text) for text in ("1", "5", "request", "Response", "LOGGING")] == [1, 5, 2, 4, 5]
    names = ["emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"]
    assert [parse_severity(name.upper()) for name in names] == list(range(8))
    assert [parse_severity(str(number)) for number in range(8)] == list(range(8))


@pytest.mark.parametrize("status", ["100", "599"])
def test_the_ends_of_the_statuses(status: str) -> None:
    check_argument(ActionCall("status", status))
