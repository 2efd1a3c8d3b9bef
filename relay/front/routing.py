"""Which tenant a request is for, and what the policy gets to see of its head. Pure decisions."""

from __future__ import annotations

from policy.request import RequestHead
from relay.base.errors import Refused
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.front.context import Front, Tenant
from relay.http.connection import Head
from relay.http.submission import body_kind
from relay.http.target import METHODS
from relay.http.urlencoded import parse_query
from relay.ops.clock import now_ms


def tenant_of(front: Front, head: Head, server_name: str) -> Tenant:
    """The tenant whose host is addressed. Raises Refused(HOST_MISDIRECTED, METHOD_NOT_IMPLEMENTED).

    The TLS name and the Host must lead to the same tenant (RFC 9110 section 7.4), or a connection that was
    opened for one municipality could carry requests to another.
    """
    if head.method.encode() not in METHODS and front.open_tenant is None:  # no route has it (RFC 9110 section 9.1)
        raise Refused(Reason.METHOD_NOT_IMPLEMENTED)
    tenant = front.by_host.get(head.host, front.open_tenant)
    if tenant is None:
        raise Refused(Reason.HOST_MISDIRECTED)
    if front.open_tenant is None and server_name and front.by_host.get(server_name) is not tenant:
        raise Refused(Reason.HOST_MISDIRECTED)
    return tenant


def request_head(front: Front, tenant: Tenant, head: Head, source: str = "", transfer_id: str = "") -> RequestHead:
    """The policy's view of a head. Raises Refused for a query that cannot be read in one way only."""
    content_type = head.header(b"content-type")
    return RequestHead(
        tenant=tenant.name,
        method=head.method,
        path=head.path,
        query=_query(head, front.limits, is_open=front.open_tenant is not None),
        raw_query=head.query,
        headers=head.headers,
        body_kind=body_kind(content_type) if head.has_body else None,
        content_type=None if content_type is None else content_type.decode("latin-1"),
        content_length=head.content_length,
        received_ms=now_ms(),
        source=source,
        http_version=head.http_version,
        transfer=transfer_id,
    )


def _query(head: Head, limits: Limits, *, is_open: bool) -> tuple[tuple[str, str], ...]:
    if not head.query or is_open:  # an open route passes the raw query to the rules; it has no declared fields
        return ()
    try:
        return tuple(parse_query(head.query, limits))
    except Refused as refused:
        raise Refused(Reason.QUERY_INVALID, refused.detail) from refused
