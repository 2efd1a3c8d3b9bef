"""What the rules are told of a request that came over a connection: of its head as it was read, or of bytes that were refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from policy.request import RequestHead
from policy.variables.facts import RequestFacts
from policy.variables.parse import parse_request

_PORT: Final = 443  # a citizen's view of it, whichever port the listener has


def facts_of(request: RequestHead) -> RequestFacts:
    path = request.path.encode("latin-1")
    return RequestFacts(
        method=request.method.encode("ascii"),
        uri=path if request.raw_query is None else path + b"?" + request.raw_query.encode("latin-1"),
        protocol=b"HTTP/" + request.http_version.encode("ascii"),
        headers=request.headers,
        remote_addr=request.source.encode("ascii"),
        server_port=_PORT,
        unique_id=request.transfer.encode("ascii"),
        time=_time(request.received_ms),
    )


def facts_of_refused(raw: bytes, *, source: str, transfer: str, received_ms: int) -> RequestFacts:
    """Any bytes are a request: read leniently, as far as they go. Nothing that is to cross is read like this."""
    known = RequestFacts(
        method=b"",
        uri=b"",
        remote_addr=source.encode("ascii"),
        server_port=_PORT,
        unique_id=transfer.encode("ascii"),
        time=_time(received_ms),
    )
    return parse_request(raw, known)


def _time(unix_ms: int) -> datetime:
    return datetime.fromtimestamp(unix_ms / 1000, UTC)
