"""What an exchange remembers: TX without regard to case, records once they are open, bounds that refuse."""

from __future__ import annotations

import pytest

from policy.engine.limits import TRANSFORMED_BYTES_MAX, TX_BYTES_MAX, TX_VARIABLES_MAX, VALUE_BYTES_MAX
from policy.engine.records import LimitReached, Records
from policy.engine.state import OWN, State
from policy.seclang.ast import EngineMode
from policy.transformations.table import chain
from policy.variables.facts import RequestFacts
from policy.variables.transaction import Transaction


def state() -> State:
    facts = RequestFacts(method=b"GET", uri=b"/?a=1", headers=((b"Host", b"h"),))
    return State(Transaction(facts), {b"start": b"0"}, Records(), EngineMode.ON)


def test_names_of_tx_keep_their_first_spelling_and_ignore_case() -> None:
    run = state()
    run.set_tx(b"Name", b"1")
    run.set_tx(b"NAME", b"2")
    assert [tuple(item) for item in run.select("TX", b"name")] == [(b"TX:Name", b"name", b"2")]
    assert [item.name for item in run.get("TX")] == [b"TX:start", b"TX:Name"]
    run.remove("TX", b"nAmE")
    assert run.select("TX", b"name") == ()


def test_what_an_exchange_starts_with_is_shared_and_stays() -> None:
    run = state()
    run.set("TX", b"start", b"1")
    assert (run.tx[b"start"], run.tx_start[b"start"]) == (b"1", b"0")


def test_a_persistent_collection_is_absent_until_it_is_opened() -> None:
    run = state()
    run.set("IP", b"x", b"1")
    assert (run.first("IP", b"x"), list(run.get("IP")), run.get("SESSIONID")[0].value) == (b"", [], b"")
    run.open_record("SESSION", b"key")
    run.set("SESSION", b"x", b"1")
    run.expire("SESSION", b"x", 1)
    assert [tuple(item) for item in run.get("SESSION")] == [(b"SESSION:x", b"x", b"1")]
    assert run.select("SESSION", b"x")[0].value == run.first("SESSION", b"X") == b"1"
    assert run.get("SESSIONID")[0].value == b"key"
    run.remove("SESSION", b"x")
    assert not run.get("SESSION")


def test_the_bounds_of_tx() -> None:
    run = state()
    run.set_tx(b"v", bytes(VALUE_BYTES_MAX))
    with pytest.raises(LimitReached, match="VALUE_BYTES_MAX"):
        run.set_tx(b"v", bytes(VALUE_BYTES_MAX + 1))
    run = state()
    for number in range(TX_VARIABLES_MAX - 1):
        run.set_tx(b"%d" % number, b"")
    with pytest.raises(LimitReached, match="TX_VARIABLES_MAX"):
        run.set_tx(b"one more", b"")
    run = state()
    run.tx_written = TX_BYTES_MAX - 2
    run.set_tx(b"a", b"b")
    with pytest.raises(LimitReached, match="TX_BYTES_MAX"):
        run.set_tx(b"a", b"")


def test_what_a_chain_makes_of_a_value_is_worked_out_once() -> None:
    run = state()
    value = b"A%41" * 10
    first = run.transform(chain(["lowercase", "urlDecodeUni"]), value)
    assert first == b"aA" * 10
    assert run.transform(chain(["lowercase", "urlDecodeUni"]), value) is first
    assert run.transform(chain(["urlDecodeUni", "lowercase"]), b"%41") == b"a"
    assert run.transform(chain(["lowercase"]), b"%41") == b"%41"
    assert run.transform(chain([]), value) is value


@pytest.mark.parametrize(("left", "remembered"), [(2, True), (1, False)])
def test_how_much_is_remembered_of_what_chains_make(left: int, remembered: bool) -> None:
    run = state()
    run.transformed_bytes = TRANSFORMED_BYTES_MAX - left
    assert run.transform(chain(["lowercase"]), b"A") == b"a"
    assert (b"A" in run.transformed["lowercase"]) is remembered


def test_every_variable_of_the_engine_has_a_value_or_none() -> None:
    run = state()
    empty = {name for name in OWN if not run.get(name)}
    assert empty == {"GLOBAL", "IP", "RESOURCE", "SESSION", "USER", "MATCHED_VARS", "MATCHED_VARS_NAMES", "RULE"}
    assert run.get("HIGHEST_SEVERITY")[0].value == b"255"
    assert run.get("REQUEST_METHOD")[0].value == b"GET"
    assert run.select("REQUEST_HEADERS", b"host")[0].value == b"h"


def test_reading_of_bodies_can_be_changed_for_one_exchange() -> None:
    run = state()
    run.set_option(request_body_limit=7)
    assert run.transaction.options.request_body_limit == 7
