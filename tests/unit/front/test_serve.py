"""One connection of the Internet side, from TLS to the answer: what crosses, what is answered, what is recorded, what is counted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
import trio
import trio.testing

from relay.base.reasons import Reason, Stage, row
from relay.ipc.messages import Exchanged, Failed, Message
from relay.net.parcel import Parcel
from relay.ops.metrics import REFUSALS, REQUESTS
from relay.tree.record import Intent, Refusal, encode_record
from tests.fronts import HOSTS, Arrived, World, ok, worlds
from tests.metrics import counted

Make = Callable[..., World]
HEALTH = b"GET /health HTTP/1.1\r\nHost: minato.example\r\n\r\n"
PICTURE = ((b"content-type", b"image/png"),)  # of which nothing is held back to be looked at
FORM_FIELDS = urlencode({"applicant_name": "港太郎", "kind": "新規"}).encode()
SECRET = "秘密の値"


def post(
    body: bytes,
    content_type: str = "application/x-www-form-urlencoded",
    path: str = "/procedures/sample",
    more: str = "",
) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: minato.example\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}{more}\r\n".encode() + body


def get(target: str, host: str = "minato.example", more: str = "") -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode()


@pytest.fixture
async def make(no_descriptor_is_left: None, tmp_path: Path, nursery: trio.Nursery) -> AsyncIterator[Make]:
    async with worlds(nursery) as made:

        def one(**options: object) -> World:
            made.append(World(tmp_path, nursery, **options))  # type: ignore[arg-type]  # names of World
            return made[-1]

        yield one


def refusal(world: World) -> Refusal:
    """The one refusal of this world, which is counted once and holds nothing that was sent."""
    (record,) = world.ledger.of(Refusal)
    assert isinstance(record, Refusal)
    assert {labels[1]: value for labels, value in counted(world.registry, REFUSALS).items()} == {record.reason: 1}
    assert SECRET.encode() not in encode_record(record)
    return record


async def test_a_request_crosses_after_its_intent_and_its_answer_comes_back(make: Make) -> None:
    world = make()
    reply = await world.ask(HEALTH)
    (arrived,) = world.arrived
    (intent,) = world.ledger.records
    assert isinstance(intent, Intent)
    assert reply.status == 200
    assert reply.body == b"hello"
    assert reply.headers["sekisho-transfer"] == arrived.transfer == intent.transfer
    assert "server" not in reply.headers
    assert (arrived.method, arrived.authority, arrived.path, arrived.content) == (
        "GET",
        "minato.example",
        "/health",
        b"",
    )
    assert arrived.headers == {
        "forwarded": 'for=192.0.2.7;host="minato.example";proto=https',
        "sekisho-transfer": arrived.transfer,
    }
    assert (intent.tenant, intent.route, intent.method, intent.source, intent.worker) == (
        "minato",
        "health",
        "GET",
        "192.0.2.7",
        1,
    )
    assert (intent.tls_version, intent.tls_group != "") == ("TLSv1.3", True)
    assert world.egress is not None
    (exchange,) = world.egress.exchanges
    assert exchange.claimed_digest.hex() == intent.envelope_digest
    assert exchange.permit is not None
    assert counted(world.registry, REQUESTS) == {("minato", "health", "admitted", "admitted"): 1}
    assert counted(world.registry, REFUSALS) == {}


async def test_a_form_is_written_anew(make: Make) -> None:
    world = make()
    reply = await world.ask(
        post(FORM_FIELDS, more="Cookie: a=b\r\nX-Forwarded-For: 10.0.0.1\r\nForwarded: for=1.2.3.4\r\n")
    )
    (arrived,) = world.arrived
    assert reply.status == 200
    assert arrived.content == b"applicant_name=%E6%B8%AF%E5%A4%AA%E9%83%8E&kind=%E6%96%B0%E8%A6%8F"
    assert arrived.headers.keys() == {"content-type", "forwarded", "sekisho-transfer"}
    assert arrived.headers["forwarded"].startswith("for=192.0.2.7;")
    (intent,) = world.ledger.records
    assert isinstance(intent, Intent)
    assert (intent.fields, intent.files, intent.request_bytes) == (2, 0, len(FORM_FIELDS))
    assert "港".encode() not in encode_record(intent)


async def test_head_and_query(make: Make) -> None:
    world = make()
    citizen = await world.citizen()
    reply = await citizen.ask(b"HEAD /status/2026-0415-000001?lang=ja HTTP/1.1\r\nHost: minato.example\r\n\r\n")
    assert (reply.status, world.arrived[0].method, world.arrived[0].path) == (
        200,
        "HEAD",
        "/status/2026-0415-000001?lang=ja",
    )
    assert (await citizen.ask(HEALTH)).body == b"hello"  # nothing of a body was sent
    await citizen.close()


async def test_a_body_is_asked_for(make: Make) -> None:
    world = make()
    citizen = await world.citizen()
    request = post(FORM_FIELDS, more="Expect: 100-continue\r\n")
    await citizen.send(request[: -len(FORM_FIELDS)])
    assert (await citizen.reply()).status == 100
    await citizen.send(FORM_FIELDS)
    assert (await citizen.reply()).status == 200
    await citizen.close()


FORM = "minato", "sample"
NOWHERE = "minato", ""
UNDECLARED = FORM_FIELDS + f"&hobby={quote(SECRET)}".encode()
REFUSED: dict[str, tuple[bytes, Reason, tuple[str, str]]] = {
    "no route": (get(f"/{'%E7%A7%98'}"), Reason.ROUTE_UNKNOWN, NOWHERE),
    "another method": (
        b"DELETE /health HTTP/1.1\r\nHost: minato.example\r\n\r\n",
        Reason.METHOD_NOT_ALLOWED,
        ("minato", "health"),
    ),
    "no known host": (get("/health", "other.example"), Reason.HOST_MISDIRECTED, ("", "")),
    "the host of another tenant": (get("/health", "chuo.example"), Reason.HOST_MISDIRECTED, ("", "")),
    "an undeclared query": (get("/status/2026-0415-000001?x=1"), Reason.QUERY_INVALID, ("minato", "status")),
    "a query that is no text": (get("/status/2026-0415-000001?lang=%FF"), Reason.TARGET_INVALID, ("", "")),
    "a target that is none": (get("/status/%zz"), Reason.TARGET_INVALID, ("", "")),
    "no HTTP": (b"\x16\x03\x01 hello\r\n\r\n", Reason.REQUEST_LINE_INVALID, ("", "")),
    "two lengths": (
        b"POST /procedures/sample HTTP/1.1\r\nHost: minato.example\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
        Reason.LENGTH_CONFLICT,
        ("", ""),
    ),
    "too long a head": (get("/health", more="X: " + "x" * 40_000 + "\r\n"), Reason.HEADERS_TOO_LARGE, ("", "")),
    "a body where none is": (post(b"x", path="/health").replace(b"POST", b"GET", 1), Reason.BODY_UNEXPECTED, ("", "")),
    "another type": (post(b"<a/>", "text/xml"), Reason.CONTENT_TYPE_UNSUPPORTED, FORM),
    "a compressed body": (
        post(FORM_FIELDS, more="Content-Encoding: gzip\r\n"),
        Reason.CONTENT_ENCODING_UNSUPPORTED,
        FORM,
    ),
    "no form": (post(b"%zz=1"), Reason.URLENCODED_INVALID, FORM),
    "no JSON": (post(b"{", "application/json"), Reason.JSON_INVALID, FORM),
    "no multipart": (post(b"--x", "multipart/form-data; boundary=x"), Reason.MULTIPART_INVALID, FORM),
    "an undeclared field": (post(UNDECLARED), Reason.FIELD_UNDECLARED, FORM),
    "a missing field": (post(urlencode({"kind": "新規"}).encode()), Reason.FIELD_MISSING, FORM),
    "a field twice": (post(FORM_FIELDS + b"&applicant_name=%E6%B8%AF"), Reason.FIELD_REPEATED, FORM),
    "another choice": (post(urlencode({"applicant_name": "港", "kind": SECRET}).encode()), Reason.FIELD_INVALID, FORM),
    "too much": (post(bytes(2_000_000)), Reason.BODY_TOO_LARGE, FORM),
    "a file": (
        post(
            b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a.png"\r\n\r\n' + b"PNG\r\n--x--\r\n",
            "multipart/form-data; boundary=x",
        ),
        Reason.FILE_UNDECLARED,
        FORM,
    ),
}


@pytest.mark.parametrize(("request_", "reason", "where"), REFUSED.values(), ids=REFUSED)
async def test_a_refusal_is_answered_recorded_and_counted_once(
    make: Make, request_: bytes, reason: Reason, where: tuple[str, str]
) -> None:
    world = make()
    reply = await world.ask(request_)
    record = refusal(world)
    entry = row(reason)
    assert (record.reason, record.stage, record.status, record.role) == (reason, entry.stage, entry.status, "front")
    assert (record.tenant, record.route, record.source, record.tls_version) == (*where, "192.0.2.7", "TLSv1.3")
    assert (reply.status, reply.headers["sekisho-transfer"]) == (entry.status, record.transfer)
    assert entry.ja in reply.body.decode()
    assert SECRET.encode() not in reply.body
    assert world.arrived == []
    assert world.ledger.kinds == ["refusal"]
    assert sum(counted(world.registry, REQUESTS).values()) == 1
    assert ("allow" in reply.headers) is (reason is Reason.METHOD_NOT_ALLOWED)


async def test_a_405_names_the_methods(make: Make) -> None:
    reply = await make().ask(REFUSED["another method"][0])
    assert reply.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("mode", ["full", "silent"])
async def test_what_cannot_be_recorded_does_not_cross(
    make: Make, mode: str, autojump_clock: trio.testing.MockClock
) -> None:
    world = make()
    world.ledger.mode = mode
    reply = await world.ask(HEALTH)
    assert (reply.status, reply.headers["retry-after"]) == (503, "30")
    assert world.arrived == []
    assert counted(world.registry, REFUSALS) == {("ledger", "ledger_unavailable", "none"): 1}
    assert counted(world.registry, REQUESTS) == {("minato", "health", "unavailable", "ledger_unavailable"): 1}


@pytest.mark.parametrize("mode", ["full", "silent"])
async def test_a_refusal_that_cannot_be_recorded_says_only_that(
    make: Make, mode: str, autojump_clock: trio.testing.MockClock
) -> None:
    """P2: what happens unlogged does not happen; so the reason is not told either."""
    world = make()
    world.ledger.mode = mode
    assert (await world.ask(post(UNDECLARED))).status == 503
    assert counted(world.registry, REFUSALS) == {("ledger", "ledger_unavailable", "none"): 1}


async def test_no_egress(make: Make) -> None:
    world = make(egress=False)
    assert (await world.ask(HEALTH)).status == 503
    assert world.ledger.kinds == ["intent", "refusal"]
    assert refusal(world).reason is Reason.EGRESS_UNAVAILABLE


BEHIND = {Stage.EGRESS, Stage.GATE, Stage.APPLICATION, Stage.RESPONSE, Stage.PEER}
RESULTS = [reason for reason in Reason if row(reason).status >= 500 and row(reason).stage in BEHIND]


@pytest.mark.parametrize("reason", RESULTS)
async def test_whatever_the_egress_says_of_a_failure(make: Make, reason: Reason) -> None:
    world = make()
    world.behave = lambda _: (reason.value, Parcel.of(b""))
    reply = await world.ask(HEALTH)
    record = refusal(world)
    assert (record.reason, reply.status) == (reason, row(reason).status)
    assert world.ledger.kinds == ["intent", "refusal"]
    assert counted(world.registry, REQUESTS) == {("minato", "health", "unavailable", reason.value): 1}


def _exchanged(arrived: Arrived, **changes: object) -> Message:
    values: dict[str, object] = {"call": 1, "result": "delivered", "gate": "gate-a", "inline": b""}
    return Exchanged(**(values | changes))  # type: ignore[arg-type]  # tests also make answers that are none


ANSWERS: dict[str, tuple[Callable[[Arrived], tuple[str, Parcel] | Message], Reason]] = {
    "another message": (lambda _: Failed(call=1, reason="overloaded"), Reason.EGRESS_LOST),
    "admitted": (lambda _: ("admitted", Parcel.of(b"")), Reason.EGRESS_LOST),
    "that the ledger is gone": (lambda _: ("ledger_unavailable", Parcel.of(b"")), Reason.EGRESS_LOST),
    "a reason of a client": (lambda _: ("route_unknown", Parcel.of(b"")), Reason.EGRESS_LOST),
    "no parcel": (lambda a: _exchanged(a, inline=None), Reason.EGRESS_LOST),
    "nothing": (lambda _: ("delivered", Parcel.of(b"")), Reason.RESPONSE_INVALID),
    "zeros": (lambda _: ("delivered", Parcel.of(bytes(500))), Reason.RESPONSE_INVALID),
    "many zeros": (lambda _: ("delivered", Parcel.of(bytes(200_000))), Reason.RESPONSE_INVALID),
    "cut": (lambda a: ("delivered", _cut(a.seal(200, (), b"hello"), -1)), Reason.RESPONSE_INVALID),
    "more": (
        lambda a: ("delivered", Parcel.of(b"".join(a.seal(200, (), b"hello").pieces()) + b"x")),
        Reason.RESPONSE_INVALID,
    ),
    "a failure with a parcel": (lambda a: ("gate_timeout", a.seal(200, (), bytes(200_000))), Reason.GATE_TIMEOUT),
    "too many fields": (lambda a: ("delivered", a.seal(200, ((b"x", b"y"),) * 200, b"")), Reason.RESPONSE_TOO_LARGE),
}


def _cut(parcel: Parcel, at: int) -> Parcel:
    with parcel:
        return Parcel.of(b"".join(parcel.pieces())[:at])


@pytest.mark.parametrize(("behave", "reason"), ANSWERS.values(), ids=ANSWERS)
async def test_an_answer_that_is_none(
    make: Make, behave: Callable[[Arrived], tuple[str, Parcel] | Message], reason: Reason
) -> None:
    world = make()
    world.behave = behave
    reply = await world.ask(HEALTH)
    assert reply.status >= 400
    assert refusal(world).reason is reason
    assert b"hello" not in reply.body


async def test_the_answer_to_another_transfer_does_not_open(make: Make) -> None:
    """Its key is another's: the egress cannot exchange two citizens' answers."""
    world = make()
    world.behave = lambda arrived: ok(world.arrived[0])
    citizen = await world.citizen()
    assert (await citizen.ask(HEALTH)).status == 200
    assert (await citizen.ask(HEALTH)).status == 502
    assert refusal(world).reason is Reason.RESPONSE_INVALID
    await citizen.close()


async def test_a_large_answer_streams(make: Make) -> None:
    world = make()
    world.behave = lambda arrived: ("delivered", arrived.seal(200, (), bytes(500_000)))
    assert (await world.ask(HEALTH)).body == bytes(500_000)


async def test_an_answer_that_fails_in_its_middle_ends_the_connection(make: Make) -> None:
    """No part passes for the whole: the last chunk does not come. It is recorded, as one record."""
    world = make()
    world.behave = lambda arrived: ("delivered", _cut(arrived.seal(200, PICTURE, bytes(500_000)), 300_000))
    citizen = await world.citizen()
    with pytest.raises(EOFError):
        await citizen.ask(HEALTH)
    assert refusal(world).reason is Reason.RESPONSE_INVALID
    await citizen.close()


async def test_an_egress_that_is_silent(make: Make, autojump_clock: trio.testing.MockClock) -> None:
    world = make()
    world.behave = lambda _: None
    assert (await world.ask(HEALTH)).status == row(Reason.EGRESS_LOST).status
    assert refusal(world).reason is Reason.EGRESS_LOST


async def test_one_request_after_the_other(make: Make) -> None:
    world = make()
    citizen = await world.citizen()
    for _ in range(3):
        assert (await citizen.ask(HEALTH)).status == 200
    assert (await citizen.ask(get("/nowhere"))).status == 404  # a refusal by the head leaves the connection in order
    assert (await citizen.ask(post(UNDECLARED))).status == 422
    assert (await citizen.ask(HEALTH)).status == 200
    transfers = [record.transfer for record in world.ledger.records if isinstance(record, Intent | Refusal)]
    assert len(set(transfers)) == 6
    await citizen.close()


async def test_pipelined_requests_are_answered_in_order(make: Make) -> None:
    world = make()
    world.behave = lambda arrived: ("delivered", arrived.seal(200, (), arrived.path.encode()))
    citizen = await world.citizen()
    paths = [f"/status/2026-0415-00000{number}" for number in range(1, 6)]
    await citizen.send(b"".join(get(path) for path in paths))
    assert [(await citizen.reply()).body.decode() for _ in paths] == paths
    await citizen.close()


async def test_an_unread_body_ends_the_connection_after_the_answer(make: Make) -> None:
    world = make()
    citizen = await world.citizen()
    request = post(bytes(100), path="/nowhere").replace(b"Content-Length: 100", b"Content-Length: 500")
    reply = await citizen.ask(request)
    assert (reply.status, reply.headers["connection"]) == (404, "close")
    assert await citizen.is_closed()
    await citizen.close()


async def test_so_many_transfers_and_no_more(make: Make) -> None:
    world = make(transfers_in_flight=1)
    slow, other = await world.citizen(), await world.citizen()
    request = post(FORM_FIELDS)
    await slow.send(request[:-1])
    await trio.testing.wait_all_tasks_blocked()
    reply = await other.ask(HEALTH)
    assert (reply.status, refusal(world).reason) == (503, Reason.OVERLOADED)
    await slow.send(request[-1:])
    assert (await slow.reply()).status == 200
    assert (await other.ask(HEALTH)).status == 200
    for citizen in (slow, other):
        await citizen.close()


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"connections": 1}, Reason.CONNECTIONS_EXCEEDED),
        ({"connections_per_source": 1}, Reason.SOURCE_CONNECTIONS_EXCEEDED),
    ],
    ids=["all", "source"],
)
async def test_so_many_connections_and_no_more(make: Make, limits: dict[str, int], reason: Reason) -> None:
    """The one too many is closed before its handshake costs anything; it is recorded and counted all the same."""
    world = make(**limits)
    citizen = await world.citizen()
    more = await world.raw()
    assert await more.receive_some() == b""
    await trio.testing.wait_all_tasks_blocked()
    record = refusal(world)
    assert (record.reason, record.status, record.tls_version) == (reason, 0, "")
    assert (await citizen.ask(HEALTH)).status == 200
    await citizen.close()
    await trio.testing.wait_all_tasks_blocked()
    again = await world.citizen()
    assert (await again.ask(HEALTH)).status == 200
    await again.close()
    await more.aclose()


async def test_what_is_no_tls(make: Make) -> None:
    world = make()
    stream = await world.raw()
    await stream.send_all(HEALTH)
    while await stream.receive_some():
        pass
    await trio.testing.wait_all_tasks_blocked()
    assert refusal(world).reason is Reason.TLS_HANDSHAKE_FAILED
    await stream.aclose()


async def test_a_name_that_is_nobodys(make: Make) -> None:
    world = make()
    with pytest.raises(trio.BrokenResourceError):
        await world.citizen("other.example")
    await trio.testing.wait_all_tasks_blocked()
    assert refusal(world).reason is Reason.TLS_NAME_UNKNOWN


async def test_a_handshake_that_does_not_end(make: Make, autojump_clock: trio.testing.MockClock) -> None:
    world = make()
    stream = await world.raw()
    assert await stream.receive_some() == b""
    await trio.testing.wait_all_tasks_blocked()
    assert (trio.current_time(), refusal(world).reason) == (10.0, Reason.TLS_HANDSHAKE_TIMEOUT)
    await stream.aclose()


async def test_a_client_that_goes_away_is_no_refusal(make: Make) -> None:
    world = make()
    stream = await world.raw()
    await stream.aclose()
    citizen = await world.citizen()
    await citizen.send(HEALTH[:10])
    await citizen.close()
    await trio.testing.wait_all_tasks_blocked()
    assert world.ledger.records == []
    assert world.serving == 0


async def test_a_head_that_does_not_end(make: Make, autojump_clock: trio.testing.MockClock) -> None:
    world = make()
    citizen = await world.citizen()
    await citizen.send(HEALTH[:10])
    reply = await citizen.reply()
    assert (reply.status, trio.current_time()) == (408, 10.0)
    assert refusal(world).reason is Reason.HEADERS_TIMEOUT
    assert await citizen.is_closed()
    await citizen.close()


async def test_an_idle_connection_ends_without_a_word(make: Make, autojump_clock: trio.testing.MockClock) -> None:
    world = make()
    citizen = await world.citizen()
    await citizen.ask(HEALTH)
    began = trio.current_time()
    assert await citizen.is_closed()
    assert trio.current_time() - began == 15.0
    assert world.ledger.kinds == ["intent"]
    await citizen.close()


async def test_a_body_that_comes_too_slowly(make: Make, autojump_clock: trio.testing.MockClock) -> None:
    world = make(body_grace_ms=5_000, body_min_rate=1_000)
    citizen = await world.citizen()
    await citizen.send(post(bytes(9_000))[:-5_000])  # 4,000 bytes of body: 4 seconds more
    reply = await citizen.reply()
    assert (reply.status, trio.current_time()) == (408, 9.0)
    assert refusal(world).reason is Reason.BODY_TIMEOUT
    await citizen.close()


async def test_a_drain_ends_idle_connections_and_no_others(make: Make) -> None:
    world = make()
    idle, busy = await world.citizen(), await world.citizen()
    await idle.ask(HEALTH)
    request = post(FORM_FIELDS)
    await busy.send(request[:-1])
    await trio.testing.wait_all_tasks_blocked()
    world.drain.begin()
    assert await idle.is_closed()
    await busy.send(request[-1:])
    reply = await busy.reply()
    assert reply.status == 200
    assert await busy.is_closed()
    for citizen in (idle, busy):
        await citizen.close()


async def test_both_tenants_on_their_own_names(make: Make) -> None:
    world = make()
    for tenant, host in HOSTS.items():
        citizen = await world.citizen(host)
        assert (await citizen.ask(get("/health", host))).status == 200
        assert (
            await citizen.ask(get("/health", next(other for other in HOSTS.values() if other != host)))
        ).status == 421
        await citizen.close()
        intent = world.ledger.of(Intent)[-1]
        assert isinstance(intent, Intent)
        assert intent.tenant == tenant


async def test_open_routes_carry_what_is_well_formed(make: Make) -> None:
    """For trying out rules in a lab: no schema, the first tenant, the content as it is; the framing is as strict as ever."""
    world = make(open_routes=True)
    citizen = await world.citizen("anything.example")
    reply = await citizen.ask(
        b"PUT /any/path?a=%27 HTTP/1.1\r\nHost: anything.example\r\nContent-Type: text/xml\r\nX-Own: 1\r\nContent-Length: 4\r\n\r\n<a/>"
    )
    assert reply.status == 200
    (arrived,) = world.arrived
    assert (arrived.method, arrived.path, arrived.content) == ("PUT", "/any/path?a=%27", b"<a/>")
    assert arrived.headers["content-type"] == "text/xml"
    assert (await citizen.ask(REFUSED["two lengths"][0])).status == 400
    await citizen.close()
