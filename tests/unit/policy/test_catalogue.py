"""The register for the council says what crosses: every item of every route, and where it goes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from policy.catalogue import EXAMINED, HEADINGS, Destination, Entry, common_items, entries, lines
from policy.classes import CLASSES
from policy.load import INSTALLED, read_routes
from tests.unit.policy.registers import COMMON, own_items, register

Write = Callable[..., Path]

CITY = Destination("city-a", ("gate-1 (192.0.2.1:8443)", "gate-2 (192.0.2.2:8443)"), "http://192.0.2.30:8080")
ATTACHMENTS = """
[[attachment]]
name = "scan"
label_ja = "診断書"
label_en = "Certificate"
kinds = ["pdf", "jpeg"]
max_bytes = 5000000
required = true
repeat = 2

[[attachment]]
name = "photo"
label_ja = "写真"
label_en = "Photo"
kinds = ["png"]
max_bytes = 1000
"""
TOWN = Destination("town-b", ("gate-1 (192.0.2.1:8443)",))


@pytest.fixture(scope="module")
def catalogue() -> list[Entry]:
    routes, problems = read_routes([INSTALLED])
    assert problems == []
    return entries(routes, [CITY, TOWN])


def of(catalogue: list[Entry], language: str = "ja") -> list[dict[str, str]]:
    heading, *rest = lines(catalogue, language)
    return [dict(zip(heading, line, strict=True)) for line in rest]


def made_of(directory: Path, destinations: list[Destination] | None) -> list[Entry]:
    routes, problems = read_routes([directory])
    assert problems == []
    return entries(routes, destinations)


def test_it_has_the_29_procedures_of_the_register_with_their_items(catalogue: list[Entry]) -> None:
    heading, rows = register()
    said = [line for line in of(catalogue) if line["サービス"] == "電子申請"]
    assert {line["No."] for line in said} == {str(number) for number in rows}
    for number, row in rows.items():
        lines_of = [line for line in said if line["No."] == str(number)]
        assert {(line["手続名"], line["担当所轄"]) for line in lines_of} == {(row[1], row[2])}
        for kind, items in (("共通項目", heading[COMMON]), ("その他の項目", own_items(row))):
            assert list(dict.fromkeys(line["項目"] for line in lines_of if line["区分"] == kind)) == items
    assert common_items(catalogue) == heading[COMMON]


def test_every_item_is_said_for_every_destination(catalogue: list[Entry]) -> None:
    said = of(catalogue)
    items = sum(max(1, len(entry.items)) for entry in catalogue)
    assert len(said) == 2 * items
    assert {(line["団体"], line["送信先の受け口"], line["送信先の業務システム"]) for line in said} == {
        ("city-a", "gate-1 (192.0.2.1:8443) / gate-2 (192.0.2.2:8443)", "http://192.0.2.30:8080"),
        ("town-b", "gate-1 (192.0.2.1:8443)", ""),
    }
    assert str(CITY) == "city-a: gate-1 (192.0.2.1:8443) / gate-2 (192.0.2.2:8443) → http://192.0.2.30:8080"
    assert str(TOWN) == "town-b: gate-1 (192.0.2.1:8443)"


def test_whatever_may_cross_is_said(catalogue: list[Entry]) -> None:
    """Fields of the form, parameters of the query and typed segments of the path; nothing of a route is left out."""
    for entry in catalogue:
        names = {item.name for item in entry.items}
        assert set(entry.route.form.fields) | set(entry.route.query.fields) <= names
    said = [line for line in of(catalogue) if line["経路"] == "status" and line["団体"] == "town-b"]
    assert [(line["区分"], line["欄の符号"], line["形式"]) for line in said] == [
        ("アドレスの一部", "arrival_number", "arrival_number"),
        ("照会の条件", "lang", "choice"),
    ]
    assert [line["選択肢"] for line in said] == ["", "ja / en"]


def test_a_route_goes_to_its_own_tenants_only(write: Write, procedure: str) -> None:
    text = procedure.replace('mode = "exchange"', 'mode = "exchange"\ntenants = ["town-b"]')
    (entry,) = made_of(write(text), [CITY, TOWN])
    assert entry.destinations == (TOWN,)
    (entry,) = made_of(write(text), [CITY])
    assert entry.destinations == ()
    (entry,) = made_of(write(text), None)
    assert entry.destinations is None
    assert [line["団体"] for line in of([entry])] == [""] * 5


def test_one_line_of_a_procedure(write: Write, procedure: str) -> None:
    text = procedure.replace("effective_from = 2026-04-01", "effective_from = 2026-04-01\neffective_until = 2027-03-31")
    said = of(made_of(write(text), None), "en")
    assert said[1] == {
        "Service": "e-application",
        "No.": "1",
        "Procedure": "見本の手続",
        "Department": "見本課",
        "Version": "1",
        "In effect from": "2026-04-01",
        "In effect until": "2027-03-31",
        "Route": "sample",
        "Method": "POST",
        "Path": "/procedures/sample",
        "Kind": "item of its own",
        "Item": "",
        "Field": "Kind",
        "Field name": "kind",
        "Class": "choice",
        "Choices": "新規 / 変更",
        "Required": "no",
        "Characters at most": "2",
        "Bytes at most": "",
        "Values at most": "2",
        "What is done with it": "",
        "The log tells": "field name, reason, where a rule matched",
        "Tenant": "",
        "Goes to the gate": "",
        "Goes to the application": "",
    }
    assert len(HEADINGS) == len(said[1])
    assert said[0]["Required"] == "yes"


def test_a_file_is_said_with_its_kinds_and_bounds(write: Write, procedure: str) -> None:
    text = procedure.replace("[route]", '[route]\nstages = ["route", "normalise", "schema", "files"]') + ATTACHMENTS
    said = [line for line in of(made_of(write(text), None), "en") if line["Kind"] == "attached file"]
    names = ("Field", "Field name", "Class", "Required", "Characters at most", "Bytes at most", "Values at most")
    assert [tuple(line[name] for name in names) for line in said] == [
        ("Certificate", "scan", "pdf, jpeg", "yes", "", "5000000", "2"),
        ("Photo", "photo", "png", "no", "", "1000", "1"),
    ]
    for line in said:
        assert line["What is done with it"] == EXAMINED["refuse"].en
        assert line["The log tells"] == "field name, reason, number of files"


def test_what_is_needed_in_some_cases_is_said_to_be(catalogue: list[Entry]) -> None:
    said = {line["欄の符号"]: line["必須"] for line in of(catalogue) if line["経路"] == "care-plan-notice"}
    assert (said["insured_number"], said["change_reason"], said["change_date"]) == ("○", "△", "△")
    assert said["recipient_number"] == "－"


def test_services_numbers_and_versions_are_in_order(write: Write, procedure: str) -> None:
    older = procedure.replace(
        "effective_from = 2026-04-01", "effective_from = 2020-04-01\neffective_until = 2026-03-31"
    )
    newer = procedure.replace("version = 1", "version = 2")
    bid = procedure.replace("number = 1", 'number = 1\nservice = "電子調達"').replace("sample", "bid")
    plain = 'format = 1\n[route]\nid = "alive"\nmode = "exchange"\nmethod = "GET"\npath = "/alive"\n'
    catalogue = made_of(write(plain, bid, newer, older), None)
    assert [(entry.name, entry.route.id, entry.route.version) for entry in catalogue] == [
        ("見本の手続", "sample", 1),
        ("見本の手続", "sample", 2),
        ("見本の手続", "bid", 1),
        ("alive", "alive", 0),
    ]
    assert [line["経路"] for line in of(catalogue)][
        -1
    ] == "alive"  # said, though nothing but the request itself crosses


def test_it_says_what_the_log_tells_of_each_item(catalogue: list[Entry]) -> None:
    """A field of a sensitive class has no place of a match in any record, and the register says so."""
    for line in of(catalogue, "en"):
        if line["Class"]:
            least = CLASSES[line["Class"]].sensitive
            assert line["The log tells"] == (
                "field name and reason only" if least else "field name, reason, where a rule matched"
            )
    assert {line["Class"] for line in of(catalogue, "en") if line["The log tells"].endswith("only")} >= {"secret"}
