"""Where this reader and ModSecurity 3 do not load the same text, or read it differently, and why.

Both are asked in tests/unit/policy/seclang/test_differences.py. docs/seclang.md shows the table.
"""

from __future__ import annotations

from typing import NamedTuple

_CHAIN = 'SecRule ARGS "a" "id:1,phase:2,chain"\n'


class Difference(NamedTuple):
    """`text` loads `here` and in ModSecurity 3 (`there`), or does not."""

    text: str
    here: bool
    there: bool
    why: str


REFUSED_HERE = (
    Difference('SecRule ARGS "@foo a" "id:1,phase:2"', False, True, "an unknown operator is taken for a pattern that never matches"),
    Difference('SecRule ARGS " @streq a" "id:1,phase:2"', False, True, "with a blank before it an operator is taken for a pattern"),
    Difference('SecRule ARGS "@detectSQLi a" "id:1,phase:2"', False, True, "with an argument too many an operator is taken for a pattern"),
    Difference('SecRule ARGS "a" "id:1,phase:0"', False, True, "a rule of phase 0 is never run"),
    Difference('SecRule ARGS "a" "id:1,phase:2,severity:9"', False, True, "severities end at 7"),
    Difference('SecRule ARGS "a" "id:1,phase:2,status:9"', False, True, "no response can have such a status"),
    Difference('SecRule ARGS "a" "id:1,phase:2,setvar:tx.=1"', False, True, "a variable without a name cannot be read again"),
    Difference('SecRule ARGS "a" "id:1,phase:2,expirevar:ip.a"', False, True, "it never says when"),
    Difference('SecRule ARGS "a" "id:1,phase:2,ctl:ruleRemoveTargetById=2;X"', False, True, "there is no such variable to exclude"),
    Difference('SecAction "phase:2,pass"', False, True, "the manual asks for an id; a log record without one explains nothing"),
    Difference('SecAction "id:1,phase:2"\nSecAction "id:1,phase:2"', False, True, "two SecActions with one id cannot be told apart"),
    Difference(_CHAIN.strip(), False, True, "a chain that never ends never matches"),
    Difference(f'{_CHAIN}SecMarker X\nSecRule ARGS "b" "t:none"', False, True, "the marker would stand inside the chain"),
    Difference(f'{_CHAIN}SecRule ARGS "b" "id:2"', False, True, "the id of a link is ignored; what names it has no effect"),
    Difference(f'{_CHAIN}SecRule ARGS "b" "phase:1"', False, True, "the phase of a link is ignored"),
    Difference(f'{_CHAIN}SecRule ARGS "b" "skipAfter:X"', False, True, "the manual leaves flow to the first rule of a chain"),
    Difference('SecRule ARGS "a" "id:1,phase:2" SecRule ARGS "b" "id:2,phase:2"', False, True, "a directive is a line"),
    Difference('SecRuleUpdateActionById 1 "id:2"', False, True, "ModSecurity 3 says that it is a failure and goes on"),
    Difference("SecXmlExternalEntity On", False, True, "external entities are never loaded"),
)  # fmt: skip

ACCEPTED_HERE = (
    Difference('SecRule ARGS "@streq\ta" "id:1,phase:2"', True, False, "a tabulator is a blank"),
    Difference("SecRule ARGS a id:1,phase:2", True, False, "an argument without blanks needs no quotation marks, as in Apache"),
    Difference("SecRule ARGS a 'id:1,phase:2'", True, False, "single quotation marks, as in Apache"),
    Difference('SecRule ARGS:/^(?:a|b)$/ "a" "id:1,phase:2"', True, False, "a pattern may hold |, as in ModSecurity 2"),
    Difference('SecRule "ARGS:/a b/" "a" "id:1,phase:2"', True, False, "a pattern may hold a blank, as in ModSecurity 2"),
    Difference('SecRule TX "a" "id:1,phase:2"', True, False, "a collection may be looked at as a whole"),
    Difference('SecRule ARGS "a" "id:1,phase:2,setvar:\'tx.a=\'"', True, False, "a value may be empty"),
    Difference('SecRule ARGS "a" "id:1,phase:2,ver:x"', True, False, "every argument may go without quotation marks"),
    Difference("SecRule ARGS \"a\" \"id:1,phase:2,status:'403'\"", True, False, "every argument may stand in quotation marks"),
    Difference("SecRule ARGS \"a\" \"id:1,phase:2,msg:'100%'\"", True, False, "a % that begins no macro is a %"),
    Difference('SecRule ARGS "@rx a%{2}" "id:1,phase:2"', True, False, "a % that begins no macro is a %, with a count after it"),
    Difference('SecRule ARGS "a" "id:1,phase:2,ctl:ruleRemoveTargetByTag=x;XML://@*"', True, False, "CRS 4 has it"),
    Difference('SecRule ARGS "a" "id:1,phase:2,ctl:ruleRemoveTargetByMsg=a;ARGS"', True, False, "the manual has it"),
    Difference('SecRule ARGS "a" "id:1,phase:2,ctl:ruleRemoveByMsg=a"', True, False, "the manual has it"),
    Difference('SecRule ARGS "a" "id:1,phase:2,ctl:requestBodyProcessor=MULTIPART"', True, False, "the manual has it"),
    Difference('SecRuleUpdateTargetById 1 "TX:a" "ARGS"', True, False, "the manual has it: the third argument is replaced"),
    Difference(f'{_CHAIN}SecRule ARGS "b"\nSecMarker X', True, False, "a link needs no actions"),
    Difference('SecAction "id:1,phase:2,chain"\nSecRule ARGS "a" "t:none"', True, False, "a chain may begin with a SecAction"),
    Difference('SecRuleEngine "On"', True, False, "an argument may stand in quotation marks"),
    Difference("IncludeOptional none.conf", True, False, "Apache's; Debian's files use it"),
)  # fmt: skip

READ_DIFFERENTLY = (
    (
        "a backslash and the end of the line inside an argument",
        "both are taken out, as Apache does; ModSecurity 3 keeps both, so that such a pattern asks for a line end",
    ),
    (
        "four backslashes in a pattern, outside of a class and without a count",
        "one or two: rules written for Apache, which takes half of them out, mean one; ModSecurity 3 asks for two",
    ),
    (
        "`SecRuleUpdateTargetById 1-9 ...` and `1:1`",
        "the range, and the link of the chain; ModSecurity 3 reads the first number alone",
    ),
    (
        "`SecRuleUpdateActionById 1 \"msg:'new'\"`",
        "the message is replaced and the rule denies as before, as the manual says; ModSecurity 3 changes neither messages, "
        "severities nor transformations, and such a rule denies no more",
    ),
    (
        "`'` around a whole argument",
        "as Apache reads it; after a variable ModSecurity 3 prints the mark on its standard output and loads something else",
    ),
)
"""(What is written, what it means here and there): both load it."""

THE_SAME = (
    "A rule that names no phase runs in phase 1 (the manual says 2); the load makes a note of it.",
    "SecRuleRemoveBy* and SecRuleUpdate* meet rules before and after them, and compare tags and messages as a whole.",
    "SecDefaultAction holds for rules before it too; it may stand once for each phase.",
    "A rule without a disruptive action passes; of SecDefaultAction's only `block` asks.",
    'Nothing in an argument is unescaped: `"@streq a\\"b"` asks for four characters.',
    "Everything after the one blank behind an operator is its argument, further blanks included.",
    "MATCHED_VAR, MATCHED_VARS and their names are what the rule itself and its chain have matched; the next rule finds them empty.",
)
"""Where ModSecurity 3 may surprise, and this reader follows it."""
