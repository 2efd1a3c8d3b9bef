"""A request whose body somebody has read already: the front, strictly, field by field.

Rules then see the accepted values in the form in which they cross, and nothing is parsed a second time, so that no difference
between two parsers can hide anything.
"""

from __future__ import annotations

from policy.variables.body import NO_PROCESSOR, Reading
from policy.variables.facts import Options, RequestFacts
from policy.variables.item import Pair
from policy.variables.table import BODY_VARIABLES
from policy.variables.transaction import Transaction


class SubmittedTransaction(Transaction):
    """`submit` comes before `process_body`."""

    __slots__ = ("_body", "_submitted")

    def __init__(self, facts: RequestFacts, options: Options) -> None:
        super().__init__(facts, options)
        self._submitted = NO_PROCESSOR
        self._body = b""

    def submit(self, fields: list[Pair], body: bytes) -> None:
        """`fields`: names and values, decoded. `body`: what crosses, where a rule may look at it as a whole."""
        self._submitted = Reading(
            arguments=fields, counted=sum([len(name) + len(value) for name, value in fields]) or None, state=b"0"
        )
        self._body = body
        self.names_are_declared = not self.query_pairs()  # what a query holds is read a second time, as it came

    def process_body(self, processor: str | None = None) -> None:
        """Take what was submitted. `processor` has nothing left to choose."""
        del processor
        self.reading = self._submitted
        self.request_body = self._body
        self._count()
        self._forget(BODY_VARIABLES)
