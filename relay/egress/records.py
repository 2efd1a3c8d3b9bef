"""What the egress tells the ledger: outcomes, which it keeps until they are recorded, and its own refusals.

docs/spec/ipc.md section 5.2: an answer is given on after its outcome is durable. When the ledger does not answer in time,
the citizen's answer is not withheld for it; the outcome is kept here and tried again, and no new transfer starts while
`OUTCOMES_HELD` are kept.
"""

from __future__ import annotations

from typing import Final, Literal

import trio

from relay.base.errors import Unavailable
from relay.base.ids import TransferId
from relay.base.reasons import Reason, row
from relay.base.rfc3339 import format_time
from relay.ipc.messages import Message, Recorded, RecordOperation, RecordOutcome, RecordRefusal
from relay.net.channel import Channel
from relay.ops.clock import now_ms
from relay.tree.record import Operation, Outcome, Refusal

OUTCOMES_HELD: Final = 1024  # a record has about 1 KB: a megabyte of memory
RETRY_S: Final = 0.5


class Recorder:
    """The egress's voice in the log."""

    def __init__(self, ledger: Channel) -> None:
        self._ledger = ledger
        self._held: list[Outcome] = []
        self._room = trio.Event()
        self._room.set()

    @property
    def held(self) -> int:
        """Outcomes that wait for the ledger."""
        return len(self._held)

    async def wait_for_room(self) -> None:
        """Return when another outcome could be kept."""
        while len(self._held) >= OUTCOMES_HELD:
            if self._room.is_set():  # else others wait for it already
                self._room = trio.Event()
            await self._room.wait()

    async def outcome(self, outcome: Outcome) -> None:
        """Record, or keep for `retry_forever`."""
        try:
            await self._record(RecordOutcome(call=self._ledger.next_call(), outcome=outcome))
        except Unavailable:
            self._held.append(outcome)

    async def refused(self, transfer: TransferId | Literal[""], tenant: str, reason: Reason) -> None:
        """Record what a front may not do. Nothing was sent, so a ledger that cannot take it loses no transfer."""
        refusal = Refusal(
            time=format_time(now_ms()),
            transfer=transfer,
            role="egress",
            reason=reason,
            stage=row(reason).stage,
            status=0,
            tenant=tenant,
            route="",
            source="",
            findings=(),
            tls_version="",
            tls_group="",
            worker=0,
        )
        try:
            await self._record(RecordRefusal(call=self._ledger.next_call(), refusal=refusal))
        except Unavailable:
            return

    async def operation(self, operation: Operation) -> None:
        """Raises Unavailable."""
        await self._record(RecordOperation(call=self._ledger.next_call(), operation=operation))

    async def retry_forever(self) -> None:
        """Bring the kept outcomes to the ledger when it is back, oldest first."""
        while True:
            await trio.sleep(RETRY_S)
            while self._held:
                try:
                    await self._record(RecordOutcome(call=self._ledger.next_call(), outcome=self._held[0]))
                except Unavailable:
                    break
                del self._held[0]
                self._room.set()

    async def _record(self, message: Message) -> None:
        answer, _ = await self._ledger.call(message)
        if not isinstance(answer, Recorded):
            raise Unavailable(Reason.LEDGER_UNAVAILABLE, f"the ledger answered {type(answer).__name__}")
