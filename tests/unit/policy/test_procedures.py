"""The catalogue against the register of the source."""

import pytest

from policy.load import INSTALLED, read_routes
from policy.route import Route
from policy.schema import Field
from tests.unit.policy.registers import COMMON, own_items, register

PROCUREMENT = ["procurement-vendor", "procurement-bid", "procurement-status"]
ESCAPED_BYTES = 9  # of one Japanese character in an urlencoded body


@pytest.fixture(scope="module")
def routes() -> list[Route]:
    found, problems = read_routes([INSTALLED])
    assert problems == []
    return found


@pytest.fixture(scope="module")
def procedures(routes: list[Route]) -> dict[int, Route]:
    return {
        route.procedure.number: route
        for route in routes
        if route.procedure is not None and route.procedure.service == "電子申請"
    }


def items_of(fields: list[Field]) -> list[str]:
    """Each item once, in order."""
    return list(dict.fromkeys(field.declaration.item for field in fields))


@pytest.mark.parametrize("number", sorted(register()[1]))
def test_procedures_are_those_of_the_register(procedures: dict[int, Route], number: int) -> None:
    heading, rows = register()
    row, route = rows[number], procedures[number]
    assert route.procedure is not None
    assert (route.procedure.name, route.procedure.department) == (row[1], row[2])
    fields = list(route.form.fields.values())
    common = [field for field in fields if field.name in route.procedure.common_fields]
    assert items_of([field for field in fields if field not in common]) == own_items(row)
    assert items_of(common) == heading[COMMON]
    assert not [field.name for field in common if field.required]


def test_no_other_procedure_is_in_the_catalogue(routes: list[Route], procedures: dict[int, Route]) -> None:
    assert sorted(procedures) == sorted(register()[1])
    others = {route.id for route in routes} - {route.id for route in procedures.values()}
    assert others == {"health", "status", *PROCUREMENT}


def test_each_file_says_that_the_common_items_must_be_confirmed(procedures: dict[int, Route]) -> None:
    for number, route in procedures.items():
        (path,) = INSTALLED.glob(f"{number:02}-*.toml")
        assert path.stem == f"{number:02}-{route.id}"
        assert "OPERATOR MUST CONFIRM EACH" in path.read_text(encoding="utf-8")


def test_e_procurement_is_an_example_and_says_so(routes: list[Route]) -> None:
    found = {route.id: route for route in routes if route.procedure and route.procedure.service == "電子調達"}
    assert sorted(found) == sorted(PROCUREMENT)
    for route_id, route in found.items():
        assert route.procedure is not None
        assert route.procedure.name.startswith("（例）")
        assert (INSTALLED / f"example-{route_id}.toml").read_text(encoding="utf-8").startswith("# AN EXAMPLE")


def test_whatever_a_form_may_hold_fits_its_body(routes: list[Route]) -> None:
    """Every field filled to its last character, as often as it may be: no citizen is refused for filling in the form."""
    seen = 0
    for route in routes:
        if not route.body_kinds:
            continue
        most = 0
        for field in route.form.fields.values():
            declared = field.declaration
            longest = max(map(len, declared.choices), default=0)
            chars = longest or declared.max_chars or field.field_class.max_chars or 0
            most += field.repeat * (len(field.name) + 2 + chars * ESCAPED_BYTES)
        assert route.body_bytes is not None
        assert most <= route.body_bytes, route.id
        seen += 1
    assert seen == 31
