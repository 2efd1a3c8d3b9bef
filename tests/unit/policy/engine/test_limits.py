"""Every bound is a number above zero with its unit beside it; each is tried at n and n+1 where it is kept."""

from __future__ import annotations

from policy.engine import limits
from tests.arch.sources import ROOT

SOURCE = ROOT / "policy/engine/limits.py"

TRIED = {
    "FAMILIAR_MAX": "test_familiar", "FIRED_MAX": "test_rule", "KEYS_MAX": "test_exceptions", "MEMORABLE_BYTES_MAX": "test_narrow",
    "PRESENT_MAX": "test_sieve", "RECORDS_MAX": "test_records",
    "RECORD_KEY_BYTES_MAX": "test_records", "RECORD_VALUE_BYTES_MAX": "test_records",
    "RECORD_VARIABLES_MAX": "test_records",
    "TRANSFORMED_BYTES_MAX": "test_state", "TX_BYTES_MAX": "test_state",
    "TX_VARIABLES_MAX": "test_state", "VALUES_MAX": "test_narrow", "VALUE_BYTES_MAX": "test_state",
}  # fmt: skip


def test_every_limit_is_named_and_tried() -> None:
    names = {name: value for name, value in vars(limits).items() if name.endswith("_MAX")}
    assert names.keys() == TRIED.keys()
    assert all(isinstance(value, int) and value > 0 for value in names.values())


def test_every_limit_has_its_unit_and_reason() -> None:
    lines = [line for line in SOURCE.read_text().splitlines() if "_MAX: Final = " in line]
    assert len(lines) == len(TRIED)
    assert all("  # " in line for line in lines)
