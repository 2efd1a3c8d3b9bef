"""Each supported directive, action and `ctl:` option, and what the engine keeps in variables, in a text that shows its effect.

`ids`: the rules that fire, in order of their ids. The engine is on, and looks at bodies, before each text.
"""

from __future__ import annotations

from typing import NamedTuple

BASE = "SecRuleEngine On\nSecRequestBodyAccess On\nSecResponseBodyAccess On\nSecResponseBodyMimeType text/html\n"
FORM, XML, JSON = "application/x-www-form-urlencoded", "text/xml", "application/json"
UPLOAD = (
    '--B\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\ninside\r\n'
    '--B\r\nContent-Disposition: form-data; name="g"; filename="b.txt"\r\n\r\nmore\r\n--B--\r\n'
)
MULTIPART = "multipart/form-data; boundary=B"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\nsecret"


class Case(NamedTuple):
    """`there`: what ModSecurity 3 does instead, and why; "" where it does the same."""

    words: str
    text: str
    ids: list[int]
    status: int = 200
    there: str = ""
    query: str = "q=1"
    body: str = "p=2"
    kind: str = FORM
    response: bytes | None = None
    times: int = 1


def seen(target: str, number: int, value: str = "", phase: int = 2) -> str:
    """A rule that fires where the target has the value, or any."""
    operator = f"@streq {value}" if value else "@unconditionalMatch"
    return f'SecRule {target} "{operator}" "id:{number},phase:{phase},pass,log,t:none"\n'


def act(actions: str, number: int = 1, phase: int = 1) -> str:
    return f'SecAction "id:{number},phase:{phase},{actions}"\n'


def listed(actions: str, number: int = 1, phase: int = 1) -> str:
    """As `act`, but ModSecurity lists it: of a SecAction it keeps no message."""
    return f'SecRule REQUEST_METHOD "@streq POST" "id:{number},phase:{phase},t:none,{actions}"\n'


DENIED = 'SecRule ARGS "@streq 1" "id:1,phase:2,log,deny"\n'
REFUSED_THERE = "does not load"
EFFECTS = [
    # directives
    Case("SecAction", act("deny,status:406"), [1], 406, there="lists no SecAction"),
    Case("SecArgumentSeparator", 'SecArgumentSeparator ";"\n' + seen("ARGS:r", 1, "2"), [1], query="q=1;r=2"),
    Case(
        "SecArgumentsLimit", "SecArgumentsLimit 2\n" + seen("ARGS:a", 1) + seen("ARGS:c", 2), [1], query="a=1&b=2&c=3"
    ),
    Case("SecCookieFormat SecCookieV0Separator", "SecCookieFormat 0\n" + seen("REQUEST_COOKIES:d", 1, "5"), [1]),
    Case(
        "SecDefaultAction block",
        'SecDefaultAction "phase:2,log,deny,status:406"\n' + DENIED.replace("deny", "block"),
        [1],
        406,
    ),
    Case(
        "SecMarker skipAfter",
        act("pass,nolog,skipAfter:END") + seen("ARGS", 2, phase=1) + "SecMarker END\n" + seen("ARGS:q", 3, phase=1),
        [3],
    ),
    Case(
        "SecParseXmlIntoArgs",
        "SecParseXmlIntoArgs On\n" + act("pass,nolog,ctl:requestBodyProcessor=XML") + seen("ARGS:xml.a.b", 2, "t"),
        [2],
        kind=XML,
        body="<a><b>t</b></a>",
    ),
    Case("SecRequestBodyAccess", "SecRequestBodyAccess Off\n" + seen("ARGS:q", 1, phase=1) + seen("ARGS", 2), [1]),
    Case(
        "SecRequestBodyJsonDepthLimit",
        "SecRequestBodyJsonDepthLimit 2\n"
        + act("pass,nolog,ctl:requestBodyProcessor=JSON")
        + seen("REQBODY_ERROR", 2, "1"),
        [2],
        kind=JSON,
        body='{"a":{"b":{"c":1}}}',
    ),
    Case(
        "SecRequestBodyLimit SecRequestBodyLimitAction",
        "SecRequestBodyLimit 2\nSecRequestBodyLimitAction Reject\n" + seen("ARGS:q", 1),
        [],
        413,
        there="the binding does not ask; the manual says 413",
    ),
    Case("SecRequestBodyNoFilesLimit", "SecRequestBodyNoFilesLimit 2\n" + seen("REQBODY_ERROR", 1, "1"), [1]),
    Case(
        "SecResponseBodyAccess",
        "SecResponseBodyAccess Off\n" + seen("RESPONSE_BODY", 1, "secret", 4),
        [],
        response=PAGE,
    ),
    Case(
        "SecResponseBodyLimit SecResponseBodyLimitAction",
        "SecResponseBodyLimit 2\nSecResponseBodyLimitAction ProcessPartial\n" + seen("RESPONSE_BODY", 1, "se", 4),
        [1],
        response=PAGE,
    ),
    Case(
        "SecResponseBodyLimitAction",
        "SecResponseBodyLimit 6\nSecResponseBodyLimitAction Reject\n" + seen("RESPONSE_BODY", 1, "secret", 4),
        [1],
        response=PAGE,
    ),
    Case(
        "SecResponseBodyLimitAction",
        "SecResponseBodyLimit 5\nSecResponseBodyLimitAction Reject\n" + seen("RESPONSE_BODY", 1, "secret", 4),
        [],
        500,
        there="answers 403; the manual says 500",
        response=PAGE,
    ),
    Case(
        "SecResponseBodyLimitAction",
        "SecRuleEngine DetectionOnly\nSecResponseBodyLimit 5\nSecResponseBodyLimitAction Reject\n"
        + seen("OUTBOUND_DATA_ERROR", 1, "1", 4),
        [1],
        response=PAGE,
    ),
    Case("SecResponseBodyMimeType", seen("RESPONSE_BODY", 1, "secret", 4), [1], response=PAGE),
    Case(
        "SecResponseBodyMimeTypesClear",
        "SecResponseBodyMimeTypesClear\n" + seen("RESPONSE_BODY", 1, "secret", 4),
        [],
        response=PAGE,
    ),
    Case("SecRule", seen("ARGS:p", 1, "2") + seen("ARGS:p", 2, "3"), [1]),
    Case("SecRuleEngine", "SecRuleEngine DetectionOnly\n" + DENIED, [1]),
    Case("SecRuleRemoveById", DENIED + "SecRuleRemoveById 1\n", []),
    Case("SecRuleRemoveByMsg", DENIED.replace("deny", "deny,msg:'m'") + 'SecRuleRemoveByMsg "m"\n', []),
    Case("SecRuleRemoveByTag", DENIED.replace("deny", "deny,tag:t") + 'SecRuleRemoveByTag "t"\n', []),
    Case("SecRuleUpdateActionById", DENIED + 'SecRuleUpdateActionById 1 "deny,status:406"\n', [1], 406),
    Case("SecRuleUpdateTargetById", DENIED + 'SecRuleUpdateTargetById 1 "!ARGS:q"\n', []),
    Case(
        "SecRuleUpdateTargetByMsg",
        DENIED.replace("deny", "deny,msg:'m'") + 'SecRuleUpdateTargetByMsg "m" "!ARGS:q"\n',
        [],
    ),
    Case(
        "SecRuleUpdateTargetByTag",
        DENIED.replace("deny", "deny,tag:t") + 'SecRuleUpdateTargetByTag "t" "!ARGS:q"\n',
        [],
    ),
    Case(
        "SecTmpSaveUploadedFiles",
        "SecTmpSaveUploadedFiles On\nSecUploadDir /tmp\n" + seen("FILES_TMP_CONTENT", 1, "inside"),
        [1],
        kind=MULTIPART,
        body=UPLOAD,
    ),
    Case(
        "SecUploadFileLimit",
        "SecUploadFileLimit 1\nSecTmpSaveUploadedFiles On\nSecUploadDir /tmp\n"
        + seen("FILES_TMP_CONTENT:f", 1, "inside")
        + seen("FILES_TMP_CONTENT:g", 2, "more"),
        [1],
        kind=MULTIPART,
        body=UPLOAD,
    ),
    Case("SecWebAppId WEBAPPID", "SecWebAppId app\n" + seen("WEBAPPID", 1, "app"), [1]),
    Case(
        "SecXmlExternalEntity",
        "SecXmlExternalEntity Off\n" + act("pass,nolog,ctl:requestBodyProcessor=XML") + seen("XML:/*", 2),
        [2],
        kind=XML,
        body="<a>t</a>",
    ),
    # actions
    Case("allow", listed("allow,log") + DENIED.replace("id:1", "id:2"), [1]),
    Case("allow", listed("allow:phase,log") + DENIED.replace("id:1", "id:2"), [1, 2], 403),
    Case(
        "auditlog noauditlog",
        listed("pass,log,noauditlog") + listed("pass,nolog,auditlog", 2),
        [1, 2],
        there="a rule with noauditlog is listed nowhere",
    ),
    Case("capture TX", 'SecRule ARGS:q "@rx (1)" "id:1,phase:2,pass,nolog,capture"\n' + seen("TX:1", 2, "1"), [2]),
    Case(
        "chain",
        'SecRule ARGS:q "@streq 1" "id:1,phase:2,pass,log,chain"\nSecRule ARGS:p "@streq 2" "t:none"\n'
        + 'SecRule ARGS:q "@streq 1" "id:2,phase:2,pass,log,chain"\nSecRule ARGS:p "@streq 3" "t:none"\n',
        [1],
    ),
    Case("deny status", DENIED.replace("deny", "deny,status:418"), [1], 418),
    Case("drop", DENIED.replace("deny", "drop"), [1], 403),
    Case("id log pass phase", listed("pass,log", 7, 5), [7]),
    Case("nolog", act("pass,nolog"), []),
    Case("logdata msg", act("pass,log,msg:'m %{REQUEST_METHOD}',logdata:'d %{ARGS.q}'"), [1]),
    Case(
        "multiMatch",
        'SecRule ARGS:q "@streq a" "id:1,phase:1,pass,log,multiMatch,t:none,t:lowercase,t:length"\n'
        + 'SecRule ARGS:q "@streq a" "id:2,phase:1,pass,log,t:none,t:lowercase,t:length"\n',
        [1],
        query="q=A",
    ),
    Case("redirect", DENIED.replace("deny", "redirect:https://example.org/"), [1], 302),
    Case("severity HIGHEST_SEVERITY", listed("pass,log,severity:ERROR") + seen("HIGHEST_SEVERITY", 2, "3", 5), [1, 2]),
    Case(
        "rev ver maturity accuracy RULE",
        'SecRule ARGS:q "@streq 1" "id:1,phase:1,pass,log,rev:7,ver:\'v\',maturity:9,accuracy:8,tag:t,chain"\n'
        'SecRule RULE:rev "@streq 7" "t:none"\n',
        [1],
    ),
    Case(
        "setvar TX",
        act("pass,nolog,setvar:tx.a=4,setvar:tx.a=+3,setvar:tx.b=1,setvar:!tx.b")
        + seen("TX:a", 2, "7")
        + seen("TX:b", 3),
        [2],
    ),
    Case(
        "initcol expirevar IP",
        act("pass,nolog,initcol:ip=%{REMOTE_ADDR}")
        + act("pass,nolog,setvar:ip.n=+1,expirevar:ip.n=3600", 9)
        + seen("IP:n", 2, "2"),
        [2],
        times=2,
    ),
    Case(
        "initcol GLOBAL",
        act("pass,nolog,initcol:global=all") + act("pass,nolog,setvar:global.n=+1", 9) + seen("GLOBAL:n", 2, "2"),
        [2],
        times=2,
    ),
    Case(
        "initcol RESOURCE",
        act("pass,nolog,initcol:resource=%{REQUEST_FILENAME}")
        + act("pass,nolog,setvar:resource.n=+1", 9)
        + seen("RESOURCE:n", 2, "2"),
        [2],
        times=2,
    ),
    Case(
        "setsid SESSION SESSIONID",
        act("pass,nolog,setsid:s1")
        + act("pass,nolog,setvar:session.n=+1", 9)
        + seen("SESSION:n", 2, "2")
        + seen("SESSIONID", 3, "s1"),
        [2, 3],
        times=2,
    ),
    Case(
        "setuid USER USERID",
        act("pass,nolog,setuid:u1")
        + act("pass,nolog,setvar:user.n=+1", 9)
        + seen("USER:n", 2, "2")
        + seen("USERID", 3, "u1"),
        [2, 3],
        times=2,
    ),
    Case(
        "setrsc RESOURCE",
        act("pass,nolog,setrsc:r1") + act("pass,nolog,setvar:resource.n=+1", 9) + seen("RESOURCE:n", 2, "2"),
        [2],
        times=2,
    ),
    Case("skip", act("pass,nolog,skip:1") + seen("ARGS", 2, phase=1) + seen("ARGS:q", 3, phase=1), [3]),
    Case(
        "t",
        'SecRule ARGS:q "@streq a" "id:1,phase:1,pass,log,t:none,t:lowercase"\nSecRule ARGS:q "@streq a" "id:2,phase:1,pass,log,t:none"\n',
        [1],
        query="q=A",
    ),
    Case(
        "tag", act("pass,nolog,ctl:ruleRemoveByTag=t") + 'SecRule ARGS:q "@streq 1" "id:2,phase:1,pass,log,tag:t"\n', []
    ),
    Case(
        "xmlns",
        act("pass,nolog,ctl:requestBodyProcessor=XML")
        + 'SecRule XML:/n:a/n:b/text() "@streq t" "id:2,phase:2,pass,log,t:none,xmlns:\'n=http://n/a\'"\n',
        [2],
        kind=XML,
        body='<a xmlns="http://n/a"><b>t</b></a>',
    ),
    Case(
        "MATCHED_VAR MATCHED_VARS MATCHED_VARS_NAMES",
        'SecRule ARGS "@rx [12]" "id:3,phase:2,pass,log,chain"\n'
        'SecRule MATCHED_VARS "@streq 1" "chain,t:none"\nSecRule MATCHED_VAR "@streq 1" "t:none"\n'
        'SecRule ARGS "@rx [12]" "id:4,phase:2,pass,log,chain"\nSecRule MATCHED_VARS_NAMES "@streq ARGS:q" "t:none"\n',
        [3, 4],
    ),
    Case(
        "MATCHED_VAR_NAME",
        'SecRule ARGS:p "@rx [12]" "id:1,phase:2,pass,log,chain"\nSecRule MATCHED_VAR_NAME "@streq ARGS:p" "t:none"\n'
        'SecRule ARGS:p "@rx [12]" "id:2,phase:2,pass,log,chain"\nSecRule MATCHED_VAR_NAME "@streq ARGS:q" "t:none"\n',
        [1],
    ),
    # ctl
    Case("ctl ruleEngine", act("pass,nolog,ctl:ruleEngine=DetectionOnly") + DENIED.replace("id:1", "id:2"), [2]),
    Case(
        "forceRequestBodyVariable",
        act("pass,nolog,ctl:forceRequestBodyVariable=On") + seen("REQUEST_BODY", 2, "xyz"),
        [2],
        kind="text/plain",
        body="xyz",
    ),
    Case("requestBodyAccess", act("pass,nolog,ctl:requestBodyAccess=Off") + seen("ARGS:p", 2), []),
    Case(
        "requestBodyProcessor",
        act("pass,nolog,ctl:requestBodyProcessor=JSON") + seen("ARGS:json.a", 2, "1"),
        [2],
        kind=JSON,
        body='{"a":1}',
    ),
    Case(
        "parseXmlIntoArgs",
        act("pass,nolog,ctl:requestBodyProcessor=XML,ctl:parseXmlIntoArgs=OnlyArgs")
        + seen("ARGS:xml.a", 2, "t")
        + seen("XML:/*", 3),
        [2],
        kind=XML,
        body="<a>t</a>",
    ),
    Case(
        "requestBodyLimit",
        "SecRequestBodyLimitAction Reject\n" + act("pass,nolog,ctl:requestBodyLimit=2") + seen("ARGS:q", 2),
        [],
        413,
        there=REFUSED_THERE,
    ),
    Case(
        "responseBodyAccess",
        act("pass,nolog,ctl:responseBodyAccess=Off") + seen("RESPONSE_BODY", 2, "secret", 4),
        [],
        there=REFUSED_THERE,
        response=PAGE,
    ),
    Case(
        "responseBodyLimit",
        "SecResponseBodyLimitAction ProcessPartial\n"
        + act("pass,nolog,ctl:responseBodyLimit=2")
        + seen("RESPONSE_BODY", 2, "se", 4),
        [2],
        there=REFUSED_THERE,
        response=PAGE,
    ),
    Case("ruleRemoveById", act("pass,nolog,ctl:ruleRemoveById=2-3") + DENIED.replace("id:1", "id:2"), []),
    Case(
        "ruleRemoveByMsg",
        act("pass,nolog,ctl:ruleRemoveByMsg=m") + DENIED.replace("id:1", "id:2,msg:m"),
        [],
        there=REFUSED_THERE,
    ),
    Case("ruleRemoveByTag", act("pass,nolog,ctl:ruleRemoveByTag=t") + DENIED.replace("id:1", "id:2,tag:t"), []),
    Case(
        "ruleRemoveTargetById", act("pass,nolog,ctl:ruleRemoveTargetById=2;ARGS:q") + DENIED.replace("id:1", "id:2"), []
    ),
    Case(
        "ruleRemoveTargetByMsg",
        act("pass,nolog,ctl:ruleRemoveTargetByMsg=m;ARGS:q") + DENIED.replace("id:1", "id:2,msg:m"),
        [],
        there=REFUSED_THERE,
    ),
    Case(
        "ruleRemoveTargetByTag",
        act("pass,nolog,ctl:ruleRemoveTargetByTag=t;ARGS:q") + DENIED.replace("id:1", "id:2,tag:t"),
        [],
    ),
    # what the engine knows of its patterns
    Case(
        "MSC_PCRE_ERROR MSC_PCRE_LIMITS_EXCEEDED",
        seen("&MSC_PCRE_ERROR", 1) + seen("&MSC_PCRE_LIMITS_EXCEEDED", 2),
        [1, 2],
    ),
]
