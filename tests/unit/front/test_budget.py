"""How much one worker takes on: every bound at n and n+1, and that each place is given back."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from relay.base.errors import Refused, SekishoError, Unavailable
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.front.budget import Budget, subscriber


def fill(budget: Budget, sources: list[str], stack: ExitStack) -> None:
    for source in sources:
        stack.enter_context(budget.connection(source))


def test_connections_in_all() -> None:
    budget = Budget(Limits(connections=3))
    with ExitStack() as stack:
        fill(budget, ["192.0.2.1", "192.0.2.2", "192.0.2.3"], stack)
        with pytest.raises(Refused) as caught, budget.connection("192.0.2.4"):
            raise AssertionError
        assert caught.value.reason is Reason.CONNECTIONS_EXCEEDED
        assert budget.connections == 3
    assert budget.connections == 0
    with budget.connection("192.0.2.4"):
        assert budget.connections == 1


@pytest.mark.parametrize(
    ("held", "same", "other"),
    [
        ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:2::1"),  # one subscriber has a /64
        ("::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.2"),
        ("fe80::1%eth0", "fe80::2%eth1", "fe80:0:0:1::1"),
    ],
)
def test_connections_of_one_source(held: str, same: str, other: str) -> None:
    budget = Budget(Limits(connections_per_source=2))
    with ExitStack() as stack:
        fill(budget, [held, same], stack)
        with pytest.raises(Refused) as caught, budget.connection(same):
            raise AssertionError
        assert caught.value.reason is Reason.SOURCE_CONNECTIONS_EXCEEDED
        fill(budget, [other, other], stack)
    with ExitStack() as stack:
        fill(budget, [held, same], stack)


def test_nothing_is_remembered_of_who_has_gone() -> None:
    budget = Budget(Limits())
    for number in range(100):
        with budget.connection(f"192.0.2.{number}"), budget.connection(f"192.0.2.{number}"):
            assert len(budget._per_source) == 1
    assert budget._per_source == {}


def test_transfers() -> None:
    budget = Budget(Limits(transfers_in_flight=2))
    with budget.transfer(), budget.transfer():
        with pytest.raises(Unavailable) as caught, budget.transfer():
            raise AssertionError
        assert caught.value.reason is Reason.OVERLOADED
    assert budget.transfers == 0
    with pytest.raises(SekishoError), budget.transfer():
        raise Refused(Reason.BODY_INCOMPLETE)
    assert budget.transfers == 0


@pytest.mark.parametrize(
    ("address", "key"),
    [("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "20010db800000000"), ("::1", "0000000000000000")],
)
def test_who_is_one_subscriber(address: str, key: str) -> None:
    assert subscriber(address) == key
