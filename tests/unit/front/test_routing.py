"""relay/front/routing.py: whose request it is, and which methods can be for anybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy.load import load_policy
from relay.base.errors import Refused
from relay.base.limits import DEFAULTS
from relay.base.reasons import Reason
from relay.envelope.keys import RecipientPrivateKey, SenderPrivateKey
from relay.envelope.wrapping import KeyWrapper
from relay.front.budget import Budget
from relay.front.context import Front, Tenant
from relay.front.measure import Measure
from relay.front.routing import request_head, tenant_of
from relay.http.connection import Head, ServerConnection
from relay.http.submission import body_kind
from relay.net.channel import Channel
from relay.ops.clock import boottime_ms
from relay.ops.metrics import Registry

ONE, OTHER = (
    Tenant(name, KeyWrapper(RecipientPrivateKey.generate().public_key, boottime_ms)) for name in ("one", "other")
)
HOSTS = {"one.example": ONE, "other.example": OTHER}


def front(*, is_open: bool = False) -> Front:
    return Front(
        worker=0,
        limits=DEFAULTS,
        policy=load_policy([], {"one": ("one.example",), "other": ("other.example",)}, open_routes=is_open),
        by_host=HOSTS,
        open_tenant=ONE if is_open else None,
        sender=SenderPrivateKey.generate("front"),
        ledger=Channel(Path("/nowhere"), unavailable=Reason.LEDGER_UNAVAILABLE, timeout_s=1),
        egress=Channel(Path("/nowhere"), unavailable=Reason.EGRESS_UNAVAILABLE, timeout_s=1),
        budget=Budget(DEFAULTS),
        measure=Measure(Registry("front", {})),
    )


def head(method: str = "GET", host: str = "one.example", target: str = "/") -> Head:
    connection = ServerConnection(DEFAULTS)
    connection.receive(f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    event = connection.next_event()
    assert isinstance(event, Head)
    return event


@pytest.mark.parametrize("server_name", ["", "one.example"])
def test_the_tenant_is_that_of_the_host(server_name: str) -> None:
    assert tenant_of(front(), head(host="ONE.example:8443"), server_name) is ONE


@pytest.mark.parametrize(
    ("host", "server_name"),
    [
        ("none.example", ""),
        ("none.example", "one.example"),
        ("one.example.", "one.example"),
        ("one.example", "other.example"),
        ("other.example", "one.example"),
        ("one.example", "none.example"),
    ],
)
def test_a_host_that_the_connection_was_not_opened_for(host: str, server_name: str) -> None:
    with pytest.raises(Refused) as refusal:
        tenant_of(front(), head(host=host), server_name)
    assert refusal.value.reason is Reason.HOST_MISDIRECTED


@pytest.mark.parametrize("method", ["PURGE", "PROPFIND", "QUERY", "X"])
def test_a_method_that_no_route_can_have_is_for_open_routes_only(method: str) -> None:
    with pytest.raises(Refused) as refusal:
        tenant_of(front(), head(method), "one.example")
    assert refusal.value.reason is Reason.METHOD_NOT_IMPLEMENTED
    assert tenant_of(front(is_open=True), head(method, "any.example"), "localhost") is ONE


def test_a_query_that_two_readers_would_read_differently() -> None:
    asked = head(target="/status?a=b&&c")
    with pytest.raises(Refused) as refusal:
        request_head(front(), ONE, asked)
    assert refusal.value.reason is Reason.QUERY_INVALID
    assert request_head(front(is_open=True), ONE, asked).raw_query == "a=b&&c"


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        (None, "raw"),
        (b"application/json", "json"),
        (b"Application/JSON ; charset=utf-8", "json"),
        (b"multipart/form-data; boundary=x", "multipart"),
        (b"application/x-www-form-urlencoded", "urlencoded"),
        (b"application/jsonx", "raw"),
        (b"caf\xe9", "raw"),
    ],
)
def test_the_kind_of_a_body(content_type: bytes | None, kind: str) -> None:
    assert body_kind(content_type) == kind
