"""Labs that the tests of one file share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live.labs import Lab, running_lab
from tests.live.municipality import Municipality, accept


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The lab as it comes, with its sample application."""
    with running_lab(tmp_path_factory.mktemp("lab") / "lab") as running:
        yield running


@pytest.fixture(scope="module")
def shared_municipality() -> Iterator[Municipality]:
    with Municipality() as running:
        yield running


@pytest.fixture
def municipality(shared_municipality: Municipality) -> Municipality:
    """The application behind `recorded_lab`, well-behaved and with nothing received."""
    shared_municipality.behaviour = accept
    shared_municipality.received.clear()
    return shared_municipality


@pytest.fixture(scope="module")
def recorded_lab(tmp_path_factory: pytest.TempPathFactory, shared_municipality: Municipality) -> Iterator[Lab]:
    """A lab in front of `municipality`, with short deadlines."""
    config = """
[limits]
application_timeout_ms = 1500
exchange_timeout_ms = 4000
response_bytes = 300000
ipc_timeout_ms = 1500
"""
    with running_lab(tmp_path_factory.mktemp("lab") / "lab", app=shared_municipality.url, config=config) as running:
        yield running
