"""relay/http/json_body.py beyond the rows of body_cases.py: depth, cost under attack, and the one serialisation."""

from __future__ import annotations

import dataclasses
import math

import pytest

from relay.base.errors import Misuse, Refused
from relay.base.limits import DEFAULTS
from relay.base.reasons import Reason
from relay.http.json_body import encode_document, parse_document


@pytest.mark.parametrize("unit", [(b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":', b"}]"), (b'{"a":[', b"]}")])
@pytest.mark.parametrize("levels", [1, 2, 31, 32, 33, 100])
def test_depth_counts_levels_of_either_kind(unit: tuple[bytes, bytes], levels: int) -> None:
    opening, closing = unit
    per_unit = 2 if len(opening) > 5 or opening.count(b"[") + opening.count(b"{") == 2 else 1
    raw = opening * levels + b"1" + closing * levels
    limits = dataclasses.replace(DEFAULTS, json_depth=levels * per_unit)
    parse_document(raw, limits)
    with pytest.raises(Refused) as refusal:
        parse_document(raw, dataclasses.replace(limits, json_depth=levels * per_unit - 1))
    assert refusal.value.reason is Reason.NESTING_TOO_DEEP


@pytest.mark.parametrize("text", ['"[[[["', '"\\"[[["', '"\\\\",[[[1]]]', '["]]]]",[[1]]]'])
def test_brackets_in_strings_do_not_count(text: str) -> None:
    raw = f"[{text}]".encode()
    assert parse_document(raw, dataclasses.replace(DEFAULTS, json_depth=4)) is not None


def test_the_deepest_limit_that_can_be_set_does_not_overflow() -> None:
    limits = dataclasses.replace(DEFAULTS, json_depth=512)
    assert parse_document(b"[" * 512 + b"]" * 512, limits) is not None
    with pytest.raises(Refused) as refusal:
        parse_document(b"[" * 513 + b"]" * 513, limits)
    assert refusal.value.reason is Reason.NESTING_TOO_DEEP


def test_minus_zero_keeps_its_sign() -> None:
    value = parse_document(b"-0", DEFAULTS)
    assert isinstance(value, float)
    assert math.copysign(1, value) == -1
    assert encode_document(value) == b"-0.0"


def test_the_serialisation_has_no_spaces_and_no_escapes_that_are_not_needed() -> None:
    assert (
        encode_document({"氏名": ["山田", 1, -2.5, None, True, '"\n']})
        == '{"氏名":["山田",1,-2.5,null,true,"\\"\\n"]}'.encode()
    )


def test_what_cannot_be_written_is_not() -> None:
    with pytest.raises(Refused):
        encode_document("\ud800")
    for value in (math.nan, object(), b"x"):
        with pytest.raises(Misuse):
            encode_document(value)
