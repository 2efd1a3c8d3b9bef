"""An answer that shows what it may not: the citizen gets the neutral page, the log an incident with counts, and nobody the value (P7)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import trio
import trio.testing

from relay.base.reasons import Reason, row
from relay.ops.metrics import ANSWER_LEAKS
from relay.tree.record import Outcome, Refusal, encode_record
from tests.fronts import Arrived, Parcel, World, worlds
from tests.metrics import counted
from tests.unit.policy.test_leak_numbers import FOURS, FULL, NUMBER
from tests.unit.policy.test_leaks import SHOWN

Make = Callable[..., World]
HEALTH = b"GET /health HTTP/1.1\r\nHost: minato.example\r\n"
HTML = ((b"content-type", b"text/html; charset=utf-8"),)
CHUNK = 65_536  # of the sealed answer (docs/spec/envelope.md)
CANARY = "marked-canary"
PAGES = {
    **SHOWN,
    "full-width": FULL,
    "grouped": "-".join(FOURS),
    "entities": "".join(f"&#{ord(digit)};" for digit in NUMBER),
}


@pytest.fixture
async def make(no_descriptor_is_left: None, tmp_path: Path, nursery: trio.Nursery) -> AsyncIterator[Make]:
    async with worlds(nursery) as made:

        def one() -> World:
            made.append(World(tmp_path, nursery))
            return made[-1]

        yield one


def answering(content: bytes, *more: tuple[bytes, bytes]) -> Callable[[Arrived], tuple[str, Parcel]]:
    return lambda arrived: ("delivered", arrived.seal(200, (*HTML, *more), content))


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.parametrize("name", PAGES)
async def test_it_is_replaced_by_the_neutral_page(make: Make, name: str, accept: str) -> None:
    world = make()
    world.behave = answering(f"<p>{CANARY}\n{PAGES[name]}</p>".encode())
    reply = await world.ask(HEALTH + f"Accept: {accept}\r\n\r\n".encode())
    entry = row(Reason.RESPONSE_REFUSED)
    assert reply.status == entry.status
    assert entry.ja in reply.body.decode() and entry.en in reply.body.decode()
    (record,) = world.ledger.of(Refusal)
    assert isinstance(record, Refusal)
    assert reply.headers["sekisho-transfer"] == record.transfer and record.transfer in reply.body.decode()
    kind = name if name in SHOWN else "personal_number"
    assert [(finding.stage, finding.target, finding.detail, finding.rule) for finding in record.findings] == [
        ("leaks", "", f"{kind}.1", None)
    ]
    assert counted(world.registry, ANSWER_LEAKS) == {("minato", "health", kind): 1}
    told = reply.body + b"".join(encode_record(one) for one in world.ledger.records) + repr(reply.headers).encode()
    for hidden in (CANARY, PAGES[name], NUMBER, FULL):
        assert hidden.encode() not in told


@pytest.mark.parametrize("place", [CHUNK - 20, CHUNK - 6, CHUNK - 1, CHUNK, 3 * CHUNK - 5])
async def test_it_is_found_across_the_pieces_that_an_answer_comes_in(make: Make, place: int) -> None:
    world = make()
    world.behave = answering(b"x" * (place - 1) + b"\n" + NUMBER.encode() + b"\n" + b"y" * CHUNK)
    assert (await world.ask(HEALTH + b"\r\n")).status == 502


async def test_a_compressed_answer_is_refused(make: Make) -> None:
    world = make()
    world.behave = answering(b"anything", (b"content-encoding", b"br"))
    assert (await world.ask(HEALTH + b"\r\n")).status == 502
    (record,) = world.ledger.of(Refusal)
    assert isinstance(record, Refusal) and [finding.detail for finding in record.findings] == ["unread.1"]


async def test_an_honest_answer_goes_on_as_it_is(make: Make) -> None:
    world = make()
    page = ("受付番号 " + NUMBER + "\n" + "あ" * 100_000).encode()
    world.behave = answering(page)
    reply = await world.ask(HEALTH + b"\r\n")
    assert (reply.status, reply.body) == (200, page)
    assert world.ledger.of(Refusal) == [] and world.ledger.of(Outcome) == []
