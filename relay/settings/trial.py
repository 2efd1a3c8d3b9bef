"""One request from a file, judged as the front would judge it; or shown to the rules alone, bytes as they are.

The file is an operator's: line ends may be bare, and nothing is said about framing, which docs/spec/http.md and the front's own
guard decide before anything here. What the body's own grammar refuses is refused here as there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from policy.load import read_routes
from policy.pipeline import Judgement, Policy
from policy.request import RequestHead
from policy.route import OPEN_ROUTE, Route, canonical_path, day_in_japan
from policy.rule_book import RuleBook, RuleChoice
from policy.rule_set import RuleSet
from policy.trial import RouteTrial, Trial, try_bytes
from policy.variables.facts import RequestFacts
from policy.variables.parse import parse_request
from policy.verdict import Denied
from relay.base.errors import ConfigInvalid, Problem, Refused
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.http.body import Document, Field, FileStart
from relay.http.events import Head
from relay.http.json_body import encode_document
from relay.http.submission import body_kind, open_body
from relay.http.urlencoded import UrlencodedWriter, parse_query
from relay.settings.model import HostFile, Tenant

Compile = Callable[[str], RuleSet]  # the rule set of a name, compiled. Raises ConfigInvalid


@dataclass(frozen=True, slots=True)
class Tried:
    """`reason` None: admitted. `trial`: what route and rules said; None where the request did not get that far.

    `bytes_trial`: what the rules say of the bytes as sent, where another stage refused before they had seen all.
    """

    reason: Reason | None
    tenant: str | None
    route: str | None
    rule_set: str | None
    trial: Trial | None
    bytes_trial: Trial | None = None

    @property
    def shown(self) -> Trial | None:
        """The one whose rules are to be looked at."""
        return self.bytes_trial or self.trial


def try_alone(rules: RuleSet, request: bytes, response: bytes | None, route: str | None, now_ms: int) -> Tried:
    """The rules and nothing else. `route`: whose exclusions are in effect."""
    trial = try_bytes(rules, request, response, route or OPEN_ROUTE.id, day_in_japan(now_ms))
    return Tried(_reason(trial), None, route, rules.name, trial)


def try_as_the_front(
    settings: HostFile, compile_set: Compile, request: bytes, response: bytes | None, route: str | None, now_ms: int
) -> Tried:
    """On the declared route of its path, of which `route` may be the only one wanted. Raises ConfigInvalid."""
    facts = parse_request(request)
    head = _head(facts)
    tenant = _tenant(settings, head)
    routes = _routes(settings, route)
    found = _route_of(routes, tenant, head)
    name = (found and found.rule_set) or tenant.rule_set or settings.policy.rule_set
    rules = None if name is None else compile_set(name)
    choice = RuleChoice({} if rules is None else {rules.name: rules}, name)
    policy = Policy(tuple(routes), frozenset([tenant.name]), open_routes=False, rules=RuleBook(choice))
    trial: Trial | None = None
    try:
        judged = policy.find(_request_head(head, tenant.name, settings.limits, now_ms))
        if isinstance(judged, Denied):
            trial = Trial(judged.findings, None, False, (), {}, "off" if rules is None else rules.mode)
        else:
            trial = _on_route(judged, rules, head, facts.body, settings.limits, response)
        reason = _reason(trial)
    except Refused as refused:
        reason = refused.reason
    route_id = None if found is None else found.id
    alone: Trial | None = None
    if rules is not None and reason is not None and (trial is None or trial.stopped_before_rules):
        alone = try_bytes(rules, request, response, route_id or OPEN_ROUTE.id, day_in_japan(now_ms))
    return Tried(reason, tenant.name, route_id, name, trial, alone)


def _reason(trial: Trial) -> Reason | None:
    if trial.findings:
        return Reason(trial.findings[0].code.value)
    if trial.decision is None:
        return None
    return Reason.RULES_MATCHED if trial.decision.phase < _RESPONSE_PHASE else Reason.RESPONSE_REFUSED


_RESPONSE_PHASE = 3  # from here on rules judge the answer


def _on_route(
    judgement: Judgement, rules: RuleSet | None, head: Head, body: bytes, limits: Limits, response: bytes | None
) -> Trial:
    """Raises Refused for a body that its parser does not take."""
    trial = RouteTrial(judgement, "off" if rules is None else rules.mode)
    if trial.goes_on and body:
        most = judgement.route.body_bytes or limits.body_bytes
        if len(body) > most:
            raise Refused(Reason.BODY_TOO_LARGE)
        _feed(judgement, head, body, limits)
    return trial.finish(response)


def _feed(judgement: Judgement, head: Head, body: bytes, limits: Limits) -> None:
    """As the front's carriers do; what crosses is written anew for the rules that look at the whole."""
    kind, parser = open_body(head, limits, judgement.route.charsets)
    writer = UrlencodedWriter()
    for event in [*parser.feed(body), *parser.finish()]:
        match event:
            case Field(name, value):
                accepted = judgement.field(name, value)
                if accepted is not None and kind == "urlencoded":
                    judgement.crossing(writer.field(name, accepted))
            case Document(value):
                document = judgement.document(value)
                if document is not None:
                    judgement.crossing(encode_document(document))
            case FileStart(name, filename, content_type):
                judgement.file_start(name, filename, content_type)
            case _:
                pass  # no route takes files yet: file_start has reported it


def _head(facts: RequestFacts) -> Head:
    """The head as the front would have it, without its guard."""
    path, mark, query = facts.uri.decode("latin-1").partition("?")
    headers = tuple((name.lower(), value) for name, value in facts.headers)
    host = next((value for name, value in headers if name == b"host"), b"").decode("latin-1").lower()
    return Head(
        method=facts.method.decode("latin-1"),
        path=path,
        query=query if mark else None,
        host=host.partition(":")[0],
        port=None,
        headers=headers,
        content_length=len(facts.body),
        chunked=False,
        expect_continue=False,
        http_version="1.1",
        keep_alive=True,
    )


def _request_head(head: Head, tenant: str, limits: Limits, now_ms: int) -> RequestHead:
    """Raises Refused."""
    content_type = head.header(b"content-type")
    return RequestHead(
        tenant=tenant,
        method=head.method,
        path=head.path,
        query=_query(head, limits),
        raw_query=head.query,
        headers=head.headers,
        body_kind=body_kind(content_type) if head.has_body else None,
        content_type=None if content_type is None else content_type.decode("latin-1"),
        content_length=head.content_length,
        received_ms=now_ms,
        source="127.0.0.1",
    )


def _query(head: Head, limits: Limits) -> tuple[tuple[str, str], ...]:
    try:
        return tuple(parse_query(head.query, limits)) if head.query else ()
    except Refused as refused:
        raise Refused(Reason.QUERY_INVALID, refused.detail) from refused


def _tenant(settings: HostFile, head: Head) -> Tenant:
    """Whose host is addressed; the first one where the file names no host of ours."""
    return next((tenant for tenant in settings.tenant if head.host in tenant.hosts), settings.tenant[0])


def _routes(settings: HostFile, wanted: str | None) -> list[Route]:
    """Raises ConfigInvalid."""
    routes, problems = read_routes([Path(directory) for directory in settings.policy.procedures])
    if problems:
        raise ConfigInvalid([Problem(*problem) for problem in problems])
    if wanted is None:
        return routes
    kept = [route for route in routes if route.id == wanted]
    if not kept:
        known = ", ".join(dict.fromkeys(route.id for route in routes))
        raise ConfigInvalid([Problem("--route", 0, f"there is no route `{wanted}`", f"write one of: {known}")])
    return kept


def _route_of(routes: list[Route], tenant: Tenant, head: Head) -> Route | None:
    """The route that the path leads to, before anything is judged: its rule set is to be compiled."""
    policy = Policy(tuple(routes), frozenset([tenant.name]), open_routes=False)
    by_id: Mapping[str, Route] = {route.id: route for route in routes}
    judged = policy.find(
        RequestHead(
            tenant=tenant.name, method=head.method, path=canonical_path(head.path), query=(), raw_query=None, headers=(),
            body_kind=None, content_type=None, content_length=None, received_ms=0,
        )
    )  # fmt: skip
    return by_id.get(judged.route_id or "") if isinstance(judged, Denied) else judged.route
