"""An application that breaks off, lies about lengths, or splits its head: the citizen gets one whole refusal, never a part of it."""

from __future__ import annotations

import json
import socket
import threading

import pytest

from tests.live.labs import PATIENCE_S, Lab
from tests.live.municipality import Behaviour, Municipality, Received, answer, say

pytestmark = pytest.mark.live

MARK = "half-shown"  # in every bad answer; the citizen must never see it
JSON = {"Accept": "application/json"}
HEAD = b"HTTP/1.1 200 OK\r\n"
MARKED = MARK.encode()
TYPE = b"content-type: text/plain\r\n"


def _response(fields: bytes, body: bytes) -> bytes:
    return HEAD + TYPE + fields + b"\r\n" + body


BAD: dict[str, bytes] = {
    "nothing at all": b"",
    "half a head": HEAD + b"x-mark: " + MARKED,
    "a body cut short": _response(b"content-length: 100\r\n", MARKED),
    "a body longer than a parcel, cut short": _response(b"content-length: 200000\r\n", MARKED * 10_000),
    "more body than announced": _response(b"content-length: 4\r\n", MARKED) + b"HTTP/1.1 200 OK\r\n\r\n",
    "chunks cut short": _response(b"transfer-encoding: chunked\r\n", b"a\r\n" + MARKED + b"\r\n"),
    "a chunk that is none": _response(b"transfer-encoding: chunked\r\n", b"zz\r\n" + MARKED + b"\r\n0\r\n\r\n"),
    "two lengths": _response(b"content-length: 10\r\ncontent-length: 11\r\n", MARKED),
    "length and chunks": _response(
        b"content-length: 10\r\ntransfer-encoding: chunked\r\n", b"a\r\n" + MARKED + b"\r\n0\r\n\r\n"
    ),
    "a length that is no number": _response(b"content-length: +10\r\n", MARKED),
    "an unknown transfer encoding": _response(b"transfer-encoding: gzip, chunked\r\n", b"a\r\n" + MARKED + b"\r\n0\r\n\r\n"),
    "garbage": b"\x16\x03\x01\x02\x00" + MARKED * 20,
    "another protocol": b"SSH-2.0-municipal\r\n" + MARKED,
    "a bare LF that splits the head": _response(b"x: a\nset-cookie: mark=" + MARKED + b"\r\ncontent-length: 0\r\n", b""),
    "a bare CR that splits the head": _response(b"x: a\rset-cookie: mark=" + MARKED + b"\r\ncontent-length: 0\r\n", b""),
    "bare LF everywhere": _response(b"content-length: 10\r\n", MARKED).replace(b"\r\n", b"\n"),
    "a folded field": _response(b"x: a\r\n set-cookie: mark=" + MARKED + b"\r\ncontent-length: 0\r\n", b""),
    "NUL in a field": _response(b"x-mark: a\x00" + MARKED + b"\r\ncontent-length: 0\r\n", b""),
    "a field name with a space": _response(b"x mark: " + MARKED + b"\r\ncontent-length: 0\r\n", b""),
    "switching protocols": b"HTTP/1.1 101 Switching Protocols\r\nupgrade: mark\r\nconnection: upgrade\r\n\r\n" + MARKED,
    "informational and nothing after": b"HTTP/1.1 103 Early Hints\r\nlink: <" + MARKED + b">\r\n\r\n",
    "a split head after an informational one": b"HTTP/1.1 100 Continue\r\n\r\n"
    + _response(b"x: a\nset-cookie: mark=" + MARKED + b"\r\ncontent-length: 0\r\n", b""),
    "a status that is none": b"HTTP/1.1 999 Odd\r\ncontent-length: 10\r\n\r\n" + MARKED,
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_is_refused_whole(recorded_lab: Lab, municipality: Municipality, name: str) -> None:
    municipality.behaviour = say(BAD[name])
    _is_refused(recorded_lab, municipality, "application_invalid", 502)


@pytest.mark.parametrize("size", [10, 20_000], ids=["small", "large"])
def test_every_place_where_an_answer_can_break_off(recorded_lab: Lab, municipality: Municipality, size: int) -> None:
    whole = answer(body=MARKED * size)
    for cut in sorted({1, 8, 20, 60, whole.index(b"\r\n\r\n") + 4, len(whole) // 2, len(whole) - 1}):
        municipality.behaviour = say(whole[:cut])
        _is_refused(recorded_lab, municipality, "application_invalid", 502)


def _is_refused(lab: Lab, municipality: Municipality, reason: str, status: int) -> None:
    before = len(municipality.received)
    with lab.client() as client:
        client.send(b"GET /status/2026-0415-000001 HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n")
        got = client.answer()
    assert (got.status, json.loads(got.body)["type"]) == (status, f"urn:sekisho:reason:{reason}")
    assert MARK not in got.text + str(got.headers)
    assert lab.record(kind="outcome", transfer=got.transfer)["result"] == reason
    assert municipality.transfers[before:] == [got.transfer]  # asked once, whatever it said


def test_an_answer_that_does_not_come_in_time(recorded_lab: Lab, municipality: Municipality) -> None:
    over = threading.Event()

    def silent(sock: socket.socket, _: Received) -> bool:
        over.wait(PATIENCE_S)
        return False

    municipality.behaviour = silent
    got = recorded_lab.get(headers=JSON)
    over.set()
    assert (got.status, json.loads(got.body)["type"]) == (504, "urn:sekisho:reason:application_timeout")
    assert "届いている場合があります" in json.loads(got.body)["title"]
    assert recorded_lab.record(kind="outcome", transfer=got.transfer)["result"] == "application_timeout"


def test_an_answer_that_drips_is_cut_at_the_deadline_of_the_whole(
    recorded_lab: Lab, municipality: Municipality
) -> None:
    over = threading.Event()

    def drip(sock: socket.socket, _: Received) -> bool:
        for byte in answer(body=MARKED * 1000):
            sock.sendall(bytes([byte]))
            if over.wait(0.05):
                return False
        return False

    municipality.behaviour = drip
    got = recorded_lab.get(headers=JSON)
    over.set()
    assert (got.status, json.loads(got.body)["type"]) == (504, "urn:sekisho:reason:application_timeout")


LIMIT = 300_000  # response_bytes of `recorded_lab`


def test_an_answer_at_the_limit_is_shown_whole(recorded_lab: Lab, municipality: Municipality) -> None:
    municipality.behaviour = say(answer(body=b"x" * LIMIT))
    got = recorded_lab.get()
    assert (got.status, len(got.body)) == (200, LIMIT)


@pytest.mark.parametrize(
    "raw",
    [
        answer(body=MARKED + b"x" * (LIMIT + 1 - len(MARKED))),
        _response(b"transfer-encoding: chunked\r\n", b"%x\r\n" % (LIMIT + 1) + b"x" * (LIMIT + 1) + b"\r\n0\r\n\r\n"),
        _response(b"", MARKED + b"x" * LIMIT),
    ],
    ids=["by length", "in chunks", "until the end"],
)
def test_an_answer_over_the_limit_is_refused(recorded_lab: Lab, municipality: Municipality, raw: bytes) -> None:
    municipality.behaviour = say(raw)
    _is_refused(recorded_lab, municipality, "response_too_large", 502)


def test_a_head_over_the_limit_is_refused(recorded_lab: Lab, municipality: Municipality) -> None:
    municipality.behaviour = say(_response(b"x-mark: " + MARKED * 10_000 + b"\r\ncontent-length: 0\r\n", b""))
    _is_refused(recorded_lab, municipality, "application_invalid", 502)


def test_too_many_fields_are_refused(recorded_lab: Lab, municipality: Municipality) -> None:
    municipality.behaviour = say(_response(b"x-mark: a\r\n" * 200 + b"content-length: 0\r\n", b""))
    got = recorded_lab.get(headers=JSON)
    assert (got.status, json.loads(got.body)["type"]) == (502, "urn:sekisho:reason:response_too_large")


GOOD: dict[str, bytes] = {
    "early hints before it": b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n" + answer(body=b"good\n"),
    "100 Continue before it": b"HTTP/1.1 100 Continue\r\n\r\n" + answer(body=b"good\n"),
    "in chunks, with a trailer": _response(b"transfer-encoding: chunked\r\n", b"2\r\ngo\r\n3\r\nod\n\r\n0\r\nx-sum: 1\r\n\r\n"),
    "without a length, until the end": _response(b"", b"good\n"),
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\ngood\n",
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_an_answer_in_another_correct_form_is_shown(recorded_lab: Lab, municipality: Municipality, name: str) -> None:
    municipality.behaviour = say(GOOD[name])
    got = recorded_lab.get()
    assert (got.status, got.body, got.interim) == (200, b"good\n", ())
    assert "link" not in got.headers


def test_what_tells_about_the_inside_does_not_go_on(recorded_lab: Lab, municipality: Municipality) -> None:
    inside = (
        "server: municipal/1.0\r\nx-powered-by: secret\r\nvia: 1.1 inner\r\nstrict-transport-security: max-age=0\r\n"
    )
    municipality.behaviour = say(answer(headers=inside + "set-cookie: session=1; Secure\r\n"))
    got = recorded_lab.get()
    assert not {"server", "x-powered-by", "via"} & set(got.headers)
    assert got.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"
    assert got.headers["set-cookie"] == "session=1; Secure"


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_an_answer_without_a_body_has_none(recorded_lab: Lab, municipality: Municipality, status: str) -> None:
    municipality.behaviour = say(f'HTTP/1.1 {status}\r\netag: "a"\r\n\r\n'.encode(), then_close=False)
    with recorded_lab.client() as client:
        for _ in range(2):
            client.send(b"GET /status/2026-0415-000001 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            got = client.answer()
            assert (str(got.status), got.body) == (status[:3], b"")
            assert "transfer-encoding" not in got.headers


def test_an_application_that_is_not_there(recorded_lab: Lab, municipality: Municipality) -> None:
    kept: Behaviour = say(answer(), then_close=False)
    municipality.behaviour = kept
    assert recorded_lab.get().status == 200
    assert recorded_lab.get().status == 200  # over the connection that was kept
    assert len(municipality.received) == 2
    municipality.drop_connections()  # as an application does after its keep-alive time
    assert recorded_lab.get().status == 200
    assert len(municipality.received) == 3
