"""Any body on any route: Admitted, Denied or Refused, never anything else; and what was admitted is admitted again, unchanged.

The first byte chooses the kind of the body and the route, the rest is the body. What goes on is judged a second time: a
value that changed on the way twice, or a form that is admitted once only, is a find.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable

from driver import run

from policy.load import load_policy
from policy.pipeline import Judgement
from policy.request import RequestHead
from policy.samples import sample_path, samples
from policy.verdict import Denied
from relay.base.errors import Refused
from relay.base.limits import DEFAULTS
from relay.http.body import BodyEvent, BodyParser, Document, Field, FileStart
from relay.http.json_body import JsonParser
from relay.http.multipart import MultipartParser
from relay.http.urlencoded import UrlencodedParser

POLICY = load_policy([], {"example": ()}, open_routes=False)
FORMS = [route for route in POLICY.routes if route.body_kinds]
KINDS = ("urlencoded", "multipart", "json")
BOUNDARY = "sekisho-sample-7f3a9c51"


def parser_of(kind: str) -> BodyParser:
    if kind == "urlencoded":
        return UrlencodedParser(DEFAULTS)
    return MultipartParser(BOUNDARY, DEFAULTS) if kind == "multipart" else JsonParser(DEFAULTS)


def judge(path: str, kind: str, events: list[BodyEvent]) -> tuple[Denied | None, list[BodyEvent]]:
    request = RequestHead("example", "POST", path, (), None, (), kind, None, None, 1_795_392_000_000)
    judgement = POLICY.open(request)
    if not isinstance(judgement, Judgement):
        raise TypeError(f"{path} is declared")
    goes_on: list[BodyEvent] = []
    for event in events:
        if isinstance(event, Field) and (value := judgement.field(event.name, event.value)) is not None:
            goes_on.append(Field(event.name, value))
        elif isinstance(event, Document) and (document := judgement.document(event.value)) is not None:
            goes_on.append(Document(document))
        elif isinstance(event, FileStart) and judgement.file_start(event.name, event.filename, event.content_type):
            raise AssertionError("no file is declared")
    verdict = judgement.finish()
    return (verdict if isinstance(verdict, Denied) else None), goes_on


def target(data: bytes) -> Hashable:
    choice = data[0] if data else 0
    kind, route = KINDS[choice % 3], FORMS[choice // 3 % len(FORMS)]
    parser = parser_of(kind)
    try:
        events = [*parser.feed(data[1:]), *parser.finish()]
    except Refused as refused:
        return refused.reason
    denied, goes_on = judge(sample_path(route.id), kind, events)
    if denied is not None:
        return kind, tuple(sorted({(finding.code, finding.target, finding.detail) for finding in denied.findings}))
    again, unchanged = judge(sample_path(route.id), kind, goes_on)
    if again is not None or unchanged != goes_on:
        raise AssertionError("what was admitted is not admitted again unchanged")
    return "admitted", kind, len(goes_on)


def seeds() -> list[bytes]:
    made = [b"\x00"]
    ids = [route.id for route in FORMS]
    for sample in samples():
        if sample.body is not None and sample.content_type is not None:
            kind = 2 if "json" in sample.content_type else 1 if "multipart" in sample.content_type else 0
            made.append(bytes((3 * ids.index(sample.route_id) + kind,)) + sample.body)
    return made


TOKENS = [f"{name}=".encode() for route in FORMS for name in route.form.fields] + [
    "ｶﾞ".encode(), "か\u3099".encode(), "\u3000".encode(), "\u202e".encode(), b"%EF%BD%B6%EF%BE%9E", b"&", b"null", b"[]", b"{}", b"-0",
]  # fmt: skip

if __name__ == "__main__":
    sys.exit(run("policy", target, seeds(), TOKENS))
