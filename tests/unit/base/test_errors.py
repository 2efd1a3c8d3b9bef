"""The four families tell a reader whose fault it is, and a supervisor what to do."""

from __future__ import annotations

import pytest

from relay.base.errors import (
    Broken,
    ConfigInvalid,
    IntegrityBroken,
    Misuse,
    Problem,
    Refused,
    SekishoError,
    Unavailable,
    WallMissing,
)
from relay.base.reasons import Reason


@pytest.mark.parametrize("family", [Refused, Unavailable])
def test_a_reason_and_a_detail(family: type[Refused | Unavailable]) -> None:
    error = family(Reason.GATE_TIMEOUT, "gate-1")
    assert (error.reason, error.detail, str(error)) == (Reason.GATE_TIMEOUT, "gate-1", "gate_timeout: gate-1")
    assert str(family(Reason.GATE_TIMEOUT)) == "gate_timeout"


def test_no_family_is_another() -> None:
    """Catching one never catches another, but for IntegrityBroken, which is Broken."""
    families = (Refused, Unavailable, Misuse, Broken, ConfigInvalid, WallMissing)
    for family in families:
        assert family.__bases__ == (SekishoError,)
    assert IntegrityBroken.__bases__ == (Broken,)


def test_exit_codes_tell_the_kind() -> None:
    codes = {kind.exit_code for kind in (Broken, IntegrityBroken, ConfigInvalid, WallMissing)}  # type: ignore[attr-defined]  # each has one
    assert codes == {74, 76, 77, 78}


def test_every_problem_is_told() -> None:
    problems = [
        Problem("a.toml", 3, "unknown key `lisen`", "write `listen`"),
        Problem("b.crt", 0, "has expired", "renew it"),
    ]
    assert str(ConfigInvalid(problems)) == (
        "a.toml:3: unknown key `lisen`\n    mend: write `listen`\nb.crt: has expired\n    mend: renew it"
    )
