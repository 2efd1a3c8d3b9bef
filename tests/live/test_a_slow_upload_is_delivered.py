"""An upload may take longer than an envelope may live: the envelope's life begins when it is whole."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.live.labs import Lab, head_of, running_lab, until
from tests.live.municipality import Municipality

pytestmark = pytest.mark.live

LIFETIME_MS = 1_000  # the least that may be configured
CHUNK_BYTES = 65_536  # of plaintext: after two of them the header of the envelope has been written
CONFIG = f"""
[limits]
envelope_lifetime_ms = {LIFETIME_MS}
exchange_timeout_ms = {LIFETIME_MS}
application_timeout_ms = {LIFETIME_MS - 100}
connect_timeout_ms = {LIFETIME_MS}
"""


@pytest.fixture(scope="module")
def impatient_lab(tmp_path_factory: pytest.TempPathFactory, shared_municipality: Municipality) -> Iterator[Lab]:
    directory = tmp_path_factory.mktemp("lab") / "lab"
    with running_lab(directory, app=shared_municipality.url, config=CONFIG, open_routes=True) as running:
        yield running


def test_a_body_that_comes_slower_than_an_envelope_lives_is_delivered(
    impatient_lab: Lab, municipality: Municipality
) -> None:
    begun, rest = b"b" * (3 * CHUNK_BYTES), b"r" * CHUNK_BYTES
    head = head_of("POST", "/upload", {"Content-Type": "application/octet-stream"}, length=len(begun + rest))
    with impatient_lab.client() as client:
        client.send(head + begun)
        began = time.monotonic()
        until(lambda: time.monotonic() > began + 2 * LIFETIME_MS / 1000, "two lifetimes are over")
        client.send(rest)
        answer = client.answer("POST")
    assert (answer.status, len(municipality.received)) == (200, 1)
    assert municipality.received[0].body == begun + rest
    assert impatient_lab.record(transfer=answer.transfer, kind="outcome")["result"] == "delivered"
