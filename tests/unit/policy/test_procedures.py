"""The catalogue against the register of the source."""

from pathlib import Path

import pytest

from policy.load import INSTALLED, read_routes
from policy.route import Route

REGISTER = Path(__file__).parents[2] / "vectors" / "policy" / "register.tsv"
COMMON = slice(3, 15)  # columns


def register() -> tuple[list[str], dict[int, list[str]]]:
    heading, *rows = [line.split("\t") for line in REGISTER.read_text(encoding="utf-8").splitlines()]
    return heading, {int(row[0]): row for row in rows}


def procedures() -> dict[int, Route]:
    routes, problems = read_routes([INSTALLED])
    assert problems == []
    return {route.procedure.number: route for route in routes if route.procedure is not None}


def test_the_register_is_whole() -> None:
    heading, rows = register()
    assert len(rows) == 29
    assert len(heading) == 16
    assert heading[COMMON] == [
        "ID", "パスワード", "電子メールアドレス", "住所", "氏名", "生年月日", "電話番号", "性別", "発行希望枚数",
        "利用目的・用途", "対象者との関係・続柄", "受給者番号",
    ]  # fmt: skip


@pytest.mark.parametrize("number", [3, 8, 21])
def test_procedures_are_those_of_the_register(number: int) -> None:
    heading, rows = register()
    row, route = rows[number], procedures()[number]
    assert route.procedure is not None
    assert (route.procedure.name, route.procedure.department) == (row[1], row[2])
    declared: dict[str, list[str]] = {}
    for field in route.form.fields.values():
        declared.setdefault(field.declaration.item, []).append(field.name)
    own = row[15].split(" / ") if row[15] else []
    assert set(declared) == set(own) | set(heading[COMMON])
    assert [item for item in declared if item in own] == own
    common = [name for item in heading[COMMON] for name in declared[item]]
    assert not [name for name in common if route.form.fields[name].required]


def test_each_file_says_that_the_common_items_must_be_confirmed() -> None:
    files = [path for path in INSTALLED.glob("*.toml") if not path.name.startswith("plain-")]
    assert len(files) == 3
    for path in files:
        assert "OPERATOR MUST CONFIRM" in path.read_text(encoding="utf-8")


def test_the_catalogue_has_three_procedures_and_two_plain_routes() -> None:
    routes, _ = read_routes([])
    assert sorted(route.id for route in routes) == [
        "care-plan-notice",
        "dog-death-notice",
        "health",
        "resident-record-copy",
        "status",
    ]
    assert sorted(procedures()) == [3, 8, 21]
