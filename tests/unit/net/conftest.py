"""A link between a relay and a gate, and both of its ends."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from relay.net.tls_stream import TlsStream
from tests.links import Link
from tests.streams import connected


@pytest.fixture(scope="module")
def link() -> Link:
    return Link()


@pytest.fixture
async def ends(link: Link) -> AsyncIterator[tuple[TlsStream, TlsStream]]:
    client, server = await connected(link)
    yield client, server
    client.close()
    server.close()
