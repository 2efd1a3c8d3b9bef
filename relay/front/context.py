"""What every transfer of one front worker shares. Made once at start (`relay.front.settings`), never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from policy.pipeline import Policy
from relay.base.limits import Limits
from relay.envelope.keys import SenderPrivateKey
from relay.envelope.wrapping import KeyWrapper
from relay.front.budget import Budget
from relay.front.measure import Measure
from relay.net.channel import Channel


@dataclass(frozen=True, slots=True)
class Tenant:
    """A municipality, as the front knows it."""

    name: str
    wrapper: KeyWrapper  # to the key of its gates


@dataclass(frozen=True, slots=True)
class Front:
    """One worker."""

    worker: int
    limits: Limits
    policy: Policy
    by_host: Mapping[str, Tenant]
    open_tenant: Tenant | None  # open routes (lab): the tenant for hosts that belong to none; None otherwise
    sender: SenderPrivateKey
    ledger: Channel
    egress: Channel
    budget: Budget
    measure: Measure
    scanner: Path | None = None  # its socket; None: no procedure takes files
