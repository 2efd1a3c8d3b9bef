"""What is written is what h11 would write: every response, whatever its request, status, length and pieces."""

from __future__ import annotations

import h11
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.base.limits import DEFAULTS
from relay.http.connection import EndOfMessage, ServerConnection

REQUESTS = (
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxy",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nxy\r\n0\r\n\r\n",
    b"GET / HTTP/1.0\r\nHost: a\r\n\r\n",
)
exchanges = st.tuples(
    st.sampled_from(REQUESTS), st.integers(200, 599), st.booleans(), st.lists(st.binary(max_size=40), max_size=4)
)


def written_by_h11(
    server: h11.Connection, status: int, reason: bytes, length: int | None, pieces: list[bytes]
) -> bytes:
    """Its status line, fields and body."""
    fields = [] if length is None else [(b"content-length", b"%d" % length)]
    out = server.send(h11.Response(status_code=status, headers=fields, reason=reason)) or b""
    for piece in pieces:
        out += server.send(h11.Data(data=piece)) or b""
    return out + (server.send(h11.EndOfMessage()) or b"")


@settings(max_examples=300, deadline=None)
@given(st.lists(exchanges, min_size=1, max_size=4))
def test_a_conversation_is_framed_as_h11_frames_it(conversation: list[tuple[bytes, int, bool, list[bytes]]]) -> None:
    ours, theirs = ServerConnection(DEFAULTS), h11.Connection(h11.SERVER)
    for request, status, with_length, pieces in conversation:
        ours.receive(request)
        theirs.receive_data(request)
        while not isinstance(ours.next_event(), EndOfMessage):
            pass
        while not isinstance(theirs.next_event(), h11.EndOfMessage):
            pass
        is_1_0 = b"HTTP/1.0" in request
        has_length = (with_length or is_1_0) and status != 204
        length = len(b"".join(pieces)) if has_length else None
        bodiless = request.startswith(b"HEAD") or status in (204, 304)
        head = ours.response_head(status, [] if length is None else [(b"content-length", b"%d" % length)])
        wrote = head + b"".join([ours.response_data(piece) for piece in pieces]) + ours.response_end()
        reason = head.partition(b"\r\n")[0][len("HTTP/1.1 200 ") :]
        assert wrote == written_by_h11(theirs, status, reason, length, [] if bodiless else pieces)
        assert ours.must_close == (theirs.our_state is h11.MUST_CLOSE)
        if ours.must_close:
            return
        ours.next_cycle()
        theirs.start_next_cycle()
