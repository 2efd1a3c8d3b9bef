"""relay/http/response.py: the frames that h11 gives."""

from __future__ import annotations

import pytest

from relay.base.errors import Misuse
from relay.http.response import Frame, frame_of, has_no_body, may_have_length


@pytest.mark.parametrize(
    ("asked", "frame"),
    [
        ((200, False, True, False), Frame(b"HTTP/1.1 200 OK\r\n", b"", True, False)),
        ((200, False, True, True), Frame(b"HTTP/1.1 200 OK\r\n", b"Connection: close\r\n", True, False)),
        ((200, True, True, False), Frame(b"HTTP/1.1 200 OK\r\n", b"", False, False)),
        ((599, False, False, False), Frame(b"HTTP/1.1 599 Unknown\r\n", b"Transfer-Encoding: chunked\r\n", True, True)),
        ((204, False, False, False), Frame(b"HTTP/1.1 204 No Content\r\n", b"", False, False)),
        ((304, False, True, False), Frame(b"HTTP/1.1 304 Not Modified\r\n", b"", False, False)),
    ],
)
def test_frames(asked: tuple[int, bool, bool, bool], frame: Frame) -> None:
    assert frame_of(*asked) == frame


@pytest.mark.parametrize("status", [0, 100, 101, 199, 1000])
def test_what_is_no_final_response_has_no_frame(status: int) -> None:
    with pytest.raises(Misuse):
        frame_of(status, False, True, False)


def test_statuses_without_a_body() -> None:
    assert {status for status in range(200, 600) if has_no_body(status)} == {204, 304}
    assert {status for status in range(200, 600) if not may_have_length(status)} == {204}
