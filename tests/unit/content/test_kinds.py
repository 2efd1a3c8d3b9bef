"""Name, declaration and content agree, or the file does not pass."""

from __future__ import annotations

import pytest

from content.faults import Fault, Unfit
from content.kinds import KINDS, PDF_HEADER_WITHIN, PDF_TAIL_MAX, ZIP_END_WITHIN, declared_kind, family_of, require_kind
from tests.unit.content.pictures import gif, jpeg, png, tiff
from tests.unit.content.zips import Entry, by_hand, zipped

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
SAMPLES = {
    "pdf": PDF,
    "jpeg": jpeg(),
    "png": png(),
    "gif": gif(),
    "tiff": tiff(),
    "zip": zipped({"a.txt": b"a"}),
    "text": b"a",
}


def fault_of(kind: str, data: bytes) -> Fault | None:
    try:
        require_kind(KINDS[kind], data)
    except Unfit as unfit:
        return unfit.fault
    return None


def declared_fault(extension: str, media_type: str | None) -> Fault | None:
    try:
        declared_kind(extension, media_type)
    except Unfit as unfit:
        return unfit.fault
    return None


def test_every_kind_is_declared_by_its_types_and_extensions() -> None:
    assert len(KINDS) == 11
    for kind in KINDS.values():
        for extension in kind.extensions:
            assert declared_kind(extension, None) is kind
            for media_type in kind.media_types | {"application/octet-stream"}:
                assert declared_kind(extension, media_type.upper()) is kind


def test_a_declaration_that_disagrees() -> None:
    assert declared_fault("pdf", "image/png") is Fault.TYPE_DISAGREES
    assert declared_fault("pdf", "") is Fault.TYPE_DISAGREES
    assert declared_fault("jpg", "image/png") is Fault.TYPE_DISAGREES
    assert declared_fault("docm", None) is Fault.EXTENSION_UNKNOWN
    assert declared_fault("", "application/pdf") is Fault.EXTENSION_UNKNOWN
    assert declared_fault("heic", "image/heic") is Fault.HEIC


def test_a_content_has_one_family_only() -> None:
    for kind in KINDS.values():
        for family, data in SAMPLES.items():
            assert family_of(data) == family
            assert fault_of(kind.name, data) == (None if family == kind.family else Fault.CONTENT_DISAGREES)


def test_a_photograph_of_an_iphone_is_named() -> None:
    assert fault_of("jpeg", b"\0\0\0\x18ftypheic\0\0\0\0") is Fault.HEIC


def test_nothing_is_no_file() -> None:
    assert {fault_of(kind, b"") for kind in KINDS} == {Fault.CONTENT_EMPTY}


@pytest.mark.parametrize("kind", ["pdf", "jpeg", "png", "gif", "tiff", "txt"])
def test_an_archive_behind_another_format(kind: str) -> None:
    data = SAMPLES[KINDS[kind].family]
    archive = by_hand(Entry(b"evil.class"))
    assert fault_of(kind, data + archive) is Fault.POLYGLOT
    assert fault_of(kind, data + archive[:-2] + b"\x07\0" + b"\n%%EOF\n") is Fault.POLYGLOT  # its comment ends a PDF


def test_how_far_the_end_of_an_archive_is_looked_for() -> None:
    directory = b"PK\x01\x02"
    near = b"PK\x05\x06" + b"a" * (ZIP_END_WITHIN - 4)
    assert fault_of("txt", directory + near) is Fault.POLYGLOT
    assert fault_of("txt", directory + near + b"a") is None  # no reader looks further
    assert fault_of("txt", near) is None  # an end without a directory is none


def test_a_document_within_another_format() -> None:
    for at, fault in ((PDF_HEADER_WITHIN - 5, Fault.POLYGLOT), (PDF_HEADER_WITHIN - 4, None)):
        assert fault_of("txt", b"a" * at + PDF) is fault
    assert fault_of("pdf", b"\n" + PDF) is Fault.CONTENT_DISAGREES


def test_two_documents_in_one() -> None:
    assert fault_of("pdf", PDF + PDF) is Fault.POLYGLOT


def test_a_pdf_ends_where_it_says() -> None:
    assert fault_of("pdf", PDF + b"x") is Fault.TRAILING_DATA
    assert fault_of("pdf", PDF.rstrip() + b"\n" * PDF_TAIL_MAX) is None
    assert fault_of("pdf", PDF.rstrip() + b"\n" * (PDF_TAIL_MAX + 1)) is Fault.TRAILING_DATA
    assert fault_of("pdf", b"%PDF-1.7\n") is Fault.DAMAGED
