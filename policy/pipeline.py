"""The way of one request through the policy: route ▸ normalise ▸ schema ▸ rules ▸ files ▸ verdict.

Rules:
1. Every stage that the route names runs on the whole request, or `finish` denies. A stage marks itself as run only when
   it has seen the end of what it judges; nothing else marks it.
2. Errors of the request are findings and end in Denied. Calls out of order raise PolicyMisuse: they are the caller's bug.
3. This is the only module that makes `Admitted`.

The `rules` and `files` stages have their places here (`_finish_stage`, `file_*`, `raw`) and nothing else yet; a route
that names one of them does not load (`policy.load`), and if it did it would be denied.
"""

from __future__ import annotations

from enum import Enum, auto
from urllib.parse import quote, urlencode

from policy.faults import Fault
from policy.headers import end_to_end, forwarded
from policy.request import RequestHead
from policy.route import OPEN_ROUTE, Route, RouteTable, canonical_path, day_in_japan
from policy.schema import Submission
from policy.verdict import Admitted, Code, Denied, Finding, ForwardHead, PolicyMisuse, _admit


class _Phase(Enum):
    BODY = auto()
    DOCUMENT = auto()  # a JSON document was given: nothing may follow
    FINISHED = auto()


class Policy:
    """Everything that was loaded, immutable. `open` is the route stage."""

    __slots__ = ("_open_routes", "_routes", "routes")

    def __init__(self, routes: tuple[Route, ...], tenants: frozenset[str], *, open_routes: bool) -> None:
        self.routes = routes
        self._routes = RouteTable(routes, tenants)
        self._open_routes = open_routes

    def open(self, request: RequestHead) -> Judgement | Denied:
        """Find the route and judge what the head alone decides. The body follows through the Judgement."""
        if self._open_routes:
            return _open_judgement(request)
        if request.tenant not in self._routes.tenants:
            return _denied(Code.ROUTE_UNKNOWN, Fault.TENANT_UNKNOWN)
        path = canonical_path(request.path)
        at_path = self._routes.at(request.tenant, path)
        if not at_path:
            return _denied(Code.ROUTE_UNKNOWN, Fault.PATH_UNKNOWN)
        day = day_in_japan(request.received_ms)
        in_effect = [route for route in at_path if route.is_in_effect(day)]
        if not in_effect:
            return _denied(Code.ROUTE_UNKNOWN, Fault.NOT_IN_EFFECT, at_path[0].id)
        wanted = "GET" if request.method == "HEAD" else request.method
        for route in in_effect:
            if route.method == wanted:
                return _declared_judgement(route, request, path)
        return Denied(
            (Finding("route", Code.METHOD_NOT_ALLOWED, "", Fault.METHOD),),
            in_effect[0].id,
            _allowed_methods(in_effect),
        )


class Judgement:
    """One request on its way. Feed it the body as it streams, then `finish`."""

    __slots__ = ("_phase", "_ran", "_request", "_submission", "head", "route")

    def __init__(self, route: Route, request: RequestHead, head: ForwardHead, query_fields: int) -> None:
        self.route = route
        self.head = head
        self._request = request
        self._submission = Submission(route.form)
        self._submission.accepted = query_fields
        self._phase = _Phase.BODY
        self._ran = {"route"}

    @property
    def is_denied(self) -> bool:
        """Whether the verdict is already certain to be Denied. The rest of the body is still read for its findings."""
        return bool(self._submission.findings)

    def field(self, name: str, value: str) -> str | None:
        """One field of an urlencoded or multipart body. The value that goes on, or None when it does not."""
        if self._phase is not _Phase.BODY or self._request.body_kind not in _FORM_KINDS or self.route.open:
            raise PolicyMisuse(f"field() in {self._where()}")
        return self._submission.field(name, value)

    def document(self, value: object) -> object | None:
        """The whole of a JSON body. The object that goes on, or None when it does not."""
        if self._phase is not _Phase.BODY or self._request.body_kind != "json" or self.route.open:
            raise PolicyMisuse(f"document() in {self._where()}")
        self._phase = _Phase.DOCUMENT
        return self._submission.document(value)

    def file_start(self, name: str, filename: str | None, content_type: str | None) -> bool:
        """A file begins. False: it does not go on, and neither file_data nor file_end follows.

        No declared route takes files before the files stage exists: every file is a finding.
        """
        del filename, content_type  # for the files stage
        if self._phase is not _Phase.BODY or self._request.body_kind != "multipart" or self.route.open:
            raise PolicyMisuse(f"file_start() in {self._where()}")
        if self._submission.is_declared(name):
            self._report_file(name, Fault.FILE_FOR_TEXT)
        else:
            self._report_file("", Fault.UNDECLARED)
        return False

    def file_data(self, data: bytes) -> bytes:
        """The bytes that go on of a file that file_start took."""
        del data
        raise PolicyMisuse(f"file_data() in {self._where()}: no file was taken")

    def file_end(self) -> bytes:
        """What a stage that held bytes back gives out at the end of a file."""
        raise PolicyMisuse(f"file_end() in {self._where()}: no file was taken")

    def raw(self, data: bytes) -> bytes:
        """Body bytes of an open route, which go on as they are."""
        if self._phase is not _Phase.BODY or not self.route.open:
            raise PolicyMisuse(f"raw() in {self._where()}")
        return data

    def finish(self) -> Admitted | Denied:
        """The verdict on the whole."""
        if self._phase not in (_Phase.BODY, _Phase.DOCUMENT):
            raise PolicyMisuse(f"finish() in {self._where()}")
        for stage in self.route.stages[1:]:
            self._finish_stage(stage)
        self._phase = _Phase.FINISHED
        submission, route = self._submission, self.route
        skipped = [stage for stage in route.stages if stage not in self._ran]
        if skipped or not route.stages:
            internal = tuple(
                Finding(stage, Code.INTERNAL_ERROR, "", Fault.STAGE_SKIPPED) for stage in skipped or ["route"]
            )
            return Denied((*internal, *submission.findings), route.id)
        if submission.findings:
            return Denied(tuple(submission.findings), route.id)
        return _admit(route.id, self._request.tenant, route.mode, self.head, (), submission.accepted, 0)

    def _finish_stage(self, stage: str) -> None:
        """Let `stage` end its work and mark it as run. A stage that is not known here stays unmarked."""
        body_seen = self._request.body_kind != "json" or self._phase is _Phase.DOCUMENT
        if stage == "normalise" and body_seen:
            self._ran.add(stage)  # each value was normalised as it came, by the field that declares it
        elif stage == "schema" and body_seen:
            self._finish_schema()
            self._ran.add(stage)

    def _finish_schema(self) -> None:
        submission = self._submission
        if self.route.body_kinds and self._request.body_kind is None:
            submission.report(Code.FIELD_MISSING, "", Fault.BODY_MISSING)
        submission.finish()
        if self.route.body_kinds and submission.is_blank and not submission.findings:
            submission.report(Code.FIELD_MISSING, "", Fault.FORM_EMPTY)

    def _report_file(self, target: str, fault: Fault) -> None:
        finding = Finding("files", Code.FILE_UNDECLARED, target, fault)
        if finding not in self._submission.findings:
            self._submission.add(finding)

    def _where(self) -> str:
        return f"phase {self._phase.name}, body kind {self._request.body_kind}, route {self.route.id}"


_FORM_KINDS = ("urlencoded", "multipart")


def _denied(code: Code, fault: Fault, route_id: str | None = None) -> Denied:
    return Denied((Finding("route", code, "", fault),), route_id)


def _allowed_methods(routes: list[Route]) -> tuple[str, ...]:
    methods = {route.method for route in routes}
    return tuple(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


def _declared_judgement(route: Route, request: RequestHead, path: str) -> Judgement | Denied:
    if request.body_kind is not None or request.content_length:
        if not route.body_kinds:
            return _denied(Code.BODY_UNEXPECTED, Fault.BODY, route.id)
        if request.body_kind not in route.body_kinds:
            return _denied(Code.CONTENT_TYPE_UNSUPPORTED, Fault.BODY_TYPE, route.id)
    query: str | None = None
    accepted = 0
    if request.query or route.query.fields:
        asked = Submission(route.query, only_code=Code.QUERY_INVALID)
        pairs = [(name, asked.field(name, value)) for name, value in request.query]
        asked.finish()
        if asked.findings:
            return Denied(tuple(asked.findings), route.id)
        accepted = asked.accepted
        query = urlencode([(name, value or "") for name, value in pairs], quote_via=quote, safe="") if pairs else None
    head = ForwardHead(request.method, path, query, forwarded(request.headers, route.forward_headers))
    return Judgement(route, request, head, accepted)


def _open_judgement(request: RequestHead) -> Judgement:
    head = ForwardHead(request.method, request.path, request.raw_query, end_to_end(request.headers))
    return Judgement(OPEN_ROUTE, request, head, 0)
