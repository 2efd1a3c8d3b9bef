"""What the egress tells the ledger: an outcome is never lost while this process lives (docs/spec/ipc.md section 5.2)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio
import trio.testing

from relay.base.errors import Unavailable
from relay.base.ids import TransferId
from relay.base.reasons import Reason, Stage
from relay.egress.records import OUTCOMES_HELD, RETRY_S, Recorder
from relay.net.channel import Channel
from relay.tree.record import Refusal
from tests.log_samples import outcome, transfer
from tests.roles import FakeLedger
from tests.services import OPERATION

TIMEOUT_S = 5.0


@pytest.fixture
async def ledger(tmp_path: Path, nursery: trio.Nursery) -> FakeLedger:
    ledger = FakeLedger(tmp_path, "ledger/egress.sock")
    nursery.start_soon(ledger.run)
    return ledger


@pytest.fixture
async def recorder(ledger: FakeLedger, nursery: trio.Nursery) -> AsyncIterator[Recorder]:
    channel = Channel(ledger.path, unavailable=Reason.LEDGER_UNAVAILABLE, timeout_s=TIMEOUT_S)
    nursery.start_soon(channel.run)
    recorder = Recorder(channel)
    nursery.start_soon(recorder.retry_forever)
    yield recorder
    nursery.cancel_scope.cancel()
    channel.close()


async def test_an_outcome_is_durable_when_it_returns(recorder: Recorder, ledger: FakeLedger) -> None:
    await recorder.outcome(outcome(1, 0))
    assert (ledger.records, recorder.held) == ([outcome(1, 0)], 0)


@pytest.mark.parametrize(("mode", "took_s"), [("full", 0.0), ("silent", TIMEOUT_S)])
async def test_an_outcome_that_the_ledger_does_not_take_is_kept_and_tried_again(
    recorder: Recorder, ledger: FakeLedger, autojump_clock: trio.testing.MockClock, mode: str, took_s: float
) -> None:
    ledger.mode = mode
    for number in range(3):
        await recorder.outcome(outcome(number, 0))
    assert (trio.current_time(), recorder.held) == (3 * took_s, 3)
    ledger.mode = "ok"
    await trio.sleep(TIMEOUT_S + RETRY_S)
    assert recorder.held == 0
    assert ledger.records == [outcome(number, 0) for number in range(3)]  # the oldest first, each once


async def test_at_so_many_kept_outcomes_nothing_more_is_sent(
    recorder: Recorder, ledger: FakeLedger, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    ledger.mode = "full"
    recorder._held = [outcome(0, 0)] * (OUTCOMES_HELD - 1)
    await recorder.wait_for_room()
    await recorder.outcome(outcome(1, 0))
    through: list[int] = []

    async def wait(number: int) -> None:
        await recorder.wait_for_room()
        through.append(number)

    for number in range(3):
        nursery.start_soon(wait, number)
    await trio.sleep(10)
    assert (recorder.held, through) == (OUTCOMES_HELD, [])
    ledger.mode = "ok"
    await trio.sleep(10)
    assert (recorder.held, sorted(through)) == (0, [0, 1, 2])


async def test_a_refusal_names_what_was_refused(recorder: Recorder, ledger: FakeLedger) -> None:
    await recorder.refused(TransferId(transfer(1)), "minato", Reason.PERMIT_REUSED)
    (record,) = ledger.records
    assert isinstance(record, Refusal)
    assert (record.transfer, record.tenant, record.role, record.reason, record.stage, record.status) == (
        transfer(1),
        "minato",
        "egress",
        Reason.PERMIT_REUSED,
        Stage.EGRESS,
        0,
    )


async def test_a_refusal_that_cannot_be_recorded_holds_nobody_up(
    recorder: Recorder, ledger: FakeLedger, autojump_clock: trio.testing.MockClock
) -> None:
    ledger.mode = "full"
    await recorder.refused("", "", Reason.IPC_VIOLATION)
    assert (trio.current_time(), recorder.held) == (0.0, 0)


async def test_an_operation_is_recorded_or_unavailable(recorder: Recorder, ledger: FakeLedger) -> None:
    await recorder.operation(OPERATION)
    assert ledger.records == [OPERATION]
    ledger.mode = "full"
    with pytest.raises(Unavailable) as caught:
        await recorder.operation(OPERATION)
    assert caught.value.reason is Reason.LEDGER_UNAVAILABLE
