"""What the targets of the three body parsers share: tight limits, the cases of one content type, whole against in pieces."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable

from relay.base.limits import DEFAULTS
from relay.http.body import BodyParser
from tests.fuzz import driver
from tests.unit.http.body_cases import BODY_CASES
from tests.unit.http.feeds import parse, pieces

LIMITS = dataclasses.replace(
    DEFAULTS, fields=8, parts=8, name_bytes=16, field_bytes=64, part_header_bytes=200, json_depth=5, json_bytes=1000
)


def corpus(content_type: str) -> list[bytes]:
    return [case.raw[: driver.MAX_INPUT_BYTES] for case in BODY_CASES if case.content_type == content_type]


def target(*parsers: Callable[[], BodyParser]) -> driver.Target:
    """Each parser has each input."""

    def one(parser: Callable[[], BodyParser], data: bytes) -> Hashable:
        whole = parse(parser(), [data])
        size = 1 + len(data) % 7
        if parse(parser(), pieces(data, size)) != whole:
            raise AssertionError(f"pieces of {size} bytes change the outcome")
        return whole if isinstance(whole, str) else tuple(type(event).__name__ for event in whole)

    return lambda data: tuple(one(parser, data) for parser in parsers)
