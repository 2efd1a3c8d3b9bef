"""kill -9 of every role in turn under load, 50 rounds: no partial answer passes for a whole one, no delivery is unlogged or repeated.

Promises P2 and P5, and the truth of what citizens are told: who reads "nothing has been accepted" was not delivered.
"""

from __future__ import annotations

import itertools
import json
import signal
import socket
import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from relay.ledger.reader import records
from relay.tree.record import Intent, Outcome, parse_time
from tests.live.labs import Answer, Client, Cut, Lab, head_of, running_lab, until
from tests.live.municipality import Municipality, Received, answer

pytestmark = [pytest.mark.live, pytest.mark.slow]

ROUNDS = 50
ROLES = ("front", "egress", "ledger", "exporter", "gate")
CLIENTS = 4
CONFIG = "[limits]\ngate_probe_interval_ms = 100\nipc_timeout_ms = 1000\nexchange_timeout_ms = 5000\n"
WORK_S = 0.02  # that half of the requests take, so that kills meet exchanges under way
NOTHING_ACCEPTED = "申請は受け付けられていません"
SMALL, LARGE = 200, 150_000  # bytes of an answer: inside a message, and in a memfd that the front sends on in chunks


def expected(transfer: str, is_large: bool) -> bytes:
    """The only whole answer to this transfer."""
    return (transfer + "\n").encode() + b"." * (LARGE if is_large else SMALL) + b"\nend\n"


def behave(sock: socket.socket, received: Received) -> bool:
    if received.transfer[-1] in "02468ace":
        threading.Event().wait(WORK_S)
    sock.sendall(answer(body=expected(received.transfer, received.line.startswith(b"GET"))))
    return True


@dataclass
class Load:
    """Clients that ask without pause. `answers` keeps the body only of what the front itself said; `wrong`: not the whole answer."""

    lab: Lab
    answers: list[Answer] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    served: int = 0
    cuts: int = 0

    def __post_init__(self) -> None:
        sample = next(sample for sample in self.lab.about["samples"] if sample["name"] == "form-urlencoded")
        body = Path(sample["body_file"]).read_bytes()
        headers = {"Content-Type": sample["content_type"], "Accept": "application/json"}
        self._form = head_of("POST", sample["path"], headers, length=len(body)) + body
        self._query = head_of("GET", "/status/2026-0415-000001", {"Accept": "application/json"})
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._ask_on, daemon=True) for _ in range(CLIENTS)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def wait_for(self, more: int) -> None:
        """Until so many more answers have come."""
        target = len(self.answers) + more
        until(lambda: len(self.answers) >= target, "load")

    def wait_served(self, what: str) -> None:
        """Until the application has answered once more."""
        target = self.served + 1
        until(lambda: self.served >= target, what)

    def _ask_on(self) -> None:
        while not self._ending.is_set():
            try:
                with self.lab.client() as client:
                    self._ask(client)
            except (OSError, Cut):
                self.cuts += 1

    def _ask(self, client: Client) -> None:
        for is_query in itertools.islice(itertools.cycle((True, False)), 20):
            client.send(self._query if is_query else self._form)
            got = client.answer()
            self._keep(got, is_query)
            if self._ending.is_set() or got.headers.get("connection") == "close":
                return

    def _keep(self, got: Answer, is_query: bool) -> None:
        if got.status == 200:
            if got.body != expected(got.transfer, is_query):
                self.wrong.append(got.transfer)
            got = replace(got, body=b"")
            self.served += 1
        self.answers.append(got)


def test_fifty_rounds(tmp_path: Path) -> None:
    with (
        Municipality(behave) as municipality,
        running_lab(tmp_path / "lab", app=municipality.url, config=CONFIG) as lab,
    ):
        with Load(lab) as load:
            for number in range(ROUNDS):
                load.wait_for(1 + number % 7)
                role = ROLES[number % len(ROLES)]
                killed = lab.kill(role, how=signal.SIGKILL)
                lab.wait_back(role, killed)
                load.wait_served(f"service after {role} was killed in round {number}")
        until(lambda: lab.management("/readyz")[0] == 200, "all is ready again")
        assert lab.stop() == 0
        lab.verify_log()
        _judge(lab, municipality, load)


def _judge(lab: Lab, municipality: Municipality, load: Load) -> None:
    answers = load.answers
    delivered = Counter(municipality.transfers)
    assert load.served >= ROUNDS
    # no part passed for the whole, and every answer of the application is of a transfer that it has had
    assert load.wrong == []
    assert [got.transfer for got in answers if got.status == 200 and not delivered[got.transfer]] == []
    # nothing twice
    assert [transfer for transfer, times in delivered.items() if times > 1] == []
    # nothing unlogged: an intent, earlier in time, in the log and in its copy
    entries = [record for _, record in records(Path(lab.about["log_dir"]))]
    intents = {record.transfer: parse_time(record.time) for record in entries if isinstance(record, Intent)}
    copied = {record["transfer"] for record in lab.records(kind="intent")}
    for received in municipality.received:
        assert received.transfer in copied
        assert intents[received.transfer] <= received.received_ms
    # an answer of the application that was given on has its outcome
    outcomes = {record.transfer for record in entries if isinstance(record, Outcome) and record.result == "delivered"}
    assert [got.transfer for got in answers if got.status == 200 and got.transfer not in outcomes] == []
    # what the citizens were told is true
    assert {got.status for got in answers} <= {200, 502, 503, 504}
    told = {got.transfer: json.loads(got.body)["title"] for got in answers if got.status != 200}
    assert [transfer for transfer, words in told.items() if NOTHING_ACCEPTED in words and transfer in delivered] == []
    print(f"{len(answers)} answers, {Counter(got.status for got in answers)}, {load.cuts} cut off")
