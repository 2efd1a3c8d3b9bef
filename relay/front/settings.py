"""From the host's configuration to what a front worker holds: its certificates, keys, policy and channels.

Loaded before the walls go up. Nothing here can name a key of the LGWAN side, the spool or the log.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from policy.load import load_policy
from policy.pipeline import Policy
from policy.problems import PolicyInvalid
from relay.base.errors import ConfigInvalid, Problem
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.envelope.keys import RecipientPublicKey, SenderPrivateKey
from relay.envelope.wrapping import KeyWrapper
from relay.front.budget import Budget
from relay.front.context import Front, Tenant
from relay.front.measure import Measure
from relay.net.channel import Channel
from relay.ops.clock import boottime_ms
from relay.ops.metrics import Registry
from relay.settings import certificates, keys
from relay.settings.model import HostFile
from relay.settings.rules import LoadedRules
from relay.tls.contexts import TlsIdentity


def identities(settings: HostFile, now: datetime) -> list[TlsIdentity]:
    """One certificate for each tenant. Raises ConfigInvalid."""
    return [
        certificates.identity(tenant.certificate, tenant.key, settings.host.keys_dir, "server", tenant.hosts, now)
        for tenant in settings.tenant
    ]


def policy_of(settings: HostFile, rules: LoadedRules) -> Policy:
    """The routes of all tenants. Raises ConfigInvalid."""
    directories = [Path(directory) for directory in settings.policy.procedures]
    tenants = {tenant.name: tenant.hosts for tenant in settings.tenant}
    try:
        return load_policy(
            directories,
            tenants,
            open_routes=settings.policy.open_routes,
            rules=rules.choice,
            scans_files=settings.scanner is not None,
        )
    except PolicyInvalid as error:
        raise ConfigInvalid([Problem(*problem) for problem in error.problems]) from error


def front_of(settings: HostFile, worker: int, policy: Policy, registry: Registry) -> Front:
    """What the worker's transfers share. Raises ConfigInvalid."""
    tenants = [
        Tenant(t.name, KeyWrapper(keys.public_key(t.sealing_key, RecipientPublicKey.from_text), boottime_ms))
        for t in settings.tenant
    ]
    by_host = {
        host: tenant for declared, tenant in zip(settings.tenant, tenants, strict=True) for host in declared.hosts
    }
    limits, run_dir = settings.limits, Path(settings.host.run_dir)
    return Front(
        worker=worker,
        limits=limits,
        policy=policy,
        by_host=by_host,
        open_tenant=tenants[0] if settings.policy.open_routes else None,
        sender=keys.private_key(settings.front.signing_key, settings.host.keys_dir, SenderPrivateKey.from_text),
        ledger=Channel(
            run_dir / "ledger/front.sock",
            unavailable=Reason.LEDGER_UNAVAILABLE,
            timeout_s=limits.ipc_timeout_ms / 1000,
        ),
        egress=Channel(
            run_dir / "egress/front.sock",
            unavailable=Reason.EGRESS_UNAVAILABLE,
            timeout_s=_patience_s(limits),
            lost=Reason.EGRESS_LOST,
        ),
        budget=Budget(limits),
        measure=Measure(registry),
        scanner=None if settings.scanner is None else run_dir / "scanner/front.sock",
    )


def names_of(settings: HostFile, policy: Policy) -> dict[str, list[str]]:
    """The label values of this host's metrics."""
    return {
        "tenant": [tenant.name for tenant in settings.tenant],
        "route": [route.id for route in policy.routes],
        "version": sorted({str(route.version) for route in policy.routes}),
        "certificate": [tenant.name for tenant in settings.tenant],
    }


def _patience_s(limits: Limits) -> float:
    """Longer than the egress can take: two attempts at a gate, a connection each, and the record of the outcome."""
    return (2 * (limits.connect_timeout_ms + limits.exchange_timeout_ms) + 2 * limits.ipc_timeout_ms) / 1000
