"""The management address: three paths, two methods, bounded in everything."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing

from relay.ops import management
from relay.ops.management import Source, serve_management
from relay.ops.metrics import Series
from relay.ops.status import Health, Status

METRICS = b"# HELP sekisho_up Up.\n"
HEALTHY = {"front-1": Health(ok=True), "front-1/ledger": Health(ok=True)}
UNHEALTHY = {**HEALTHY, "ledger": Health(ok=False, reason="ledger: no answer")}


@asynccontextmanager
async def serving(dependencies: dict[str, Health] = HEALTHY) -> AsyncIterator[tuple[str, int]]:
    async def metrics() -> bytes:
        return METRICS

    async def readiness() -> dict[str, Health]:
        return dependencies

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        async with trio.open_nursery() as nursery:
            await nursery.start(serve_management, listener, Source(metrics, b"text/plain; version=0.0.4", readiness))
            yield listener.getsockname()
            nursery.cancel_scope.cancel()


async def exchange(address: tuple[str, int], *pieces: bytes) -> bytes:
    """What comes back when `pieces` are sent one after the other."""
    stream = await trio.open_tcp_stream(*address)
    async with stream:
        for piece in pieces:
            await stream.send_all(piece)
            await trio.testing.wait_all_tasks_blocked()
        received = b""
        while part := await stream.receive_some(65_536):
            received += part
        return received


def get(path: str, method: str = "GET", headers: Sequence[str] = ()) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "host: localhost", *headers]
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


def parts(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return int(first.split()[1]), dict(line.split(": ", 1) for line in lines), body


async def test_metrics_are_served() -> None:
    async with serving() as address:
        status, headers, body = parts(await exchange(address, get("/metrics")))
    assert (status, body) == (200, METRICS)
    assert headers["content-type"] == "text/plain; version=0.0.4"
    assert headers["content-length"] == str(len(METRICS))
    assert headers["connection"] == "close"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("dependencies", "status"), [(HEALTHY, 200), (UNHEALTHY, 503), ({}, 503)])
async def test_readiness_is_200_only_if_everything_works(dependencies: dict[str, Health], status: int) -> None:
    async with serving(dependencies) as address:
        found, _, body = parts(await exchange(address, get("/readyz")))
    assert found == status
    told = json.loads(body)
    assert told["ready"] == (status == 200)
    assert told["dependencies"] == {
        name: {"ok": health.ok, "reason": health.reason} for name, health in dependencies.items()
    }


async def test_health_is_of_this_process_alone() -> None:
    async with serving(UNHEALTHY) as address:
        status, _, body = parts(await exchange(address, get("/healthz?probe=1")))
    assert (status, json.loads(body)) == (200, {"alive": True})


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz"])
async def test_head_has_the_same_head_and_no_body(path: str) -> None:
    async with serving() as address:
        status, headers, body = parts(await exchange(address, get(path, "HEAD")))
        _, of_get, content = parts(await exchange(address, get(path)))
    assert (status, body, headers) == (200, b"", of_get)
    assert headers["content-length"] == str(len(content))


FALSE = [
    ("another path", get("/"), 404),
    ("a path below", get("/metrics/"), 404),
    ("another method", get("/metrics", "POST"), 405),
    ("an unknown method", get("/metrics", "BREW"), 405),
    ("a body", get("/metrics", "GET", ["content-length: 3"]) + b"abc", 400),
    ("a chunked body", get("/metrics", "GET", ["transfer-encoding: chunked"]), 400),
    ("no host", b"GET /metrics HTTP/1.1\r\n\r\n", 400),
    ("not HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    ("a head that is too large", get("/metrics", "GET", ["x: " + "y" * 2 * management.HEAD_BYTES]), 431),
]


@pytest.mark.parametrize(("sent", "status"), [case[1:] for case in FALSE], ids=[case[0] for case in FALSE])
async def test_a_false_request_is_told_so(sent: bytes, status: int) -> None:
    async with serving() as address:
        found, headers, body = parts(await exchange(address, sent))
        assert found == status
        assert headers["connection"] == "close"
        assert ("allow" in headers) == (status == 405)
        assert b"Traceback" not in body
        assert parts(await exchange(address, get("/healthz")))[0] == 200  # and it goes on serving


def test_every_false_request_is_tried() -> None:
    assert len(FALSE) == 9


async def test_a_request_in_single_bytes_is_a_request() -> None:
    async with serving() as address:
        request = get("/healthz")
        assert parts(await exchange(address, *[bytes([byte]) for byte in request]))[0] == 200


async def test_only_one_request_per_connection_is_answered() -> None:
    async with serving() as address:
        answer = await exchange(address, get("/healthz") + get("/metrics"))
    assert answer.count(b"HTTP/1.1 ") == 1


async def test_a_silent_peer_is_let_go(autojump_clock: trio.testing.MockClock) -> None:
    autojump_clock.autojump_threshold = 0.01
    async with serving() as address:
        assert await exchange(address, b"GET /healthz HTTP/1.1\r\n") == b""


async def test_silent_peers_hold_no_more_than_their_places(autojump_clock: trio.testing.MockClock) -> None:
    autojump_clock.autojump_threshold = 0.01
    async with serving() as address:
        silent = [await trio.open_tcp_stream(*address) for _ in range(management.CONNECTIONS)]
        assert parts(await exchange(address, get("/healthz")))[0] == 200
        assert trio.current_time() >= management.HEAD_TIMEOUT_S
        for stream in silent:
            await stream.aclose()


async def test_a_peer_that_goes_away_harms_nobody() -> None:
    async with serving() as address:
        for sent in (b"", b"GET", get("/metrics")):
            stream = await trio.open_tcp_stream(*address)
            if sent:
                await stream.send_all(sent)
            await stream.aclose()
        assert parts(await exchange(address, get("/healthz")))[0] == 200


async def test_a_role_alone_on_its_host_serves_itself() -> None:
    health = {"disk": Health(ok=True)}

    def current() -> Status:
        return Status("gate", 0, "a", [Series("sekisho_connections", ("active",), 2)], health)

    source = management.source_of_one(current)
    assert b'sekisho_connections{role="gate",state="active"} 2.0\n' in await source.metrics()
    assert await source.readiness() == {"gate": Health(ok=True), "gate/disk": Health(ok=True)}
    health["disk"] = Health(ok=False, reason="full")
    assert (await source.readiness())["gate/disk"] == Health(ok=False, reason="gate: disk: full")
