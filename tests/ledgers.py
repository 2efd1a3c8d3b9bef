"""A ledger in this process over real sockets and a real store, with clients that say what their test tells them to."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

from relay.base.ids import TransferId, transfer_id_to_bytes
from relay.base.limits import Limits
from relay.ipc.messages import (
    Answer,
    Message,
    RecordIntent,
    RecordOperation,
    decode_answers,
    encode,
)
from relay.ledger.jsonl import JsonLines
from relay.ledger.measure import Measure
from relay.ledger.pipeline import Ledger
from relay.ledger.store import LogStore
from relay.net.channel import receive_packet
from relay.net.listen import open_seqpacket_listener
from relay.ops.metrics import Registry
from relay.tree.note import Signer
from relay.tree.record import Operation, decode_record
from tests.faults.failing_disk import QuickDisk
from tests.log_samples import JOURNAL_BYTES, ORIGIN, START_MS, intent, transfer
from tests.roles import PERMIT_KEY
from tests.services import UNSTAMPED

FRONT, EGRESS = "ledger/front.sock", "ledger/egress.sock"
SIGNER = Signer.generate(ORIGIN)


class Store(LogStore):
    """The real store, which also tells how it was called and can be out of space or broken."""

    failure: Exception | None = None
    batches: list[list[object]]

    def append(self, records: Sequence[bytes]) -> int:
        if self.failure is not None:
            raise self.failure
        self.batches.append([decode_record(record) for record in records])
        return super().append(records)


class Client:
    """One connection of a role."""

    def __init__(self, path: Path) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.connect(str(path))
        self.sock.setblocking(False)

    def send(self, *messages: Message | bytes) -> None:
        for message in messages:
            self.sock.send(message if isinstance(message, bytes) else encode(message))

    def answers(self) -> list[Answer]:
        """All that have come by now. Raises EOFError when the ledger has closed, after the answers."""
        found: list[Answer] = []
        while (packet := receive_packet(self.sock)) is not None:
            found += decode_answers(packet.data)
        return found

    @property
    def is_dropped(self) -> bool:
        try:
            self.answers()
        except EOFError:
            return True
        return False


class World:
    """A ledger that moves when it is told: `turn` is one turn of `serve_forever`."""

    def __init__(self, directory: Path, **limits: int) -> None:
        (directory / "log").mkdir(exist_ok=True)
        (directory / "ledger").mkdir(exist_ok=True)
        self.directory = directory
        store = Store.open(directory / "log", ORIGIN, SIGNER, START_MS, journal_bytes=JOURNAL_BYTES, disk=QuickDisk())
        assert isinstance(store, Store)
        self.store = store
        store.batches = []
        self.registry = Registry("ledger")
        self.listeners = {name: open_seqpacket_listener(str(directory / name), mode=0o600) for name in (FRONT, EGRESS)}
        self.jsonl = JsonLines(directory / "transfers.jsonl")
        self.ledger = Ledger(
            self.store, PERMIT_KEY, Limits(**limits), self.listeners, Measure(self.registry), self.jsonl
        )
        self.clients: list[Client] = []

    def client(self, name: str = FRONT) -> Client:
        self.clients.append(Client(self.directory / name))
        self.ledger.take()  # accepted, nothing sent yet
        return self.clients[-1]

    def turn(self) -> None:
        batch = self.ledger.take()
        if batch:
            self.ledger.answer(batch, self.ledger.record([waiting.request for waiting in batch]))
        self.ledger.record_violations()

    @property
    def records(self) -> list[object]:
        return [record for batch in self.store.batches for record in batch]

    def close(self) -> None:
        for client in self.clients:
            client.sock.close()
        self.turn()  # the ledger sees that they went
        for listener in self.listeners.values():
            listener.close()
        self.ledger._epoll.close()
        self.jsonl.close()
        self.store.close()


def intend(number: int, call: int = 1, **changes: object) -> RecordIntent:
    made = intent(number)
    fields: dict[str, object] = {
        "call": call,
        "transfer": transfer_id_to_bytes(TransferId(transfer(number))),
        "digest": bytes.fromhex(made.envelope_digest),
        "intent": made,
    }
    return RecordIntent(**(fields | changes))  # type: ignore[arg-type]  # tests also make intents that contradict themselves


def operation(role: str = "front", call: int = 1) -> RecordOperation:
    made = Operation(time=UNSTAMPED, role=role, operation="start", subject="", result="ok", detail="")  # type: ignore[arg-type]  # any role
    return RecordOperation(call=call, operation=made)
