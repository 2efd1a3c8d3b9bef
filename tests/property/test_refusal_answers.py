"""Nothing that was sent is in an answer: marked values, names, file names and files in every field of every procedure."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.load import load_policy
from policy.pipeline import Policy
from policy.route import Route
from policy.samples import sample_path
from policy.verdict import Denied
from relay.base.ids import TransferId
from relay.base.reasons import Reason
from relay.front.answers import own_answer
from tests.forms import KINDS, TYPES, Outcome, encoded, multipart, submit_bytes
from tests.log_samples import transfer
from tests.unit.policy.conftest import NOW_MS, TENANT

MARK = "KEEPOUT7Q"
MARKS = (
    MARK,
    f"<b>{MARK}</b>",
    f"\"{MARK}'&",
    f"{MARK}\u202e",
    f"\x00{MARK}",
    f"{{{MARK}}}",
    f"%({MARK})s",
    MARK * 3_000,
    MARK * 8_000,
)
TRANSFER = TransferId(transfer(1))


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy([], {TENANT: ()}, open_routes=False)


def answers(policy: Policy, outcome: Outcome) -> list[str]:
    assert isinstance(outcome.verdict, Denied | Reason)
    if isinstance(outcome.verdict, Reason):
        return [
            own_answer(outcome.verdict, TRANSFER, accept).body.decode()
            for accept in (b"text/html", b"application/json")
        ]
    told = policy.told(outcome.verdict, NOW_MS)
    assert len(told) == len(set(outcome.verdict.findings))
    reason = Reason(outcome.verdict.code.value)
    return [
        own_answer(reason, TRANSFER, accept, (), told).body.decode() for accept in (b"text/html", b"application/json")
    ]


def forms(policy: Policy) -> list[Route]:
    return [
        route for route in policy.routes if route.body_kinds and not any(not isinstance(s, str) for s in route.segments)
    ]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_answer_repeats_what_was_sent(policy: Policy, data: st.DataObject) -> None:
    route = data.draw(st.sampled_from(forms(policy)))
    names = st.sampled_from([*route.form.fields, MARK, f"{MARK}<i>"])
    fields = tuple(data.draw(st.lists(st.tuples(names, st.sampled_from(MARKS)), min_size=1, max_size=8)))
    kind = data.draw(st.sampled_from(KINDS))
    # whatever takes any text is sent once more with a name that no procedure has, so that all of it is refused
    outcome = submit_bytes(policy, route.path, TYPES[kind], encoded(kind, (*fields, (MARK, MARK))))
    assert all(MARK not in answer for answer in answers(policy, outcome))


def test_nor_files_and_their_names(policy: Policy) -> None:
    for route in forms(policy):
        for name in (*route.form.fields, MARK):
            body = multipart([(f'name="{name}"; filename="{MARK}.pdf"', MARK.encode())])
            outcome = submit_bytes(policy, route.path, TYPES["multipart"], body)
            assert all(MARK not in answer for answer in answers(policy, outcome))


@pytest.mark.parametrize("value", [None, 1.5, {MARK: MARK}, [[MARK]], [MARK, MARK], True])
def test_nor_what_only_json_can_say(policy: Policy, value: object) -> None:
    for route in forms(policy):
        body = json.dumps(dict.fromkeys([*route.form.fields, MARK], value)).encode()
        found = answers(policy, submit_bytes(policy, route.path, TYPES["json"], body))
        assert all(MARK not in answer for answer in found)
        document = json.loads(found[1])
        declared = {f"#/{name}" for name in route.form.fields} | {"#"}
        assert {error["pointer"] for error in document["errors"]} <= declared
        assert sample_path(route.id) == route.path
