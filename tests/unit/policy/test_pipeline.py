from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from policy.faults import Fault
from policy.load import load_policy
from policy.pipeline import Policy
from policy.request import RequestHead
from policy.route import OPEN_ROUTE
from policy.schema import MAX_FINDINGS
from policy.verdict import Admitted, Code, ForwardHead, PolicyMisuse
from tests.unit.policy.verdicts import found, opened

Make = Callable[..., RequestHead]


def form(head: Make, kind: str | None = "urlencoded", **more: object) -> RequestHead:
    return head("POST", "/procedures/sample", body_kind=kind, **more)


# fields


def test_a_form_is_admitted_in_normal_form(sample_policy: Policy, head: Make) -> None:
    judgement = opened(sample_policy, form(head))
    assert judgement.field("applicant_name", "ﾐﾎﾝ　花子 ") == "ミホン　花子"
    assert judgement.field("kind", "新規") == "新規"
    assert judgement.field("kind", "変更") == "変更"
    assert judgement.field("notes", "一\r\n二") == "一\n二"
    assert judgement.field("copies", "") == ""
    assert not judgement.is_denied
    admitted = judgement.finish()
    assert isinstance(admitted, Admitted)
    assert (admitted.route_id, admitted.tenant, admitted.mode, admitted.fields) == ("sample", "example", "exchange", 5)
    assert admitted.head is judgement.head


def test_every_error_of_a_form_is_found(sample_policy: Policy, head: Make) -> None:
    judgement = opened(sample_policy, form(head, "multipart"))
    assert judgement.field("kind", "廃止") is None
    assert judgement.field("my_undeclared_name", "secret") is None
    assert judgement.field("another", "secret") is None
    assert judgement.field("copies", "21") is None
    assert judgement.field("copies", "1") is None
    assert judgement.field("copies", "2") is None
    assert judgement.field("kind", "新規") == "新規"
    assert judgement.field("kind", "変更") is None
    assert judgement.is_denied
    assert found(judgement.finish()) == [
        ("schema", Code.FIELD_UNDECLARED, "", Fault.UNDECLARED),
        ("schema", Code.FIELD_MISSING, "applicant_name", Fault.MISSING),
        ("schema", Code.FIELD_INVALID, "kind", Fault.NOT_A_CHOICE),
        ("schema", Code.FIELD_REPEATED, "kind", Fault.TOO_MANY),
        ("schema", Code.FIELD_INVALID, "copies", Fault.TOO_LARGE),
        ("schema", Code.FIELD_REPEATED, "copies", Fault.REPEATED),
    ]


@pytest.mark.parametrize(("value", "fault"), [("", Fault.EMPTY), (" 　", Fault.EMPTY), (None, Fault.MISSING)])
def test_required_means_filled_in(sample_policy: Policy, head: Make, value: str | None, fault: Fault) -> None:
    judgement = opened(sample_policy, form(head))
    judgement.field("kind", "新規")
    if value is not None:
        assert judgement.field("applicant_name", value) == ""
    assert found(judgement.finish()) == [("schema", Code.FIELD_MISSING, "applicant_name", fault)]


def test_an_invalid_required_field_is_not_missing_too(sample_policy: Policy, head: Make) -> None:
    judgement = opened(sample_policy, form(head))
    judgement.field("applicant_name", "見本\x00")
    assert found(judgement.finish()) == [("schema", Code.FIELD_INVALID, "applicant_name", Fault.CONTROL)]


def test_a_blank_form_is_refused(policy: Policy, head: Make) -> None:
    for fields in ([], [("address", "")], [("address", "　"), ("applicant_name", "")]):
        judgement = opened(policy, head("POST", "/procedures/dog-death-notice", body_kind="urlencoded"))
        for name, value in fields:
            judgement.field(name, value)
        assert found(judgement.finish()) == [("schema", Code.FIELD_MISSING, "", Fault.FORM_EMPTY)]


def test_a_form_without_a_body_is_refused(policy: Policy, head: Make) -> None:
    judgement = opened(policy, head("POST", "/procedures/dog-death-notice", content_length=0))
    assert found(judgement.finish()) == [("schema", Code.FIELD_MISSING, "", Fault.BODY_MISSING)]


def test_findings_are_bounded(head: Make, write: Callable[..., Path], procedure: str) -> None:
    field = '[[field]]\nname = "f{0}"\nlabel_ja = "項"\nlabel_en = "Item"\nclass = "number"\n'
    text = procedure + "".join(field.format(number) for number in range(MAX_FINDINGS + 1))
    policy = load_policy([write(text)], {"example": ()}, open_routes=False)
    for count in (MAX_FINDINGS - 1, MAX_FINDINGS, MAX_FINDINGS + 1):
        judgement = opened(policy, form(head))
        judgement.field("applicant_name", "見本")
        for number in range(count):
            judgement.field(f"f{number}", "x")
        assert len(found(judgement.finish())) == min(count, MAX_FINDINGS)


# JSON


def test_a_document_is_admitted_with_its_types(sample_policy: Policy, head: Make) -> None:
    judgement = opened(sample_policy, form(head, "json"))
    sent = {"applicant_name": "ﾐﾎﾝ", "kind": ["新規", " 変更"], "copies": 3, "agreed": True, "notes": ""}
    assert judgement.document(sent) == {
        "applicant_name": "ミホン",
        "kind": ["新規", "変更"],
        "copies": 3,
        "agreed": True,
        "notes": "",
    }
    admitted = judgement.finish()
    assert isinstance(admitted, Admitted)
    assert admitted.fields == 6


NAME = {"applicant_name": "見本"}
DOCUMENTS = [
    (NAME | {"copies": None}, [(Code.FIELD_INVALID, "copies", Fault.JSON_TYPE)]),
    (NAME | {"copies": 1.0}, [(Code.FIELD_INVALID, "copies", Fault.JSON_TYPE)]),
    (NAME | {"copies": True}, [(Code.FIELD_INVALID, "copies", Fault.JSON_TYPE)]),
    (NAME | {"copies": 0}, [(Code.FIELD_INVALID, "copies", Fault.TOO_SMALL)]),
    (NAME | {"copies": 10**5000}, [(Code.FIELD_INVALID, "copies", Fault.TOO_LONG)]),
    (NAME | {"copies": 10**18}, [(Code.FIELD_INVALID, "copies", Fault.NOT_NUMBER)]),
    (NAME | {"copies": {}}, [(Code.FIELD_INVALID, "copies", Fault.JSON_TYPE)]),
    (NAME | {"copies": []}, [(Code.FIELD_INVALID, "copies", Fault.JSON_TYPE)]),
    (NAME | {"copies": [1]}, [(Code.FIELD_INVALID, "copies", Fault.JSON_TYPE)]),
    (NAME | {"copies": [1, 2]}, [(Code.FIELD_REPEATED, "copies", Fault.REPEATED)]),
    (NAME | {"kind": ["新規", ["変更"]]}, [(Code.FIELD_INVALID, "kind", Fault.JSON_TYPE)]),
    (NAME | {"kind": ["新規"] * 3}, [(Code.FIELD_REPEATED, "kind", Fault.TOO_MANY)]),
    (NAME | {"notes": 1}, [(Code.FIELD_INVALID, "notes", Fault.JSON_TYPE)]),
    (NAME | {"notes": True}, [(Code.FIELD_INVALID, "notes", Fault.JSON_TYPE)]),
    (NAME | {"evil": 1}, [(Code.FIELD_UNDECLARED, "", Fault.UNDECLARED)]),
    ({"applicant_name": None}, [(Code.FIELD_INVALID, "applicant_name", Fault.JSON_TYPE)]),
    ({"kind": []}, [(Code.FIELD_MISSING, "applicant_name", Fault.MISSING)]),
    ({}, [(Code.FIELD_MISSING, "applicant_name", Fault.MISSING)]),
    ([], [(Code.FIELD_INVALID, "", Fault.NOT_AN_OBJECT), (Code.FIELD_MISSING, "applicant_name", Fault.MISSING)]),
    (None, [(Code.FIELD_INVALID, "", Fault.NOT_AN_OBJECT), (Code.FIELD_MISSING, "applicant_name", Fault.MISSING)]),
    ("見本", [(Code.FIELD_INVALID, "", Fault.NOT_AN_OBJECT), (Code.FIELD_MISSING, "applicant_name", Fault.MISSING)]),
]


@pytest.mark.parametrize(("document", "faults"), DOCUMENTS)
def test_what_a_document_may_not_be(sample_policy: Policy, head: Make, document: object, faults) -> None:
    judgement = opened(sample_policy, form(head, "json"))
    goes_on = judgement.document(document)
    assert found(judgement.finish()) == [("schema", *fault) for fault in faults]
    if faults[0][0] is not Code.FIELD_MISSING:
        assert goes_on is None
    assert len(DOCUMENTS) == 21


# files


def test_files_are_not_declared(sample_policy: Policy, head: Make) -> None:
    judgement = opened(sample_policy, form(head, "multipart"))
    judgement.field("applicant_name", "見本")
    assert judgement.file_start("scan", "a.pdf", "application/pdf") is False
    assert judgement.file_start("scan2", "a.pdf", "application/pdf") is False
    assert judgement.file_start("notes", "a.txt", "text/plain") is False
    judgement.field("kind", "新規")
    assert found(judgement.finish()) == [
        ("files", Code.FILE_UNDECLARED, "", Fault.UNDECLARED),
        ("files", Code.FILE_UNDECLARED, "notes", Fault.FILE_FOR_TEXT),
    ]


# stages


@pytest.mark.parametrize(
    "stages", [("route", "normalise", "schema", "rules"), ("route", "schema", "files"), ("route", "new")]
)
def test_a_stage_that_did_not_run_denies(sample_policy: Policy, head: Make, stages: tuple[str, ...]) -> None:
    judgement = opened(sample_policy, form(head))
    judgement.route = replace(judgement.route, stages=stages)
    judgement.field("applicant_name", "見本")
    assert found(judgement.finish()) == [(stages[-1], Code.INTERNAL_ERROR, "", Fault.STAGE_SKIPPED)]


def test_a_route_without_stages_denies(sample_policy: Policy, head: Make) -> None:
    judgement = opened(sample_policy, form(head))
    judgement.route = replace(judgement.route, stages=())
    assert found(judgement.finish()) == [("route", Code.INTERNAL_ERROR, "", Fault.STAGE_SKIPPED)]


def test_a_document_that_never_came_denies(sample_policy: Policy, head: Make) -> None:
    judgement = opened(sample_policy, form(head, "json"))
    assert [finding[:2] for finding in found(judgement.finish())] == [
        ("normalise", Code.INTERNAL_ERROR),
        ("schema", Code.INTERNAL_ERROR),
    ]


# order of calls

CALLS = {
    "field": lambda judgement: judgement.field("applicant_name", "見本"),
    "document": lambda judgement: judgement.document({}),
    "file_start": lambda judgement: judgement.file_start("a", "b", None),
    "file_data": lambda judgement: judgement.file_data(b""),
    "file_end": lambda judgement: judgement.file_end(),
    "raw": lambda judgement: judgement.raw(b""),
}
MAY = {
    "urlencoded": {"field"},
    "multipart": {"field", "file_start"},
    "json": {"document"},
    None: set(),
}


@pytest.mark.parametrize("kind", MAY)
@pytest.mark.parametrize("call", CALLS)
def test_only_the_calls_of_the_body_kind(sample_policy: Policy, head: Make, kind: str | None, call: str) -> None:
    judgement = opened(sample_policy, form(head, kind))
    if call in MAY[kind]:
        CALLS[call](judgement)
    else:
        with pytest.raises(PolicyMisuse):
            CALLS[call](judgement)


@pytest.mark.parametrize("call", [*CALLS, "finish"])
def test_nothing_follows_the_verdict(sample_policy: Policy, head: Make, call: str) -> None:
    for kind in MAY:
        judgement = opened(sample_policy, form(head, kind))
        judgement.finish()
        with pytest.raises(PolicyMisuse):
            (CALLS | {"finish": lambda judgement: judgement.finish()})[call](judgement)


def test_one_document_only(sample_policy: Policy, head: Make) -> None:
    judgement = opened(sample_policy, form(head, "json"))
    judgement.document({})
    with pytest.raises(PolicyMisuse):
        judgement.document({})


# open routes


@pytest.fixture
def open_policy() -> Policy:
    return load_policy([], {"example": ()}, open_routes=True)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("POST", "/any/%e5thing"), ("DELETE", "/health"), ("PROPFIND", "/a//b")]
)
def test_open_routes_take_everything_as_given(open_policy: Policy, head: Make, method: str, path: str) -> None:
    sent = ((b"x-any", b"1"), (b"connection", b"close"), (b"content-type", b"text/x"))
    request = head(method, path, tenant="", raw_query="a=%zz&&", headers=sent, body_kind="raw")
    judgement = opened(open_policy, request)
    assert judgement.route is OPEN_ROUTE
    assert judgement.route.open
    assert judgement.head == ForwardHead(method, path, "a=%zz&&", ((b"x-any", b"1"),))
    assert judgement.raw(b"\x00\xff") == b"\x00\xff"
    for call in (CALLS["field"], CALLS["document"], CALLS["file_start"]):
        with pytest.raises(PolicyMisuse):
            call(judgement)
    admitted = judgement.finish()
    assert isinstance(admitted, Admitted)
    assert (admitted.route_id, admitted.mode) == ("open", "exchange")
