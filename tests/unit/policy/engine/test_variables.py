"""setvar, expirevar and initcol, and numbers as C reads them."""

from __future__ import annotations

import pytest

from policy.engine.variables import (
    compile_expirevar,
    compile_initcol,
    compile_setrsc,
    compile_setsid,
    compile_setuid,
    compile_setvar,
    number,
)
from tests.unit.policy.engine.test_state import state

NUMBERS = [
    (b"", 0), (b"5", 5), (b"-5", -5), (b"+5", 5), (b" \t5x", 5), (b"x5", 0), (b"5.9", 5), (b"007", 7), (b"--5", 0),
    (b"2147483647", 2147483647), (b"2147483648", 0), (b"-2147483648", -2147483648), (b"-2147483649", 0), (b"9" * 100_000, 0),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), NUMBERS)
def test_a_number_is_read_as_c_reads_it(text: bytes, value: int) -> None:
    assert number(text) == value


def test_every_number_was_read() -> None:
    assert len(NUMBERS) == 14


CHANGES = [
    (("tx.a=5",), {b"a": b"5"}),
    (("tx.a",), {b"a": b"1"}),
    (("tx.a=",), {b"a": b""}),
    (("TX.a=+2", "tx.A=+3"), {b"a": b"5"}),
    (("tx.a=-2",), {b"a": b"-2"}),
    (("tx.a=x", "tx.a=+1"), {b"a": b"1"}),
    (("tx.a=1", "!tx.a"), {}),
    (("tx.a=1", "tx.b=%{tx.a}%{tx.none}z"), {b"a": b"1", b"b": b"1z"}),
    (("tx.a=b", "tx.%{tx.a}=c"), {b"a": b"b", b"b": b"c"}),
    (("tx.a=b", "tx.x_%{tx.a}=+%{tx.start}", "tx.x_%{tx.a}=-4"), {b"a": b"b", b"x_b": b"-4"}),
    (("tx.a=b", "tx.%{tx.a}=1", "!tx.%{tx.a}"), {b"a": b"b"}),
    (("tx.a=%{REQUEST_METHOD} %{REQUEST_HEADERS.Host}",), {b"a": b"GET h"}),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "expected"), CHANGES)
def test_setvar(arguments: tuple[str, ...], expected: dict[bytes, bytes]) -> None:
    run = state()
    for argument in arguments:
        compile_setvar(argument)(run)
    assert run.tx == {b"start": b"0", **expected}


def test_every_change_was_tried() -> None:
    assert len(CHANGES) == 12


def test_records_are_opened_and_their_variables_expire() -> None:
    run = state()
    for effect in (
        compile_initcol("ip=%{REQUEST_METHOD}"), compile_setsid("s"), compile_setuid("u"), compile_setrsc("r"),
        compile_setvar("ip.count=+2"), compile_expirevar("ip.count=60"), compile_expirevar("ip.other=%{tx.none}"),
    ):  # fmt: skip
        effect(run)
    assert run.record_keys == {"IP": b"GET", "SESSION": b"s", "USER": b"u", "RESOURCE": b"r"}
    assert run.first("IP", b"count") == b"2"
    run.now += 60
    assert run.first("IP", b"count") == b""
