"""The course of an evaluation: the same verdict, rules, messages and logdata as ModSecurity 3 where both load the rules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policy import offline
from policy.effort import SCAN_CHARGE
from policy.engine.decision import Action, Cause
from policy.engine.evaluate import Run
from policy.variables.limits import ARGUMENTS_MAX
from policy.variables.parse import parse_request
from policy.variables.transaction import Transaction
from tests.unit.policy.engine.beside import GET, ON, POST, RESPONSE, ours, run, theirs
from tests.unit.policy.engine.building import DEAR_RULES


def _say(number: int, rest: str) -> str:
    return f'SecAction "id:{number},log,msg:x,{rest}"\n'


def _rule(rest: str, target: str = "ARGS", operator: str = "@rx .") -> str:
    return f'SecRule {target} "{operator}" "{rest}"\n'


_TX = _rule("id:90,phase:2,pass,multiMatch,msg:'%{MATCHED_VAR_NAME} %{MATCHED_VAR}'", "TX:/./")
SAME = [
    # what is listed
    *(_rule(f"id:1,phase:1,pass,msg:x{more}") for more in (
        "", ",log", ",nolog", ",nolog,auditlog", ",noauditlog,log", ",auditlog", ",noauditlog,nolog",
    )),
    *(f'SecAction "id:1,phase:1,{rest}"' for rest in (
        "log", "log,msg:x", "nolog,msg:x", "msg:x", "pass", "log,auditlog", "severity:2", "block", "log,logdata:x",
    )),
    'SecDefaultAction "phase:1,nolog,pass"\n' + _rule("id:1,phase:1") + _rule("id:2,phase:1,log"),
    # chains
    _rule("id:1,phase:1,pass,nolog,chain") + _rule("log"),
    _rule("id:1,phase:1,pass,log,chain") + _rule("nolog"),
    _rule("id:1,phase:1,pass,chain,msg:a") + _rule("msg:b,logdata:c%{MATCHED_VAR}", operator="@rx abc"),
    _rule("id:1,phase:1,deny,chain,msg:a") + _rule("setvar:tx.a=1", operator="@rx abc") + _say(2, "phase:5,logdata:'%{tx.a}'"),
    _rule("id:1,phase:1,pass,chain,setvar:tx.a=+1") + _rule("setvar:tx.b=+1", operator="@rx nothing") + _TX,
    _rule("id:1,phase:1,pass,chain,nolog") + _rule("setvar:'tx.n=%{MATCHED_VAR_NAME}'", "MATCHED_VARS", "@rx 1") + _TX,
    _rule("id:1,phase:1,pass,chain,nolog") + _rule("setvar:'tx.n=%{MATCHED_VAR}'", "MATCHED_VARS_NAMES", "@rx y") + _TX,
    _rule("id:1,phase:1,pass,chain,msg:a,logdata:'%{MATCHED_VAR}'", operator="@rx b") + _rule("msg:b", operator="@rx 1"),
    _rule("id:1,phase:1,pass,chain,severity:2") + _rule("severity:1") + _rule("id:5,phase:1,msg:'%{HIGHEST_SEVERITY}'", "HIGHEST_SEVERITY"),
    _rule("id:1,phase:1,pass,chain,severity:2") + _rule("severity:1", operator="nothing") + _rule("id:5,phase:1", "HIGHEST_SEVERITY"),
    # what a rule has matched is known to itself, and not to the next
    _rule("id:1,phase:1,pass") + _say(2, "phase:1,logdata:'%{MATCHED_VAR} %{MATCHED_VAR_NAME}'"),
    _rule("id:1,phase:1,pass") + _rule("id:2,phase:1,pass", operator="@rx nothing") + _say(3, "phase:1,logdata:'%{MATCHED_VAR}'"),
    *(_rule("id:1,phase:1,pass") + _rule("id:2,phase:1,pass,msg:'<%{MATCHED_VAR}>'", targets, "@unconditionalMatch")
      for targets in ("MATCHED_VAR|MATCHED_VAR_NAME", "MATCHED_VARS|MATCHED_VARS_NAMES")),
    _rule("id:1,phase:1,pass") + _rule("id:2,phase:1,pass,msg:'<%{MATCHED_VAR}>'", "&MATCHED_VARS|&MATCHED_VARS_NAMES"),
    _rule("id:1,phase:1,pass") + _rule("id:2,phase:1,pass,chain,msg:x", "ARGS:y") + _rule("t:none", "&MATCHED_VARS", "@eq 1"),
    _rule("id:1,phase:1,pass,chain") + _rule("t:none", operator="@rx nothing") + _say(2, "phase:1,logdata:'%{MATCHED_VAR}'"),
    _rule("id:1,phase:1,pass,chain") + _rule("t:none") + _say(2, "phase:2,logdata:'%{MATCHED_VAR}'"),
    # severities, as the rule itself tells of them
    _rule("id:1,phase:1,pass,severity:3,msg:'%{HIGHEST_SEVERITY}',setvar:'tx.a=%{HIGHEST_SEVERITY}'")
    + _say(2, "phase:1,logdata:'%{tx.a}'"),
    _rule("id:1,phase:1,pass,severity:3,chain,msg:'%{HIGHEST_SEVERITY}'") + _rule("severity:1,logdata:'%{HIGHEST_SEVERITY}'"),
    # how an exchange is interrupted
    _rule("id:1,phase:1,pass,status:500") + _rule("id:2,phase:1,deny"),
    _rule("id:2,phase:1,redirect:http://x.example/"),
    _rule("id:2,phase:1,redirect:http://x.example/,status:303"),
    _rule("id:2,phase:1,redirect:http://x.example/,status:403"),
    _rule("id:2,phase:1,drop"),
    _rule("id:2,phase:1,deny,status:200"),
    _rule("id:1,phase:1,pass,deny,log"),
    _rule("id:1,phase:1,deny,pass,log"),
    _rule("id:1,phase:1,deny,block,log"),
    _rule("id:1,phase:1,block,deny,log"),
    *('SecDefaultAction "phase:1,deny,status:406,log"\n' + _rule(f"id:2,phase:1{more}") for more in (
        "", ",block", ",block,status:407", ",deny", ",pass",
    )),
    'SecDefaultAction "phase:1,pass,log"\n' + _rule("id:2,phase:1,block"),
    _rule("id:1,phase:4,deny", "RESPONSE_BODY", "@rx found"),
    _rule("id:1,phase:3,deny,status:502", "RESPONSE_HEADERS:content-type", "@rx html"),
    # allow
    *(_rule(f"id:1,phase:{phase},allow{what}") + "".join(_say(number, f"phase:{number}") for number in range(1, 6)).replace(
        "id:1,log", "id:9,log") for phase in (1, 2) for what in ("", ":phase", ":request")),
    # skip and skipAfter
    _say(1, "phase:1,pass,skip:1") + _say(2, "phase:1") + _say(3, "phase:1"),
    _say(1, "phase:1,pass,skip:2") + _say(2, "phase:1") + "SecMarker M\n" + _say(3, "phase:1") + _say(4, "phase:1"),
    _say(1, "phase:1,pass,skip:3") + "".join(_say(number, "phase:2") for number in range(2, 7)),
    _rule("id:1,phase:1,pass,nolog,skip:1") + _rule("id:2,phase:1,chain") + _rule("log") + _say(4, "phase:1"),
    _say(1, "phase:1,pass,skipAfter:M") + _say(2, "phase:1") + _say(3, "phase:2") + "SecMarker M\n" + _say(4, "phase:2"),
    "SecMarker M\n" + _say(1, "phase:1,pass,skipAfter:M") + _say(2, "phase:1") + _say(3, "phase:2"),
    _say(1, "phase:1,pass,skipAfter:NOWHERE") + _say(2, "phase:1") + _say(3, "phase:2") + _say(5, "phase:5"),
    _rule("id:1,phase:1,pass,chain,skipAfter:M") + _rule("t:none", operator="@rx nothing") + _say(2, "phase:1") + "SecMarker M\n",
    # modes
    "SecRuleEngine DetectionOnly\n" + _rule("id:1,phase:1,deny") + _rule("id:2,phase:1,allow") + _say(3, "phase:2"),
    "SecRuleEngine Off\n" + _rule("id:1,phase:1,deny") + _say(5, "phase:5"),
    _say(1, "phase:1,ctl:ruleEngine=DetectionOnly") + _rule("id:2,phase:1,deny") + _say(3, "phase:2"),
    _say(1, "phase:1,ctl:ruleEngine=Off") + _rule("id:2,phase:1,deny") + _say(3, "phase:2") + _say(5, "phase:5"),
    "SecRequestBodyAccess Off\n" + _say(1, "phase:1") + _say(2, "phase:2") + _say(5, "phase:5"),
    "SecRequestBodyAccess Off\n" + _say(1, "phase:1,ctl:requestBodyAccess=On") + _say(2, "phase:2"),
    _say(1, "phase:1,ctl:requestBodyAccess=Off") + _say(2, "phase:2"),
    # what one exchange takes out of its own evaluation
    *(_say(1, f"phase:1,ctl:{ctl}") + _rule("id:7,tag:tt,phase:1,multiMatch,msg:'%{MATCHED_VAR_NAME}'", "ARGS|ARGS:x|ARGS_NAMES")
      for ctl in (
        "ruleRemoveById=7", "ruleRemoveById=5-9", "ruleRemoveById=8", "ruleRemoveByTag=tt", "ruleRemoveByTag=t",
        "ruleRemoveTargetById=7;ARGS", "ruleRemoveTargetById=7;ARGS:x", "ruleRemoveTargetById=8;ARGS",
        "ruleRemoveTargetByTag=tt;ARGS", "ruleRemoveTargetByTag=tt;ARGS:x", "ruleRemoveTargetByTag=tt;ARGS_NAMES",
        "ruleRemoveTargetByTag=tt;XML:/*",
    )),
    # variables
    _rule("id:1,phase:1,pass,capture,nolog", operator="@rx (a)(q)?(b)?") + _TX,
    _rule("id:1,phase:1,pass,capture,nolog", operator="@rx (a)(b)(c)") + _rule("id:2,phase:1,pass,capture,nolog", operator="@rx (1)") + _TX,
    _rule("id:1,phase:1,pass,capture,nolog", operator="!@rx (a)(b)(c)") + _TX,
    _rule("id:1,phase:1,pass,setvar:tx.a=+1,logdata:'%{tx.a} %{MATCHED_VAR_NAME}'"),
    _rule("id:1,phase:1,pass,multiMatch,t:uppercase,t:lowercase,t:length,msg:'%{MATCHED_VAR}'", "ARGS:x"),
    _rule("id:1,phase:1,multiMatch,msg:'%{MATCHED_VAR_NAME} %{MATCHED_VAR}'", "&ARGS:x|&ARGS|&REQUEST_METHOD|&TX:z", "@rx ."),
    _rule("id:1,phase:1,msg:'%{MATCHED_VAR_NAME} %{MATCHED_VAR}'", "&ARGS|!ARGS:x"),
    _rule("id:1,phase:1,msg:'%{MATCHED_VAR_NAME}'", "ARGS|!ARGS:x"),
    _rule("id:1,phase:1,msg:'%{MATCHED_VAR_NAME}'", "ARGS|!ARGS:/X/"),
    _rule("id:1,phase:1,msg:'%{MATCHED_VAR_NAME}'", "ARGS|!ARGS"),
    _rule("id:1,phase:1,pass,nolog,severity:CRITICAL") + _rule("id:5,phase:1,msg:'%{HIGHEST_SEVERITY}'", "HIGHEST_SEVERITY"),
    _rule("id:5,phase:1,msg:'%{HIGHEST_SEVERITY}'", "HIGHEST_SEVERITY"),
    _say(1, "phase:1,setvar:tx.a=5,setvar:tx.a=-2,setvar:tx.b=+x,setvar:tx.c,setvar:!tx.b,setvar:tx.E=%{tx.a}z,setvar:tx.e=+3") + _TX,
    _say(1, "phase:1,setvar:tx.h=99999999999,setvar:tx.h=+1") + _TX,
    _say(1, "phase:1,setvar:tx.a=5") + _rule("id:2,phase:1,msg:'%{TX.A} %{tx.nothing}'", "TX:A"),
    _rule("id:1,phase:1,nolog,pass,setvar:'tx.seen_%{MATCHED_VAR}=%{MATCHED_VAR_NAME}'") + _TX,
]  # fmt: skip


@pytest.mark.parametrize("rules", SAME)
def test_the_verdict_is_modsecuritys(rules: str) -> None:
    for request in (GET, POST):
        assert ours(rules, request, RESPONSE) == theirs(rules, request, RESPONSE)


def test_every_case_was_compared() -> None:
    assert len(SAME) == 104


DIFFERENT = {
    "ctl:ruleRemoveById does not spare a SecAction": (
        _say(1, "phase:1,ctl:ruleRemoveById=2") + _say(2, "phase:1"), [1], [1, 2],
    ),
    "noauditlog is about another log": (_say(1, "phase:1,log,noauditlog,msg:x") + _rule("id:2,phase:1,pass,noauditlog"), [1, 2], []),
    "a SecAction that interrupts is listed": ('SecAction "id:1,phase:1,deny"', [1], []),
    "names in ctl: are compared without case": (
        _say(1, "phase:1,ctl:ruleRemoveTargetByTag=tt;ARGS:X") + _rule("id:7,tag:tt,phase:1", "ARGS", "@rx abc"), [1], [1, 7],
    ),
}  # fmt: skip


@pytest.mark.parametrize("about", DIFFERENT)
def test_the_differences_are_known(about: str) -> None:
    rules, here, there = DIFFERENT[about]
    assert [one[0] for one in ours(rules)[1]] == here
    assert [one[0] for one in theirs(rules)[1]] == there


def test_a_failure_of_the_engine_denies() -> None:
    """Fault: the program lacks what every program has."""
    whole = offline.load([offline.Source("rules", ON + _say(1, "phase:1"))]).program
    decision = Run(replace(whole, phases={}), Transaction(parse_request(GET), whole.options)).phase(1)
    assert decision is not None
    assert (decision.cause, decision.action, decision.status, decision.phase) == (Cause.INTERNAL, Action.DENY, 403, 1)
    assert decision.detail == "KeyError"


def test_an_interrupted_exchange_stays_interrupted_and_is_still_summed_up() -> None:
    done = run(_rule("id:1,phase:1,deny,status:409") + _say(2, "phase:2") + _say(5, "phase:5"))
    assert done.decision is not None and done.decision.status == 409
    assert [fired.id for fired in done.fired] == [1, 5]
    assert done.phase(2) is done.decision


def test_in_the_fifth_phase_it_is_too_late_to_interrupt() -> None:
    for action in ("deny", "drop", "redirect:http://x.example/"):
        rules = _rule(f"id:1,phase:5,{action}") + _say(2, "phase:5")
        assert ours(rules, GET, RESPONSE) == theirs(rules, GET, RESPONSE)
        assert ours(rules) == (200, [(1, "", "")])


def test_a_body_over_its_limit_is_refused_where_the_rules_say_so() -> None:
    for limit, status in ((3, 200), (2, 413)):
        assert ours(f"SecRequestBodyLimit {limit}\nSecRequestBodyLimitAction Reject\n", POST)[0] == status
    decision = run("SecRequestBodyLimit 2\nSecRequestBodyLimitAction Reject\n", POST).decision
    assert decision is not None and decision.cause is Cause.BODY


def test_a_body_beyond_a_bound_is_refused_behind_the_rules() -> None:
    """They are listed with what they say of the part that was read."""
    fields = b"&".join([b"a=1"] * (ARGUMENTS_MAX + 1))
    head = b"POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"
    for mode in ("On", "DetectionOnly"):
        judged = run(f"SecRuleEngine {mode}\n" + _rule("id:1,phase:2,pass", "REQBODY_ERROR", "@eq 1"), head + fields)
        assert [one.id for one in judged.fired] == [1]
        assert judged.decision is not None
        assert (judged.decision.cause, judged.decision.detail) == (Cause.LIMIT, "ARGUMENTS_MAX")


def test_a_rule_that_takes_rules_out_does_nothing_where_a_limit_was_met_and_the_exchange_is_refused() -> None:
    post = (
        POST.partition(b"\r\n\r\n")[0].replace(b"Content-Length", b"X-Length") + b"\r\n\r\nx=" + b"a" * 3_000 + b"!a%"
    )
    removal = _rule("id:1,phase:2,pass,chain,ctl:ruleRemoveById=2") + _rule("t:none", "REQUEST_BODY", "@rx (?:a+)+[$%]")
    rules = removal + _rule("id:2,phase:2,pass")
    judged = run(rules, post)
    assert {one.id for one in judged.fired} == {2}
    assert judged.decision is not None
    assert (judged.decision.cause, judged.decision.detail) == (Cause.LIMIT, "PCRE_STEPS")


def test_only_text_of_the_named_types_is_looked_at() -> None:
    rule = _rule("id:1,phase:4,pass", "RESPONSE_BODY", "@rx found")
    for types, fires in (("text/plain", []), ("text/plain text/HTML", [1])):
        assert [one[0] for one in ours(f"SecResponseBodyMimeType {types}\n" + rule, GET, RESPONSE)[1]] == fires


def test_ctl_knows_patterns_of_names() -> None:
    """ModSecurity 3.0.15 does not load this."""
    rules = _say(1, "phase:1,ctl:ruleRemoveTargetById=7;ARGS:/^x/") + _rule("id:7,phase:1,msg:'%{MATCHED_VAR_NAME}'")
    assert ours(rules)[1] == [(1, "x", ""), (7, "ARGS:y", "")]


def _run(rules: str, request: bytes = GET) -> Run:
    program = offline.load([offline.Source("rules", rules)]).program
    return Run(program, Transaction(parse_request(request), program.options))


@pytest.mark.parametrize(("mode", "detail"), [("On", "REQUEST_STEPS"), ("DetectionOnly", "")])
def test_where_patterns_are_given_up_the_request_is_refused(mode: str, detail: str) -> None:
    made = _run(f'SecRuleEngine {mode}\nSecRule REQUEST_METHOD "@rx [G]ET" "id:1,phase:1,pass"\n')
    made.state.effort.left = -1
    decision = made.phase(1)
    assert (decision.detail if decision else "") == detail
    assert [fired.exhausted for fired in made.fired] == [True]


@pytest.mark.parametrize("multi", ["", ",multiMatch"])
def test_a_value_that_speaks_for_others_that_are_not_asked_any_more_says_that_a_limit_was_met(multi: str) -> None:
    rules = "SecRuleEngine DetectionOnly\n"
    rules += 'SecRule ARGS "@rx [a]b" "id:1,phase:1,pass"\n'
    rules += f'SecRule ARGS "@rx [a]bc" "id:2,phase:1,pass,t:none,t:urlDecodeUni{multi}"\n'
    made = _run(rules, b"GET /?x=abd&y=abc HTTP/1.1\r\nHost: a\r\n\r\n")
    made.state.effort.left = 0  # the scan takes of what is kept; the first value that is to be asked uses up the rest
    made.phase(1)
    assert [(fired.id, fired.exhausted) for fired in made.fired] == [(1, True), (2, True)]


@pytest.mark.parametrize(("mode", "detail"), [("On", "REQUEST_STEPS"), ("DetectionOnly", "")])
def test_where_the_steps_are_used_up_before_a_rule_is_asked_the_phase_ends(mode: str, detail: str) -> None:
    rules = f'SecRuleEngine {mode}\nSecRequestBodyAccess On\nSecRule ARGS "@rx x" "id:1,phase:1,pass"\n'
    rules += 'SecRule REQUEST_METHOD "@streq GET" "id:2,phase:2,pass"\n'
    made = _run(rules, b"GET /?a=x HTTP/1.1\r\nHost: a\r\n\r\n")
    made.state.effort.left, made.state.effort.kept = 0, SCAN_CHARGE - 1
    decision = made.phase(1)
    assert (decision.detail if decision else "") == detail
    assert made.fired == []
    made.phase(2)
    assert [fired.id for fired in made.fired] == ([] if detail else [2])  # what only detects goes on
    assert made.state.would_interrupt is (not detail)
    assert (made.unfinished.detail if made.unfinished else "") == ("" if detail else "REQUEST_STEPS")


def test_a_phase_that_was_not_finished_is_told_of() -> None:
    rules = "SecRuleEngine DetectionOnly\n" + DEAR_RULES
    sent = b"&".join([b"%d=value%d" % (number, number) for number in range(ARGUMENTS_MAX)])
    request = b"GET /?%b HTTP/1.1\r\nHost: a\r\n\r\n" % sent
    status, fired, lines = offline.grade(offline.load([offline.Source("rules", rules)], reading="characters"), request)
    assert (status, fired) == (200, [])
    assert lines == ["Sekisho: Warning. Phase 1 was not finished. [REQUEST_STEPS]"]


FOLDED = b"a=" + b"%26A" * 30_000
"""Sixty thousand tokens of SQL, none of which libinjection keeps: it reads all of them each time it is asked."""
PROSE = b"a=" + b"the+lazy+dog" * 10_000


def _sqli(count: int) -> str:
    asked = [f'SecRule ARGS "@detectSQLi" "id:{number},phase:2,pass"\n' for number in range(1, count + 1)]
    return "SecRuleEngine On\nSecRequestBodyAccess On\n" + "".join(asked)


def _form(body: bytes) -> bytes:
    head = (
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n"
    )
    return head % len(body) + body


@pytest.mark.parametrize(("body", "detail"), [(FOLDED, "REQUEST_STEPS"), (PROSE, "")])
def test_a_text_that_libinjection_reads_to_the_end_uses_up_the_steps(body: bytes, detail: str) -> None:
    made = _run(_sqli(10), _form(body))
    made.phase(1)
    decision = made.phase(2)
    assert (decision.detail if decision else "") == detail
    assert {fired.exhausted for fired in made.fired} == ({True} if detail else set())


def test_what_is_asked_before_a_rule_is_counted_too() -> None:
    """A short value, of which the sieve asks the operator itself."""
    made = _run(_sqli(1), _form(b"a=" + b"%26A" * 2_000))
    made.phase(1)
    before = made.state.effort.left
    made.phase(2)
    assert made.fired == []
    assert before - made.state.effort.left > 2 * 4_000
