"""What a class admits it admits again unchanged, and holds nothing that does not show; three encodings, one verdict."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.classes import CLASSES
from policy.faults import Fault, Invalid
from policy.load import load_policy, read_routes
from policy.pipeline import Judgement, Policy
from policy.repertoire import REPERTOIRES
from policy.request import RequestHead
from policy.sample_forms import CARE_PLAN_NOTICE
from policy.samples import as_document
from policy.schema import Declaration, Field
from policy.verdict import Admitted, Denied
from tests.unit.policy.fields.vectors import TAKEN

ODD = (
    "\x00\t\n\r\x1b \x7f\x85\xa0\xad　〜～−－‐ーｰ―—＠．＋（）()+-/.@'\"<>;&=%"
    "\u0301\u3099\u309a\u200b\u200d\u200e\u202e\u2066\u2028\ufeff\ufe0f\ue000\ufa19\ufa10\U0002f800\U000e0100\ufffe\u0378"
    "0123456789０１２AaZzＡあアｱｶﾞﾟ｡々〆〇亜髙﨑①年月日Å\u212bＰ😀한"
)
TEXT = st.one_of(
    st.text(alphabet=st.sampled_from(ODD), max_size=30),
    st.text(max_size=30),
    st.from_regex(r"[0-9０-９]{1,11}([-/.ー－][0-9]{1,4}){0,3}", fullmatch=True),
    st.from_regex(
        r"(令和|平成|昭和|大正|明治|[MTSHRｒ㍻]) ?([0-9０-９]{1,2}|元)[年./-][0-9]{1,2}[月./-][0-9]{1,2}日?",
        fullmatch=True,
    ),
    st.from_regex(r"[¥￥]?[0-9]{1,3}([,，][0-9]{3}){0,4}円?", fullmatch=True),
    st.text(alphabet=st.sampled_from("アァガパヴッヮヰヲンーｱｶﾞﾟｯｰぁがをんゝ（）()./-　 ａZ9"), min_size=1, max_size=15),
    st.sampled_from([value for cases in TAKEN.values() for value, _ in cases]),
)
FIELDS = [
    Field(
        Declaration(
            name="f",
            field_class=name,
            label_ja="",
            label_en="",
            max_chars=0 if field_class.max_chars else 40,
            repertoire=repertoire,
            halfwidth_kana=kana,
            choices=("新規", "変更") if name == "choice" else (),
        )
    )
    for name, field_class in CLASSES.items()
    for repertoire in (REPERTOIRES if field_class.textual else REPERTOIRES[:1])
    for kana in (("widen", "refuse") if field_class.textual else ("widen",))
]
OF_CLASS = {name: [field for field in FIELDS if field.field_class.name == name] for name in CLASSES}


@pytest.mark.parametrize("name", CLASSES)
@settings(max_examples=200, deadline=None)
@given(data=st.data(), value=TEXT)
def test_what_is_admitted_is_admitted_again_unchanged(name: str, data: st.DataObject, value: str) -> None:
    tested = data.draw(st.sampled_from(OF_CLASS[name]))
    try:
        normal = tested.admit(value)
    except Invalid as invalid:
        assert isinstance(invalid.fault, Fault)
        return
    assert tested.admit(normal) == normal
    for character in normal:
        if character == "\n" and tested.field_class.name == "free_text":
            continue
        assert unicodedata.category(character) not in {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Mn", "Me", "Mc"}
        assert unicodedata.bidirectional(character) not in {
            "LRE",
            "RLE",
            "LRO",
            "RLO",
            "PDF",
            "LRI",
            "RLI",
            "FSI",
            "PDI",
        }


@pytest.mark.parametrize("name", CLASSES)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_what_the_pattern_of_a_class_says_is_written_again_as_it_is(name: str, data: st.DataObject) -> None:
    tested = data.draw(st.sampled_from(OF_CLASS[name]))
    if name == "choice":
        value = data.draw(st.sampled_from(tested.declaration.choices))
    else:
        value = data.draw(st.from_regex(tested.field_class.pattern(tested.declaration.repertoire), fullmatch=True))
    try:
        assert tested.admit(value) == value
    except Invalid as invalid:
        # more than its length, a day that does not exist, a wrong check digit: never its characters
        assert invalid.fault in (Fault.TOO_LONG, Fault.NOT_DATE, Fault.CHECK_DIGIT)


HIDDEN = [
    chr(point) for point in range(0x110000) if unicodedata.category(chr(point)) in {"Cc", "Cf", "Zl", "Zp", "Me", "Mc"}
]
HIDDEN += map(chr, (*range(0xFE00, 0xFE10), 0xE0100, 0xE01EF, 0xE000, 0xF0000, 0x378, 0xFFFE, 0x10FFFF, 0xD800, 0xDFFF))
HIDDEN = [character for character in HIDDEN if character not in "\t\n\r"]


@pytest.mark.parametrize("tested", FIELDS, ids=lambda field: field.field_class.name)
def test_no_single_character_is_admitted_that_does_not_show(tested: Field) -> None:
    for character in HIDDEN:
        with pytest.raises(Invalid):
            tested.admit(f"0{character}0")


KINDS = ("urlencoded", "multipart", "json")
NAMES = (
    "applicant_name",
    "phone",
    "email",
    "insured_number",
    "new_or_change",
    "change_reason",
    "copies",
    "evil",
    "more",
)
VALUE = st.one_of(st.sampled_from(("", "見本　花子", "03-3209-1111", "a@example.jp", "0000000001", "新規", "12")), TEXT)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy([], {"example": ()}, open_routes=False)


def verdict(policy: Policy, kind: str, feed: Callable[[Judgement], None]) -> Admitted | Denied:
    judgement = policy.open(
        RequestHead(
            "example", "POST", "/procedures/care-plan-notice", (), None, (), kind, None, None, 1_795_392_000_000
        )
    )
    assert isinstance(judgement, Judgement)
    feed(judgement)
    return judgement.finish()


def outcome(made: Admitted | Denied) -> object:
    """Findings in their order, which is that of the procedure file: JSON gives the values of one name together, a form as they come."""
    return (made.route_id, made.fields) if isinstance(made, Admitted) else made.findings


@settings(max_examples=500, deadline=None)
@given(
    changes=st.dictionaries(st.sampled_from(NAMES), st.lists(VALUE, min_size=1, max_size=3), max_size=5),
    left_out=st.sets(st.sampled_from([name for name, _ in CARE_PLAN_NOTICE]), max_size=3),
)
def test_three_encodings_have_one_verdict(policy: Policy, changes: dict[str, list[str]], left_out: set[str]) -> None:
    kept = {name: [value] for name, value in CARE_PLAN_NOTICE if name not in left_out} | changes
    fields = tuple((name, value) for name, values in kept.items() for value in values)

    def as_form(judgement: Judgement) -> None:
        for name, value in fields:
            judgement.field(name, value)

    def as_json(judgement: Judgement) -> None:
        judgement.document(as_document(fields))

    outcomes = [outcome(verdict(policy, kind, as_json if kind == "json" else as_form)) for kind in KINDS]
    assert outcomes[0] == outcomes[1] == outcomes[2]


@settings(max_examples=300, deadline=None)
@given(fields=st.lists(st.tuples(st.one_of(st.sampled_from(NAMES), st.text(max_size=10)), VALUE), max_size=12))
def test_findings_hold_no_value_and_no_name_of_the_peer(policy: Policy, fields: list[tuple[str, str]]) -> None:
    declared = {""} | {name for route in policy.routes for name in route.form.fields}

    def feed(judgement: Judgement) -> None:
        for name, value in fields:
            judgement.field(name, value)

    made = verdict(policy, "urlencoded", feed)
    assert isinstance(made, Denied)  # required fields never all come in these few
    assert {finding.target for finding in made.findings} <= declared
    assert {finding.detail for finding in made.findings} <= set(Fault)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), VALUE),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text()), inner, max_size=5)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(document=JSON)
def test_any_document_has_a_verdict(policy: Policy, document: object) -> None:
    made = verdict(policy, "json", lambda judgement: judgement.document(document))
    assert isinstance(made, Denied)


STATEMENTS = """\
[route]|[[field]]|[[query]]|[procedure]|[route.segments]|format = 1|id = 'a-b'|method = 'POST'|path = '/{n}'|n = 'number'|\
name = 'a'|class = 'choice'|choices = ['a', 1]|body = ['json']|stages = []|max_chars = -1|x = [[1]]|required = 'y'|\
procedure = 1|field = 1|query = [1]|route = []"""
TOML = st.lists(st.one_of(st.sampled_from(STATEMENTS.split("|")), st.text(max_size=20)), max_size=12).map("\n".join)


@settings(max_examples=300, deadline=None)
@given(text=TOML)
def test_any_file_is_a_route_or_problems(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = Path(tmp_path_factory.mktemp("any"))
    (directory / "a.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    routes, problems = read_routes([directory])
    assert len(routes) + bool(problems) == 1
    for problem in problems:
        assert 0 <= problem.line <= text.count("\n") + 2
        assert problem.message
        assert problem.mend
