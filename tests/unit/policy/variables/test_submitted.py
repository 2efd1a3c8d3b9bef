"""Rules see what was submitted, whatever the bytes of the request were."""

from __future__ import annotations

from policy.variables.facts import DEFAULTS, RequestFacts
from policy.variables.limits import ARGUMENTS_MAX
from policy.variables.submitted import SubmittedTransaction

FACTS = RequestFacts(
    method=b"POST",
    uri=b"/form?q=1",
    headers=((b"content-type", b"application/x-www-form-urlencoded"),),
    body=b"never=looked-at",
)


def test_fields_are_arguments_of_the_body() -> None:
    transaction = SubmittedTransaction(FACTS, DEFAULTS)
    transaction.submit([(b"memo", "氏名".encode()), (b"memo", b"&=%41")], b"memo=...")
    transaction.process_body()
    assert [(item.name, item.value) for item in transaction.get("ARGS_POST")] == [
        (b"ARGS_POST:memo", "氏名".encode()),
        (b"ARGS_POST:memo", b"&=%41"),
    ]
    assert [item.key for item in transaction.get("ARGS")] == [b"q", b"memo", b"memo"]
    assert transaction.get("REQUEST_BODY")[0].value == b"memo=..."
    assert transaction.get("REQBODY_ERROR")[0].value == b"0"


def test_without_fields_there_is_no_argument_of_the_body() -> None:
    transaction = SubmittedTransaction(FACTS, DEFAULTS)
    transaction.get("ARGS_POST")
    transaction.process_body("JSON")
    assert transaction.get("ARGS_POST") == ()


def test_fields_are_bounded_together_with_the_query() -> None:
    for count, exceeded in ((ARGUMENTS_MAX - 1, ""), (ARGUMENTS_MAX, "ARGUMENTS_MAX")):
        transaction = SubmittedTransaction(FACTS, DEFAULTS)
        transaction.submit([(b"memo", b"")] * count, b"")
        transaction.process_body()
        assert transaction.exceeded == exceeded
