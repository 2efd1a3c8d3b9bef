"""`"!@rx foo"` to an OperatorCall. What the argument must be is the operator's own business (`policy.operators`).

Rules: an argument is everything after the one blank behind the name, further blanks included. Text that does not begin with
`@` is a pattern of `@rx`. Differences to ModSecurity 3, which takes all of these for patterns and so never matches what was
meant: an unknown operator, an argument where none is taken and a blank before `@` are errors.

Apache takes one of two backslashes out of an argument, ModSecurity 3 none. Rules written for Apache, CRS 3 among them, have four
where they mean one (`[a-z]:\\\\\\\\inetpub`). So four in a pattern, outside of a class and without a count, ask for one or two:
what either reading finds is found. A negated pattern is left alone, since there more found would be less reported.
"""

from __future__ import annotations

import re

from policy.seclang.ast import OperatorCall
from policy.seclang.faults import WordError
from policy.seclang.macro import parse_macro
from policy.seclang.rule_words import OPERATORS
from policy.seclang.word import Shape, Status, like

_CALL = re.compile(r"(!?)@([A-Za-z0-9]+)(?:[ \t](.*))?\Z", re.DOTALL)
_FOUR = re.compile(
    r"(\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\])|(\\{4})(?![?*+{])|\\.", re.DOTALL
)  # a class; four; an escape
_MISPLACED = re.compile(r"[! \t]+@[A-Za-z0-9]")


def parse_operator(text: str) -> OperatorCall:
    """Raises WordError."""
    if not text or text == "!":
        raise WordError("the operator is empty", 'write a pattern, or "@unconditionalMatch"')
    found = _CALL.match(text)
    if found is not None:
        return _call(found)
    if text.startswith("@") or _MISPLACED.match(text):
        raise WordError(
            f"{text[:30]!r} is neither an operator nor clearly a pattern",
            "write ! and @ first and without blanks, or @rx before a pattern",
        )
    negated = text.startswith("!")
    argument = text[1:] if negated else text
    parse_macro(argument)
    return OperatorCall("rx", argument if negated else _one_or_two(argument), negated)


def _call(found: re.Match[str]) -> OperatorCall:
    sign, name, argument = found.group(1), found.group(2), found.group(3) or ""
    word = OPERATORS.get(name.lower())
    if word is None:
        raise WordError(f"there is no operator @{name}", f"{like(name, OPERATORS)}; write @rx before a pattern")
    if word.status is Status.REFUSED:
        raise WordError(
            f"the operator @{name} is refused: {word.note}", "take the rule out, or write it with another operator"
        )
    if word.shape is Shape.NONE:
        if argument.strip():
            raise WordError(f"@{name} takes no argument", f'write "{sign}@{name}"')
        argument = ""
    elif not argument:
        raise WordError(f"@{name} needs an argument", f'write "{sign}@{name} ARGUMENT"')
    parse_macro(argument)
    if word.name == "rx" and not sign:
        argument = _one_or_two(argument)
    return OperatorCall(name.lower(), argument, sign == "!")


def _one_or_two(pattern: str) -> str:
    return _FOUR.sub(lambda found: found[0] + "?" if found[2] else found[0], pattern)
