"""A gate holds nothing back that its operator matches, alone or in a buffer with others."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.engine.gates import gate_of
from policy.operators.table import SIMPLE, build
from policy.transformations.table import SEPARATOR

OPERATORS = [
    ("detectxss", b""), ("detectsqli", b""), ("validateurlencoding", b""), ("validatebyterange", b"1-255"),
    ("validatebyterange", b"32-126"), ("validatebyterange", b"38,44-46,48-58,61,65-90,95,97-122"),
]  # fmt: skip
TOKENS = [
    b"select", b"union", b"or", b"1", b"1e", b"0x1f", b"a", b"_", b"x1", b"1or", b"'", b'"', b"--", b"#", b"/*", b";", b" ",
    b"\xa0", b"\x00", b"=", b"<", b"<script", b"onload=", b"%", b"%4", b"\xe3\x81\x82", b"\xff", b".", b"@@version", b"\\",
]  # fmt: skip
HARMLESS = [b"1", b"0", b"-", b".", b"/", b":", b",", b" ", b"\n", b"\xa0", b"\xe3"]
VALUES = st.lists(st.sampled_from(TOKENS) | st.binary(max_size=3), max_size=8).map(b"".join)


@pytest.mark.parametrize(("name", "argument"), OPERATORS)
@settings(max_examples=400, deadline=None)
@given(value=VALUES)
def test_what_the_operator_matches_passes_the_gate(name: str, argument: bytes, value: bytes) -> None:
    operator = build(name, argument, Path())
    gate = gate_of(operator)
    assert gate is not None
    for characters in (False, True):
        if operator.match(value, characters) is not None:
            assert gate.passes(value)
            if SEPARATOR not in value:
                assert 1 in gate.passing(SEPARATOR.join([b"other", value, b"text", b""]))


@pytest.mark.parametrize(("name", "argument"), OPERATORS)
@settings(max_examples=200, deadline=None)
@given(values=st.lists(VALUES.filter(lambda value: SEPARATOR not in value), max_size=5))
def test_of_many_values_those_pass_that_pass_alone(name: str, argument: bytes, values: list[bytes]) -> None:
    gate = gate_of(build(name, argument, Path()))
    assert gate is not None
    alone = [at for at, value in enumerate(values) if gate.passes(value)]
    assert gate.passing(SEPARATOR.join([*values, b""])) == alone


def test_a_value_with_a_separator_passes() -> None:
    for name, argument in OPERATORS:
        gate = gate_of(build(name, argument, Path()))
        assert gate is not None and gate.passes(b"a" + SEPARATOR)


def test_the_gates_hold_back_ordinary_text() -> None:
    held = {name: gate_of(build(name, argument, Path())) for name, argument in OPERATORS[:4]}
    for value in (b"Yamada", "山田太郎".encode(), b"12345", b"field_1", b""):
        assert not any(gate is None or gate.passes(value) for gate in held.values())
    gate = held["detectsqli"]
    assert gate is not None
    for text in (
        "2026-04-15",
        "03-1234-5678",
        "12:30",
        "1,000",
        "中央町四丁目５番６号　見本ビル２階",
        "通院の付き添い\r\n週3回、2-3時間",
    ):
        assert not gate.passes(text.encode())
    for text in ("1--2", "1=1", "(1)", "a-1", "1;", "1 #", "山 or 1"):
        assert gate.passes(text.encode())


def test_what_the_gate_holds_back_for_want_of_a_fingerprint_has_none() -> None:
    """All values up to a length: folding makes longer ones shorter by the same steps."""
    operator, gate = build("detectsqli", b"", Path()), gate_of(build("detectsqli", b"", Path()))
    assert gate is not None
    asked = 0
    for size in range(1, 6):
        for chosen in product(HARMLESS, repeat=size):
            value = b"".join(chosen)
            if not gate.passes(value):
                asked += 1
                assert operator.match(value, False) is None
    assert asked == 171_841


def test_other_operators_have_none() -> None:
    gated = {"detectsqli", "detectxss", "validatebyterange", "validateurlencoding"}
    assert gated < SIMPLE.keys()
    assert all(gate_of(build(name, b"1", Path())) is None for name in ("rx", "streq", "eq", "pm", "within"))


@settings(max_examples=1_000, deadline=None)
@given(
    value=st.lists(st.sampled_from([*HARMLESS, "山".encode(), "ム".encode(), b"2026-04-15"]), max_size=60).map(b"".join)
)
def test_nor_have_longer_ones(value: bytes) -> None:
    operator = build("detectsqli", b"", Path())
    assert b"--" in value or (operator.match(value, False) is None and operator.match(value, True) is None)
