"""Networks and hosts that the tests of one file share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.walls.hosts import Hosts, two_hosts
from tests.walls.networks import Networks, three_networks


@pytest.fixture(scope="module")
def networks() -> Iterator[Networks]:
    with three_networks() as made:
        yield made


@pytest.fixture(scope="module")
def hosts(networks: Networks) -> Iterator[Hosts]:
    with two_hosts(networks) as made:
        yield made
