"""One form in three encodings, through what the front uses: `Policy.open`, a carrier with its parser, and the verdict. No sockets."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlencode

from policy.pipeline import Judgement, Policy
from policy.request import RequestHead
from policy.samples import as_document
from policy.verdict import Admitted, Denied
from relay.base.errors import Refused
from relay.base.limits import DEFAULTS
from relay.base.reasons import Reason
from relay.front.carry import carrier
from relay.front.files import Files
from relay.http.body import BodyEvent, Document, Field, FileStart
from relay.http.events import Head
from relay.http.submission import body_kind, open_body
from tests.unit.policy.conftest import NOW_MS, TENANT

KINDS = ("urlencoded", "multipart", "json")
Kind = Literal["urlencoded", "multipart", "json"]
Submitted = tuple[tuple[str, str], ...]
Scan = Callable[[Judgement, Files], None]
BOUNDARY = "sekisho-form-2b61f08e"
TYPES = {
    "urlencoded": "application/x-www-form-urlencoded",
    "multipart": f"multipart/form-data; boundary={BOUNDARY}",
    "json": "application/json",
}


@dataclass(frozen=True)
class Outcome:
    """`verdict`: Reason where the body cannot be read. `crossed`: the fields that go on, JSON's in the words of a form."""

    verdict: Admitted | Denied | Reason
    crossed: Submitted = ()

    @property
    def told(self) -> object:
        """The verdict by which two encodings are compared."""
        if isinstance(self.verdict, Admitted):
            return "admitted", self.verdict.fields, self.verdict.files, _by_name(self.crossed)
        if isinstance(self.verdict, Denied):
            return "denied", self.verdict.code, self.verdict.findings
        return "refused", self.verdict


def _by_name(fields: Submitted) -> Submitted:
    """The values of one name together, as JSON has them."""
    names = dict.fromkeys(name for name, _ in fields)
    return tuple((name, value) for each in names for name, value in fields if name == each)


def encoded(kind: str, fields: Submitted) -> bytes:
    """As a browser or a program writes it."""
    if kind == "urlencoded":
        return urlencode(fields, quote_via=quote, errors="surrogatepass").encode("ascii")
    if kind == "multipart":
        return multipart([(f'name="{name}"', value.encode("utf-8", "surrogatepass")) for name, value in fields])
    return json.dumps(as_document(fields)).encode("ascii")


def multipart(parts: list[tuple[str, bytes]]) -> bytes:
    made = [
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode("utf-8", "surrogatepass")
        + value
        + b"\r\n"
        for head, value in parts
    ]
    return b"".join(made) + f"--{BOUNDARY}--\r\n".encode()


def submit(policy: Policy, path: str, kind: str, fields: Submitted, received_ms: int = NOW_MS) -> Outcome:
    return submit_bytes(policy, path, TYPES[kind], encoded(kind, fields), received_ms)


def submit_bytes(
    policy: Policy,
    path: str,
    content_type: str,
    body: bytes,
    received_ms: int = NOW_MS,
    method: str = "POST",
    scan: Scan | None = None,
) -> Outcome:
    """`scan` tells the judgement of the files; without it none may be declared."""
    kind = body_kind(content_type.encode())
    asked = RequestHead(TENANT, method, path, (), None, (), kind, content_type, None, received_ms)
    judgement = policy.open(asked)
    if isinstance(judgement, Denied):
        return Outcome(judgement)
    return _carried(judgement, content_type, body, kind, scan)


def _carried(judgement: Judgement, content_type: str, body: bytes, kind: str, scan: Scan | None) -> Outcome:
    files = Files(None, 0.0, 0)
    try:
        made = carrier(_head(content_type), kind, judgement, DEFAULTS, files)
        goes_on = made.feed(body) + made.finish()
    except Refused as refused:
        return Outcome(refused.reason)
    if scan is not None:
        scan(judgement, files)
    verdict = judgement.finish()
    if isinstance(verdict, Denied):
        return Outcome(verdict)
    assert made.content_type is not None
    parser = open_body(_head(made.content_type.decode()), DEFAULTS)[1]
    return Outcome(verdict, _fields([*parser.feed(goes_on), *parser.finish()]))


def _fields(events: list[BodyEvent]) -> Submitted:
    found: list[tuple[str, str]] = []
    for event in events:
        if isinstance(event, FileStart):
            found.append((event.name, f"the file {event.filename}"))
        elif isinstance(event, Field):
            found.append((event.name, event.value))
        elif isinstance(event, Document):
            assert isinstance(event.value, dict)
            for name, member in event.value.items():
                items = member if isinstance(member, list) else [member]
                found += [(name, item if isinstance(item, str) else json.dumps(item)) for item in items]
    return tuple(found)


def _head(content_type: str) -> Head:
    return Head(
        method="POST",
        path="/",
        query=None,
        host="example.jp",
        port=None,
        headers=((b"content-type", content_type.encode()),),
        content_length=None,
        chunked=True,
        expect_continue=False,
        http_version="1.1",
        keep_alive=True,
    )
