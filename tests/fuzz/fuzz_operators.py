"""No argument and no value make an operator end otherwise than in a match, no match or OperatorInvalid, in bounded steps."""

from __future__ import annotations

import sys
from collections.abc import Hashable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from policy.effort import Effort
from policy.operators.match import OperatorInvalid, is_text
from policy.operators.rx import Rx
from policy.operators.table import SIMPLE, build, needles
from tests.fuzz import driver

NAMES = sorted(SIMPLE)
CORPUS = (
    *(bytes([number]) + b"\xff" + b"12,10-20\xffab 12" for number in range(len(NAMES))),
    *(bytes([NAMES.index("rx")]) + b"\xff" + text for text in (
        rb"(?i)(?:union\s+select|\bor\b\s*\d+=\d+)" + b"\xff1 OR 1=1", rb"\xbc[^\xbe>]*[\xbe>]" + b"\xff\xbcscript\xbe",
        "[ぁ-ん]+、".encode() + b"\xff" + "あい、".encode(), rb"(?<a>x)\k<a>(?(a)b|c)\Q.\E[[:alpha:]\w-]{2,3}+" + b"\xffxxb.ab",
        rb"(?:a+)+$|^\s*=(?=b)" + b"\xffaaaaaaaaaaaaaaaaaaaa!",
    )),
    bytes([NAMES.index("pm")]) + b"\xff" + rb"foo |41|b a\:b" + b"\xffxFOO",
    bytes([NAMES.index("ipmatch")]) + b"\xff10.0.0.0/8,::1\xff10.1.2.3",
    bytes([NAMES.index("verifyssn")]) + b"\xff" + rb"^\d{3}-?\d{2}-?\d{4}" + b"\xffx078-05-1120",
)  # fmt: skip
TOKENS = (
    b"(?:", b")", b"|", b"[^", b"]", b"*", b"+", b"{2,}", rb"\b", rb"\x80", rb"\xe3\x81\x82", "あ".encode(),
    b"(?i)", rb"\1", b"(?=", b"\xff",
)  # fmt: skip


def target(data: bytes) -> Hashable:
    """First byte: the operator; then the argument up to 0xFF; then the value."""
    name = NAMES[data[0] % len(NAMES)] if data else NAMES[0]
    argument, _, value = data[2:].partition(b"\xff")
    try:
        operator = build(name, argument, Path("/"))
    except OperatorInvalid as invalid:
        assert invalid.message and invalid.mend
        return name, invalid.message[:40]
    needles(operator)
    results = []
    for characters in (False, True):
        found = operator.match(value, characters)
        if found is not None:
            assert 0 <= found.start <= found.end <= len(value)
            if characters and is_text(value) and isinstance(operator, Rx):
                value[: found.start].decode()
                value[: found.end].decode()
        results.append(found is not None)
        if isinstance(operator, Rx):
            within = operator.match_within(value, characters, Effort(300))
            assert within == found or (within is not None and within.exhausted)
    return name, tuple(results), len(argument) // 8


if __name__ == "__main__":
    raise SystemExit(driver.run("fuzz_operators", target, CORPUS, TOKENS))
