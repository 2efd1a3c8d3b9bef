"""IP, GLOBAL, RESOURCE, SESSION and USER: collections that outlive their exchange, in memory and bounded.

A collection is a set of records, chosen by `initcol`, `setsid`, `setuid` or `setrsc`; before that its variables are absent and
what is written to it is lost. Names are compared without case. Time is an argument: seconds since the epoch.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

from policy.engine.limits import (
    RECORD_KEY_BYTES_MAX,
    RECORD_VALUE_BYTES_MAX,
    RECORD_VARIABLES_MAX,
    RECORDS_MAX,
)

PERSISTENT: Final = ("GLOBAL", "IP", "RESOURCE", "SESSION", "USER")
_NEVER: Final = float("inf")


class LimitReached(Exception):
    """A bound of policy.engine.limits was met; `name` is its name there."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Variable:
    """`value` None: only an expiry is known so far."""

    __slots__ = ("expires", "name", "value")

    def __init__(self, name: bytes) -> None:
        self.name = name
        self.value: bytes | None = None
        self.expires = _NEVER


class Record:
    """The variables of one address, session or user."""

    __slots__ = ("_variables", "used")

    def __init__(self) -> None:
        self._variables: dict[bytes, Variable] = {}
        self.used = 0.0

    def get(self, name: bytes, now: float) -> bytes | None:
        """The value; None where there is none or it has expired."""
        key = name.lower()
        variable = self._variables.get(key)
        if variable is None:
            return None
        if variable.expires <= now:
            del self._variables[key]
            return None
        return variable.value

    def set(self, name: bytes, value: bytes) -> None:
        """Raises LimitReached. An expiry set earlier stays."""
        if len(value) > RECORD_VALUE_BYTES_MAX:
            raise LimitReached("RECORD_VALUE_BYTES_MAX")
        self._variable(name).value = value

    def remove(self, name: bytes) -> None:
        self._variables.pop(name.lower(), None)

    def expire(self, name: bytes, at: float) -> None:
        """Raises LimitReached. May come before the value."""
        self._variable(name).expires = at

    def _variable(self, name: bytes) -> Variable:
        key = name.lower()
        variable = self._variables.get(key)
        if variable is None:
            if len(self._variables) >= RECORD_VARIABLES_MAX or len(key) > RECORD_VALUE_BYTES_MAX:
                raise LimitReached("RECORD_VARIABLES_MAX")
            variable = self._variables[key] = Variable(name)
        return variable

    def items(self, now: float) -> Iterator[tuple[bytes, bytes]]:
        """Names, as they were first written, and values of what has not expired."""
        for variable in list(self._variables.values()):
            if variable.value is not None and variable.expires > now:
                yield variable.name, variable.value


class Records:
    """All persistent collections of one rule set. Not shared by processes: each front counts what it sees."""

    def __init__(self, timeout_s: int = 3600, records_max: int = RECORDS_MAX) -> None:
        self._timeout_s = timeout_s
        self._records_max = records_max
        self._collections: dict[str, OrderedDict[bytes, Record]] = {name: OrderedDict() for name in PERSISTENT}

    def open(self, collection: str, key: bytes, now: float) -> Record:
        """The record, made if it is new or was not used for longer than SecCollectionTimeout. LookupError: no such collection."""
        if len(key) > RECORD_KEY_BYTES_MAX:
            key = hashlib.sha256(key).digest()
        records = self._collections[collection]
        record = records.get(key)
        if record is None or record.used + self._timeout_s < now:
            record = records[key] = Record()
            if len(records) > self._records_max:
                records.popitem(last=False)
        records.move_to_end(key)
        record.used = now
        return record

    def count(self, collection: str) -> int:
        return len(self._collections[collection])
