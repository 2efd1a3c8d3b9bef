"""What an attachment declares decides what crosses of a file: the file, what disarming makes of it, or nothing."""

from __future__ import annotations

import pytest

from content import disarm as module
from content.disarm import ACTIVE_FAULTS, DISARMED_KINDS, Active, Treated, treat
from content.disarmed import Disarmed
from content.examine import examine
from content.faults import Fault
from content.kinds import KINDS
from tests.unit.content.actives import active_docx, active_pdf, active_xlsx, encoded
from tests.unit.content.documents import document
from tests.unit.content.pdfs import pdf
from tests.unit.content.pictures import gif, tiff
from tests.unit.content.zips import zipped

ALL = frozenset(KINDS)
ACTIVE_FILES = {"pdf": active_pdf, "docx": active_docx, "xlsx": active_xlsx}


def treated(kind: str, data: bytes, active: Active) -> Treated:
    return treat(f"a.{kind}", "application/octet-stream", data, ALL, active)


@pytest.mark.parametrize("kind", ACTIVE_FILES)
def test_an_active_file_meets_what_its_attachment_declares(kind: str) -> None:
    data = ACTIVE_FILES[kind]()
    found = examine(f"a.{kind}", "application/octet-stream", data, ALL)
    assert found.faults
    refused = treated(kind, data, Active.REFUSE)
    assert (refused.faults, refused.data) == (found.faults, b"")
    kept = treated(kind, data, Active.AS_IS)
    assert (kept.faults, kept.data, kept.removed, kept.tool) == ((), data, (), "")
    made = treated(kind, data, Active.DISARM)
    assert made.faults == ()
    assert set(found.faults) <= set(made.removed)
    assert made.tool.startswith("disarm/1 ")
    assert examine(f"a.{kind}", "application/octet-stream", made.data, ALL).faults == ()


@pytest.mark.parametrize("kind", [*ACTIVE_FILES, "jpeg", "png"])
def test_the_same_file_gives_the_same_bytes_and_those_pass_once_more(kind: str) -> None:
    data = ACTIVE_FILES[kind]() if kind in ACTIVE_FILES else encoded(kind)
    once = treated(kind, data, Active.DISARM)
    assert treated(kind, data, Active.DISARM) == once
    again = treated(kind, once.data, Active.DISARM)
    assert again.faults == ()
    assert not set(again.removed) & ACTIVE_FAULTS
    if kind in ("xlsx", "png"):
        assert again.data == once.data


@pytest.mark.parametrize("active", Active)
def test_what_is_wrong_beside_being_active_is_refused_whatever_is_declared(active: Active) -> None:
    for kind, data, fault in (
        ("pdf", active_pdf()[:-40], Fault.DAMAGED),
        ("pdf", pdf(trailer=b"/Encrypt << /Filter /Standard >>"), Fault.DAMAGED),
        ("docx", active_docx() + b"x", Fault.TRAILING_DATA),
        ("jpeg", encoded("JPEG") + b"film", Fault.TRAILING_DATA),
        ("png", encoded("JPEG"), Fault.CONTENT_DISAGREES),
        ("exe", b"MZ", Fault.EXTENSION_UNKNOWN),
    ):
        got = treated(kind, data, active)
        assert (got.faults, got.data, got.tool) == ((fault,), b"", ""), kind
    assert treat("a.png", "", encoded("PNG"), frozenset(("pdf",)), active).data == b""


@pytest.mark.parametrize(
    ("kind", "data"),
    [("gif", gif()), ("tiff", tiff()), ("zip", zipped({"a.txt": b"a"})), ("txt", b"a"), ("csv", b"a,b\n")],
)
def test_what_nothing_here_makes_anew_is_refused_where_it_must_be(kind: str, data: bytes) -> None:
    assert kind not in DISARMED_KINDS
    assert treated(kind, data, Active.DISARM).faults == (Fault.NOT_DISARMED,)
    assert treated(kind, data, Active.REFUSE).data == data


@pytest.mark.parametrize("kind", sorted(DISARMED_KINDS))
def test_whatever_is_disarmed_is_examined_again(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disarming that leaves something active refuses the file."""
    files = {"pdf": pdf(), "jpeg": encoded("JPEG"), "png": encoded("PNG")}
    data = files.get(kind) or document(kind)
    assert treated(kind, data, Active.DISARM).faults == ()
    bad = ACTIVE_FILES.get(kind, lambda: b"nothing")()
    monkeypatch.setattr(module, "_DISARMING", {kind: lambda _: Disarmed(bad, (), "t")})
    got = treated(kind, data, Active.DISARM)
    assert (got.faults, got.data) == ((Fault.NOT_DISARMED,), b"")


def test_the_words_that_the_note_may_hold_are_two_closed_sets_without_a_common_word() -> None:
    from content.disarmed import Removed

    assert not {word.value for word in Removed} & {fault.value for fault in Fault}
    assert {fault for fault in Fault if fault.value.startswith(("office_", "pdf_"))} - ACTIVE_FAULTS == {
        Fault.PDF_ENCRYPTED,
        Fault.PDF_TOO_LARGE,
    }
