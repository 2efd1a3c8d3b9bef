"""What is declared of files, each bound at n and n+1, and the files of one request until each has its verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest

from content.disarm import DISARMED_KINDS as CONTENT_DISARMED_KINDS
from content.disarm import Active
from content.examine import FILE_BYTES_MAX
from content.kinds import KINDS as CONTENT_KINDS
from policy.attachments import (
    ACTIVE,
    DISARMED_FILES_MAX,
    DISARMED_KINDS,
    KINDS,
    MAX_FILE_BYTES,
    MAX_FILES,
    Attached,
    Attachment,
    read_attachments,
)
from policy.faults import FileFault
from policy.toml_lines import parse_toml
from policy.toml_table import Source, Table
from policy.verdict import Code
from relay.tree.record import DISARMED_MAX

SCAN = Attachment("scan", "診断書", "Certificate", ("pdf",), max_bytes=10, required=True, repeat=2)
DECLARED = {
    "name": '"scan"', "label_ja": '"診断書"', "label_en": '"Certificate"', "kinds": '["pdf", "png"]', "max_bytes": "10",
    "required": "true", "repeat": "2",
}  # fmt: skip


def read(**changes: str) -> tuple[tuple[Attachment, ...], list[str]]:
    keys = {key: value for key, value in (DECLARED | changes).items() if value}
    text = "[[attachment]]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())
    document, lines = parse_toml(text)
    source = Source("case.toml", lines)
    found = read_attachments(Table(source, document, ()).tables("attachment"), {"memo": None})
    return found, [problem.message for problem in source.problems]


def test_the_kinds_and_the_bound_are_those_of_the_scanner() -> None:
    assert set(KINDS) == set(CONTENT_KINDS)
    assert MAX_FILE_BYTES == FILE_BYTES_MAX
    assert set(DISARMED_KINDS) == CONTENT_DISARMED_KINDS
    assert set(ACTIVE) == set(Active)
    assert DISARMED_FILES_MAX == DISARMED_MAX


def test_what_is_declared_is_read() -> None:
    assert read() == ((Attachment("scan", "診断書", "Certificate", ("pdf", "png"), 10, True, 2),), [])
    assert read(required="", repeat="")[0][0].repeat == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "name"),
        ({"kinds": ""}, "of no kind"),
        ({"kinds": '["exe"]'}, "not a kind of file"),
        ({"max_bytes": ""}, "max_bytes"),
        ({"max_bytes": "0"}, "max_bytes"),
        ({"max_bytes": str(MAX_FILE_BYTES + 1)}, "max_bytes"),
        ({"repeat": str(MAX_FILES + 1)}, "repeat"),
        ({"name": '"memo"'}, "another field"),
        ({"more": "1"}, "more"),
        ({"active": '"remove"'}, "active"),
        ({"active": '"disarm"', "kinds": '["pdf", "gif", "txt"]'}, "gif, txt cannot be made anew"),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, str], said: str) -> None:
    _, problems = read(**changes)
    assert any(said in problem for problem in problems)


def test_the_bounds_themselves_may_be_written() -> None:
    assert read(max_bytes=str(MAX_FILE_BYTES), repeat=str(MAX_FILES))[1] == []


@pytest.mark.parametrize("active", ACTIVE)
def test_what_becomes_of_active_content_is_declared(active: str) -> None:
    (made,), problems = read(active=f'"{active}"')
    assert (made.active, problems) == (active, [])
    assert read()[0][0].active == "refuse"


@pytest.mark.parametrize(
    ("repeats", "is_refused"), [((MAX_FILES,), False), ((MAX_FILES - 1, 1), False), ((MAX_FILES, 1), True)]
)
def test_as_many_files_are_disarmed_as_a_record_has_room_for(repeats: tuple[int, ...], is_refused: bool) -> None:
    text = "".join(
        f'[[attachment]]\nname = "a{number}"\nlabel_ja = "書類"\nlabel_en = "Paper"\nkinds = ["pdf"]\nmax_bytes = 1\n'
        f'repeat = {repeat}\nactive = "disarm"\n'
        for number, repeat in enumerate(repeats)
    )
    document, lines = parse_toml(text)
    source = Source("case.toml", lines)
    read_attachments(Table(source, document, ()).tables("attachment"), {})
    assert bool(source.problems) is is_refused


def test_it_is_settled_when_every_file_has_its_verdict() -> None:
    attached = Attached((SCAN,))
    assert attached.is_settled()
    assert [finding.code for finding in attached.missing()] == [Code.FILE_MISSING]
    assert attached.start("scan") is None
    assert attached.data(b"x" * 10) is None
    assert not attached.is_settled()
    attached.end()
    assert not attached.is_settled()
    assert attached.judged("scan", ()) == []
    assert attached.is_settled()
    assert (attached.missing(), attached.passed) == ([], 1)
    with pytest.raises(ValueError, match="empty"):
        attached.judged("scan", ())


def test_a_file_beyond_its_size_or_number_is_a_finding() -> None:
    attached = Attached((SCAN,))
    attached.start("scan")
    attached.data(b"x" * 10)
    too_large = attached.data(b"x")
    assert too_large is not None
    assert (too_large.code, too_large.detail, too_large.number) == (Code.FILE_INVALID, FileFault.FILE_TOO_LARGE, 1)
    attached.end()
    assert attached.judged("scan", ("damaged",)) == []  # of the part that it was sent
    assert attached.passed == 0
    assert attached.start("scan") is None
    attached.end()
    assert [(finding.detail, finding.number) for finding in attached.judged("scan", ("damaged",))] == [("damaged", 2)]
    too_many = attached.start("scan")
    assert too_many is not None
    assert (too_many.detail, too_many.number) == ("too_many", 0)


def test_of_an_attachment_of_one_file_no_number_is_said() -> None:
    attached = Attached((replace(SCAN, repeat=1),))
    attached.start("scan")
    assert [finding.number for finding in attached.judged("scan", ("heic", "damaged"))] == [0, 0]


def test_without_attachments_the_stage_never_has_run() -> None:
    assert not Attached(()).is_settled()
