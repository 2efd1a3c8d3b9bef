"""Every variable, compared with the real ModSecurity 3 in this process, over generated requests; and what differs on purpose."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pytest

from policy.variables.facts import Options, RequestFacts
from policy.variables.table import TABLE
from policy.variables.transaction import Transaction
from tests.unit.policy.variables.messages import Messages, request
from tests.unit.policy.variables.modsecurity import ModSecurity, Values

STRICT = Options(strict=True)
# what cannot be the same: this process's environment, the clock, and a tree without an expression (compared below)
NOT_COMPARED = {"ENV", "GEO", "DURATION", "XML"} | {name for name in TABLE if name.startswith("TIME")}
COMPARED = tuple(name for name in TABLE if name not in NOT_COMPARED)
EXPRESSIONS = ("/*", "//@*", "/a/b/text()", "//b", "//b[1]", "//x", "count(//a)")
FORCED = 'SecAction "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=%s"'
# YAJL takes a string that is not closed behind the document for nothing; here it is a fault
TRAILING_STRING = b'"'


# what ModSecurity has in MULTIPART_PART_HEADERS: names of visible characters
NAMED = re.compile(rb"[!-9;-~]+:")


def ours(transaction: Transaction, names: Sequence[str]) -> Values:
    found = {name: Counter(item.name + b"|" + item.value for item in transaction.get(name)) for name in names}
    if "MULTIPART_PART_HEADERS" in found:
        items = [item for item in transaction.get("MULTIPART_PART_HEADERS") if NAMED.match(item.value)]
        found["MULTIPART_PART_HEADERS"] = Counter(item.name + b"|" + item.value for item in items)
    return found


def alike(found: Values) -> Values:
    """FULL_REQUEST without the order of the headers: ModSecurity's is that of a hash table."""
    if "FULL_REQUEST" in found:
        found["FULL_REQUEST"] = Counter(b"\n".join(sorted(text.split(b"\n"))) for text in found["FULL_REQUEST"])
    return found


@pytest.fixture(scope="module")
def phases() -> Iterator[dict[int, ModSecurity]]:
    engines = {phase: ModSecurity(COMPARED, phase) for phase in (1, 2, 4)}
    yield engines
    for engine in engines.values():
        engine.close()


def test_nearly_everything_is_compared() -> None:
    assert len(TABLE) == 88
    assert len(COMPARED) == 75


@pytest.mark.slow
def test_heads_forms_and_responses(phases: dict[int, ModSecurity]) -> None:
    messages = Messages(1)
    for _ in range(700):
        facts, response = messages.head(), messages.response()
        transaction = Transaction(facts, STRICT)
        assert alike(ours(transaction, COMPARED)) == alike(phases[1].values(facts)), facts
        transaction.process_body()
        assert alike(ours(transaction, COMPARED)) == alike(phases[2].values(facts)), facts
        transaction.begin_response(response)
        transaction.process_response_body()
        assert alike(ours(transaction, COMPARED)) == alike(phases[4].values(facts, response)), (facts, response)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("directives", "options", "seed"),
    [
        ("", STRICT, 1),
        ("SecRequestBodyNoFilesLimit 150", Options(strict=True, request_body_no_files_limit=150), 2),
        (
            "SecRequestBodyLimit 300\nSecRequestBodyLimitAction ProcessPartial",
            Options(strict=True, request_body_limit=300),
            3,
        ),
        (
            "SecRequestBodyLimit 300\nSecRequestBodyLimitAction Reject",
            Options(strict=True, request_body_limit=300, request_body_partial=False),
            4,
        ),
    ],
)
def test_multipart(directives: str, options: Options, seed: int) -> None:
    engine = ModSecurity(COMPARED, 2, directives)
    messages = Messages(seed)
    sound = 0
    for _ in range(1200):
        facts = messages.multipart()
        transaction = Transaction(facts, options)
        transaction.process_body()
        theirs = engine.values(facts)
        assert ours(transaction, COMPARED) == theirs, facts
        sound += theirs["REQBODY_ERROR"] == {b"REQBODY_ERROR|0": 1}
    engine.close()
    assert sound > 100


@pytest.mark.slow
def test_extracted_files(tmp_path: object) -> None:
    names = [name for name in COMPARED if name != "FILES_TMPNAMES"]
    engine = ModSecurity(names, 2, f"SecTmpSaveUploadedFiles On\nSecUploadDir {tmp_path}\nSecUploadFileLimit 2")
    messages = Messages(5)
    for _ in range(800):
        facts = messages.multipart()
        transaction = Transaction(facts, Options(strict=True, upload_extract=True, upload_file_limit=2))
        transaction.process_body()
        assert ours(transaction, names) == engine.values(facts), facts
    engine.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("directives", "options"),
    [
        ("", STRICT),
        ("SecArgumentsLimit 3", Options(strict=True, arguments_limit=3)),
        ("SecRequestBodyJsonDepthLimit 3", Options(strict=True, json_depth_limit=3)),
        ("SecRequestBodyNoFilesLimit 20", Options(strict=True, request_body_no_files_limit=20)),
    ],
)
def test_json(directives: str, options: Options) -> None:
    names = [name for name in COMPARED if not name.endswith("_MSG")]
    engine = ModSecurity(names, 2, directives + "\n" + FORCED % "JSON")
    messages = Messages(6)
    for _ in range(1000):
        facts = request(b"/", [(b"Content-Type", b"application/json")], messages.json())
        transaction = Transaction(facts, options)
        transaction.process_body("JSON")
        transaction.set_processor("JSON")
        assert ours(transaction, names) == engine.values(facts), facts
    engine.close()


@pytest.mark.slow
@pytest.mark.parametrize(("directive", "into_args"), [("Off", "off"), ("On", "on"), ("OnlyArgs", "onlyargs")])
def test_xml(directive: str, into_args: str) -> None:
    names = [*COMPARED, *[f"XML:{expression}" for expression in EXPRESSIONS], "XML"]
    engine = ModSecurity(names, 2, f"SecParseXmlIntoArgs {directive}\n" + FORCED % "XML")
    messages = Messages(7)
    for _ in range(500):
        facts = request(b"/", [(b"Content-Type", b"text/xml")], messages.xml())
        transaction = Transaction(facts, Options(strict=True, xml_into_args=into_args))
        transaction.set_processor("XML")
        transaction.process_body()
        found = ours(transaction, [*COMPARED, "XML"])
        for expression in EXPRESSIONS:
            items = transaction.xml(expression)
            found[f"XML:{expression}"] = Counter(item.name + b"|" + item.value for item in items)
        assert found == engine.values(facts), facts
    engine.close()


@pytest.mark.parametrize("separator", [b";", b"|"])
def test_another_separator(separator: bytes) -> None:
    engine = ModSecurity(COMPARED, 2, f"SecArgumentSeparator '{separator.decode()}'")
    for query in (b"a=1;b=2|c=3&d", b";;|", b"a=%3b;%3d=b|", b""):
        facts = request(b"/?" + query)
        transaction = Transaction(facts, Options(strict=True, argument_separator=separator))
        transaction.process_body()
        assert ours(transaction, COMPARED) == engine.values(facts)
    engine.close()


class Deviation(NamedTuple):
    """`request` in which variable `name` is `ours`, where ModSecurity 3.0.15 has `theirs`."""

    name: str
    facts: RequestFacts
    ours: list[bytes]
    theirs: list[bytes]
    why: str


PART = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nUNION\r\nSELECT\r\n--B--\r\n'
DEVIATIONS = [
    Deviation(
        "ARGS",
        request(b"/", [(b"Content-Type", b"multipart/form-data; boundary=B")], PART),
        [b"UNION\r\nSELECT"],
        [b"UNIONSELECT"],
        "line ends inside a value are lost there; an application gets them, and so do the rules here (not in the strict reading)",
    ),
    Deviation(
        "URLENCODED_ERROR", request(b"/?%zz=ok"), [b"1"], [b"0"], "the manual does not leave names out (strict does)"
    ),
    Deviation(
        "REQBODY_ERROR",
        request(b"/", [(b"Content-Type", b"application/json")], b'{}"x'),
        [b"1"],
        [b"0"],
        "a string that is not closed behind a document is a fault",
    ),
    Deviation(
        "ARGS",
        request(b"/", [(b"Content-Type", b"application/json")], b'["\\ud83d<script"]'),
        [b"?<script"],
        [b"?script"],
        "there the byte behind half a surrogate pair is lost (in the strict reading too)",
    ),
    Deviation(
        "REQBODY_ERROR",
        request(b"/", [(b"Content-Type", b"text/xml")], b'<!DOCTYPE a [<!ENTITY e "E">]><a>&e;</a>'),
        [b"1"],
        [b"0"],
        "entities are not put in, so a document that declares some has not been seen whole",
    ),
]
BY_RULE = """
SecRule REQUEST_HEADERS:Content-Type "@streq application/json" "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQUEST_HEADERS:Content-Type "@streq text/xml" "id:2,phase:1,pass,nolog,ctl:requestBodyProcessor=XML"
"""


def test_the_list_of_deviations_is_whole() -> None:
    assert len(DEVIATIONS) == 5
    assert all(deviation.why for deviation in DEVIATIONS)


@pytest.mark.parametrize("deviation", DEVIATIONS, ids=lambda deviation: f"{deviation.name} {deviation.theirs}")
def test_what_differs_on_purpose(deviation: Deviation) -> None:
    engine = ModSecurity([deviation.name], 2, BY_RULE)
    theirs = engine.values(deviation.facts)[deviation.name]
    engine.close()
    assert [text.partition(b"|")[2] for text in theirs] == deviation.theirs
    transaction = Transaction(deviation.facts)
    sent = dict(deviation.facts.headers).get(b"Content-Type")
    forced = {b"application/json": "JSON", b"text/xml": "XML"}
    transaction.process_body(forced.get(sent or b""))
    assert [item.value for item in transaction.get(deviation.name)] == deviation.ours
