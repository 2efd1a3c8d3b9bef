"""any bytes: a verdict, never an exception, never an allow on internal error

The rules below use every part of the engine: chains, captures, macros in names and operators, ctl, persistent collections,
skips, multiMatch, body processors and both readings. A verdict with cause `internal` is a find as well: it denies, as it
must, but an input that reaches it is a mistake in here.
"""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Hashable

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))

from policy import offline
from policy.engine.decision import Cause
from tests.fuzz.driver import run

RULES = r"""
SecRuleEngine On
SecRequestBodyAccess On
SecResponseBodyAccess On
SecDefaultAction "phase:1,log,auditlog,pass"
SecDefaultAction "phase:2,log,auditlog,deny,status:406"
SecAction "id:1,phase:1,nolog,pass,setvar:tx.limit=3,setvar:tx.methods=GET POST,initcol:ip=%{REMOTE_ADDR}_%{REQUEST_HEADERS.User-Agent}"
SecRule REQUEST_HEADERS:Content-Type "@rx json" "id:2,phase:1,nolog,pass,ctl:requestBodyProcessor=JSON"
SecRule REQUEST_HEADERS:Content-Type "@rx xml" "id:3,phase:1,nolog,pass,ctl:requestBodyProcessor=XML"
SecRule REQUEST_METHOD "!@within %{tx.methods}" "id:4,phase:1,msg:'%{MATCHED_VAR}',setvar:ip.odd=+1,expirevar:ip.odd=60"
SecRule ARGS_GET:/^x/ "@rx (.)(.)?(.*)" "id:5,phase:1,capture,setvar:'tx.seen_%{tx.1}=%{tx.3}',skipAfter:END"
SecRule &ARGS_GET "@gt %{tx.limit}" "id:6,phase:1,pass,skip:1"
SecRule REQUEST_URI "@contains admin" "id:7,phase:1,ctl:ruleRemoveTargetById=20-29;ARGS:pw,ctl:ruleRemoveByTag=quiet"
SecMarker END
SecRule ARGS|ARGS_NAMES|REQUEST_COOKIES|XML:/*|!ARGS:skip "@rx (?i)<script|select.+from" \
    "id:20,phase:2,pass,t:none,t:utf8toUnicode,t:urlDecodeUni,t:htmlEntityDecode,t:lowercase,capture,tag:'loud',\
    logdata:'%{TX.0} in %{MATCHED_VAR_NAME}',setvar:tx.score=+5,severity:CRITICAL"
SecRule ARGS "@detectSQLi" "id:21,phase:2,pass,multiMatch,t:urlDecodeUni,t:removeNulls,setvar:tx.score=+5,tag:'quiet'"
SecRule ARGS|REQUEST_HEADERS "@detectXSS" "id:22,phase:2,pass,t:jsDecode,t:cssDecode,setvar:tx.score=+5"
SecRule ARGS|FILES|FILES_NAMES "@pm passwd shadow boot.ini" "id:23,phase:2,pass,t:cmdLine,t:normalizePathWin,chain"
SecRule MATCHED_VARS|MATCHED_VARS_NAMES "@rx ." "t:lowercase,setvar:tx.files=%{MATCHED_VARS},chain"
SecRule TX:/^f/ "!@streq x" "setvar:!tx.limit"
SecRule REQUEST_BODY "@validateByteRange 1-255" "id:24,phase:2,pass,t:base64Decode"
SecRule MULTIPART_STRICT_ERROR|REQBODY_ERROR "!@eq 0" "id:25,phase:2,deny,status:400,msg:'%{REQBODY_ERROR_MSG}'"
SecRule TX:SCORE "@ge 10" "id:26,phase:2,block,msg:'score %{tx.score}'"
SecRule RESPONSE_BODY "@rx (?i)stack trace" "id:30,phase:4,deny"
SecRule HIGHEST_SEVERITY "@lt 3" "id:40,phase:5,pass,msg:'%{RULE.id} %{HIGHEST_SEVERITY} %{DURATION}'"
"""
STRICT = offline.load([offline.Source("fuzz", RULES)])
CHARACTERS = offline.load([offline.Source("fuzz", RULES)], reading="characters")
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>Stack trace</p>"
SEEDS = (
    b"GET /admin?xa=1&y=%3Cscript%3E HTTP/1.1\r\nHost: a\r\nCookie: a=b; c=d\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\na=select+1+from+b&pw=%EF%BC%9Cscript",
    b'POST / HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{"a":["passwd",{"b":"1 or 1=1"}]}',
    b"POST / HTTP/1.1\r\nContent-Type: text/xml\r\n\r\n<a b='c'>\xe3\x81\x82 shadow</a>",
    b'POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\nContent-Disposition: form-data; name="f"; '
    b'filename="boot.ini"\r\n\r\n1\r\n--x--\r\n',
)
TOKENS = (
    b"ARGS",
    b"%u3042",
    b"%3C",
    b"&lt;",
    b"\\u003c",
    b"' or 1=1--",
    b"passwd",
    b"\xe3\x81\x82",
    b"--x",
    b"\r\n\r\n",
)


def judge(data: bytes) -> Hashable:
    """What both readings say; any exception, an internal verdict, or a verdict that lets an interrupted request pass is a find."""
    outcomes = []
    for rules in (STRICT, CHARACTERS):
        run = offline.evaluate(rules, data, RESPONSE)
        decision = run.decision
        if decision is not None and decision.cause is Cause.INTERNAL:
            raise AssertionError(f"internal: {decision.detail}")
        if any(fired.interrupts for fired in run.fired) and decision is None:
            raise AssertionError("a rule interrupts and the exchange goes on")
        outcomes.append((decision and decision[:4], frozenset(fired.id for fired in run.fired)))
    return tuple(outcomes)


if __name__ == "__main__":
    sys.exit(run("engine", judge, SEEDS, TOKENS))
