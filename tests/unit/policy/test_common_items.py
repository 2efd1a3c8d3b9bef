"""What procedures have in common: declared in one file, named in each, and the problems of both where they stand."""

from collections.abc import Callable
from pathlib import Path

import pytest

from policy.load import read_routes

Write = Callable[..., Path]

COMMON = """\
format = 1

[[field]]
name = "postal_code"
item = "住所"
label_ja = "郵便番号"
label_en = "Postal code"
class = "postal_code"

[[field]]
name = "address"
item = "住所"
label_ja = "住所"
label_en = "Address"
class = "address"
max_chars = 120

[[field]]
name = "phone"
item = "電話番号"
label_ja = "電話番号"
label_en = "Telephone number"
class = "phone"
"""


def with_common(directory: Path, common: str) -> Path:
    (directory / "common.toml").write_text(common, encoding="utf-8")
    return directory


def naming(procedure: str, items: str) -> str:
    return procedure.replace("version = 1\n", f"version = 1\ncommon = {items}\n", 1)


def test_common_items_are_those_that_the_procedure_names(write: Write, procedure: str) -> None:
    directory = with_common(write(naming(procedure, '["住所"]')), COMMON)
    (route,), problems = read_routes([directory])
    assert problems == []
    assert list(route.form.fields)[-2:] == ["postal_code", "address"]
    assert "phone" not in route.form.fields
    assert route.procedure is not None
    assert route.procedure.common_fields == {"postal_code", "address"}
    (route,), _ = read_routes([with_common(write(procedure), COMMON)])
    assert not {"postal_code", "address", "phone"} & set(route.form.fields)  # not named: not declared


@pytest.mark.parametrize(
    ("items", "line", "message", "mend"),
    [
        ('["趣味"]', 8, 'common.toml has no item "趣味"', "住所, 電話番号"),
        ('["住所", "住所"]', 8, '"住所" twice', "each once"),
        ('"住所"', 8, "array of strings", "words of the register"),
    ],
)
def test_problems_of_common_items_stand_where_they_are_named(
    write: Write, procedure: str, items: str, line: int, message: str, mend: str
) -> None:
    _, problems = read_routes([with_common(write(naming(procedure, items)), COMMON)])
    (problem,) = problems
    assert (Path(problem.path).name, problem.line) == ("00.toml", line)
    assert message in problem.message
    assert mend in problem.mend


def test_a_field_may_not_have_the_name_of_a_common_one(write: Write, procedure: str) -> None:
    text = naming(procedure, '["住所"]').replace('name = "notes"', 'name = "address"')
    _, (problem,) = read_routes([with_common(write(text), COMMON)])
    assert (Path(problem.path).name, problem.line) == ("00.toml", 49)
    assert problem.message == 'a field "address" comes with the common item 住所'


def test_a_directory_without_common_items_has_none_to_name(write: Write, procedure: str) -> None:
    _, (problem,) = read_routes([write(naming(procedure, '["住所"]'))])
    assert (Path(problem.path).name, problem.line) == ("00.toml", 8)
    assert problem.message == "the directory has no common.toml"


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("format = 1", "format = 2", 1, "format is 2"),
        ('item = "電話番号"\n', "", 18, "without the item"),
        ('class = "phone"', 'class = "telephone"', 23, "not known"),
        ('class = "phone"', 'class = "phone', 23, "not TOML"),
        ("format = 1", 'format = 1\nroute = "a"', 2, 'unknown key "route"'),
        ('name = "phone"', 'name = "address"', 19, "declared already"),
    ],
)
def test_problems_of_the_common_file_are_reported_once_and_there(
    write: Write, procedure: str, old: str, new: str, line: int, message: str
) -> None:
    second = procedure.replace('"sample"', '"other"').replace("/sample", "/other")
    directory = with_common(
        write(naming(procedure, '["電話番号"]'), naming(second, '["電話番号"]')), COMMON.replace(old, new)
    )
    _, problems = read_routes([directory])
    assert [(Path(problem.path).name, problem.line) for problem in problems] == [("common.toml", line)]
    assert message in problems[0].message


def test_a_common_file_alone_is_no_catalogue(tmp_path: Path) -> None:
    _, problems = read_routes([with_common(tmp_path, COMMON)])
    assert [problem.message for problem in problems] == ["the directory holds no procedure file"]
    _, problems = read_routes([with_common(tmp_path, "format = 1\n")])
    assert [problem.message for problem in problems] == [
        "the directory holds no procedure file",
        "common.toml declares no [[field]]",
    ]
