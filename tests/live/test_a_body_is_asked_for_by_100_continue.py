"""A client that waits for `100 Continue` gets it when its body is wanted, and the refusal at once when it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.labs import Lab, head_of

pytestmark = pytest.mark.live

EXPECT = {"Content-Type": "application/x-www-form-urlencoded", "Expect": "100-continue"}


def _body(lab: Lab) -> bytes:
    sample = next(sample for sample in lab.about["samples"] if sample["name"] == "dog-urlencoded")
    return Path(sample["body_file"]).read_bytes()


def test_the_body_is_sent_after_100_and_accepted(lab: Lab) -> None:
    body = _body(lab)
    with lab.client() as client:
        client.send(head_of("POST", "/procedures/dog-death-notice", EXPECT, length=len(body)))
        assert client.interim() == 100
        client.send(body)
        assert client.answer("POST").status == 200


def test_a_body_for_nobody_is_refused_without_100(lab: Lab) -> None:
    with lab.client() as client:
        client.send(head_of("POST", "/nowhere", EXPECT, length=10))
        answer = client.answer("POST")
        assert (answer.status, answer.interim) == (404, ())


def test_a_body_over_the_limit_is_refused_before_it_is_sent(lab: Lab) -> None:
    with lab.client() as client:
        client.send(head_of("POST", "/procedures/dog-death-notice", EXPECT, length=1 << 40))
        answer = client.answer("POST")
        assert (answer.status, answer.interim) == (413, ())
