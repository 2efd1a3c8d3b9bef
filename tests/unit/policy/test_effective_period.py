"""A procedure is in effect from the first millisecond of its first day to the last of its last, in Japan (UTC+9)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from policy.faults import Fault
from policy.load import load_policy
from policy.pipeline import Judgement, Policy
from policy.problems import PolicyInvalid
from policy.request import RequestHead
from policy.verdict import Code, Denied

Make = Callable[..., RequestHead]
Write = Callable[..., Path]

FIRST_MS = 1_774_969_200_000  # 2026-04-01 00:00 JST, which is 2026-03-31 15:00 UTC
DAY_MS = 86_400_000
SINCE = "effective_from = 2026-04-01"


def version_at(policy: Policy, head: Make, received_ms: int) -> int | None:
    """The version of the procedure that judges a request of this moment; None where none is in effect."""
    judgement = policy.open(head("POST", "/procedures/sample", body_kind="urlencoded", received_ms=received_ms))
    if isinstance(judgement, Denied):
        (finding,) = judgement.findings
        assert (finding.code, finding.detail) == (Code.ROUTE_UNKNOWN, Fault.NOT_IN_EFFECT)
        return None
    assert isinstance(judgement, Judgement)
    assert judgement.route.procedure is not None
    return judgement.route.procedure.version


@pytest.mark.parametrize(
    ("received_ms", "version"),
    [(FIRST_MS - 1, None), (FIRST_MS, 1), (FIRST_MS + DAY_MS - 1, 1), (FIRST_MS + DAY_MS, None)],
)
def test_a_procedure_of_one_day(
    write: Write, procedure: str, head: Make, received_ms: int, version: int | None
) -> None:
    text = procedure.replace(SINCE, f"{SINCE}\neffective_until = 2026-04-01")
    policy = load_policy([write(text)], {"example": ()}, open_routes=False)
    assert version_at(policy, head, received_ms) == version


def test_without_a_last_day_it_is_in_effect_until_further_notice(write: Write, procedure: str, head: Make) -> None:
    policy = load_policy([write(procedure)], {"example": ()}, open_routes=False)
    assert version_at(policy, head, FIRST_MS - 1) is None
    assert version_at(policy, head, FIRST_MS + 100 * 366 * DAY_MS) == 1


def test_the_next_version_takes_over_at_midnight_in_japan(write: Write, procedure: str, head: Make) -> None:
    until = procedure.replace(SINCE, f"{SINCE}\neffective_until = 2026-04-02")
    later = procedure.replace(SINCE, "effective_from = 2026-04-03").replace("version = 1", "version = 2")
    policy = load_policy([write(until, later)], {"example": ()}, open_routes=False)
    moments = (FIRST_MS - 1, FIRST_MS, FIRST_MS + 2 * DAY_MS - 1, FIRST_MS + 2 * DAY_MS)
    assert [version_at(policy, head, moment) for moment in moments] == [None, 1, 1, 2]


def test_two_versions_for_one_day_do_not_load(write: Write, procedure: str) -> None:
    until = procedure.replace(SINCE, f"{SINCE}\neffective_until = 2026-04-02")
    later = procedure.replace(SINCE, "effective_from = 2026-04-02").replace("version = 1", "version = 2")
    with pytest.raises(PolicyInvalid, match="is taken already"):
        load_policy([write(until, later)], {"example": ()}, open_routes=False)
