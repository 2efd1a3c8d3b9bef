from policy.faults import Fault
from policy.schema import Declaration, Form, Submission
from policy.verdict import Code, Finding


def form(*names: str, **options: object) -> Form:
    return Form(
        Declaration(name=name, field_class="text", label_ja="", label_en="", max_chars=5, **options)  # type: ignore[arg-type]  # table
        for name in names
    )


def test_required_fields_are_reported_in_the_order_of_the_file() -> None:
    submission = Submission(form("b", "a", "c", required=True))
    submission.field("a", "x")
    submission.finish()
    assert [finding.target for finding in submission.findings] == ["b", "c"]


def test_one_value_of_several_is_enough_for_a_required_field() -> None:
    submission = Submission(form("a", required=True, repeat=2))
    assert [submission.field("a", ""), submission.field("a", "x")] == ["", "x"]
    submission.finish()
    assert submission.findings == []


def test_repeat_counts_to_its_bound() -> None:
    submission = Submission(form("a", repeat=3))
    assert [submission.field("a", "x") for _ in range(5)] == ["x", "x", "x", None, None]
    assert submission.findings == [Finding("schema", Code.FIELD_REPEATED, "a", Fault.TOO_MANY)]
    assert submission.accepted == 3


def test_one_code_for_a_query() -> None:
    submission = Submission(form("a", "b", required=True), only_code=Code.QUERY_INVALID)
    submission.field("a", "xxxxxx")
    submission.field("c", "x")
    submission.finish()
    assert {finding.code for finding in submission.findings} == {Code.QUERY_INVALID}
    assert [finding.detail for finding in submission.findings] == [Fault.TOO_LONG, Fault.UNDECLARED, Fault.MISSING]


def test_names_are_compared_exactly() -> None:
    submission = Submission(form("a"))
    for name in ("A", "ａ", "a ", "", "a\x00"):
        assert submission.field(name, "x") is None
    assert submission.findings == [Finding("schema", Code.FIELD_UNDECLARED, "", Fault.UNDECLARED)]
    assert submission.is_blank
