"""No bytes make a transformation do anything but return bytes: bounded, untouched without a trigger, text where it promises text.

The first byte of an input chooses how its rest is read: the chain and whether a Unicode map is given.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from policy.transformations.code_points import is_utf8
from policy.transformations.table import SEPARATOR, TRANSFORMATIONS, Chain, Transformation, chain
from tests.fuzz import driver
from tests.unit.policy.transformations.tokens import TOKENS

ROWS = tuple(TRANSFORMATIONS.values())
CHAINS = (
    *(chain([row.name]) for row in ROWS),
    chain(["utf8toUnicode", "urlDecodeUni"]),
    chain(["utf8toUnicode", "urlDecodeUni"], {0xE9: 0x65, 0x2019: 0x27, 0x3042: 0xB1}),
    chain(["utf8toUnicode", "urlDecodeUni", "htmlEntityDecode", "jsDecode", "cssDecode", "removeNulls"]),
    chain(["urlDecodeUni", "cmdLine", "normalizePath", "lowercase"]),
    chain(["base64Decode", "urlDecodeUni", "replaceComments", "compressWhitespace"]),
)


def target(data: bytes) -> object:
    tested, value = CHAINS[data[0] % len(CHAINS)] if data else CHAINS[0], data[1:]
    outcome: list[object] = [tested.name]
    for characters in (False, True):
        result = tested.apply(value, characters)
        if result != stepwise(tested, value, characters):
            raise AssertionError("a chain differs from its steps")
        if result == value and result is not value:
            raise AssertionError("an unchanged value is another object")
        stages = list(tested.stages(value, characters))
        outcome += [result is value, is_utf8(result), len(result) > len(value), len(stages)]
    return tuple(outcome)


def stepwise(tested: Chain, value: bytes, characters: bool) -> bytes:
    for step in tested.steps:
        result = step.characters(value) if characters else step.strict(value)
        check(step, value, result, characters)
        value = result
    return value


def check(step: Transformation, value: bytes, result: bytes, characters: bool) -> None:
    if len(result) > 4 * len(value) + 40:
        raise AssertionError("too long")
    if step.signs is not None and result != value and not any(sign in value + SEPARATOR for sign in step.signs):
        raise AssertionError("changed without a sign")
    if step.active is not None and not set(value) & set(step.active) and result != value:
        raise AssertionError("changed without an active byte")
    if not characters:
        return
    if not is_utf8(value):
        if result != step.strict(value):
            raise AssertionError("bytes were read as characters")
    elif step.text_safe and not is_utf8(result):
        raise AssertionError("text was broken")


CORPUS = [bytes([number]) + token for number in range(len(CHAINS)) for token in TOKENS[::7]]

if __name__ == "__main__":
    raise SystemExit(driver.run("fuzz_transformations", target, CORPUS, TOKENS))
