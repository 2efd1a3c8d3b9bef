"""policy/variables/transaction.py: steps in their order, selectors, and what is remembered."""

from __future__ import annotations

import pytest

from policy.variables.facts import DEFAULTS, Options, RequestFacts, ResponseFacts
from policy.variables.limits import ARGUMENTS_MAX, COOKIES_MAX
from policy.variables.transaction import Transaction

FORM = (b"Content-Type", b"application/x-www-form-urlencoded")


def made(body: bytes = b"", options: Options = DEFAULTS, *, uri: bytes = b"/?a=1") -> Transaction:
    return Transaction(
        RequestFacts(method=b"POST", uri=uri, headers=[FORM, (b"X-A", b"1"), (b"x-a", b"2")], body=body), options
    )


def values(transaction: Transaction, name: str) -> list[bytes]:
    return [item.value for item in transaction.get(name)]


def test_the_body_is_there_when_it_was_processed() -> None:
    transaction = made(b"b=2")
    assert values(transaction, "ARGS") == [b"1"]
    assert values(transaction, "REQUEST_BODY") == values(transaction, "INBOUND_DATA_ERROR") == [b""]
    transaction.process_body()
    assert values(transaction, "ARGS") == [b"1", b"2"]
    assert values(transaction, "REQUEST_BODY") == [b"b=2"]


def test_the_response_is_there_when_it_began() -> None:
    transaction = made()
    assert values(transaction, "RESPONSE_STATUS") == values(transaction, "RESPONSE_BODY") == [b""]
    transaction.begin_response(ResponseFacts(status=200, body=b"x"))
    assert values(transaction, "RESPONSE_STATUS") == [b"200"]
    assert values(transaction, "RESPONSE_BODY") == [b""]
    transaction.process_response_body(b"other")
    assert values(transaction, "RESPONSE_BODY") == [b"other"]


def test_what_was_asked_for_is_remembered() -> None:
    transaction = made()
    assert transaction.get("ARGS") is transaction.get("ARGS")


def test_selectors_do_not_look_at_case() -> None:
    transaction = made(b"B=2&b=3")
    assert [item.value for item in transaction.select("REQUEST_HEADERS", b"x-a")] == [b"1", b"2"]
    assert transaction.select("ARGS", b"b") == []
    transaction.process_body()
    assert [item.name for item in transaction.select("ARGS", b"b")] == [b"ARGS:B", b"ARGS:b"]
    assert transaction.select("REQUEST_METHOD", b"x") == []


def test_a_rule_can_set_the_processor() -> None:
    transaction = made(b'{"b":2}')
    assert values(transaction, "REQBODY_PROCESSOR") == [b"URLENCODED"]
    transaction.set_processor("JSON")
    assert values(transaction, "REQBODY_PROCESSOR") == [b"JSON"]
    transaction.process_body()
    assert [item.name for item in transaction.get("ARGS")] == [b"ARGS:a", b"ARGS:json.b"]
    assert values(transaction, "ARGS_POST") == []
    with pytest.raises(LookupError):
        transaction.set_processor("YAML")


def test_an_unknown_variable_is_an_error_of_the_caller() -> None:
    with pytest.raises(LookupError):
        made().get("TX")


def test_the_limit_of_arguments_counts_both_sides() -> None:
    transaction = made(b"b&c&d", Options(arguments_limit=3))
    transaction.process_body()
    assert [item.key for item in transaction.get("ARGS")] == [b"a", b"b", b"c"]
    assert values(transaction, "ARGS_COMBINED_SIZE") == [b"4.000000"]


def test_xml_without_a_document_selects_nothing() -> None:
    transaction = made(b"<a>v</a>")
    assert transaction.xml("/*") == ()
    transaction.process_body("XML")
    assert [item.value for item in transaction.xml("/*")] == [b"v"]
    assert [item.name for item in transaction.xml("//*")] == [b"XML://*"]


def test_strictness_reaches_the_readers() -> None:
    for strict, error in ((False, b"1"), (True, b"0")):
        transaction = made(b"%zz=1", Options(strict=strict), uri=b"/")
        transaction.process_body()
        assert values(transaction, "URLENCODED_ERROR") == [error]


def test_a_bound_that_was_exceeded_is_known_after_the_body_whatever_was_asked_for() -> None:
    query = made(uri=b"/?" + b"a&" * (ARGUMENTS_MAX + 1))
    cookies = Transaction(RequestFacts(method=b"GET", uri=b"/", headers=[(b"Cookie", b"a;" * (COOKIES_MAX + 1))]))
    for transaction, name in ((query, "ARGUMENTS_MAX"), (cookies, "COOKIES_MAX")):
        assert transaction.exceeded == ""
        transaction.process_body()
        assert transaction.exceeded == name
