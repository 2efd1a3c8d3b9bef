"""One signature for what was answered in the same turn; each exchange gets the receipt of its own statement."""

from __future__ import annotations

import hashlib

import pytest
import trio

from relay.base.ids import TransferId
from relay.envelope.keys import ReceiptSigner
from relay.envelope.receipt import DELIVERED, TOGETHER_MOST, Receipt, ReceiptReader
from relay.gate.receipts import Receipts
from tests.log_samples import transfer

SIGNER = ReceiptSigner.generate("gate.example")


def _receipt(number: int) -> Receipt:
    digest = hashlib.sha256(b"%d" % number).digest()
    return Receipt(SIGNER.name, TransferId(transfer(number)), digest, digest, DELIVERED, number)


async def _signed(count: int) -> dict[int, bytes]:
    receipts, signed = Receipts(SIGNER), {}

    async def one(number: int) -> None:
        signed[number] = await receipts.sign(_receipt(number))

    async with trio.open_nursery() as nursery:
        for number in range(count):
            nursery.start_soon(one, number)
    return signed


def _notes(signed: dict[int, bytes]) -> set[bytes]:
    return {raw.partition(b"\n\n")[2] for raw in signed.values()}


@pytest.mark.parametrize(
    ("count", "notes"),
    [(1, 1), (2, 1), (TOGETHER_MOST, 1), (TOGETHER_MOST + 1, 2), (3 * TOGETHER_MOST, 3)],
)
async def test_those_of_one_turn_share_signatures(count: int, notes: int) -> None:
    signed = await _signed(count)
    assert len(_notes(signed)) == notes
    reader = ReceiptReader(SIGNER.public_key)
    for number, raw in signed.items():
        about = _receipt(number)
        found = reader.read(
            raw,
            transfer_id=about.transfer_id,
            envelope_digest=about.envelope_digest,
            response_digest=about.response_digest,
        )
        assert found == about


async def test_one_that_comes_later_waits_for_nobody() -> None:
    receipts = Receipts(SIGNER)
    signed = {number: await receipts.sign(_receipt(number)) for number in range(3)}
    assert len(_notes(signed)) == 3


async def test_a_receipt_that_is_owed_is_signed_whatever_is_cancelled() -> None:
    with trio.CancelScope() as scope:
        scope.cancel()
        assert await Receipts(SIGNER).sign(_receipt(1))


async def test_what_no_reader_would_take_is_not_signed() -> None:
    receipts = Receipts(SIGNER)
    with pytest.raises(ValueError, match="result"):
        await receipts.sign(_receipt(1)._replace(result="perhaps"))
    assert await receipts.sign(_receipt(2))
