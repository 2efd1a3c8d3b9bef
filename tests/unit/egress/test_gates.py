"""Which gate is asked, and when another one: docs/spec/link.md section 3.3, over real links to scripted gates."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import trio
import trio.testing

from relay.base.errors import Refused, Unavailable
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.egress.exchange import GateConnection
from relay.egress.gates import Delivered, ExchangeFailed, Gate, Gates
from relay.net.parcel import Parcel
from tests.gates import FakeGate, GateEnd, Script, closes_unasked, echo, is_silent, refuses, takes_and_closes

LIMITS = Limits(gate_connections=2, gate_idle_ms=1_000, exchange_timeout_ms=5_000, connect_timeout_ms=500)
ENVELOPE = Parcel.of(b"sealed request")
LARGE = Parcel.of(bytes(1_000_000))
DOWN = Unavailable(Reason.GATE_UNAVAILABLE, "refused")
pytestmark = pytest.mark.usefixtures("no_descriptor_is_left")


class Municipality:
    """Tenant `a` with the given gates, in the order of their names, and the egress's view of them."""

    def __init__(self, nursery: trio.Nursery, **scripts: Script | Refused | Unavailable | list[object]) -> None:
        self.fakes = {
            name: FakeGate(nursery, *(script if isinstance(script, list) else [script]))
            for name, script in scripts.items()
        }
        self.made: list[GateConnection] = []
        self.gates = Gates({"a": list(self.fakes)}, self._connect, LIMITS)
        nursery.start_soon(self.gates.end_overdue_forever)

    async def _connect(self, name: str) -> GateConnection:
        self.made.append(await self.fakes[name].connect())
        return self.made[-1]

    async def exchange(self, envelope: Parcel = ENVELOPE) -> Delivered:
        return await self.gates.exchange("a", envelope)

    async def failure(self, envelope: Parcel = ENVELOPE) -> tuple[Reason, str, int]:
        with pytest.raises(ExchangeFailed) as caught:
            await self.exchange(envelope)
        return caught.value.reason, caught.value.gate, caught.value.attempts

    @property
    def connected(self) -> dict[str, int]:
        return {name: fake.connected for name, fake in self.fakes.items()}

    def close(self) -> None:
        for connection in self.made:
            connection.close()


Make = Callable[..., Municipality]


@pytest.fixture
def municipality(nursery: trio.Nursery) -> Iterator[Make]:
    made: list[Municipality] = []

    def make(**scripts: Script | Refused | Unavailable | list[object]) -> Municipality:
        made.append(Municipality(nursery, **scripts))
        return made[-1]

    yield make
    for one in made:
        one.close()


async def test_the_first_gate_is_asked(municipality: Make) -> None:
    place = municipality(one=echo, two=echo)
    delivered = await place.exchange()
    assert (delivered.gate, delivered.attempts, delivered.answer.response.inline) == ("one", 1, ENVELOPE.inline)
    assert place.connected == {"one": 1, "two": 0}
    assert place.gates.by_name["one"].is_up


async def test_a_tenant_without_a_gate(municipality: Make) -> None:
    place = municipality(one=echo)
    with pytest.raises(ExchangeFailed) as caught:
        await place.gates.exchange("b", ENVELOPE)
    assert (caught.value.reason, caught.value.gate, caught.value.attempts) == (Reason.GATE_UNAVAILABLE, "", 0)


@pytest.mark.parametrize("error", [DOWN, Refused(Reason.CERT_PIN_MISMATCH), Unavailable(Reason.CERT_EXPIRED)], ids=str)
async def test_a_gate_that_cannot_be_reached(municipality: Make, error: Refused | Unavailable) -> None:
    """The next one is asked, and from then on this one is passed over until a probe succeeds."""
    place = municipality(one=[error, echo], two=echo)
    delivered = await place.exchange()
    assert (delivered.gate, delivered.attempts) == ("two", 2)
    one = place.gates.by_name["one"]
    assert (one.is_up, one.reason) == (False, error.reason)
    assert (await place.exchange()).attempts == 1
    assert place.connected == {"one": 1, "two": 1}
    await place.gates.probe(one)
    assert (await place.exchange()).gate == "one"


async def test_a_gate_that_does_not_take_the_connection(
    municipality: Make, autojump_clock: trio.testing.MockClock
) -> None:
    place = municipality(one=echo, two=echo)

    async def hangs(name: str) -> GateConnection:
        await trio.sleep_forever()
        raise AssertionError

    place.gates.by_name["one"]._connect = hangs
    assert (await place.exchange()).gate == "two"
    assert trio.current_time() == 0.5
    assert place.gates.by_name["one"].failure == "no connection in time"


async def test_when_every_gate_is_down(municipality: Make) -> None:
    place = municipality(one=DOWN, two=Unavailable(Reason.CERT_REVOKED))
    assert await place.failure() == (Reason.CERT_REVOKED, "two", 2)
    assert await place.failure() == (Reason.CERT_REVOKED, "two", 0)  # known to be down: not even tried
    assert place.connected == {"one": 1, "two": 1}


async def test_what_cannot_have_arrived_goes_to_another_gate(municipality: Make) -> None:
    place = municipality(one=closes_unasked, two=echo)
    delivered = await place.exchange(LARGE)
    assert (delivered.gate, delivered.attempts) == ("two", 3)  # the first gate had two chances
    delivered.answer.response.close()


async def test_what_may_have_arrived_goes_to_the_same_gate_once_more(municipality: Make) -> None:
    place = municipality(one=[takes_and_closes, echo], two=echo)
    delivered = await place.exchange()
    assert (delivered.gate, delivered.attempts) == ("one", 2)
    assert place.connected == {"one": 2, "two": 0}


async def test_what_may_have_arrived_never_goes_to_another_gate(municipality: Make) -> None:
    place = municipality(one=takes_and_closes, two=echo)
    assert await place.failure() == (Reason.GATE_LINK_INVALID, "one", 2)
    assert place.connected["two"] == 0


async def test_nor_when_the_second_connection_fails(municipality: Make) -> None:
    place = municipality(one=[takes_and_closes, DOWN], two=echo)
    assert await place.failure() == (Reason.GATE_LINK_INVALID, "one", 2)
    assert place.connected["two"] == 0


async def test_nor_when_the_second_attempt_cannot_have_arrived(municipality: Make) -> None:
    async def takes_all_and_closes(end: GateEnd) -> None:
        await end.frame()

    place = municipality(one=[takes_all_and_closes, closes_unasked], two=echo)
    assert await place.failure(LARGE) == (Reason.GATE_LINK_INVALID, "one", 2)
    assert place.connected["two"] == 0


@pytest.mark.parametrize(
    ("second", "told"),
    [
        (Reason.ENVELOPE_REPLAYED, Reason.GATE_LINK_INVALID),  # the first had arrived
        (Reason.ENVELOPE_STALE, Reason.GATE_LINK_INVALID),  # the gate has not asked its memory
        (Reason.RECIPIENT_UNKNOWN, Reason.GATE_LINK_INVALID),
        (Reason.APPLICATION_UNAVAILABLE, Reason.APPLICATION_UNAVAILABLE),  # it has: the first had not arrived
        (Reason.APPLICATION_TIMEOUT, Reason.APPLICATION_TIMEOUT),
        (Reason.APPLICATION_INVALID, Reason.APPLICATION_INVALID),
    ],
)
async def test_what_a_refusal_of_the_second_attempt_says(municipality: Make, second: Reason, told: Reason) -> None:
    place = municipality(one=[takes_and_closes, refuses(second)], two=echo)
    assert await place.failure() == (told, "one", 2)
    assert place.connected["two"] == 0


async def test_a_refusal_is_final(municipality: Make) -> None:
    place = municipality(one=refuses(Reason.ENVELOPE_STALE), two=echo)
    assert await place.failure() == (Reason.ENVELOPE_STALE, "one", 1)
    assert await place.failure() == (Reason.ENVELOPE_STALE, "one", 1)
    assert place.connected == {"one": 1, "two": 0}  # and the connection is used again


async def test_a_gate_that_does_not_answer(municipality: Make, autojump_clock: trio.testing.MockClock) -> None:
    place = municipality(one=is_silent, two=echo)
    assert await place.failure() == (Reason.GATE_TIMEOUT, "one", 1)
    assert trio.current_time() == 5.0
    assert place.connected == {"one": 1, "two": 0}
    assert place.gates.by_name["one"].connections == 0


async def test_an_idle_connection_is_used_again_and_not_for_ever(
    municipality: Make, autojump_clock: trio.testing.MockClock
) -> None:
    place = municipality(one=echo)
    await place.exchange()
    await trio.sleep(0.999)
    await place.exchange()
    assert place.connected["one"] == 1
    await trio.sleep(1)
    await place.exchange()
    assert place.connected["one"] == 2
    assert place.gates.by_name["one"].connections == 1


async def test_no_connection_outlives_its_age_however_much_it_is_used(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    fake = FakeGate(nursery, echo)
    gate = Gate("one", lambda _: fake.connect(), Limits(gate_connection_age_ms=3_000, gate_idle_ms=60_000))

    async def use() -> None:
        connection = await gate.take()
        await connection.ping()
        gate.put_away(connection, usable=True)

    for _ in range(3):
        await use()
        await trio.sleep(1)
    await use()  # at 3.0 s exactly
    assert (gate.connections, fake.connected) == (1, 1)
    await trio.sleep(0.001)
    await use()
    assert (gate.connections, fake.connected) == (0, 1)
    await trio.testing.wait_all_tasks_blocked()


async def test_an_idle_connection_that_the_gate_closed_is_not_used(municipality: Make) -> None:
    async def once(end: GateEnd) -> None:
        _, payload = await end.frame()
        await end.answer(payload)

    place = municipality(one=once)
    for number in (1, 2, 3):
        delivered = await place.exchange()
        await trio.testing.wait_all_tasks_blocked()
        assert (delivered.attempts, place.connected["one"]) == (1, number)


async def test_idle_connections_are_closed_in_time(municipality: Make, autojump_clock: trio.testing.MockClock) -> None:
    place = municipality(one=echo)
    gate = place.gates.by_name["one"]
    await place.exchange()
    await trio.sleep(0.9)
    gate.drop_idle(1.0)
    assert gate.connections == 1
    await trio.sleep(0.1)
    gate.drop_idle(1.0)
    assert gate.connections == 0


async def test_a_gate_gets_so_many_exchanges_at_a_time(municipality: Make, nursery: trio.Nursery) -> None:
    go = trio.Event()

    async def waits(end: GateEnd) -> None:
        while True:
            _, payload = await end.frame()
            await go.wait()
            await end.answer(payload)

    place = municipality(one=waits)
    done: list[Delivered] = []

    async def one() -> None:
        done.append(await place.exchange())

    for _ in range(5):
        nursery.start_soon(one)
    await trio.testing.wait_all_tasks_blocked()
    assert (place.connected["one"], place.gates.by_name["one"].connections) == (2, 2)
    go.set()
    await trio.testing.wait_all_tasks_blocked()
    assert (len(done), place.connected["one"]) == (5, 2)


async def test_an_exchange_that_is_cancelled_closes_its_connection(municipality: Make, nursery: trio.Nursery) -> None:
    place = municipality(one=is_silent)
    with trio.CancelScope() as scope:
        nursery.start_soon(_cancel_when_blocked, scope)
        await place.exchange()
    assert scope.cancelled_caught
    assert place.gates.by_name["one"].connections == 0


async def _cancel_when_blocked(scope: trio.CancelScope) -> None:
    await trio.testing.wait_all_tasks_blocked()
    scope.cancel()


async def test_probes_tell_when_a_gate_goes_and_when_it_is_back(
    municipality: Make, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    place = municipality(one=[echo, DOWN, DOWN, echo])  # a probe's connection is too old for the next one
    gate = place.gates.by_name["one"]
    assert not gate.is_up
    nursery.start_soon(place.gates.probe_forever, gate)
    seen = []
    await trio.sleep(0.1)  # always between two probes, also when the test ends and cancels them
    for _ in range(6):
        seen.append(gate.is_up)
        await trio.sleep(2.0)
    assert seen == [True, False, False, True, True, True]


async def test_a_gate_that_does_not_answer_a_probe_is_down(
    municipality: Make, autojump_clock: trio.testing.MockClock
) -> None:
    place = municipality(one=[is_silent, takes_and_closes, echo], two=echo)
    gate = place.gates.by_name["one"]
    for _ in range(2):
        await place.gates.probe(gate)
        assert (gate.is_up, gate.reason, gate.connections) == (False, Reason.GATE_UNAVAILABLE, 0)
        assert gate.failure
    assert trio.current_time() == 0.5
    await place.gates.probe(gate)
    assert (gate.is_up, gate.connections) == (True, 1)


async def test_a_probe_that_is_cancelled_closes_its_connection(municipality: Make, nursery: trio.Nursery) -> None:
    place = municipality(one=is_silent)
    with trio.CancelScope() as scope:
        nursery.start_soon(_cancel_when_blocked, scope)
        await place.gates.probe(place.gates.by_name["one"])
    assert place.gates.by_name["one"].connections == 0
