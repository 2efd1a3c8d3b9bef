"""What the policy sees of a request before its body: the head, already framed and decoded once by `relay.http`.

Nothing here is trusted. `path` and `raw_query` are percent-encoded text as received, after the framing check (no dot
segments, no encoded slashes, no controls, valid UTF-8 when decoded). Header names are lower-case.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestHead:
    """One request's head. `tenant`: the tenant whose host was addressed; "" where the host belongs to none (open mode)."""

    tenant: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...]  # decoded pairs, in order
    raw_query: str | None  # None: there was no "?"
    headers: tuple[tuple[bytes, bytes], ...]
    body_kind: str | None  # "urlencoded" | "multipart" | "json" | "raw" (any other type) | None (no body)
    content_type: str | None
    content_length: int | None
    received_ms: int  # Unix time in ms: a procedure is in effect on days of JST
    source: str = ""  # the peer's address, for the rules
    http_version: str = "1.1"
    transfer: str = ""  # the transfer id: UNIQUE_ID of the rules
