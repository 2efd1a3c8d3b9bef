"""`"id:1,phase:2,deny,msg:'Found, here'"` to ActionCalls, in order and each checked on its own.

Rules: actions stand between commas, with blanks around them if need be. An argument runs to the next comma, or stands between
single quotation marks, which are taken away; `\\'` does not end it and stays two characters. Names are compared without case.
"""

from __future__ import annotations

import re

from policy.seclang.action_arguments import check_argument
from policy.seclang.action_words import ACTIONS
from policy.seclang.ast import ActionCall
from policy.seclang.faults import WordError
from policy.seclang.word import Shape, Status, like

_ACTION = re.compile(
    r"\s*(?P<name>[A-Za-z]+)"
    r"(?:[ \t]*:(?:\s*'(?P<quoted>(?:[^'\\]|\\.)*)'\s*(?=,|\Z)|(?P<bare>[^,]*)))?"
    r"(?P<end>\s*(?:,|\Z))",
    re.DOTALL,
)


def parse_actions(text: str) -> tuple[ActionCall, ...]:
    """Raises WordError."""
    if not text.strip():
        return ()
    calls = []
    at = 0
    while True:
        found = _ACTION.match(text, at)
        if found is None:
            rest = text[at:].lstrip()
            raise WordError(*_misread(rest), offset=len(text) - len(rest))
        try:
            calls.append(_call(found))
        except WordError as error:
            error.offset = found.start("name")
            raise
        at = found.end()
        if not found["end"].endswith(","):
            return tuple(calls)


def _misread(rest: str) -> tuple[str, str]:
    shown = rest.rstrip()[:30]
    if not shown:
        return "the last comma has no action after it", "take the comma out"
    if shown.startswith(","):
        return "no action stands between two commas", "take one of the commas out"
    return f"no action can be read at {shown!r}", "write name or name:argument, with a comma between actions"


def _call(found: re.Match[str]) -> ActionCall:
    name, quoted, bare = found["name"], found["quoted"], found["bare"]
    word = ACTIONS.get(name.lower())
    if word is None:
        raise WordError(f"there is no action {name}", like(name, ACTIONS))
    if word.status is Status.REFUSED:
        raise WordError(f"the action {name} is refused: {word.note}", "take it out of the rule")
    argument = quoted if quoted is not None else bare.strip() if bare is not None else None
    if bare is not None and bare.lstrip().startswith("'"):
        raise WordError(f"the argument of {name} has a quotation mark too many or too few", f"write {name}:'argument'")
    if not argument and (word.shape is Shape.REQUIRED or argument is not None):
        raise WordError(f"{name} needs an argument", f"write {name}:argument, or take it out")
    if word.shape is Shape.NONE and argument is not None:
        raise WordError(f"{name} takes no argument", f"write {name}")
    call = ActionCall(name.lower(), argument)
    check_argument(call)
    return call
