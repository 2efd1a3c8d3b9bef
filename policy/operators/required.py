"""The longest ASCII string that every match of a pattern holds, so that most values need no PCRE2."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from policy.operators.pattern import Token

_CASELESS: Final = re.compile(rb"\(\?\^?[A-Za-z]*i")


def required(tokens: Sequence[Token]) -> bytes:
    """Empty where there is none, and where it is not plain: with alternatives, or where somewhere case is ignored."""
    longest = run = b""
    depth = 0
    for at, token in enumerate(tokens):
        if _CASELESS.match(token.text) or (token.kind == "or" and not depth):
            return b""
        repeated = at + 1 < len(tokens) and tokens[at + 1].kind == "repeat"
        if token.kind == "literal" and token.value < 0x80 and not depth and not repeated:
            run += bytes((token.value,))
        else:
            run = b""
        depth += (token.kind == "open") - (token.kind == "close")
        if len(run) > len(longest):
            longest = run
    return longest
