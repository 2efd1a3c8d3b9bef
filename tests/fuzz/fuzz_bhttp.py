"""Whatever bytes come as a binary HTTP message, the readers give a result or Refused, never anything else.

And: what is read is the same however it is cut into pieces, and writes again to a message that reads the same.
"""

from __future__ import annotations

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))

from relay.base.errors import Refused
from relay.envelope.bhttp import Bounds, RequestDecoder, RequestEncoder, ResponseDecoder, ResponseEncoder
from tests.fuzz import driver

BOUNDS = Bounds(head_bytes=1024, fields=10, content_bytes=1500)
PIECES = (1 << 30, 1, 13)


def _read(decoder: RequestDecoder | ResponseDecoder, raw: bytes, piece_bytes: int) -> tuple[object, ...]:
    content: list[bytes] = []
    try:
        for at in range(0, len(raw), piece_bytes):
            content += decoder.feed(raw[at : at + piece_bytes])
        decoder.finish()
    except Refused as refused:
        return (refused.reason.value,)
    return decoder.head, b"".join(content), getattr(decoder, "disarmed", b"")


def _again(head: object, content: object, disarmed: object) -> bytes:
    """Write anew what was read."""
    writer: RequestEncoder | ResponseEncoder
    match head:
        case None:
            raise AssertionError("a whole message without a head")
        case object(status=status, headers=headers):
            writer = ResponseEncoder(status, headers)
        case object(method=method, authority=authority, path=path, headers=headers):
            writer = RequestEncoder(method, authority, path, headers)
        case _:
            raise AssertionError("neither a request nor a response")
    assert isinstance(content, bytes) and isinstance(disarmed, bytes)
    whole = writer.start() + writer.content(content)
    return whole + (writer.end_with(disarmed) if isinstance(writer, RequestEncoder) else writer.end())


def target(data: bytes) -> object:
    outcome = []
    for make in (RequestDecoder, ResponseDecoder):
        # which bound or rule is met first may depend on the pieces; whether the message is taken may not
        results = [_read(make(BOUNDS), data, size) for size in PIECES]
        taken = [result for result in results if len(result) == 3]
        assert len(taken) in (0, len(PIECES)), results
        if taken:
            assert taken.count(taken[0]) == len(PIECES), results
            assert _read(make(BOUNDS), _again(*taken[0]), 1 << 30) == taken[0]
        outcome.append(results[0][0] if len(results[0]) == 1 else ("read", len(getattr(taken[0][0], "headers", ()))))
    return tuple(outcome)


def corpus() -> list[bytes]:
    made = []
    for headers, content in (
        ([], b""),
        ([(b"a", b"b")], b"hi"),
        ([(b"content-length", b"3"), (b"x", b"y" * 80)], b"abc"),
        ([(b"set-cookie", b"a=b"), (b"set-cookie", b"c=d")], b"z" * 200),
    ):
        request = RequestEncoder(b"POST", b"a.example:8443", b"/p?q=1", headers)
        made.append(request.start() + request.content(content) + request.end_with(content[:3]))
        response = ResponseEncoder(200, headers)
        made.append(response.start() + response.content(content) + response.end())
    return [*made, b"", b"\x00", b"\x01"]


TOKENS = (
    b"\x02\x03GET\x05https\x01a\x01/",
    b"\x03\x40\xc8",
    b"\x00\x00",
    b"\x0econtent-length\x011",
    b"\x40\x01",
    b"\x04host",
    b"\x10sekisho-disarmed\x01a",
    b"\xc0",
)


if __name__ == "__main__":
    sys.exit(driver.run("fuzz_bhttp", target, corpus(), TOKENS))
