"""Any bytes at the front: a result or Refused, never anything else; and every result is one request that comes back as itself.

The whole way without its sockets: reader ▸ route ▸ carrier ▸ judgement ▸ seal ▸ verify ▸ open ▸ what the gate writes, with open
routes and with the declared ones. What the gate writes is read by the strict reader of tests/live/recorder.py.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable
from pathlib import Path

import h11
import trio

sys.path.insert(0, str(Path(__file__).parents[2]))

from policy.load import load_policy
from policy.samples import samples
from policy.verdict import Denied
from relay.base.errors import Refused
from relay.base.ids import new_transfer_id
from relay.base.limits import DEFAULTS
from relay.base.reasons import Reason
from relay.envelope.format import Header
from relay.envelope.keys import RecipientPrivateKey, SenderPrivateKey
from relay.envelope.unseal import Opener, Trust
from relay.envelope.wrapping import KeyWrapper
from relay.front.answers import own_answer
from relay.front.budget import Budget
from relay.front.carry import carrier
from relay.front.context import Front, Tenant
from relay.front.files import Files
from relay.front.measure import Measure
from relay.front.routing import request_head, tenant_of
from relay.front.sealing import Sealed, Sealing
from relay.gate.application import Application
from relay.gate.pipeline import open_request
from relay.http.connection import Data, EndOfMessage, Head, Pause, ServerConnection
from relay.net.channel import Channel
from relay.ops.clock import boottime_ms
from relay.ops.metrics import Registry
from tests.fuzz import driver
from tests.live.raw_cases import RAW_CASES
from tests.live.recorder import read_one
from tests.unit.http.cases import CASES

HOST, SOURCE, NOW_MS = "a.jp", "192.0.2.1", 1_795_392_000_000
RECIPIENT, SENDER = RecipientPrivateKey.generate(), SenderPrivateKey.generate("front")
TENANT = Tenant("lab", KeyWrapper(RECIPIENT.public_key, boottime_ms))
OPENER = Opener(
    Trust(
        {RECIPIENT.key_id: RECIPIENT},
        {SENDER.key_id: SENDER.public_key},
        {"exchange": DEFAULTS.envelope_lifetime_ms},
        DEFAULTS.clock_skew_ms,
    )
)
APPLICATION = Application("http://127.0.0.1:1", DEFAULTS)
TOKENS = (
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Length: 5\r\n",
    b"Content-Type: application/x-www-form-urlencoded\r\n",
    b"Content-Type: application/json\r\n",
    b"Connection: close\r\n",
    b"Host: a.jp\r\n",
    b" HTTP/1.1\r\n",
    b" HTTP/1.0\r\n",
    b"0\r\n\r\n",
    b"GET /status/2026-0415-000001",
    b"POST /procedures/dog-death-notice",
)


def front(*, is_open: bool) -> Front:
    return Front(
        worker=0,
        limits=DEFAULTS,
        policy=load_policy([], {TENANT.name: (HOST,)}, open_routes=is_open),
        by_host={HOST: TENANT},
        open_tenant=TENANT if is_open else None,
        sender=SENDER,
        ledger=Channel(Path("/nowhere"), unavailable=Reason.LEDGER_UNAVAILABLE, timeout_s=1),
        egress=Channel(Path("/nowhere"), unavailable=Reason.EGRESS_UNAVAILABLE, timeout_s=1),
        budget=Budget(DEFAULTS),
        measure=Measure(Registry("front", {})),
    )


FRONTS = [front(is_open=True), front(is_open=False)]


class Wire:
    """Where the gate writes to."""

    def __init__(self) -> None:
        self.written = b""

    async def send_all(self, data: bytes) -> None:
        self.written += data


def seal(front: Front, head: Head, body: list[bytes]) -> Sealed | Reason:
    """As relay.front.pipeline does it. Raises Refused."""
    tenant = tenant_of(front, head, HOST)
    asked = request_head(front, tenant, head)
    judgement = front.policy.open(asked)
    if isinstance(judgement, Denied):
        return Reason(judgement.code)
    header = Header(new_transfer_id(NOW_MS), tenant.name, judgement.route.mode, RECIPIENT.key_id, SENDER.key_id)
    authority = head.host if head.port is None else f"{head.host}:{head.port}"
    with Sealing(
        header=header,
        wrapper=tenant.wrapper,
        sender=front.sender,
        judgement=judgement,
        carrier=carrier(head, asked.body_kind, judgement, front.limits, Files(None, 0.0, 0)),
        authority=authority,
        source=SOURCE,
    ) as sealing:
        for piece in body:
            sealing.feed(piece)
        return sealing.finish(created_ms=NOW_MS, expires_ms=NOW_MS + DEFAULTS.envelope_lifetime_ms, disarmed=())


async def delivered(sealed: Sealed) -> bytes:
    """What the gate writes to the application."""
    with sealed.parcel as envelope:
        head, content, _ = await open_request(OPENER.verify(envelope.read, envelope.size, NOW_MS).open(), DEFAULTS)
    wire = Wire()
    with content:
        await APPLICATION._request(wire, h11.Connection(h11.CLIENT), head, content)  # type: ignore[arg-type]  # only writes
    return wire.written


def carry(front: Front, head: Head, body: list[bytes]) -> Hashable:
    try:
        sealed = seal(front, head, body)
    except Refused as refused:
        return refused.reason
    if isinstance(sealed, Reason):
        return sealed
    written = trio.run(delivered, sealed)
    found = read_one(written)
    if found is None or found[1] != len(written):
        raise AssertionError(f"not exactly one request: {written!r}")
    kept = found[0]
    target = head.path if head.query is None else f"{head.path}?{head.query}"
    if front.open_tenant and (kept.line, kept.body) != (f"{head.method} {target}", b"".join(body)):
        raise AssertionError(f"not the request that came: {kept}")
    return head.method, bool(kept.body), len(kept.fields)


def requests(data: bytes) -> tuple[list[tuple[Head, list[bytes]]], Hashable]:
    """The whole requests in `data`, and how it ended."""
    http = ServerConnection(DEFAULTS)
    found: list[tuple[Head, list[bytes]]] = []
    whole = 0
    try:
        for piece in (data, b""):
            http.receive(piece)
            while (event := http.next_event()) is not Pause.NEED_DATA:
                if isinstance(event, Head):
                    found.append((event, []))
                elif isinstance(event, Data):
                    found[-1][1].append(event.data)
                elif isinstance(event, EndOfMessage):
                    whole += 1
                elif event is Pause.CLOSED:
                    return found[:whole], event
                else:
                    http.response_head(204, [])
                    http.response_end()
                    if http.must_close:
                        return found[:whole], Pause.CLOSED
                    http.next_cycle()
    except Refused as refused:
        if http.can_answer:
            own = own_answer(refused.reason, new_transfer_id(NOW_MS), None)
            http.response_head(own.status, [*own.headers, (b"content-length", b"%d" % len(own.body))])
            http.response_data(own.body)
            http.response_end()
        return found[:whole], refused.reason
    return found[:whole], Pause.NEED_DATA


def target(data: bytes) -> Hashable:
    found, end = requests(data)
    return end, tuple(carry(front, head, body) for head, body in found for front in FRONTS)


def seeds() -> list[bytes]:
    made = [case.raw for case in (*CASES, *RAW_CASES)]
    for sample in samples():
        head = f"{sample.method} {sample.path} HTTP/1.1\r\nHost: {HOST}\r\n"
        if sample.body is not None:
            head += f"Content-Type: {sample.content_type}\r\nContent-Length: {len(sample.body)}\r\n"
        made.append(head.encode() + b"\r\n" + (sample.body or b""))
    return [raw[: driver.MAX_INPUT_BYTES] for raw in made]


if __name__ == "__main__":
    raise SystemExit(driver.run("fuzz_front", target, seeds(), TOKENS))
