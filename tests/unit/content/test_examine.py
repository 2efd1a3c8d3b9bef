"""The whole way of a file: what passes, and what every known trick comes to."""

from __future__ import annotations

from functools import partial

import pytest

from content import examine as module
from content.archives import Budget
from content.examine import examine
from content.faults import Fault
from content.kinds import KINDS
from tests.unit.content.documents import document
from tests.unit.content.pdfs import pdf
from tests.unit.content.pictures import gif, jpeg, png, tiff
from tests.unit.content.zips import Entry, by_hand, sharing_one_body, zipped

ALL = frozenset(KINDS)
SAMPLES = {
    "pdf": pdf(),
    "jpeg": jpeg(),
    "png": png(),
    "gif": gif(),
    "tiff": tiff(),
    "docx": document("docx"),
    "xlsx": document("xlsx"),
    "pptx": document("pptx"),
    "zip": zipped({"申請書.pdf": pdf(), "写真/一.png": png()}),
    "txt": "住所".encode(),
    "csv": "氏名,住所\n".encode("cp932"),
}


def media_type(kind: str) -> str:
    return sorted(KINDS[kind].media_types)[0]


def found(
    name: str, data: bytes, declared: str = "application/octet-stream", taken: frozenset[str] = ALL
) -> tuple[Fault, ...]:
    return examine(name, declared, data, taken).faults


def test_every_kind_passes_as_what_it_is_and_as_nothing_else() -> None:
    assert set(SAMPLES) == set(KINDS)
    for kind, data in SAMPLES.items():
        for other in KINDS:
            examined = examine(f"添付.{sorted(KINDS[other].extensions)[0]}", media_type(other), data, ALL)
            both_texts = {kind, other} == {"txt", "csv"}
            assert (examined.faults == ()) == (kind == other or both_texts), (kind, other)
            if kind == other:
                assert (examined.kind, examined.name.partition(".")[0]) == (kind, "添付")


def test_only_the_kinds_that_are_asked_for() -> None:
    assert found("a.png", png(), taken=frozenset(("pdf",))) == (Fault.KIND_NOT_TAKEN,)
    assert found("a.zip", zipped({"a.png": png()}), taken=frozenset(("zip", "pdf"))) == (Fault.KIND_NOT_TAKEN,)


def test_everything_that_is_wrong_with_a_name() -> None:
    assert found("con.\u202efdp.exe", b"") == (Fault.NAME_BIDI, Fault.NAME_RESERVED)


@pytest.mark.parametrize(
    ("name", "data", "fault"),
    [
        ("a.pdf", pdf() + zipped({"a.class": b"x"}), Fault.POLYGLOT),
        ("a.zip", pdf() + zipped({"a.pdf": b"x"}), Fault.CONTENT_DISAGREES),
        ("a.gif", gif() + zipped({"a.class": b"x"}), Fault.POLYGLOT),
        ("a.png", png() + b"<script>", Fault.TRAILING_DATA),
        ("a.png", png(50_000, 50_000), Fault.IMAGE_TOO_LARGE),
        ("a.docx", document(main="application/vnd.ms-word.document.macroEnabled.main+xml"), Fault.OFFICE_MACRO),
        ("a.zip", document(), Fault.EXTENSION_UNKNOWN),
        ("a.docx", zipped({"a.txt": b"a"}), Fault.CONTENT_DISAGREES),
        ("a.zip", by_hand(Entry(flags=1)), Fault.ARCHIVE_ENCRYPTED),
        ("a.zip", sharing_one_body(300, 10_000), Fault.ARCHIVE_OVERLAP),
        ("a.zip", zipped({"a.exe": b"MZ"}), Fault.EXTENSION_UNKNOWN),
        ("a.zip", zipped({"a.png": b"MZ"}), Fault.CONTENT_DISAGREES),
        ("a.zip", zipped({"__MACOSX/._a.png": b"x"}), Fault.ARCHIVE_NAME),
        ("a.zip", zipped({"con/a.txt": b"x"}), Fault.ARCHIVE_NAME),
        ("a.pdf", pdf(root=b"/OpenAction << /S /JavaScript /JS (x) >>"), Fault.PDF_SCRIPT),
        ("a.txt", b"\x7fELF\0", Fault.TEXT_CHARACTER),
        ("a.heic", b"", Fault.HEIC),
        ("a.exe", b"MZ", Fault.EXTENSION_UNKNOWN),
        ("a.pdf", b"", Fault.CONTENT_EMPTY),
    ],
)
def test_known_tricks(name: str, data: bytes, fault: Fault) -> None:
    assert found(name, data) == (fault,)


def test_a_trick_within_an_archive_is_found_too() -> None:
    active = pdf(root=b"/OpenAction << /S /JavaScript /JS (x) >>")
    inner = zipped({"a.pdf": active})
    assert found("a.zip", inner) == (Fault.PDF_SCRIPT,)
    assert found("a.zip", zipped({"b.zip": inner})) == (Fault.PDF_SCRIPT,)


def test_the_depth_of_archives() -> None:
    one = zipped({"a.txt": b"a"})
    two = zipped({"b.zip": one})
    assert found("a.zip", two) == ()
    assert found("a.zip", zipped({"c.zip": two})) == (Fault.ARCHIVE_DEPTH,)
    assert found("a.zip", zipped({"d.docx": document()})) == ()
    assert found("a.zip", zipped({"b.zip": zipped({"d.docx": document()})})) == (Fault.ARCHIVE_DEPTH,)


def test_archives_beside_each_other_share_one_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = zipped({"a.txt": b"a" * 100})
    data = zipped({"a.zip": inner, "b.zip": inner})
    whole = 2 * (len(inner) + 100)
    assert examine("a.zip", "application/zip", data, ALL).unpacked == whole
    for most, faults in ((whole, ()), (whole - 1, (Fault.ARCHIVE_SIZE,))):
        monkeypatch.setattr(module, "Budget", partial(Budget, unpacked=most))
        assert found("a.zip", data) == faults


def test_the_largest_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FILE_BYTES_MAX", len(png()))
    assert found("a.png", png()) == ()
    assert found("a.png", png() + b"x") == (Fault.FILE_TOO_LARGE,)
