"""What a front worker does beside its requests."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import trio
import trio.testing

from relay.base.limits import DEFAULTS
from relay.envelope.wrapping import KeyWrapper
from relay.front.__main__ import FrontRole
from relay.front.context import Tenant
from tests.unit.envelope.making import RECIPIENT


class _Silent:
    async def run(self) -> None:
        await trio.sleep_forever()


async def test_an_idle_worker_forgets_its_wrapping_key(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def recorded(*_: object) -> None:
        return

    monkeypatch.setattr(FrontRole, "_record_start", recorded)
    wrapper = KeyWrapper(RECIPIENT.public_key, lambda: round(trio.current_time() * 1000))
    role: Any = object.__new__(FrontRole)
    role.front = SimpleNamespace(
        ledger=_Silent(), egress=_Silent(), by_host={"a.example": Tenant("a", wrapper)}, limits=DEFAULTS
    )
    role.listeners = []
    wrapper.wrap(bytes(64), b"header")
    assert wrapper._key
    await nursery.start(role.serve, trio.Event(), None)
    await trio.sleep(2.5)  # the key's second, and the worker's next look
    assert wrapper._key is None
    assert wrapper._sealed == b""
    nursery.cancel_scope.cancel()
