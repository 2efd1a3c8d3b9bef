"""Channels between roles: docs/spec/ipc.md sections 1 and 2, over real sockets; and no descriptor is ever left open."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import trio
import trio.testing

from relay.base.errors import Unavailable
from relay.base.reasons import Reason
from relay.ipc.messages import PACKET_BYTES, Answer, Answers, Recorded
from relay.net.channel import Channel, accept_forever
from relay.net.listen import open_seqpacket_listener
from tests.descriptors import held, none_left
from tests.services import Service, question

TIMEOUT_S = 5.0


@pytest.fixture
async def service(no_descriptor_is_left: None, tmp_path: Path) -> AsyncIterator[Service]:
    service = Service(tmp_path / "service.sock")
    yield service
    service.stop()


@pytest.fixture
async def channel(service: Service, nursery: trio.Nursery) -> AsyncIterator[Channel]:
    channel = Channel(service.path, unavailable=Reason.EGRESS_UNAVAILABLE, lost=Reason.EGRESS_LOST, timeout_s=TIMEOUT_S)
    nursery.start_soon(channel.run)
    yield channel
    nursery.cancel_scope.cancel()
    channel.close()


class Call:
    """A call in a task of its own, and what became of it."""

    def __init__(self, channel: Channel, nursery: trio.Nursery, descriptors: tuple[int, ...] = ()) -> None:
        self.number = 0
        self.answer: Answer | None = None
        self.descriptors: list[int] = []
        self.error: Unavailable | None = None
        self.scope = trio.CancelScope()
        nursery.start_soon(self._run, channel, descriptors)

    async def _run(self, channel: Channel, descriptors: tuple[int, ...]) -> None:
        request = question(channel)
        self.number = request.call
        try:
            with self.scope:
                self.answer, self.descriptors = await channel.call(request, descriptors)
        except Unavailable as error:
            self.error = error


async def reason_of(call: Callable[[], Awaitable[object]]) -> Reason:
    with pytest.raises(Unavailable) as caught:
        await call()
    return caught.value.reason


async def settled() -> None:
    await trio.testing.wait_all_tasks_blocked()


async def test_an_answer_goes_to_the_task_that_asked(
    channel: Channel, service: Service, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    calls = [Call(channel, nursery) for _ in range(20)]
    asked = [await service.asked() for _ in calls]
    assert channel.open_calls == 20
    for number in reversed(asked):
        service.answer(number, index=1000 + number)
    await settled()
    assert [call.answer for call in calls] == [Recorded(call=c.number, index=1000 + c.number) for c in calls]
    assert channel.open_calls == 0


async def test_several_answers_in_one_packet(
    channel: Channel, service: Service, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """Each goes to its task; one whose caller has given up takes no other with it."""
    calls = [Call(channel, nursery) for _ in range(4)]
    numbers = [await service.asked() for _ in calls]
    calls[1].scope.cancel()
    await settled()
    service.say(Answers(tuple(Recorded(call=number, index=10 + number) for number in reversed(numbers))))
    await settled()
    assert [call.answer for call in calls] == [
        None if position == 1 else Recorded(call=call.number, index=10 + call.number)
        for position, call in enumerate(calls)
    ]
    assert channel.is_connected


async def test_a_descriptor_beside_several_answers(
    channel: Channel, service: Service, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    calls = [Call(channel, nursery) for _ in range(2)]
    numbers = [await service.asked() for _ in calls]
    with open("/dev/null") as file:
        service.say(Answers(tuple(Recorded(call=number, index=1) for number in numbers)), [os.dup(file.fileno())])
    await settled()
    assert [call.error and call.error.reason for call in calls] == [Reason.EGRESS_LOST] * 2


async def test_no_service(tmp_path: Path) -> None:
    absent = Channel(tmp_path / "none.sock", unavailable=Reason.LEDGER_UNAVAILABLE, timeout_s=TIMEOUT_S)
    assert await reason_of(lambda: absent.call(question(absent))) is Reason.LEDGER_UNAVAILABLE
    assert not absent.is_connected


async def test_no_answer_in_time(channel: Channel, service: Service, autojump_clock: trio.testing.MockClock) -> None:
    began = trio.current_time()
    assert await reason_of(lambda: channel.call(question(channel))) is Reason.EGRESS_LOST  # it was sent
    assert trio.current_time() - began == TIMEOUT_S
    assert channel.open_calls == 0
    assert channel.is_connected


async def test_a_late_answer_is_dropped_and_its_descriptor_closed(
    channel: Channel, service: Service, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    late = Call(channel, nursery)
    number = await service.asked()
    await trio.sleep(TIMEOUT_S + 1)
    assert late.error is not None
    before = held()
    service.answer(number, descriptors=[os.memfd_create("late")])
    await settled()
    assert held().keys() == before.keys()
    nursery.start_soon(_answer_one, service)
    answer, _ = await channel.call(question(channel))  # the connection goes on
    assert isinstance(answer, Recorded)


async def _answer_one(service: Service) -> None:
    service.answer(await service.asked())


async def test_a_caller_that_is_cancelled_leaves_nothing_behind(
    channel: Channel, service: Service, nursery: trio.Nursery
) -> None:
    call = Call(channel, nursery)
    number = await service.asked()
    call.scope.cancel()
    await settled()
    assert channel.open_calls == 0
    service.answer(number, descriptors=[os.memfd_create("late")])
    await settled()
    assert (call.answer, call.error, channel.is_connected) == (None, None, True)


async def test_descriptors_come_with_their_answer(channel: Channel, service: Service, nursery: trio.Nursery) -> None:
    call = Call(channel, nursery)
    number = await service.asked()
    memfd = os.memfd_create("answer")
    os.write(memfd, b"sealed")
    service.answer(number, descriptors=[memfd])
    await settled()
    (received,) = call.descriptors
    assert os.pread(received, 10, 0) == b"sealed"
    assert os.get_inheritable(received) is False
    os.close(received)


async def test_descriptors_go_with_their_request(channel: Channel, service: Service, nursery: trio.Nursery) -> None:
    memfd = os.memfd_create("request")
    os.write(memfd, b"sealed")
    Call(channel, nursery, (memfd,))
    packet = await service.receive()
    os.close(memfd)
    (received,) = packet.descriptors
    assert os.pread(received, 10, 0) == b"sealed"
    os.close(received)


async def test_a_lost_connection_ends_every_open_call(
    channel: Channel, service: Service, nursery: trio.Nursery
) -> None:
    calls = [Call(channel, nursery) for _ in range(3)]
    for _ in calls:
        await service.asked()
    service.stop()
    await settled()
    assert [call.error.reason for call in calls if call.error] == [Reason.EGRESS_LOST] * 3
    assert not channel.is_connected
    assert await reason_of(lambda: channel.call(question(channel))) is Reason.EGRESS_UNAVAILABLE  # nothing was sent


async def test_it_connects_again_when_the_service_is_back(
    channel: Channel, service: Service, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    nursery.start_soon(_answer_one, service)
    await channel.call(question(channel))
    service.stop()
    await settled()
    service.start()
    nursery.start_soon(_answer_one, service)
    answer, _ = await channel.call(question(channel))
    assert isinstance(answer, Recorded)


async def test_it_connects_by_itself(
    channel: Channel, service: Service, autojump_clock: trio.testing.MockClock
) -> None:
    """So that `is_connected` is true of a service that is there, also while nobody calls."""
    await settled()
    assert channel.is_connected
    await service.accept()
    service.stop()
    await trio.sleep(10)
    assert not channel.is_connected
    service.start()
    await trio.sleep(1)
    assert channel.is_connected


async def test_a_service_that_accepts_and_closes_is_not_called_on_without_end(
    channel: Channel, service: Service, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    accepted = 0

    async def shut_the_door() -> None:
        nonlocal accepted
        while True:
            await service.accept()
            assert service.sock is not None
            service.sock.close()
            accepted += 1

    nursery.start_soon(shut_the_door)
    await trio.sleep(10)
    assert 10 < accepted <= 21  # twice a second


async def test_each_call_has_its_own_deadline(
    channel: Channel, service: Service, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    calls = []
    for _ in range(3):
        calls.append(Call(channel, nursery))
        await trio.sleep(1)
    await trio.sleep(TIMEOUT_S - 2.5)
    assert [call.error is not None for call in calls] == [True, False, False]
    await trio.sleep(1)
    assert [call.error is not None for call in calls] == [True, True, False]


@pytest.mark.parametrize(
    "packet",
    [b"\xc1", bytes(PACKET_BYTES), bytes(PACKET_BYTES + 1), b"\x93\xa8Recorded\x01\xff"],
    ids=["not a message", "n", "n+1", "wrong type"],
)
async def test_a_service_that_breaks_the_protocol_is_left(
    channel: Channel, service: Service, nursery: trio.Nursery, packet: bytes
) -> None:
    call = Call(channel, nursery)
    await service.asked()
    service.say(packet, [os.memfd_create("beside")])
    await settled()
    assert call.error is not None
    assert call.error.reason is Reason.EGRESS_LOST


async def test_an_answer_that_nobody_asked_for_is_dropped(
    channel: Channel, service: Service, nursery: trio.Nursery
) -> None:
    call = Call(channel, nursery)
    number = await service.asked()
    service.answer(number + 1, descriptors=[os.memfd_create("unasked")])
    service.answer(number)
    await settled()
    assert call.answer == Recorded(call=number, index=0)


async def _fill(channel: Channel, nursery: trio.Nursery) -> list[Call]:
    """Calls until the service's buffer is full, and two more that must wait for it."""
    calls: list[Call] = []
    while len(calls) < 2 or channel.open_calls > len(calls) - 2:
        calls.append(Call(channel, nursery))
        await settled()
    return calls


async def test_a_service_that_reads_slowly_is_waited_for(
    channel: Channel, service: Service, nursery: trio.Nursery
) -> None:
    calls = await _fill(channel, nursery)
    for _ in calls:
        service.answer(await service.asked())
        await settled()
    assert all(call.answer is not None for call in calls)


async def test_a_service_that_does_not_read_is_unavailable(
    channel: Channel, service: Service, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """What was sent may have been acted on; what found no room cannot have been."""
    calls = await _fill(channel, nursery)
    await trio.sleep(2 * TIMEOUT_S)
    reasons = [call.error.reason for call in calls if call.error is not None]
    assert reasons == [Reason.EGRESS_LOST] * (len(calls) - 2) + [Reason.EGRESS_UNAVAILABLE] * 2


async def test_the_connection_is_lost_while_several_tasks_wait_for_room(
    channel: Channel, service: Service, nursery: trio.Nursery
) -> None:
    calls = await _fill(channel, nursery)
    await service.accept()
    service.stop()
    await settled()
    assert all(call.error is not None for call in calls)
    assert {call.error.reason for call in calls[-2:] if call.error} == {Reason.EGRESS_UNAVAILABLE}


def test_call_numbers_have_32_bits(tmp_path: Path) -> None:
    channel = Channel(tmp_path / "none", unavailable=Reason.LEDGER_UNAVAILABLE, timeout_s=1)
    channel._last_call = (1 << 32) - 2
    assert [channel.next_call(), channel.next_call()] == [(1 << 32) - 1, 0]


async def test_at_most_so_many_connections_are_served_at_a_time(tmp_path: Path) -> None:
    listener = open_seqpacket_listener(str(tmp_path / "many.sock"), mode=0o600)
    serving: list[socket.socket] = []

    async def serve(sock: socket.socket) -> None:
        serving.append(sock)
        await trio.lowlevel.wait_readable(sock)
        serving.remove(sock)

    clients = [socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(3)]
    with none_left():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(lambda: accept_forever(listener, serve, connections_most=2))
            for client in clients:
                client.connect(str(tmp_path / "many.sock"))
            await settled()
            assert len(serving) == 2
            clients[0].close()
            await settled()
            assert len(serving) == 2
            clients[1].close()
            await settled()
            assert len(serving) == 1
            clients[2].close()
            await settled()
            nursery.cancel_scope.cancel()
        assert serving == []
    listener.close()
