"""Feeding one connection's bytes in pieces, and the outcome in a form that can be compared."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from relay.base.errors import Refused
from relay.base.limits import DEFAULTS, Limits
from relay.http.body import BodyEvent, BodyParser, FileData
from relay.http.connection import Data, EndOfMessage, Head, Pause, ServerConnection

# So tight that short inputs reach every limit of a head and of chunks
SMALL = dataclasses.replace(
    DEFAULTS,
    target_bytes=24,
    header_count=4,
    header_bytes=120,
    chunk_extension_bytes=8,
    chunk_overhead_bytes=64,
    trailer_count=2,
    trailer_bytes=24,
    body_bytes=40,
    requests_per_connection=3,
)


class Request(NamedTuple):
    head: Head
    body: bytes
    complete: bool


class Outcome(NamedTuple):
    requests: tuple[Request, ...]
    end: str  # a reason, or the name of the last Pause
    answers: bytes


def pieces(raw: bytes, size: int) -> list[bytes]:
    return [raw[at : at + size] for at in range(0, len(raw), size)]


def split(raw: bytes, cuts: list[int]) -> list[bytes]:
    """At the places that `cuts` say, counted around."""
    edges = sorted({cut % (len(raw) + 1) for cut in cuts} | {0, len(raw)})
    return [raw[start:end] for start, end in pairwise(edges)]


def converse(parts: Iterable[bytes], limits: Limits = DEFAULTS, *, eof: bool = True) -> Outcome:
    """Feed `parts`, answer each whole request with 200, and go on until a refusal, the end or CLOSED."""
    connection = ServerConnection(limits)
    requests: list[Request] = []
    answers = b""
    end = Pause.NEED_DATA.name
    try:
        for part in [*parts, b""] if eof else parts:
            connection.receive(part)
            while (event := connection.next_event()) is not Pause.NEED_DATA:
                if event is Pause.CLOSED:
                    return Outcome(tuple(requests), event.name, answers)
                if isinstance(event, Head):
                    requests.append(Request(event, b"", False))
                elif isinstance(event, Data):
                    assert event.data
                    requests[-1] = requests[-1]._replace(body=requests[-1].body + event.data)
                elif isinstance(event, EndOfMessage):
                    requests[-1] = requests[-1]._replace(complete=True)
                else:
                    answers += connection.response_head(200, [(b"content-length", b"2")])
                    answers += connection.response_data(b"ok") + connection.response_end()
                    if not connection.must_close:
                        connection.next_cycle()
    except Refused as refusal:
        end = refusal.reason.value
        if connection.can_answer:
            answers += connection.response_head(400, [(b"content-length", b"0")]) + connection.response_end()
            assert connection.must_close
    return Outcome(tuple(requests), end, answers)


def joined(events: Iterable[BodyEvent]) -> list[BodyEvent]:
    """The same events with neighbouring FileData made one."""
    out: list[BodyEvent] = []
    for event in events:
        last = out[-1] if out else None
        if isinstance(event, FileData) and isinstance(last, FileData):
            out[-1] = FileData(last.data + event.data)
        else:
            out.append(event)
    return out


def parse(parser: BodyParser, parts: Sequence[bytes]) -> list[BodyEvent] | str:
    """The events, or the reason of the refusal."""
    events: list[BodyEvent] = []
    try:
        for part in parts:
            events += parser.feed(part)
        events += parser.finish()
    except Refused as refusal:
        return refusal.reason.value
    return joined(events)
