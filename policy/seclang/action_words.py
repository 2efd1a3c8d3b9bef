"""Actions and the `ctl:` action's options. Source: the ModSecurity v3 reference manual, and v2's words that v3 lists."""

from __future__ import annotations

from policy.seclang.word import Shape, refused, supported, table, without_effect

_NO_MASKING = "masks values in ModSecurity's audit log; Sekisho's log never holds a value"
_NO_REWRITE = "changes the response; a relay hands on what the application answered, or refuses it"

ACTIONS = table(
    supported(
        Shape.NONE,
        "auditlog block capture chain deny drop log multiMatch noauditlog nolog pass",
    ),
    supported(Shape.OPTIONAL, "allow"),
    supported(
        Shape.REQUIRED,
        "accuracy ctl expirevar id initcol logdata maturity msg phase redirect rev setrsc setsid setuid setvar severity "
        "skip skipAfter status t tag ver xmlns",
    ),
    without_effect(Shape.REQUIRED, "ENV is empty, and no other program reads what a rule sets", "setenv"),
    without_effect(
        Shape.OPTIONAL,
        _NO_MASKING,
        "sanitiseArg sanitiseMatched sanitiseMatchedBytes sanitiseRequestHeader sanitiseResponseHeader "
        "sanitizeArg sanitizeMatched sanitizeMatchedBytes sanitizeRequestHeader sanitizeResponseHeader",
    ),
    refused("starts a program or script with what a client sent", "exec"),
    refused(_NO_REWRITE, "append prepend"),
    refused("sends the request to another server; the egress alone knows gates", "proxy"),
    refused("lets a client hold a worker for as long as a rule says", "pause"),
    refused("lowers counters over time, which ModSecurity 3 does not have either; use expirevar", "deprecatevar"),
)

DISRUPTIVE = frozenset({"allow", "block", "deny", "drop", "pass", "redirect"})
"""At most one of them is meant; the last one written is taken."""

STARTER_ONLY = frozenset({"id", "phase", "skip", "skipafter"}) | (DISRUPTIVE - {"block"})
"""What a link of a chain must not have. `block` is let through as ModSecurity 3 lets it through, and means nothing there."""

NOT_DEFAULT = frozenset({"chain", "id", "skip", "skipafter"})
"""What SecDefaultAction must not have."""

NOT_UPDATED = frozenset({"chain", "id", "phase"})
"""What SecRuleUpdateActionById must not change."""

CTLS = table(
    supported(
        Shape.REQUIRED,
        "forceRequestBodyVariable parseXmlIntoArgs requestBodyAccess requestBodyLimit requestBodyProcessor "
        "responseBodyAccess responseBodyLimit ruleEngine ruleRemoveById ruleRemoveByMsg ruleRemoveByTag "
        "ruleRemoveTargetById ruleRemoveTargetByMsg ruleRemoveTargetByTag",
    ),
    without_effect(
        Shape.REQUIRED,
        "Sekisho's log has one form for every transfer",
        "auditEngine auditLogParts debugLogLevel",
    ),
    without_effect(Shape.REQUIRED, "bodies are not changed by rules", "forceResponseBodyVariable"),
    refused("the hash engine of ModSecurity 2 rewrites pages", "hashEngine hashEnforcement"),
    refused("of responses only text is inspected", "responseBodyProcessor"),
    refused("was replaced by ruleRemoveTargetById in ModSecurity 2.7", "ruleUpdateTargetById ruleUpdateTargetByTag"),
)

PHASE_NAMES = {"request": 2, "response": 4, "logging": 5}

SEVERITIES = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")
"""The index is the number that the rules calculate with."""

BODY_PROCESSORS = ("URLENCODED", "MULTIPART", "JSON", "XML")
