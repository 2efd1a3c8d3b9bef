"""What one exchange's evaluation remembers, and every variable as rules see it now: the transaction's and the engine's own.

The engine owns TX, the persistent collections, MATCHED_*, RULE, HIGHEST_SEVERITY, MSC_PCRE_*, SESSIONID, USERID and WEBAPPID.
Names of TX are compared without case; the first spelling is the one that MATCHED_VAR_NAME shows.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from policy.effort import Effort
from policy.engine.decision import SEVERITY_NONE, Fired
from policy.engine.limits import TRANSFORMED_BYTES_MAX, TX_BYTES_MAX, TX_VARIABLES_MAX, VALUE_BYTES_MAX
from policy.engine.records import PERSISTENT, LimitReached, Record, Records
from policy.seclang.ast import EngineMode
from policy.variables.item import NOTHING, Item, make_item

if TYPE_CHECKING:
    from policy.engine.exceptions import Exceptions
    from policy.engine.rule import Rule
    from policy.transformations.table import Chain
    from policy.variables.transaction import Transaction


class State:
    """The memory of one exchange. `tx` maps lower-case names to values; `tx_names` the spellings that are not lower case."""

    __slots__ = (
        "allow",
        "body_access",
        "body_scanned",
        "characters",
        "effort",
        "exceptions",
        "exhausted",
        "fired",
        "found_in_body",
        "highest_severity",
        "logdata",
        "marker",
        "matched",
        "matched_name",
        "matched_value",
        "message",
        "mode",
        "now",
        "operator_failed",
        "record_keys",
        "records",
        "response_access",
        "resume",
        "rule",
        "shelf",
        "skip",
        "span",
        "transaction",
        "transformed",
        "transformed_bytes",
        "tx",
        "tx_names",
        "tx_removed",
        "tx_start",
        "tx_written",
        "values_of_fired",
        "web_app",
        "would_interrupt",
    )

    def __init__(
        self,
        transaction: Transaction,
        tx: Mapping[bytes, bytes],
        records: Records,
        mode: EngineMode,
        tx_names: Mapping[bytes, bytes] = MappingProxyType({}),
    ) -> None:
        self.transaction = transaction
        self.tx = dict(tx)
        self.tx_start = tx
        self.tx_removed = False
        self.tx_names = dict(tx_names)
        self.tx_written = 0
        self.shelf = records
        self.records: dict[str, Record] = {}
        self.record_keys: dict[str, bytes] = {}
        self.now = transaction.facts.time.timestamp()
        self.mode = mode
        self.characters = True
        self.web_app = b""
        self.body_access: bool | None = None
        self.response_access: bool | None = None
        self.effort = Effort.for_bytes(_bytes_of(transaction))
        self.exceptions: Exceptions | None = None
        # the rule that is being evaluated
        self.rule: Rule | None = None
        self.matched: list[tuple[bytes, bytes]] = []
        self.matched_name = b""
        self.matched_value = b""
        self.message = b""
        self.logdata = b""
        self.span = (0, 0)
        self.exhausted = False
        # where evaluation goes on
        self.resume = 0
        self.skip = 0
        self.marker = ""
        self.allow = ""
        # what has come of it
        self.fired: list[Fired] = []
        self.values_of_fired: list[bytes] | None = None  # for the workbench alone: the value that each of them matched
        self.would_interrupt = False  # a rule would have, but the engine only detects
        self.highest_severity = SEVERITY_NONE
        self.operator_failed = False
        # results of chains that more than one rule may ask for
        self.transformed: dict[str, dict[bytes, bytes]] = {}
        self.transformed_bytes = 0
        # the body that was last scanned for the later links of chains, and what was found in it
        self.body_scanned: bytes | None = None
        self.found_in_body: Container[int] = ()

    # variables

    def get(self, collection: str) -> Sequence[Item]:
        """All values of a variable, upper case."""
        own = _OWN.get(collection)
        return self.transaction.get(collection) if own is None else own(self)

    def select(self, collection: str, key: bytes) -> Sequence[Item]:
        """The values whose key is `key`, which is lower case."""
        if collection == "TX":
            value = self.tx.get(key)
            return NOTHING if value is None else (make_item((b"TX:" + self.tx_names.get(key, key), key, value)),)
        own = _OWN.get(collection)
        if own is None:
            return self.transaction.select(collection, key)
        return [item for item in own(self) if item.key.lower() == key]

    def transform(self, chain: Chain, sent: bytes) -> bytes:
        """What the chain makes of a value, worked out once for all rules with that chain."""
        if not chain.name:
            return sent
        known = self.transformed.get(chain.name)
        if known is None:
            known = self.transformed[chain.name] = {}
        result = known.get(sent)
        if result is None:
            result = chain.apply(sent, self.characters)
            size = len(sent) + len(result)
            if self.transformed_bytes + size <= TRANSFORMED_BYTES_MAX:
                self.transformed_bytes += size
                known[sent] = result
        return result

    # what rules write

    def match_at(self, name: bytes, value: bytes, span: tuple[int, int]) -> None:
        """A link has matched this variable."""
        self.span = span
        self.matched_name = name
        self.matched_value = value
        self.matched.append((name, value))

    def set_tx(self, name: bytes, value: bytes) -> None:
        """Raises LimitReached."""
        self.put_tx(name.lower(), name, value)

    def put_tx(self, key: bytes, name: bytes, value: bytes) -> None:
        """`key`: the name in lower case. Raises LimitReached."""
        tx = self.tx
        if key not in tx:
            if len(tx) >= TX_VARIABLES_MAX:
                raise LimitReached("TX_VARIABLES_MAX")
            if key != name:
                self.tx_names[key] = name
        if len(value) > VALUE_BYTES_MAX:
            raise LimitReached("VALUE_BYTES_MAX")
        self.tx_written += len(key) + len(value)
        if self.tx_written > TX_BYTES_MAX:
            raise LimitReached("TX_BYTES_MAX")
        tx[key] = value

    def set(self, collection: str, name: bytes, value: bytes) -> None:
        """Raises LimitReached. Without a record what is written to a persistent collection is lost."""
        if collection == "TX":
            self.set_tx(name, value)
        elif collection in self.records:
            self.records[collection].set(name, value)

    def remove(self, collection: str, name: bytes) -> None:
        if collection == "TX":
            self.tx_removed = True
            self.tx.pop(name.lower(), None)
            self.tx_names.pop(name.lower(), None)
        elif collection in self.records:
            self.records[collection].remove(name)

    def expire(self, collection: str, name: bytes, seconds: int) -> None:
        """TX ends with its exchange, so that nothing in it expires."""
        if collection in self.records:
            self.records[collection].expire(name, self.now + seconds)

    def open_record(self, collection: str, key: bytes) -> None:
        """What initcol, setsid, setuid and setrsc do."""
        self.records[collection] = self.shelf.open(collection, key, self.now)
        self.record_keys[collection] = key

    def first(self, collection: str, name: bytes) -> bytes:
        """The value that `setvar` adds to; empty where there is none."""
        if collection == "TX":
            return self.tx.get(name.lower(), b"")
        record = self.records.get(collection)
        return b"" if record is None else record.get(name, self.now) or b""

    def set_option(self, **changed: int | str) -> None:
        """What `ctl:` changes of how bodies are read, before they are."""
        self.transaction.options = replace(self.transaction.options, **changed)  # type: ignore[arg-type]  # names are Options' own


def _bytes_of(transaction: Transaction) -> int:
    """What the request is long, as far as patterns see it."""
    facts = transaction.facts
    return len(facts.uri) + len(facts.body) + sum([len(name) + len(value) for name, value in facts.headers])


Own = Callable[[State], Sequence[Item]]


def _tx(run: State) -> Sequence[Item]:
    names = run.tx_names
    return [make_item((b"TX:" + names.get(key, key), key, value)) for key, value in run.tx.items()]


def _persistent(collection: str) -> Own:
    prefix = collection.encode() + b":"

    def items(run: State) -> Sequence[Item]:
        record = run.records.get(collection)
        if record is None:
            return NOTHING
        return [Item(prefix + name, name, value) for name, value in record.items(run.now)]

    return items


def _matched_vars(run: State) -> Sequence[Item]:
    return [Item(b"MATCHED_VARS:" + name, name, value) for name, value in run.matched]


def _matched_names(run: State) -> Sequence[Item]:
    return [Item(b"MATCHED_VARS_NAMES:" + name, name, name) for name, _ in run.matched]


def _one(label: str, value: Callable[[State], bytes]) -> Own:
    name = label.encode()
    return lambda run: (make_item((name, b"", value(run))),)


def _rule(run: State) -> Sequence[Item]:
    rule = run.rule
    if rule is None:
        return NOTHING
    severity = b"" if rule.severity == SEVERITY_NONE else b"%d" % rule.severity
    values = (
        (b"id", b"%d" % rule.id),
        (b"rev", rule.rev),
        (b"severity", severity),
        (b"logdata", run.logdata or rule.text_of("logdata", run)),
        (b"msg", run.message or rule.text_of("msg", run)),
    )
    return [Item(b"RULE:" + key, key, value) for key, value in values]


_OWN: Final[dict[str, Own]] = {
    "TX": _tx,
    **{collection: _persistent(collection) for collection in PERSISTENT},
    "MATCHED_VAR": _one("MATCHED_VAR", lambda run: run.matched_value),
    "MATCHED_VAR_NAME": _one("MATCHED_VAR_NAME", lambda run: run.matched_name),
    "MATCHED_VARS": _matched_vars,
    "MATCHED_VARS_NAMES": _matched_names,
    "RULE": _rule,
    "HIGHEST_SEVERITY": _one("HIGHEST_SEVERITY", lambda run: b"%d" % run.highest_severity),
    "MSC_PCRE_ERROR": _one("MSC_PCRE_ERROR", lambda run: b"1" if run.operator_failed else b""),
    "MSC_PCRE_LIMITS_EXCEEDED": _one("MSC_PCRE_LIMITS_EXCEEDED", lambda run: b"1" if run.operator_failed else b""),
    "SESSIONID": _one("SESSIONID", lambda run: run.record_keys.get("SESSION", b"")),
    "USERID": _one("USERID", lambda run: run.record_keys.get("USER", b"")),
    "WEBAPPID": _one("WEBAPPID", lambda run: run.web_app),
}

OWN: Final = frozenset(_OWN)
"""The variables that change while rules are evaluated; all others are fixed once their phase has begun."""
