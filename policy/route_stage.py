"""The route stage: which route a request is for, and what its head decides before any rule is asked."""

from __future__ import annotations

from policy.faults import Fault
from policy.headers import end_to_end, forwarded
from policy.request import RequestHead
from policy.route import Route, RouteTable, allowed_methods, day_in_japan
from policy.schema import read_query
from policy.verdict import Code, Denied, Finding, ForwardHead


def find_route(table: RouteTable, request: RequestHead, path: str) -> Route | Denied:
    """The route in effect at this canonical path that takes the method. HEAD is taken where GET is."""
    if request.tenant not in table.tenants:
        return denied(Code.ROUTE_UNKNOWN, Fault.TENANT_UNKNOWN)
    at_path = table.at(request.tenant, path)
    if not at_path:
        return denied(Code.ROUTE_UNKNOWN, Fault.PATH_UNKNOWN)
    day = day_in_japan(request.received_ms)
    in_effect = [route for route in at_path if route.is_in_effect(day)]
    if not in_effect:
        return denied(Code.ROUTE_UNKNOWN, Fault.NOT_IN_EFFECT, at_path[0].id)
    wanted = "GET" if request.method == "HEAD" else request.method
    for route in in_effect:
        if route.method == wanted:
            return route
    return denied(Code.METHOD_NOT_ALLOWED, Fault.METHOD, in_effect[0].id, allowed_methods(in_effect))


def declared_head(route: Route, request: RequestHead, path: str) -> tuple[ForwardHead, int] | Denied:
    """What goes on of a declared route's head, and how many fields of its query were accepted."""
    if request.body_kind is not None or request.content_length:
        if not route.body_kinds:
            return denied(Code.BODY_UNEXPECTED, Fault.BODY, route.id)
        if request.body_kind not in route.body_kinds:
            return denied(Code.CONTENT_TYPE_UNSUPPORTED, Fault.BODY_TYPE, route.id)
    query: str | None = None
    accepted = 0
    if request.query or route.query.fields:
        asked, query = read_query(route.query, request.query, day_in_japan(request.received_ms))
        if asked.findings:
            return Denied(tuple(asked.findings), route.id)
        accepted = asked.accepted
    head = ForwardHead(request.method, path, query, forwarded(request.headers, route.forward_headers))
    return head, accepted


def open_head(request: RequestHead) -> ForwardHead:
    """What goes on of an open route's head: all that is between the two ends."""
    return ForwardHead(request.method, request.path, request.raw_query, end_to_end(request.headers))


def denied(code: Code, fault: Fault, route_id: str | None = None, allow: tuple[str, ...] = ()) -> Denied:
    """A denial by this stage."""
    return Denied((Finding("route", code, "", fault),), route_id, allow)
