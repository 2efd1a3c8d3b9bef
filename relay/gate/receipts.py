"""Receipts are signed together: one signature for what was answered in the same turn (docs/spec/envelope.md section 9).

As with the ledger's group commit there is no timer: who comes first lets the others of this turn come, and then signs for all.
"""

from __future__ import annotations

import trio

from relay.envelope.receipt import TOGETHER_MOST, Receipt, ReceiptSigner, sign_statements, statement_of


class _Group:
    """Statements that will be signed together, and later their receipts."""

    __slots__ = ("receipts", "statements")

    def __init__(self) -> None:
        self.statements: list[bytes] = []
        self.receipts: list[bytes] = []


class Receipts:
    """What signs for one gate."""

    def __init__(self, signer: ReceiptSigner) -> None:
        self._signer = signer
        self._open = _Group()

    @property
    def name(self) -> str:
        return self._signer.name

    async def sign(self, receipt: Receipt) -> bytes:
        """The signed receipt."""
        statement = statement_of(receipt)
        if len(self._open.statements) == TOGETHER_MOST:
            self._open = _Group()
        group = self._open
        place = len(group.statements)
        group.statements.append(statement)
        await trio.lowlevel.cancel_shielded_checkpoint()  # the application has acted: this answer is owed
        if not group.receipts:
            if self._open is group:
                self._open = _Group()
            group.receipts = sign_statements(self._signer, group.statements)
        return group.receipts[place]
