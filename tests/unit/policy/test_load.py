"""Every problem of a procedure file: with its line, what is wrong and how to mend it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from policy.load import AVAILABLE_STAGES, MAX_FILE_BYTES, load_policy, read_routes
from policy.problems import PolicyInvalid, Problem
from policy.rule_book import RuleChoice
from tests.unit.policy.rule_sets import rule_set

Write = Callable[..., Path]

# what is replaced in the sample procedure, by what, the line of the problem, words of the message, words of the mend
CHANGES = [
    ("format = 1", "format = 2", 1, "format is 2", "format = 1"),
    ("format = 1", "forma = 1", 1, 'unknown key "forma"', "remove it"),
    ("number = 1", "number = 0", 4, "number is 0", "number = 3"),
    ("number = 1", 'number = "1"', 4, "number must be an integer", "number = 3"),
    ("number = 1", "number = true", 4, "number must be an integer", "number = 3"),
    ("number = 1\n", "", 3, '[procedure] has no "number"', "number = 3"),
    ('department = "見本課"', "department = 1", 6, "department must be a string", "department"),
    ("version = 1", "version = 1.5", 7, "version must be an integer", "version = 1"),
    ("effective_from = 2026-04-01", 'effective_from = "2026-04-01"', 8, "must be a date", "2026-04-01"),
    ("effective_from = 2026-04-01", "effective_from = 2026-04-01T00:00:00Z", 8, "must be a date", "2026-04-01"),
    ("effective_from = 2026-04-01", "effective_from = 2026-04-01\neffective_until = 2026-03-31", 9, "before", "later"),
    ("effective_from = 2026-04-01", "effective_from = 2026-04-01\ncolour = 1", 9, 'unknown key "colour"', "remove"),
    ("[route]", "[rout]", 10, 'unknown key "rout"', "route"),
    ('id = "sample"', 'id = "Sample"', 11, 'id is "Sample"', "a-z"),
    ('mode = "exchange"', 'mode = "deposit"', 12, '"deposit" is not available', "exchange"),
    ('mode = "exchange"', 'mode = "fast"', 12, "not known", "exchange, deposit"),
    ('method = "POST"', 'method = "HEAD"', 13, "not known", "GET, POST"),
    ('method = "POST"', 'method = "GET"', 15, "a GET request has no body", "remove body"),
    ('path = "/procedures/sample"', 'path = "procedures"', 14, "path is", "begin with /"),
    ('path = "/procedures/sample"', 'path = "/a/../b"', 14, 'segment ".."', "letters"),
    ('path = "/procedures/sample"', 'path = "/a//b"', 14, 'segment ""', "letters"),
    ('path = "/procedures/sample"', 'path = "/届"', 14, "segment", "letters"),
    ('path = "/procedures/sample"', 'path = "/%61"', 14, "path is", "escape only what must be"),
    ('path = "/procedures/sample"', 'path = "/%e5%b1%8a"', 14, "path is", "upper case"),
    ('path = "/procedures/sample"', 'path = "/{n}"', 10, "{n} has no class", "arrival_number"),
    ('path = "/procedures/sample"', 'path = "/a"\nsegments = { n = "number" }', 15, "no {n}", "remove it"),
    ('path = "/procedures/sample"', 'path = "/{n}"\nsegments = { n = "text" }', 15, "{n} has no class", "number"),
    ('path = "/procedures/sample"', 'path = "/{n}"\nsegments = { n = 1 }', 15, "n must be a string", "in quotes"),
    ('["urlencoded", "multipart", "json"]', '["urlencoded", "xml"]', 15, '"xml" is not a kind', "json"),
    ('["urlencoded", "multipart", "json"]', '["json", "json"]', 15, '"json" twice', "once"),
    ('["urlencoded", "multipart", "json"]', '"json"', 15, "array of strings", "some of"),
    ('body = ["urlencoded", "multipart", "json"]\n', "", 10, "no body to hold them", "add body"),
    ('"json"]', '"json"]\nanswers_may_show = ["names"]', 16, '"names" is nothing', "personal_number"),
    ('"json"]', '"json"]\nanswers_may_show = true', 16, "array of strings", "personal_number"),
    ('"json"]', '"json"]\nreceipt_numbers = ["####-####-####"]', 16, "no pattern", "R8-######"),
    (
        '"json"]',
        f'"json"]\nreceipt_numbers = {[f"{year}######" for year in range(20, 29)]}',
        16,
        "more than 8",
        "leave some",
    ),
    ('"json"]', '"json"]\nbody_bytes = 0', 16, "body_bytes is 0", "bytes"),
    ('"json"]', '"json"]\ncharsets = ["sjis"]', 16, 'no charset "sjis"', "shift_jis"),
    ('"urlencoded", "multipart", "json"]', '"json"]\ncharsets = ["euc-jp"]', 16, "JSON is UTF-8", "remove charsets"),
    (
        '"json"]',
        '"json"]\nstages = ["route", "normalise", "schema", "rules"]',
        16,
        'the tenant "example" has no rule set',
        "rule_set = … under [policy]",
    ),
    (
        '"json"]',
        '"json"]\nstages = ["route", "normalise", "schema", "files"]',
        16,
        "no attachment to look at",
        'remove "files"',
    ),
    (
        '"json"]',
        '"json"]\nstages = ["route", "normalise", "schema", "luck"]',
        16,
        'no stage "luck"',
        "name stages among",
    ),
    ('"json"]', '"json"]\nstages = ["route", "schema"]', 16, '"normalise" is missing', 'add "normalise"'),
    ('"json"]', '"json"]\nforward_headers = ["x-forwarded-for"]', 16, "cannot be forwarded", "choose among"),
    ('"json"]', '"json"]\ntenants = ["nobody"]', 16, '"nobody" is not configured', "example"),
    ('name = "applicant_name"', 'name = "氏名"', 18, "name is", "beginning with a letter"),
    ('name = "applicant_name"', 'name = "kind"', 26, '"kind" is declared already', "of its own"),
    ('label_ja = "氏名"\n', "", 17, '[[field]] has no "label_ja"', "in Japanese"),
    ('class = "name"', 'class = "nam"', 21, 'class is "nam"', "free_text"),
    ("max_chars = 20\n", "", 17, 'no "max_chars"', "from 1 to 20000"),
    ("max_chars = 20\n", "max_chars = 20001\n", 22, "max_chars is 20001", "from 1 to 20000"),
    ("max_chars = 20\n", "max_chars = 20\nmin_chars = 21\n", 23, "larger than max_chars", "smaller"),
    ("required = true", "required = 1", 23, "required must be true or false", "required = true"),
    ("required = true", "minimum = 1", 23, "says nothing about the class name", "class number"),
    ("required = true", 'choices = ["a"]', 23, "says nothing about the class name", "class choice"),
    ("required = true", 'repertoire = "ascii"', 23, "not known", "jis-x-0208"),
    ('choices = ["新規", "変更"]\n', "", 25, "without choices", "choices ="),
    ('["新規", "変更"]', '["新規", "変更 "]', 30, "would not cross", "JIS X 0208"),
    ('["新規", "変更"]', '["新規", "①"]', 30, "would not cross", "JIS X 0208"),
    ('["新規", "変更"]', '["新規", ""]', 30, "not empty", "choices"),
    ("repeat = 2", "repeat = 101", 31, "repeat is 101", "how many"),
    ("maximum = 20", "maximum = 0", 39, "smaller than minimum", "larger"),
    ("minimum = 1\n", "minimum = 1\nmax_chars = 20\n", 39, "max_chars is 20", "from 1 to 19"),
    ("minimum = 1\n", 'repertoire = "jis-x-0208"\n', 38, "says nothing about the class number", "Japanese text"),
    ('class = "checkbox"', 'class = "checkbox"\n[[attachment]]\nname = "scan"', 46, "of no kind", "some of"),
    ('class = "free_text"', 'class = "free_text', 51, "not TOML", "mend the syntax"),
]


@pytest.mark.parametrize(("old", "new", "line", "message", "mend"), CHANGES)
def test_problems_have_their_line(
    write: Write, procedure: str, old: str, new: str, line: int, message: str, mend: str
) -> None:
    assert old in procedure
    directory = write(procedure.replace(old, new, 1))
    with pytest.raises(PolicyInvalid) as caught:
        load_policy([directory], {"example": ()}, open_routes=False)
    found = caught.value.problems
    assert [problem.line for problem in found] == sorted(problem.line for problem in found)
    at_line = [problem for problem in found if (problem.path, problem.line) == (str(directory / "00.toml"), line)]
    assert [problem for problem in at_line if message in problem.message and mend in problem.mend]


def test_cases_are_counted_and_the_sample_is_sound(write: Write, procedure: str) -> None:
    assert len(CHANGES) == 66
    routes, problems = read_routes([write(procedure)])
    assert (len(routes), problems) == (1, [])
    assert routes[0].stages == ("route", "normalise", "schema")


def test_available_stages() -> None:
    assert {"route", "normalise", "schema", "rules", "files"} == AVAILABLE_STAGES


def test_a_route_that_names_a_rule_set_needs_it(write: Write, procedure: str, tmp_path: Path) -> None:
    named = procedure.replace('"json"]', '"json"]\nrule_set = "strict"', 1)
    with pytest.raises(PolicyInvalid, match='the rule set "strict" is not configured'):
        load_policy([write(named)], {"example": ()}, open_routes=False)
    choice = RuleChoice({"strict": rule_set(tmp_path)})
    (route,) = load_policy([write(named)], {"example": ()}, open_routes=False, rules=choice).routes
    assert route.rule_set == "strict"


def test_a_route_that_names_the_stage_needs_a_rule_set_for_every_tenant(
    write: Write, procedure: str, tmp_path: Path
) -> None:
    staged = procedure.replace('"json"]', '"json"]\nstages = ["route", "normalise", "schema", "rules"]', 1)
    sets = {"small": rule_set(tmp_path)}
    with pytest.raises(PolicyInvalid, match='the tenant "b" has no rule set'):
        load_policy(
            [write(staged)], {"a": (), "b": ()}, open_routes=False, rules=RuleChoice(sets, None, {"a": "small"})
        )
    for choice in (RuleChoice(sets, "small"), RuleChoice(sets, None, {"a": "small", "b": "small"})):
        load_policy([write(staged)], {"a": (), "b": ()}, open_routes=False, rules=choice)


def test_all_problems_are_reported_at_once(write: Write, procedure: str) -> None:
    first = procedure.replace("number = 1", "number = 0").replace("repeat = 2", "repeat = 0")
    second = procedure.replace('id = "sample"', 'id = "-"').replace("/procedures/sample", "/other")
    directory = write(first, second)
    with pytest.raises(PolicyInvalid) as caught:
        load_policy([directory], {"example": ()}, open_routes=False)
    where = [(Path(problem.path).name, problem.line) for problem in caught.value.problems]
    assert where == [("00.toml", 4), ("00.toml", 31), ("01.toml", 11)]
    assert str(caught.value).count("mend:") == 3


def test_two_routes_for_one_request_do_not_load(write: Write, procedure: str) -> None:
    directory = write(procedure, procedure.replace('id = "sample"', 'id = "second"'))
    _, problems = read_routes([directory])
    assert problems == [
        Problem(
            str(directory / "01.toml"),
            14,
            f"POST /procedures/sample is taken already, by {directory / '00.toml'}:10",
            "change the path, the tenants or the effective period of one of them",
        )
    ]


def test_one_id_for_two_routes_does_not_load(write: Write, procedure: str) -> None:
    directory = write(procedure, procedure.replace('path = "/procedures/sample"', 'path = "/second"'))
    _, problems = read_routes([directory])
    assert [(problem.line, problem.message[:29]) for problem in problems] == [(11, 'the id "sample" is taken alre')]


def test_routes_of_different_tenants_do_not_meet(write: Write, procedure: str) -> None:
    one = procedure.replace('mode = "exchange"', 'mode = "exchange"\ntenants = ["a"]')
    two = procedure.replace('mode = "exchange"', 'mode = "exchange"\ntenants = ["b"]').replace(
        '"sample"', '"second"', 1
    )
    policy = load_policy([write(one, two)], {"a": (), "b": ()}, open_routes=False)
    assert [route.id for route in policy.routes] == ["sample", "second"]


def test_directories_and_files_that_cannot_be_read(tmp_path: Path) -> None:
    _, problems = read_routes([tmp_path / "absent", tmp_path])
    assert [(problem.path, problem.line) for problem in problems] == [(str(tmp_path / "absent"), 0), (str(tmp_path), 0)]
    (tmp_path / "a.toml").write_bytes(b"format = 1\n# \xff\n")
    (tmp_path / "b.toml").mkdir()
    (tmp_path / "c.toml").write_bytes(b"\xef\xbb\xbfformat = 1\n")
    _, problems = read_routes([tmp_path])
    assert [(Path(problem.path).name, problem.line, problem.message.split(":")[0]) for problem in problems] == [
        ("a.toml", 2, "the file is not UTF-8"),
        ("b.toml", 0, "cannot be read"),
        ("c.toml", 1, "not TOML"),
    ]


@pytest.mark.parametrize("more", [0, 1])
def test_size_of_a_file(write: Write, procedure: str, more: int) -> None:
    room = MAX_FILE_BYTES + more - len(procedure.encode())
    _, problems = read_routes([write(procedure + "#" * room)])
    assert len(problems) == more


def test_forwarded_headers_and_limits_of_a_route(write: Write, procedure: str) -> None:
    text = procedure.replace(
        '"json"]', '"json"]\nforward_headers = ["cookie"]\nbody_bytes = 1000\ncharsets = ["euc-jp"]'
    )
    routes, _ = read_routes([write(text)])
    assert (routes[0].body_bytes, routes[0].charsets) == (1000, ("euc-jp",))
    assert routes[0].forward_headers == {b"accept", b"accept-language", b"user-agent", b"cookie"}


def test_the_service_of_a_procedure(write: Write, procedure: str) -> None:
    (route,), _ = read_routes([write(procedure)])
    assert route.procedure is not None
    assert route.procedure.service == "電子申請"
    text = procedure.replace("version = 1\n", 'version = 1\nservice = "電子調達"\n', 1)
    (route,), _ = read_routes([write(text)])
    assert route.procedure is not None
    assert route.procedure.service == "電子調達"
    _, (problem,) = read_routes([write(text.replace("電子調達", "電子入札"))])
    assert (problem.line, problem.mend) == (8, "write one of: 電子申請, 電子調達")
