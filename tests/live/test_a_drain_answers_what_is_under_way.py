"""A request that is under way when SIGTERM arrives is answered whole; idle connections end cleanly, new ones are not taken."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from tests.live.labs import PATIENCE_S, head_of, running_lab, until
from tests.live.municipality import Municipality, Received, answer

pytestmark = pytest.mark.live

BODY = "全部届きました。\n".encode() * 20_000  # larger than one parcel inside a message


def test_the_answer_comes_whole_and_then_the_connection_ends(tmp_path: Path) -> None:
    may_answer = threading.Event()

    def slow(sock: socket.socket, _: Received) -> bool:
        assert may_answer.wait(PATIENCE_S)
        sock.sendall(answer(body=BODY))
        return True

    with Municipality() as municipality, running_lab(tmp_path / "lab", app=municipality.url) as lab:
        with lab.client() as idle, lab.client() as waiting:
            idle.send(head_of("GET", "/health", host="wrong.example"))
            assert idle.answer().status == 421  # a connection that has been served, and is idle now
            municipality.behaviour = slow
            waiting.send(head_of("GET", "/status/2026-0415-000001"))
            until(lambda: municipality.received, "the request is at the application")
            lab.terminate()
            assert idle.at_end()  # the drain has begun
            assert lab.try_get() is None
            may_answer.set()
            got = waiting.answer()
            assert (got.status, got.body) == (200, BODY)
            assert waiting.at_end()
        assert lab.stop() == 0
        assert lab.record(kind="outcome", transfer=got.transfer)["result"] == "delivered"
        lab.verify_log()
