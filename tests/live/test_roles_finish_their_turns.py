"""No role takes the core from another in the middle of a turn (docs/adr/0013)."""

from __future__ import annotations

import os

import pytest

from tests.live.labs import Lab

pytestmark = pytest.mark.live

ROLES = ("front", "egress", "ledger", "gate")


def test_every_role_is_scheduled_as_batch(lab: Lab) -> None:
    seen = {role: os.sched_getscheduler(lab.pid(role) or 0) for role in ROLES}
    assert seen == dict.fromkeys(ROLES, os.SCHED_BATCH)


def test_what_is_no_role_is_left_as_it_was(lab: Lab) -> None:
    assert os.sched_getscheduler(lab.process.pid) == os.SCHED_OTHER
