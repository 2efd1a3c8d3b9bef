"""The way of one request through the policy: route ▸ normalise ▸ schema ▸ rules ▸ files ▸ verdict.

Rules:
1. Every stage that the route names runs on the whole request, or `finish` denies. A stage marks itself as run only when
   it has seen the end of what it judges; nothing else marks it.
2. Errors of the request are findings and end in Denied. Calls out of order raise PolicyMisuse: they are the caller's bug.
3. This is the only module that makes `Admitted`.
4. The rules stage judges the head before the body is read, and the whole at the end; it sees what the schema accepted, as it
   crosses. It runs wherever a rule set is configured for the route, and a route that names it loads only where one is.
5. The next version of a procedure is judged beside the one in force (`policy.shadow`), by the same code and without the rules; it
   decides nothing.
6. The files stage takes declared files as they come (`policy.attachments`); what is in them the scanner says, by `file_judged`.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from policy.attachments import Attached
from policy.faults import Fault
from policy.inspection import STAGE, Inspection, found_in_refused
from policy.leaks import media_type_of
from policy.refusal_words import Told, told_of
from policy.request import RequestHead
from policy.request_facts import facts_of, facts_of_refused
from policy.route import OPEN_ROUTE, Route, RouteTable, canonical_path, day_in_japan
from policy.route_stage import declared_head, find_route, open_head
from policy.rule_book import RuleBook
from policy.rule_set import RuleSet
from policy.schema import Submission, as_in_a_form, in_order
from policy.shadow import Shadow, Shadows
from policy.verdict import Admitted, Code, Denied, Finding, ForwardHead, PolicyMisuse, _admit


class _Phase(Enum):
    HEAD = auto()
    BODY = auto()
    DOCUMENT = auto()  # a JSON document was given: nothing may follow
    FINISHED = auto()


_BODY: Final = _Phase.BODY  # read once: each field asks


class Policy:
    """Everything that was loaded, immutable. `open` is the route stage."""

    __slots__ = ("_open_routes", "_routes", "_shadows", "routes", "rules")

    def __init__(
        self, routes: tuple[Route, ...], tenants: frozenset[str], *, open_routes: bool, rules: RuleBook | None = None
    ) -> None:
        self.routes = routes
        self.rules = rules or RuleBook()
        self._routes = RouteTable(routes, tenants)
        self._open_routes = open_routes
        self._shadows = Shadows(routes, _shadow_judgement)

    def open(self, request: RequestHead) -> Judgement | Denied:
        """Find the route and judge what the head alone decides. The body follows through the Judgement."""
        begun = self.find(request)
        return begun if isinstance(begun, Denied) else begun.judge_head() or begun

    def find(self, request: RequestHead) -> Judgement | Denied:
        """`open` without what the rules say of the head: the caller goes on with `judge_head`."""
        if self._open_routes:
            return _open_judgement(request, self.rules.rules_for(request.tenant, OPEN_ROUTE))
        path = canonical_path(request.path)
        route = find_route(self._routes, request, path)
        if isinstance(route, Denied):
            return route
        begun = _declared_judgement(route, request, path, self.rules.rules_for(request.tenant, route))
        if isinstance(begun, Judgement):
            begun.shadow = self._shadows.of(route, request, path, day_in_japan(request.received_ms))
        return begun

    def told(self, denied: Denied, received_ms: int) -> tuple[Told, ...]:
        """What the citizen is told of a denial: of each field that is to be mended a sentence in Japanese and in English."""
        day = day_in_japan(received_ms)
        routes = [route for route in self.routes if route.id == denied.route_id and route.is_in_effect(day)]
        return told_of(denied.findings, routes[0] if routes else None)

    def of_refused(
        self, tenant: str, raw: bytes, *, source: str, transfer: str, received_ms: int
    ) -> tuple[Finding, ...]:
        """For open routes, where rules are tried out: what they say of bytes that were no request, and stay refused."""
        rules = self.rules.rules_for(tenant, OPEN_ROUTE) if self._open_routes else None
        if rules is None or rules.mode == "off":
            return ()
        facts = facts_of_refused(raw, source=source, transfer=transfer, received_ms=received_ms)
        return found_in_refused(rules, facts, OPEN_ROUTE.id, day_in_japan(received_ms))


class Judgement:
    """One request on its way. Feed it the body as it streams, then `finish`."""

    __slots__ = (
        "_inspection",
        "_phase",
        "_ran",
        "_request",
        "_rules",
        "_submission",
        "attached",
        "head",
        "route",
        "shadow"
    )  # fmt: skip

    def __init__(
        self, route: Route, request: RequestHead, head: ForwardHead, query_fields: int, rules: RuleSet | None
    ) -> None:
        self.route = route
        self.head = head
        self._request = request
        day = day_in_japan(request.received_ms)
        self._submission = Submission(route.form, day=day)
        self._submission.accepted = query_fields
        self.attached = Attached(route.attachments)
        self._phase = _Phase.HEAD
        self._ran = {"route"}
        self.shadow: Shadow | None = None
        self._rules = rules
        self._inspection: Inspection | None = None
        if rules is not None and rules.mode != "off":
            said = self._submission
            self._inspection = Inspection(
                rules, facts_of(request), route.id, day, said.is_declared, said.is_sensitive, is_open=route.open
            )

    @property
    def inspection(self) -> Inspection | None:
        """The rules stage of this request; None where no rules judge it."""
        return self._inspection

    @property
    def is_denied(self) -> bool:
        """Whether the verdict is already certain to be Denied. The rest of the body is still read for its findings."""
        return bool(self._submission.findings)

    def field(self, name: str, value: str) -> str | None:
        """One field of an urlencoded or multipart body. The value that goes on, or None when it does not."""
        if self._phase is not _BODY or self._request.body_kind not in _FORM_KINDS or self.route.open:
            raise PolicyMisuse(f"field() in {self._where()}")
        normal = self._submission.field(name, value)
        if normal is not None and self._inspection is not None:
            self._inspection.field(name, normal)
        if self.shadow is not None:
            self.shadow.field(name, value)
        return normal

    def document(self, value: object) -> object | None:
        """The whole of a JSON body. The object that goes on, or None when it does not."""
        if self._phase is not _Phase.BODY or self._request.body_kind != "json" or self.route.open:
            raise PolicyMisuse(f"document() in {self._where()}")
        self._phase = _Phase.DOCUMENT
        accepted = self._submission.document(value)
        if self.shadow is not None:
            self.shadow.document(value)
        if accepted is not None and self._inspection is not None:
            for name, member in accepted.items():
                for item in member if isinstance(member, list) else [member]:
                    self._inspection.field(name, as_in_a_form(item))
        return accepted

    def file_start(self, name: str, filename: str | None, content_type: str | None) -> bool:
        """A file begins. False: it does not go on, and neither file_data nor file_end follows.

        A file control that was left empty comes as a file without a name: there is no file then.
        """
        if self._phase is not _Phase.BODY or self._request.body_kind != "multipart" or self.route.open:
            raise PolicyMisuse(f"file_start() in {self._where()}")
        if self.shadow is not None:
            self.shadow.file_start(name, filename, content_type)
        if self.attached.is_declared(name):
            return bool(filename) and self._add(self.attached.start(name))
        if self._submission.is_declared(name):
            self._add(Finding("files", Code.FILE_UNDECLARED, name, Fault.FILE_FOR_TEXT))
            self._submission.hold(name)
        else:
            self._add(Finding("files", Code.FILE_UNDECLARED, "", Fault.UNDECLARED))
        return False

    def file_data(self, data: bytes) -> bytes:
        """The bytes that go on of a file that file_start took."""
        self._require_file("file_data")
        return data if self._add(self.attached.data(data)) else b""

    def file_end(self) -> None:
        self._require_file("file_end")
        self.attached.end()

    def file_judged(self, name: str, words: tuple[str, ...]) -> None:
        """The scanner's verdict on the oldest file of this name that has none yet: nothing, or why it cannot be taken."""
        if self._phase is not _Phase.BODY:
            raise PolicyMisuse(f"file_judged() in {self._where()}")
        for finding in self.attached.judged(name, words):
            self._add(finding)

    def denial_without_verdicts(self) -> Denied | None:
        """No more verdicts on files will come: why the request is denied all the same, with the files that have none among it.

        None: nothing else is against it. It is not admitted either, and the caller refuses it.
        """
        unexamined = self.attached.unexamined()
        for finding in unexamined:
            self._add(finding)
        denied = self.denial()
        return None if denied is None or set(denied.findings) <= set(unexamined) else denied

    def raw(self, data: bytes) -> bytes:
        """Body bytes of an open route, which go on as they are."""
        if self._phase is not _Phase.BODY or not self.route.open:
            raise PolicyMisuse(f"raw() in {self._where()}")
        if self._inspection is not None:
            self._inspection.crossing(data)
        return data

    def crossing(self, data: bytes) -> None:
        """Bytes of a declared route's body as they are to cross, for rules that look at the body as a whole."""
        if self._inspection is not None and self._request.body_kind in ("urlencoded", "json") and not self.route.open:
            self._inspection.crossing(data)

    def finish(self) -> Admitted | Denied:
        """The verdict on the whole."""
        denied = self.denial()
        if denied is not None:
            return denied
        submission, route, inspection = self._submission, self.route, self._inspection
        found = () if inspection is None else tuple(inspection.findings)
        shadow = None if self.shadow is None else self.shadow.finish()
        return _admit(
            route.id, self._request.tenant, route.mode, self.head, found, submission.accepted, self.attached.passed,
            would_refuse=self.would_refuse, shadow=shadow,
        )  # fmt: skip

    def denial(self) -> Denied | None:
        """`finish` without the proof: the end of the whole, and why it is denied; None where nothing denies it."""
        if self._phase not in (_Phase.BODY, _Phase.DOCUMENT):
            raise PolicyMisuse(f"finish() in {self._where()}")
        stages = self._stages()
        for stage in stages[1:]:
            self._finish_stage(stage)
        self._phase = _Phase.FINISHED
        submission, route = self._submission, self.route
        skipped = [stage for stage in stages if stage not in self._ran]
        if skipped or not route.stages:
            internal = tuple(
                Finding(stage, Code.INTERNAL_ERROR, "", Fault.STAGE_SKIPPED) for stage in skipped or ["route"]
            )
            return Denied((*internal, *submission.findings), route.id)
        if submission.findings:
            return Denied(tuple(submission.findings), route.id)
        return None

    def response(self, status: int, headers: tuple[tuple[bytes, bytes], ...], body: bytes) -> Denied | None:
        """What the leak check and the rules say of the answer, after `finish`: None, or why it is not to be sent."""
        if self._phase is not _Phase.FINISHED:
            raise PolicyMisuse(f"response() in {self._where()}")
        leaks = self.route.leaks.find(status, headers, body)
        inspection = self._inspection
        ruled = [] if inspection is None else inspection.answer(status, headers, body)
        if leaks and not ruled:
            ruled = list(self.remarks)  # of an answer that is not sent they are part of why, and are recorded once
        return Denied((*leaks, *ruled), self.route.id) if leaks or ruled else None

    @property
    def remarks(self) -> tuple[Finding, ...]:
        """What the rules found in an answer that `response` has let through."""
        return () if self._inspection is None else tuple(self._inspection.remarks)

    @property
    def would_refuse(self) -> bool:
        """Whether rules that only detect would have refused what was judged so far."""
        return self._inspection is not None and self._inspection.would_refuse

    def cut_short(self, unread: bytes) -> tuple[Finding, ...]:
        """The body cannot be read to its end: what the rules have found of the request by now. It is judged no further.

        On an open route, where rules are tried out, they look at what has come of the body, too: what was read of it, and
        `unread` as it stands.
        """
        self._phase = _Phase.FINISHED
        inspection = self._inspection
        if inspection is None:
            return ()
        if self.route.open:
            inspection.crossing(unread)
            inspection.body()
        inspection.conclude()
        return tuple(inspection.findings)

    def response_bytes(self, headers: tuple[tuple[bytes, bytes], ...]) -> int:
        """How many bytes of the body of an answer with these header fields `response` is to be given."""
        media_type = media_type_of(headers)
        ruled = 0 if self._inspection is None else self._inspection.response_bytes(media_type)
        return max(ruled, self.route.leaks.body_bytes(media_type))

    def judge_head(self) -> Denied | None:
        """The rules' verdict on the head alone; before anything else."""
        if self._phase is not _Phase.HEAD:
            raise PolicyMisuse(f"judge_head() in {self._where()}")
        self._phase = _Phase.BODY
        if self._inspection is not None and self._inspection.head():
            self._phase = _Phase.FINISHED
            self._inspection.conclude()
            return Denied(tuple(self._inspection.findings), self.route.id)
        return None

    def _stages(self) -> tuple[str, ...]:
        """Those of the route, and the rules wherever a rule set is configured."""
        named = self.route.stages
        return named if self._rules is None or STAGE in named else (*named, STAGE)

    def _finish_stage(self, stage: str) -> None:
        """Let `stage` end its work and mark it as run. A stage that is not known here stays unmarked."""
        body_seen = self._request.body_kind != "json" or self._phase is _Phase.DOCUMENT
        if stage == "normalise" and body_seen:
            self._ran.add(stage)  # each value was normalised as it came, by the field that declares it
        elif stage == "schema" and body_seen:
            self._finish_schema()
            self._ran.add(stage)
        elif stage == STAGE and self._rules is not None:
            self._finish_rules()
            self._ran.add(stage)
        elif stage == "files" and self.attached.is_settled():
            for finding in self.attached.missing():
                self._submission.add(finding)
            self._ran.add(stage)

    def _finish_schema(self) -> None:
        submission = self._submission
        if self.route.body_kinds and self._request.body_kind is None:
            submission.report(Code.FIELD_MISSING, "", Fault.BODY_MISSING)
        submission.finish()
        if self.route.body_kinds and submission.is_blank and self.attached.is_empty and not submission.findings:
            submission.report(Code.FIELD_MISSING, "", Fault.FORM_EMPTY)
        if submission.findings:
            submission.findings[:] = in_order(submission.findings, self.route.form)

    def _finish_rules(self) -> None:
        """What the schema has refused already is not looked at: it does not cross, whatever the rules say."""
        inspection, findings = self._inspection, self._submission.findings
        if inspection is not None and not findings and inspection.body():
            inspection.conclude()
            findings += inspection.findings

    def _require_file(self, call: str) -> None:
        if self._phase is not _Phase.BODY or not self.attached.is_in_file():
            raise PolicyMisuse(f"{call}() in {self._where()}: no file was taken")

    def _add(self, finding: Finding | None) -> bool:
        """Whether there is nothing to add. What is there already is not said twice."""
        if finding is not None and finding not in self._submission.findings:
            self._submission.add(finding)
        return finding is None

    def _where(self) -> str:
        return f"phase {self._phase.name}, body kind {self._request.body_kind}, route {self.route.id}"


_FORM_KINDS: Final = ("urlencoded", "multipart")


def _declared_judgement(route: Route, request: RequestHead, path: str, rules: RuleSet | None) -> Judgement | Denied:
    begun = declared_head(route, request, path)
    return begun if isinstance(begun, Denied) else Judgement(route, request, begun[0], begun[1], rules)


def _shadow_judgement(route: Route, request: RequestHead, path: str) -> Judgement | Denied:
    begun = _declared_judgement(route, request, path, None)
    return begun if isinstance(begun, Denied) else begun.judge_head() or begun


def _open_judgement(request: RequestHead, rules: RuleSet | None) -> Judgement:
    return Judgement(OPEN_ROUTE, request, open_head(request), 0, rules)
