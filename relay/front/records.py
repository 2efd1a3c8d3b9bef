"""What the front tells the ledger of a transfer: ids, sizes, digests and declared names; never a value."""

from __future__ import annotations

from collections.abc import Sequence

from policy.shadow import ShadowVerdict
from policy.verdict import Finding
from relay.base.errors import Refused, Unavailable
from relay.base.ids import TransferId
from relay.base.reasons import row
from relay.base.rfc3339 import format_time
from relay.front.context import Front, Tenant
from relay.front.denial import Denial, Noted
from relay.front.incoming import Incoming
from relay.front.sealing import Sealed
from relay.ops.clock import now_ms
from relay.tls.engine import TlsFacts
from relay.tree.bounded import bounded_findings
from relay.tree.record import (
    SHADOW_FINDINGS_MAX,
    Intent,
    Refusal,
    Remark,
    Shadow,
    ShadowFinding,
)


def intent_of(front: Front, tenant: Tenant, incoming: Incoming, sealed: Sealed) -> Intent:
    """The record ahead of every crossing. The ledger puts its own time."""
    return Intent(
        time=format_time(now_ms()),
        transfer=sealed.envelope.transfer_id,
        tenant=tenant.name,
        route=sealed.admitted.route_id,
        mode="deposit" if sealed.admitted.mode == "deposit" else "exchange",
        method=incoming.head.method,
        source=incoming.source,
        tls_version=incoming.tls.version,
        tls_group=incoming.tls.group,
        envelope_digest=sealed.envelope.digest.hex(),
        envelope_bytes=sealed.envelope.size,
        recipient=tenant.wrapper.key_id.hex(),
        sender=front.sender.key_id.hex(),
        verdict="admitted",
        findings=bounded_findings(sealed.admitted.findings),
        fields=sealed.admitted.fields,
        files=sealed.admitted.files,
        request_bytes=incoming.received_bytes,
        worker=front.worker,
        shadow=_shadow_of(sealed.admitted.shadow),
        disarmed=sealed.disarmed,
    )


def _shadow_of(shadow: ShadowVerdict | None) -> Shadow | None:
    if shadow is None:
        return None
    found = bounded_findings(shadow.findings[:SHADOW_FINDINGS_MAX])
    return Shadow(
        shadow.version,
        shadow.result.value,
        tuple(ShadowFinding(finding.code, finding.target, finding.detail) for finding in found),
    )


def remark_of(front: Front, tenant: Tenant, sealed: Sealed, intent: int, findings: Sequence[Finding]) -> Remark:
    """What rules had to say of an answer that they let through. `intent`: the index of the transfer's."""
    return Remark(
        time=format_time(now_ms()),
        transfer=sealed.envelope.transfer_id,
        intent=intent,
        tenant=tenant.name,
        route=sealed.admitted.route_id,
        findings=bounded_findings(findings),
        worker=front.worker,
    )


def refusal_of(
    front: Front,
    error: Refused | Unavailable,
    transfer_id: TransferId,
    source: str,
    tls: TlsFacts | None,
    where: tuple[str, str],
) -> Refusal:
    """The record of a request that did not cross. `where`: tenant and route, as far as they were known."""
    found: Sequence[Finding] = ()
    if isinstance(error, Denial):
        found = error.denied.findings
    elif isinstance(error, Noted):
        found = error.findings
    entry = row(error.reason)
    return Refusal(
        time=format_time(now_ms()),
        transfer=transfer_id,
        role="front",
        reason=error.reason,
        stage=entry.stage,
        status=entry.status,
        tenant=where[0],
        route=where[1],
        source=source,
        findings=bounded_findings(found),
        tls_version=tls.version if tls else "",
        tls_group=tls.group if tls else "",
        worker=front.worker,
    )
