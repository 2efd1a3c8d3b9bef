"""The way to the municipal application: what is asked, which answers are taken, and that nothing is asked twice."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable

import pytest
import trio
import trio.testing

from relay.base.errors import Refused
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.envelope.bhttp_grammar import RequestHead
from relay.gate.application import RECEIVE_BYTES, Application, Response
from relay.net.parcel import Parcel
from tests.applications import ScriptedApplication, Visit
from tests.links import Link

LIMITS = Limits(application_timeout_ms=2_000, connect_timeout_ms=500, response_bytes=2_000, response_header_bytes=1_024)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer: x\r\n\r\nok"
GET = RequestHead(
    b"GET", b"town.example", b"/status/1?q=%20", ((b"accept", b"text/html"), (b"forwarded", b"for=192.0.2.1"))
)
POST = RequestHead(b"POST", b"town.example:8443", b"/form", ((b"content-type", b"text/plain"),))
HEAD = RequestHead(b"HEAD", b"town.example", b"/", ())
Start = Callable[..., Awaitable["Gate"]]


class Gate:
    """The gate's side of one application."""

    def __init__(self, municipal: ScriptedApplication) -> None:
        self.municipal = municipal
        self.application = Application(municipal.url, LIMITS)
        self.content = b""

    async def send(self, head: RequestHead = GET, content: bytes = b"") -> Response:
        self.content = b""

        def take(piece: bytes) -> None:
            self.content += piece

        with Parcel.of(content) as parcel:
            return await self.application.send(head, parcel, take)

    async def refused(self, head: RequestHead = GET, content: bytes = b"") -> Reason:
        with pytest.raises(Refused) as caught:
            await self.send(head, content)
        return caught.value.reason

    async def close(self) -> None:
        for stream in self.application._idle:
            await stream.aclose()


@pytest.fixture
async def start(nursery: trio.Nursery):  # type: ignore[no-untyped-def]  # a generator of a coroutine function
    made: list[Gate] = []

    async def one(*pieces: bytes, close: bool = False, scripts: tuple[object, ...] = ()) -> Gate:
        municipal = ScriptedApplication(nursery)
        municipal.scripts = list(scripts) or [municipal.answers(*pieces, close=close)]  # type: ignore[arg-type]  # scripts
        await municipal.start()
        made.append(Gate(municipal))
        return made[-1]

    yield one
    for gate in made:
        await gate.close()
    nursery.cancel_scope.cancel()


async def test_what_the_application_is_asked(start: Start) -> None:
    gate = await start(OK)
    response = await gate.send()
    assert (response.status, gate.content) == (200, b"ok")
    assert response.headers == [(b"content-length", b"2"), (b"server", b"x")]
    await gate.send(POST, b"a form")
    await gate.send(POST)
    assert gate.municipal.requests == [
        b"GET /status/1?q=%20 HTTP/1.1\r\nhost: town.example\r\naccept: text/html\r\nforwarded: for=192.0.2.1\r\n\r\n",
        b"POST /form HTTP/1.1\r\nhost: town.example:8443\r\ncontent-type: text/plain\r\ncontent-length: 6\r\n\r\na form",
        b"POST /form HTTP/1.1\r\nhost: town.example:8443\r\ncontent-type: text/plain\r\ncontent-length: 0\r\n\r\n",
    ]
    assert gate.municipal.connections == 1


async def test_a_large_request_arrives_whole(start: Start) -> None:
    gate = await start(OK)
    await gate.send(POST, bytes(5 * RECEIVE_BYTES + 1))
    assert len(gate.municipal.requests[0].partition(b"\r\n\r\n")[2]) == 5 * RECEIVE_BYTES + 1


@pytest.mark.parametrize(
    ("answer", "head", "status", "content"),
    [
        ((b"HTTP/1.1 204 No Content\r\n\r\n",), GET, 204, b""),
        ((b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",), GET, 304, b""),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n",), HEAD, 200, b""),
        (
            (b"HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"),
            GET,
            500,
            b"abc",
        ),
        ((b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", OK), GET, 200, b"ok"),
        (tuple(bytes([byte]) for byte in OK), GET, 200, b"ok"),
        ((b"HTTP/1.1 200 OK\r\nConnection: close\r\nKeep-Alive: 1\r\nContent-Length: 2\r\n\r\nok",), GET, 200, b"ok"),
    ],
    ids=["204", "304", "HEAD", "chunked", "1xx", "single bytes", "close"],
)
async def test_answers_that_are_taken(
    start: Start, answer: tuple[bytes, ...], head: RequestHead, status: int, content: bytes
) -> None:
    gate = await start(*answer)
    response = await gate.send(head)
    assert (response.status, gate.content) == (status, content)
    names = {name for name, _ in response.headers}
    assert not names & {b"connection", b"keep-alive", b"transfer-encoding"}


async def test_an_answer_that_ends_with_its_connection(start: Start) -> None:
    gate = await start(b"HTTP/1.0 200 OK\r\n\r\nuntil the end", close=True)
    await gate.send()
    assert gate.content == b"until the end"
    await gate.send()
    assert gate.municipal.connections == 2


BAD = {
    "nothing": (),
    "garbage": (b"\x00\x01\x02\x03\r\n\r\n",),
    "another protocol": (b"SSH-2.0-x\r\n\r\n",),
    "a status line only": (b"HTTP/1.1 200 OK\r\n",),
    "cut in the head": (OK[:30],),
    "cut in the content": (OK[:-1],),
    "cut in a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",),
    "without the last chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",),
    "two lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",),
    "a length that is none": (b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok",),
    "lengths that differ": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",),
    "a bare line feed": (b"HTTP/1.1 200 OK\r\nLocation: a\nSet-Cookie: x=y\r\nContent-Length: 2\r\n\r\nok",),
    "a folded line": (b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok",),
    "more than one answer": (OK + OK,),
    "bytes after the end": (OK + b"x",),
    "1xx and no more": (b"HTTP/1.1 100 Continue\r\n\r\n",),
    "another protocol from now on": (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",),
    "a head without end": (b"HTTP/1.1 200 OK\r\nX: ", b"x" * 5_000),
}


@pytest.mark.parametrize("said", BAD.values(), ids=BAD)
async def test_answers_that_are_not_taken(start: Start, said: tuple[bytes, ...]) -> None:
    """The application may have acted on the request: it is not sent again, and its connection is not used again."""
    gate = await start(*said, close=True)
    assert await gate.refused() is Reason.APPLICATION_INVALID
    assert (gate.municipal.connections, len(gate.municipal.requests)) == (1, 1)
    assert gate.application._idle == []


async def test_the_content_of_an_answer_has_a_most(start: Start) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"3e8\r\n" + bytes(1_000) + b"\r\n"
    gate = await start(head, chunk, chunk, b"0\r\n\r\n")
    await gate.send()
    assert len(gate.content) == LIMITS.response_bytes
    gate = await start(head, chunk, chunk, b"1\r\nx\r\n", b"0\r\n\r\n")
    assert await gate.refused() is Reason.RESPONSE_TOO_LARGE
    assert gate.application._idle == []


async def test_nobody_listens(start: Start) -> None:
    gate = await start(OK)
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    gate.application = Application(f"http://127.0.0.1:{listener.socket.getsockname()[1]}", LIMITS)
    await listener.aclose()
    assert await gate.refused() is Reason.APPLICATION_UNAVAILABLE


async def test_a_connection_that_ended_while_it_was_idle_is_not_used(start: Start) -> None:
    gate = await start(OK)

    async def once(visit: Visit) -> None:
        gate.municipal.requests.append(await visit.request())
        await visit.say(OK)

    gate.municipal.scripts = [once]
    for number in range(1, 4):
        await gate.send(POST, b"a form")
        await trio.testing.wait_all_tasks_blocked()
        assert (gate.municipal.connections, len(gate.municipal.requests)) == (number, number)


async def test_a_connection_that_said_something_unasked_is_not_used(start: Start) -> None:
    said = trio.Event()

    async def talks(visit: Visit) -> None:
        await visit.request()
        await visit.say(OK)
        await trio.testing.wait_all_tasks_blocked()
        await visit.say(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong")
        said.set()
        await trio.sleep_forever()

    gate = await start(scripts=(talks,))
    gate.municipal.scripts.append(gate.municipal.answers(OK))
    await gate.send()
    await said.wait()
    await gate.send()
    assert (gate.content, gate.municipal.connections) == (b"ok", 2)


async def test_a_connection_that_ends_when_it_is_used_again_is_not_tried_twice(start: Start) -> None:
    """Nobody can know whether the request was acted on (P5)."""

    async def closes_at_the_second(visit: Visit) -> None:
        await visit.request()
        await visit.say(OK)
        await visit.request()

    gate = await start(scripts=(closes_at_the_second,))
    await gate.send()
    assert await gate.refused(POST, b"a form") is Reason.APPLICATION_INVALID
    assert gate.municipal.connections == 1


async def test_several_at_a_time_have_connections_of_their_own(start: Start, nursery: trio.Nursery) -> None:
    together = trio.Event()

    async def waits(visit: Visit) -> None:
        await visit.request()
        await together.wait()
        await visit.say(OK)
        await trio.sleep_forever()

    gate = await start(scripts=(waits,))
    async with trio.open_nursery() as asking:
        for _ in range(3):
            asking.start_soon(gate.send)
        await trio.testing.wait_all_tasks_blocked()
        assert gate.municipal.connections == 3
        together.set()
    assert len(gate.application._idle) == 3


async def test_an_application_that_does_not_answer(start: Start, autojump_clock: trio.testing.MockClock) -> None:
    async def silent(visit: Visit) -> None:
        await visit.request()
        await trio.sleep_forever()

    gate = await start(scripts=(silent,))
    assert await gate.refused() is Reason.APPLICATION_TIMEOUT
    assert trio.current_time() == 2.0
    assert gate.application._idle == []


async def test_an_application_that_answers_in_drops(start: Start, autojump_clock: trio.testing.MockClock) -> None:
    """The deadline is of the whole answer."""

    async def drips(visit: Visit) -> None:
        await visit.request()
        await visit.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            await trio.sleep(0.5)
            await visit.say(b"x")

    gate = await start(scripts=(drips,))
    assert await gate.refused() is Reason.APPLICATION_TIMEOUT
    assert trio.current_time() == 2.0


async def test_an_answer_before_the_whole_request_was_read(start: Start) -> None:
    async def too_large(visit: Visit) -> None:
        await visit.stream.receive_some(10)
        await visit.say(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await visit.stream.send_eof()
        with trio.move_on_after(5):
            while await visit.stream.receive_some():
                pass

    gate = await start(scripts=(too_large,))
    response = await gate.send(POST, bytes(1_000_000))
    assert response.status == 413
    assert gate.application._idle == []


async def test_a_request_that_is_cancelled_closes_its_connection(start: Start, nursery: trio.Nursery) -> None:
    closed = trio.Event()

    async def waits(visit: Visit) -> None:
        await visit.request()
        assert await visit.stream.receive_some() == b""
        closed.set()

    gate = await start(scripts=(waits,))
    with trio.CancelScope() as scope:

        async def cancel() -> None:
            await trio.testing.wait_all_tasks_blocked()
            scope.cancel()

        nursery.start_soon(cancel)
        await gate.send()
    await closed.wait()


@pytest.fixture(scope="module")
def authority() -> Link:
    return Link()


async def test_tls_is_verified(start: Start, nursery: trio.Nursery, authority: Link, tmp_path: object) -> None:
    """An application at https: proves its name, and one that cannot is not asked."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    gate = await start(OK)
    pem = str(tmp_path) + "/application.pem"
    issued = authority.authority.issue(["127.0.0.1"], "server")
    with open(pem, "wb") as file:
        file.write(issued.key_pem + issued.chain_pem)
    server.load_cert_chain(pem)
    asked: list[bytes] = []

    async def serve(stream: trio.SocketStream) -> None:
        tls = trio.SSLStream(stream, server, server_side=True, https_compatible=True)
        try:
            asked.append(bytes(await tls.receive_some()))
            await tls.send_all(OK)
        except trio.BrokenResourceError:
            pass
        finally:
            await trio.aclose_forcefully(stream)

    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    nursery.start_soon(trio.serve_listeners, serve, [listener])
    port = listener.socket.getsockname()[1]
    gate.application = Application(f"https://127.0.0.1:{port}", LIMITS)
    assert await gate.refused() is Reason.APPLICATION_UNAVAILABLE
    assert b"".join(asked) == b""
    assert gate.application._tls is not None
    gate.application._tls.load_verify_locations(cadata=authority.authority.anchor_pem.decode())
    assert (await gate.send()).status == 200
    assert b"".join(asked).startswith(b"GET ")
