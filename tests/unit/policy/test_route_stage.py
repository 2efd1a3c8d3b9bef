"""Through `Policy.open`, which finds the route and judges the head by it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from policy.faults import Fault
from policy.load import load_policy
from policy.pipeline import Judgement, Policy
from policy.request import RequestHead
from policy.verdict import Admitted, Code, Denied, ForwardHead
from tests.unit.policy.verdicts import found, opened

Make = Callable[..., RequestHead]


@pytest.mark.parametrize(
    ("method", "path", "more", "fault"),
    [
        ("GET", "/", {}, Fault.PATH_UNKNOWN),
        ("GET", "/health/", {}, Fault.PATH_UNKNOWN),
        ("GET", "/Health", {}, Fault.PATH_UNKNOWN),
        ("GET", "/health%2F", {}, Fault.PATH_UNKNOWN),
        ("GET", "/status/short", {}, Fault.PATH_UNKNOWN),
        ("GET", "/status/2026%2D0415%20x", {}, Fault.PATH_UNKNOWN),
        ("GET", "/status/20260401/x", {}, Fault.PATH_UNKNOWN),
        ("GET", "/status", {}, Fault.PATH_UNKNOWN),
        ("GET", "/health", {"tenant": "other"}, Fault.TENANT_UNKNOWN),
        ("GET", "/health", {"tenant": ""}, Fault.TENANT_UNKNOWN),
    ],
)
def test_closed_by_default(
    policy: Policy, head: Make, method: str, path: str, more: dict[str, object], fault: Fault
) -> None:
    assert found(policy.open(head(method, path, **more))) == [("route", Code.ROUTE_UNKNOWN, "", fault)]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", "PROPFIND"])
def test_another_method_is_told_which_are_taken(policy: Policy, head: Make, method: str) -> None:
    denied = policy.open(head(method, "/health"))
    assert found(denied) == [("route", Code.METHOD_NOT_ALLOWED, "", Fault.METHOD)]
    assert isinstance(denied, Denied)
    assert (denied.allow, denied.route_id) == (("GET", "HEAD"), "health")


def test_head_is_taken_where_get_is(policy: Policy, head: Make) -> None:
    judgement = opened(policy, head("HEAD", "/health"))
    assert judgement.head.method == "HEAD"
    assert isinstance(judgement.finish(), Admitted)
    assert isinstance(policy.open(head("HEAD", "/procedures/dog-death-notice")), Denied)


def test_the_canonical_path_goes_on(policy: Policy, head: Make) -> None:
    judgement = opened(policy, head("GET", "/%73tatus/2026%2D0415"))
    assert judgement.head == ForwardHead("GET", "/status/2026-0415", None, ())


def test_plain_routes_take_no_body(policy: Policy, head: Make) -> None:
    for more in ({"body_kind": "urlencoded"}, {"body_kind": "raw"}, {"content_length": 1}):
        assert found(policy.open(head("GET", "/health", **more))) == [("route", Code.BODY_UNEXPECTED, "", Fault.BODY)]
    assert isinstance(policy.open(head("GET", "/health", content_length=0)), Judgement)


def test_a_body_of_another_kind_is_refused(policy: Policy, head: Make) -> None:
    denied = policy.open(head("POST", "/procedures/dog-death-notice", body_kind="raw"))
    assert found(denied) == [("route", Code.CONTENT_TYPE_UNSUPPORTED, "", Fault.BODY_TYPE)]


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ((("lang", "fr"),), [("lang", Fault.NOT_A_CHOICE)]),
        ((("lang", "ja"), ("lang", "ja")), [("lang", Fault.REPEATED)]),
        ((("evil", "1"),), [("", Fault.UNDECLARED)]),
        ((("evil", "1"), ("evil2", "1"), ("lang", "x")), [("", Fault.UNDECLARED), ("lang", Fault.NOT_A_CHOICE)]),
    ],
)
def test_queries_are_declared_like_fields(policy: Policy, head: Make, query, faults) -> None:
    denied = policy.open(head("GET", "/status/20260401", query=query, raw_query="x"))
    assert found(denied) == [("schema", Code.QUERY_INVALID, target, fault) for target, fault in faults]


def test_a_query_where_none_is_declared(policy: Policy, head: Make) -> None:
    denied = policy.open(head("GET", "/health", query=(("a", ""),), raw_query="a"))
    assert found(denied) == [("schema", Code.QUERY_INVALID, "", Fault.UNDECLARED)]


def test_the_query_is_written_anew(policy: Policy, head: Make) -> None:
    judgement = opened(
        policy, head("GET", "/status/20260401", query=(("lang", " ja　"),), raw_query="lang=+ja%E3%80%80")
    )
    assert judgement.head.query == "lang=ja"
    admitted = judgement.finish()
    assert isinstance(admitted, Admitted)
    assert admitted.fields == 1
    assert opened(policy, head("GET", "/status/20260401", raw_query="")).head.query is None


def test_a_query_of_japanese_is_escaped(head: Make, write: Callable[..., Path]) -> None:
    plain = 'format = 1\n[route]\nid = "find"\nmode = "exchange"\nmethod = "GET"\npath = "/find"\n'
    query = '[[query]]\nname = "q"\nlabel_ja = "語"\nlabel_en = "Word"\nclass = "text"\nmax_chars = 10\nrepeat = 2\nrequired = true\n'
    policy = load_policy([write(plain + query)], {"example": ()}, open_routes=False)
    sent = (("q", "届&="), ("q", "a b/"))
    assert opened(policy, head("GET", "/find", query=sent)).head.query == "q=%E5%B1%8A%26%3D&q=a%20b%2F"
    assert found(policy.open(head("GET", "/find"))) == [("schema", Code.QUERY_INVALID, "q", Fault.MISSING)]


def test_only_declared_headers_go_on(policy: Policy, head: Make) -> None:
    sent = ((b"accept", b"*/*"), (b"cookie", b"a=1"), (b"x-forwarded-for", b"192.0.2.1"), (b"user-agent", b"b"))
    assert opened(policy, head(headers=sent)).head.headers == ((b"accept", b"*/*"), (b"user-agent", b"b"))
