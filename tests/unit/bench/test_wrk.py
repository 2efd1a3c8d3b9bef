"""What wrk says becomes a figure only when every request was answered with success."""

import json

import pytest

from bench.cores import BenchRefused
from bench.load.wrk import Closed, result_of
from bench.workloads import workloads

GET = workloads()[0]
GOOD = {"answered": 800, "elapsed": 2.0, "connect": 0, "read": 0, "write": 0, "status": 0, "timeout": 0}


def said(**changes: float) -> str:
    return f"Running 2s test\nBENCH {json.dumps({**GOOD, **changes})}\n"


def test_good_run() -> None:
    assert result_of(said(), GET) == Closed(800, 2.0)
    assert result_of(said(), GET).rate == 400


@pytest.mark.parametrize(
    "changes",
    [{"connect": 1}, {"read": 1}, {"write": 1}, {"status": 1}, {"timeout": 1}, {"answered": 0}, {"elapsed": -1.0}],
)
def test_refused(changes: dict[str, float]) -> None:
    with pytest.raises(BenchRefused):
        result_of(said(**changes), GET)


def test_no_result() -> None:
    with pytest.raises(BenchRefused, match="unable to connect"):
        result_of("unable to connect to localhost", GET)
