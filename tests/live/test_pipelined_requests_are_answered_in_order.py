"""Requests that a client sends without waiting are each answered, in their order, on the same connection."""

from __future__ import annotations

import json

import pytest

from tests.live.labs import Lab, head_of

pytestmark = pytest.mark.live

NUMBERS = [f"2026-0415-{number:06d}" for number in range(12)]


def test_answers_come_in_the_order_of_the_requests(lab: Lab) -> None:
    with lab.client() as client:
        client.send(b"".join(head_of("GET", f"/status/{number}") for number in NUMBERS))
        answers = [client.answer() for _ in NUMBERS]
    assert [json.loads(answer.body)["到達番号"] for answer in answers] == NUMBERS
    assert len({answer.transfer for answer in answers}) == len(NUMBERS)


def test_a_refusal_between_two_requests_takes_its_place(lab: Lab) -> None:
    paths = ["/status/2026-0415-000001", "/nowhere", "/health"]
    with lab.client() as client:
        client.send(b"".join(head_of("GET", path) for path in paths))
        assert [client.answer().status for _ in paths] == [200, 404, 200]


def test_what_follows_a_malformed_request_is_not_answered(lab: Lab) -> None:
    with lab.client() as client:
        client.send(b"GET /health HTTP/1.1\r\nHost : localhost\r\n\r\n" + head_of("GET", "/health"))
        answer = client.answer()
        assert (answer.status, answer.headers["connection"]) == (400, "close")
        assert client.at_end()
