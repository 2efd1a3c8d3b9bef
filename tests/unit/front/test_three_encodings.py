"""Same form, every encoding: each case in three encodings, through parser, policy and writer, has one Submission and one verdict.

The table is that of docs/spec/policy.md section 6.1; a row's number there is the beginning of a case's name here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pytest

from policy.faults import Fault
from policy.load import load_policy
from policy.pipeline import Policy
from policy.verdict import Code, Denied
from relay.base.limits import DEFAULTS
from relay.base.reasons import Reason
from tests.forms import KINDS, TYPES, Outcome, Submitted, encoded, multipart, submit, submit_bytes
from tests.unit.policy.conftest import PROCEDURE, TENANT

PATH = "/procedures/sample"
NAME = ("applicant_name", "港太郎")
LONG = "あ"
Found = tuple[Code, str, Fault]


def invalid(target: str, fault: Fault) -> Found:
    return (Code.FIELD_INVALID, target, fault)


UNDECLARED: Found = (Code.FIELD_UNDECLARED, "", Fault.UNDECLARED)
REPEATED: Found = (Code.FIELD_REPEATED, "applicant_name", Fault.REPEATED)
MISSING: Found = (Code.FIELD_MISSING, "applicant_name", Fault.MISSING)

# What all three can say: the fields, and what crosses (a tuple of fields) or is found (a list), or the reason of the reader
ALIKE: dict[str, tuple[Submitted, Submitted | list[Found] | Reason]] = {
    "1 the plain form": ((NAME, ("copies", "2")), (NAME, ("copies", "2"))),
    "1 in another order": ((("copies", "2"), NAME), (("copies", "2"), NAME)),
    "1 normalised": (
        (("applicant_name", "　港ﾀﾛｳ "), ("copies", "１２"), ("notes", "一\r\n二")),
        (("applicant_name", "港タロウ"), ("copies", "12"), ("notes", "一\n二")),
    ),
    "2 a field twice": ((NAME, NAME), [REPEATED]),
    "2 three times": ((NAME, NAME, NAME), [REPEATED]),
    "2 twice, the first wrong": (
        (("applicant_name", "港1"), NAME),
        [invalid("applicant_name", Fault.NOT_NAME), REPEATED],
    ),
    "2 twice and one of them empty": ((NAME, ("applicant_name", "")), [REPEATED]),
    "3 a repeatable field twice": (
        (NAME, ("kind", "新規"), ("kind", "変更")),
        (NAME, ("kind", "新規"), ("kind", "変更")),
    ),
    "3 with another field between": (
        (("kind", "新規"), NAME, ("kind", "変更")),
        (("kind", "新規"), ("kind", "変更"), NAME),
    ),
    "3 more often than it may": (
        (NAME, ("kind", "新規"), ("kind", "変更"), ("kind", "新規"), ("kind", "新規")),
        [(Code.FIELD_REPEATED, "kind", Fault.TOO_MANY)],
    ),
    "3 each value wrong": ((NAME, ("kind", "廃止"), ("kind", "中止")), [invalid("kind", Fault.NOT_A_CHOICE)]),
    "4 empty where it may be": ((NAME, ("notes", ""), ("kind", "")), (NAME, ("notes", ""), ("kind", ""))),
    "4 empty where it may not": (
        (("applicant_name", ""), ("copies", "2")),
        [(Code.FIELD_MISSING, "applicant_name", Fault.EMPTY)],
    ),
    "4 blanks only": (
        (("applicant_name", " 　 "), ("copies", "2")),
        [(Code.FIELD_MISSING, "applicant_name", Fault.EMPTY)],
    ),
    "4 absent": ((("copies", "2"),), [MISSING]),
    "4 nothing filled in": (
        (("applicant_name", ""), ("notes", "")),
        [(Code.FIELD_MISSING, "applicant_name", Fault.EMPTY)],
    ),
    "5 an unknown field": ((NAME, ("is_admin", "1")), [UNDECLARED]),
    "5 several": ((("a", "1"), NAME, ("b", "2"), ("a", "3")), [UNDECLARED]),
    "5 empty": ((NAME, ("is_admin", "")), [UNDECLARED]),
    "6 another case": ((("Applicant_Name", "港太郎"),), [UNDECLARED, MISSING]),
    "6 full width": ((("ａpplicant_name", "港太郎"),), [UNDECLARED, MISSING]),
    "6 a blank before the name": (((" applicant_name", "港太郎"),), [UNDECLARED, MISSING]),
    "6 brackets, as PHP has them": ((NAME, ("kind[]", "新規")), [UNDECLARED]),
    "6 a name that another normal form makes the same": ((NAME, ("note\u0073\u0301", "x")), [UNDECLARED]),
    "7 BOM before the name": ((("\ufeffapplicant_name", "港太郎"),), [UNDECLARED, MISSING]),
    "7 BOM before the value": ((("applicant_name", "\ufeff港太郎"),), [invalid("applicant_name", Fault.INVISIBLE)]),
    "8 NUL": ((("applicant_name", "港\0太郎"),), [invalid("applicant_name", Fault.CONTROL)]),
    "8 a character beyond the first plane": (
        (("applicant_name", "港😀"),),
        [invalid("applicant_name", Fault.REPERTOIRE)],
    ),
    "8 gaiji": ((("applicant_name", "港\ue000"),), [invalid("applicant_name", Fault.PRIVATE_USE)]),
    "8 bidi": ((("applicant_name", "港\u202e"),), [invalid("applicant_name", Fault.BIDI)]),
    "8 a lone surrogate": ((("applicant_name", "港\ud800"),), Reason.CHARSET_INVALID),
    "8 a lone surrogate in a name": ((NAME, ("a\udfff", "x")), Reason.CHARSET_INVALID),
    "9 as long as it may be": ((NAME, ("notes", LONG * 100)), (NAME, ("notes", LONG * 100))),
    "9 one more": ((NAME, ("notes", LONG * 101)), [invalid("notes", Fault.TOO_LONG)]),
    "9 longer than is read": ((NAME, ("notes", LONG * 401)), [invalid("notes", Fault.TOO_LONG)]),
    "9 the longest value": ((NAME, ("notes", "a" * DEFAULTS.field_bytes)), [invalid("notes", Fault.TOO_LONG)]),
    "9 one byte more": ((NAME, ("notes", "a" * (DEFAULTS.field_bytes + 1))), Reason.FIELD_TOO_LARGE),
    "9 the longest name": ((NAME, ("n" * DEFAULTS.name_bytes, "x")), [UNDECLARED]),
    "9 a longer name": ((NAME, ("n" * (DEFAULTS.name_bytes + 1), "x")), Reason.NAME_TOO_LONG),
    "9 more fields than are read": (
        tuple((f"f{number}", "x") for number in range(DEFAULTS.fields + 1)),
        Reason.FIELDS_EXCEEDED,
    ),
    "10 a number": ((NAME, ("copies", "007")), [invalid("copies", Fault.NOT_NUMBER)]),
    "10 a fraction": ((NAME, ("copies", "1.0")), [invalid("copies", Fault.NOT_NUMBER)]),
    "10 an exponent": ((NAME, ("copies", "1e1")), [invalid("copies", Fault.NOT_NUMBER)]),
    "10 minus zero": ((NAME, ("copies", "-0")), [invalid("copies", Fault.NOT_NUMBER)]),
    "11 a checkbox": ((NAME, ("agreed", "true")), (NAME, ("agreed", "true"))),
    "11 yes": ((NAME, ("agreed", "yes")), [invalid("agreed", Fault.NOT_CHECKBOX)]),
    "12 _charset_": ((NAME, ("_charset_", "utf-8")), [UNDECLARED]),
    "13 all at once": (
        (("kind", "廃止"), ("x", "1"), ("copies", "21"), ("applicant_name", "1"), ("copies", "2"), ("agreed", "?")),
        [
            UNDECLARED,
            invalid("applicant_name", Fault.NOT_NAME),
            invalid("kind", Fault.NOT_A_CHOICE),
            invalid("copies", Fault.TOO_LARGE),
            (Code.FIELD_REPEATED, "copies", Fault.REPEATED),
            invalid("agreed", Fault.NOT_CHECKBOX),
        ],
    ),
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    """The sample procedure, and the same where Shift_JIS is permitted."""
    directory = Path(tmp_path_factory.mktemp("procedures"))
    (directory / "a.toml").write_text(PROCEDURE, "utf-8")
    other = PROCEDURE.replace('id = "sample"', 'id = "older"\ncharsets = ["utf-8", "shift_jis"]').replace(
        "/sample", "/older"
    )
    (directory / "b.toml").write_text(other, "utf-8")
    return load_policy([directory], {TENANT: ()}, open_routes=False)


def check(outcome: Outcome, kind: str, expected: Submitted | list[Found] | Reason) -> None:
    """`outcome.told` in the words of the table."""
    told = outcome.told
    if isinstance(expected, Reason):
        assert told == ("refused", expected), kind
    elif isinstance(expected, list):
        denied = outcome.verdict
        assert isinstance(denied, Denied), kind
        assert [(finding.code, finding.target, finding.detail) for finding in denied.findings] == expected, kind
    else:
        assert told == ("admitted", len(expected), 0, expected), kind


@pytest.mark.parametrize(("fields", "expected"), ALIKE.values(), ids=ALIKE)
def test_what_all_three_can_say(sample: Policy, fields: Submitted, expected: Submitted | list[Found] | Reason) -> None:
    outcomes = {kind: submit(sample, PATH, kind, fields) for kind in KINDS}
    for kind, outcome in outcomes.items():
        check(outcome, kind, expected)
    assert len({outcome.told for outcome in outcomes.values()}) == 1


class Own(NamedTuple):
    """What one encoding alone can say."""

    kind: str
    body: bytes
    expected: Submitted | list[Found] | Reason
    type: str = ""


def document(**members: object) -> bytes:
    return json.dumps({"applicant_name": "港太郎", **members}).encode()


TYPE = [(Code.FIELD_INVALID, "copies", Fault.JSON_TYPE)]
A_NAME = ('name="applicant_name"', "港太郎".encode())
OWN: dict[str, Own] = {
    "2 a member of a JSON object twice": Own("json", b'{"applicant_name":"a","applicant_name":"b"}', Reason.JSON_INVALID),
    "2 an array of two is a field twice": Own("json", document(applicant_name=["港", "港"]), [REPEATED]),
    "3 an empty array is no value": Own("json", document(kind=[]), (NAME,)),
    "3 an array of one where one may be": Own("json", document(copies=["1"]), TYPE),
    "3 an empty array where one may be": Own("json", document(copies=[]), TYPE),
    "3 an array within an array": Own("json", document(kind=[["新規"]]), [invalid("kind", Fault.JSON_TYPE)]),
    "3 a null within an array": Own("json", document(kind=[None, None]), [invalid("kind", Fault.JSON_TYPE)]),
    "4 null is not empty": Own("json", document(notes=None), [invalid("notes", Fault.JSON_TYPE)]),
    "4 null where it must be filled in": Own(
        "json", document(applicant_name=None), [invalid("applicant_name", Fault.JSON_TYPE)]
    ),
    "4 a file control left empty": Own(
        "multipart", multipart([A_NAME, ('name="photo"; filename=""', b"")]), [(Code.FILE_UNDECLARED, "", Fault.UNDECLARED)]
    ),
    "4 an empty object": Own("json", b"{}", [MISSING]),
    "4 no pair at all": Own("urlencoded", b"", [MISSING]),
    "4 no part at all": Own("multipart", multipart([]), Reason.MULTIPART_INVALID),
    "4 no JSON text at all": Own("json", b"", Reason.JSON_INVALID),
    "5 an unknown object": Own("json", document(is_admin={"a": [None]}), [UNDECLARED]),
    "7 BOM before the body, urlencoded": Own("urlencoded", b"\xef\xbb\xbfapplicant_name=a", Reason.URLENCODED_INVALID),
    "7 BOM before the body, multipart": Own("multipart", b"\xef\xbb\xbf" + multipart([A_NAME]), Reason.MULTIPART_INVALID),
    "7 BOM before the body, JSON": Own("json", b"\xef\xbb\xbf" + document(), Reason.JSON_INVALID),
    "8 a pair of surrogate escapes": Own(
        "json", b'{"applicant_name":"\\ud83d\\ude00"}', [invalid("applicant_name", Fault.REPERTOIRE)]
    ),
    "8 half a pair of escapes": Own("json", b'{"applicant_name":"\\ud83d"}', Reason.CHARSET_INVALID),
    "8 the halves in the other order": Own("json", b'{"applicant_name":"\\ude00\\ud83d"}', Reason.CHARSET_INVALID),
    "8 bytes that are no UTF-8, urlencoded": Own("urlencoded", b"applicant_name=%FF", Reason.CHARSET_INVALID),
    "8 bytes that are no UTF-8, multipart": Own(
        "multipart", multipart([('name="applicant_name"', b"\xff")]), Reason.CHARSET_INVALID
    ),
    "8 bytes that are no UTF-8, JSON": Own("json", b'{"applicant_name":"\xff"}', Reason.CHARSET_INVALID),
    "10 an integer": Own("json", document(copies=2), (NAME, ("copies", "2"))),
    "10 an integer out of bounds": Own("json", document(copies=21), [invalid("copies", Fault.TOO_LARGE)]),
    "10 an integer where text is due": Own("json", document(notes=1), [invalid("notes", Fault.JSON_TYPE)]),
    "10 a fraction of JSON": Own("json", document(copies=1.5), TYPE),
    "10 a whole number with a point": Own("json", b'{"applicant_name":"\\u6e2f","copies":1.0}', TYPE),
    "10 minus zero of JSON": Own("json", b'{"applicant_name":"\\u6e2f","copies":-0}', TYPE),
    "10 an integer that a double does not hold": Own("json", document(copies=2**53), Reason.JSON_INVALID),
    "10 NaN": Own("json", b'{"copies":NaN}', Reason.JSON_INVALID),
    "11 true": Own("json", document(agreed=True), (NAME, ("agreed", "true"))),
    "11 false": Own("json", document(agreed=False), (NAME, ("agreed", "false"))),
    "11 true where a number is due": Own("json", document(copies=True), TYPE),
    "11 1 where a checkbox is due": Own("json", document(agreed=1), [invalid("agreed", Fault.JSON_TYPE)]),
    "14 an object where text is due": Own("json", document(copies={"filename": "a"}), TYPE),
    "14 no object": Own("json", b'["applicant_name"]', [
        (Code.FIELD_INVALID, "", Fault.NOT_AN_OBJECT), MISSING]),
    "14 a file where text is due": Own(
        "multipart",
        multipart([A_NAME, ('name="notes"; filename="a.txt"', b"text")]),
        [(Code.FILE_UNDECLARED, "notes", Fault.FILE_FOR_TEXT)],
    ),
    "14 a file beside the text": Own(
        "multipart",
        multipart([A_NAME, ('name="applicant_name"; filename="a.txt"', b"text")]),
        [(Code.FILE_UNDECLARED, "applicant_name", Fault.FILE_FOR_TEXT)],
    ),
    "14 a file instead of the text": Own(
        "multipart",
        multipart([('name="applicant_name"; filename="a.txt"', b"text")]),
        [(Code.FILE_UNDECLARED, "applicant_name", Fault.FILE_FOR_TEXT)],
    ),
    "14 an undeclared file": Own(
        "multipart",
        multipart([A_NAME, ('name="photo"; filename="a.png"', b"PNG")]),
        [(Code.FILE_UNDECLARED, "", Fault.UNDECLARED)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", OWN.values(), ids=OWN)
def test_what_one_alone_can_say(sample: Policy, case: Own) -> None:
    check(submit_bytes(sample, PATH, TYPES[case.kind], case.body), case.kind, case.expected)


FORM: Submitted = (NAME, ("notes", "表"))
CHARSETS: dict[str, tuple[str, Reason | None]] = {
    "; charset=utf-8": ("utf-8", None),
    '; Charset="UTF-8"': ("utf-8", None),
    "; charset=shift_jis": ("cp932", Reason.CHARSET_INVALID),
    "; charset=iso-8859-1": ("utf-8", Reason.CHARSET_INVALID),
    "; charset=utf-16": ("utf-8", Reason.CHARSET_INVALID),
    "; charset=utf-8; charset=utf-8": ("utf-8", Reason.CONTENT_TYPE_UNSUPPORTED),
    "; version=1": ("utf-8", Reason.CONTENT_TYPE_UNSUPPORTED),
    ";": ("utf-8", Reason.CONTENT_TYPE_UNSUPPORTED),
}


@pytest.mark.parametrize("parameter", CHARSETS)
@pytest.mark.parametrize("kind", KINDS)
def test_parameters_of_the_type(sample: Policy, kind: str, parameter: str) -> None:
    body = encoded(kind, FORM)
    expected = CHARSETS[parameter][1]
    check(submit_bytes(sample, PATH, TYPES[kind] + parameter, body), kind, FORM if expected is None else expected)


SHIFTED = b"applicant_name=%8d%60&notes=%95%5c"
SHIFTED_PARTS = multipart([('name="applicant_name"', "港".encode("cp932")), ('name="notes"', "表".encode("cp932"))])


@pytest.mark.parametrize(("kind", "body"), [("urlencoded", SHIFTED), ("multipart", SHIFTED_PARTS)])
def test_a_charset_that_is_permitted_says_the_same(sample: Policy, kind: str, body: bytes) -> None:
    """As the same form in UTF-8. JSON has UTF-8 alone (RFC 8259 section 8.1)."""
    outcome = submit_bytes(sample, "/procedures/older", TYPES[kind] + "; charset=shift_jis", body)
    check(outcome, kind, (("applicant_name", "港"), ("notes", "表")))
    assert outcome.told == submit(sample, "/procedures/older", "json", (("applicant_name", "港"), ("notes", "表"))).told
    assert submit_bytes(sample, PATH, TYPES[kind] + "; charset=shift_jis", body).told == (
        "refused",
        Reason.CHARSET_INVALID,
    )


@pytest.mark.parametrize("path", [PATH, "/procedures/older"])
@pytest.mark.parametrize("kind", ["urlencoded", "multipart"])
def test_charset_fields_that_say_another_one(sample: Policy, kind: str, path: str) -> None:
    assert submit(sample, path, kind, (NAME, ("_charset_", "euc-jp"))).told == ("refused", Reason.CHARSET_INVALID)
    assert isinstance(submit(sample, path, kind, (NAME, ("_charset_", "UTF-8"))).verdict, Denied)


def test_each_row_of_the_specification_has_its_cases() -> None:
    text = (Path(__file__).parents[3] / "docs" / "spec" / "policy.md").read_text("utf-8")
    table = text[text.index("6.1 Case by case") : text.index("6.2 ")]
    rows = {line.split("|")[1].strip() for line in table.splitlines() if line.startswith("|")} - {"", "---"}
    assert {name.split()[0] for name in (*ALIKE, *OWN)} == rows
    assert len(ALIKE) * len(KINDS) + len(OWN) + len(CHARSETS) * len(KINDS) >= CASES


CASES = 210  # driven through parser, policy and writer
