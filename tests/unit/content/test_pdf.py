"""Documents to look at pass; what acts is told by its word; what cannot be read to its end does not pass."""

from __future__ import annotations

from io import BytesIO

import pikepdf
import pytest

from content import pdf as module
from content.faults import Fault, Unfit
from content.pdf import PDF_DEPTH_MAX, PDF_OBJECT_STREAM_BYTES_MAX, examine_pdf
from tests.unit.content.pdfs import in_object_stream, pdf


def found(data: bytes) -> tuple[Fault, ...]:
    try:
        return examine_pdf(data)
    except Unfit as unfit:
        return (unfit.fault,)


def test_a_document_to_look_at_passes() -> None:
    assert found(pdf()) == ()
    assert found(in_object_stream(b"<< /Dests << /Names [] >> >>")) == ()


@pytest.mark.parametrize(
    "root",
    [
        b"/OpenAction [3 0 R /Fit]",
        b"/OpenAction << /S /GoTo /D [3 0 R /Fit] >>",
        b"/Outlines << /A << /S /URI /URI (https://www.example.jp/) >> >>",
        b"/Outlines << /A << /S /Named /N /NextPage >> >>",
        b"/StructTreeRoot << /K << /S /P /A << /O /Layout >> >> >>",
        b"/OutputIntents [<< /S /GTS_PDFA1 >>]",
        b"/PageLabels << /Nums [0 << /S /D >>] >>",
    ],
)
def test_what_only_leads_the_eye_passes(root: bytes) -> None:
    assert found(pdf(root=root)) == ()


@pytest.mark.parametrize(
    ("root", "faults"),
    [
        (b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>", {Fault.PDF_SCRIPT}),
        (b"/OpenAction << /S /J#61vaScript /J#53 (x) >>", {Fault.PDF_SCRIPT}),
        (b"/OpenAction 4 0 R", {Fault.PDF_SCRIPT}),
        (b"/Names << /JavaScript << /Names [] >> >>", {Fault.PDF_SCRIPT}),
        (b"/OpenAction << /S /Launch /F (cmd.exe) >>", {Fault.PDF_LAUNCH}),
        (b"/OpenAction << /S /Unheard >>", {Fault.PDF_ACTION}),
        (b"/OpenAction << /S /Named /N /Print >>", {Fault.PDF_ACTION}),
        (b"/OpenAction << /S /GoTo /D [3 0 R /Fit] /Next [<< /S /Hide /T (a) >>] >>", {Fault.PDF_ACTION}),
        (b"/AA << /WC << /S /GoTo >> >>", {Fault.PDF_ACTION}),
        (b"/Names << /EmbeddedFiles << /Names [(a) << /Type /Filespec /EF << /F 4 0 R >> >>] >> >>",
         {Fault.PDF_ATTACHMENT, Fault.PDF_SCRIPT}),
        (b"/Collection << /View /D >>", {Fault.PDF_ATTACHMENT}),
        (b"/AcroForm << /XFA [] /Fields [] >>", {Fault.PDF_XFA}),
        (b"/NeedsRendering true", {Fault.PDF_XFA}),
        (b"/Outlines << /A << /S /GoToR /F (other.pdf) >> >>", {Fault.PDF_EXTERNAL}),
        (b"/Outlines << /A << /S /GoToE /T << /R /C >> >> >>", {Fault.PDF_EXTERNAL}),
        (b"/Outlines << /A << /S /SubmitForm /F (https://evil.example/) >> >>", {Fault.PDF_EXTERNAL}),
        (b"/Outlines << /A << /S /ImportData /F (a.fdf) >> >>", {Fault.PDF_EXTERNAL}),
        (b"/Outlines << /A << /S /URI /URI (file:///c:/a.exe) >> >>", {Fault.PDF_EXTERNAL}),
        (b"/Outlines << /A << /S /URI /URI (javascript:alert\\(1\\)) >> >>", {Fault.PDF_EXTERNAL}),
        (b"/Outlines << /A << /S /URI /URI 5 >> >>", {Fault.PDF_EXTERNAL}),
        (b"/Outlines << /F << /Type /Filespec /F (\\\\\\\\host\\\\share) >> >>", {Fault.PDF_EXTERNAL}),
        (b"/Outlines << /A << /S /Rendition >> >>", {Fault.PDF_MEDIA}),
        (b"/Outlines << /A << /S /Sound >> >>", {Fault.PDF_MEDIA}),
    ],
)  # fmt: skip
def test_what_acts_is_told(root: bytes, faults: set[Fault]) -> None:
    script = () if b"4 0 R" not in root else (b"<< /S /JavaScript /JS (x) >>",)
    assert set(found(pdf(*script, root=root))) == faults


@pytest.mark.parametrize("subtype", [b"RichMedia", b"Screen", b"Movie", b"Sound", b"3D"])
def test_annotations_that_play(subtype: bytes) -> None:
    assert found(pdf(page=b"/Annots [<< /Subtype /%b /Rect [0 0 1 1] >>]" % subtype)) == (Fault.PDF_MEDIA,)


def test_an_attached_file() -> None:
    assert found(pdf(page=b"/Annots [<< /Subtype /FileAttachment /Rect [0 0 1 1] >>]")) == (Fault.PDF_ATTACHMENT,)


def test_a_stream_that_is_elsewhere() -> None:
    assert found(pdf(b"<< /Length 0 /F (other) >>\nstream\n\nendstream")) == (Fault.PDF_EXTERNAL,)


def test_an_object_that_nothing_leads_to_is_looked_at() -> None:
    assert found(pdf(b"<< /S /JavaScript /JS (x) >>")) == (Fault.PDF_SCRIPT,)


def test_an_object_in_a_compressed_stream_is_looked_at() -> None:
    data = in_object_stream(b"<< /JavaScript << /Names [] >> >>")
    assert b"JavaScript" not in data
    assert found(data) == (Fault.PDF_SCRIPT,)


def test_an_object_stream_that_unpacks_to_anything() -> None:
    assert found(in_object_stream(b"<< >>", PDF_OBJECT_STREAM_BYTES_MAX + 1)) == (Fault.DAMAGED,)


@pytest.mark.parametrize("user", ["", "secret"])
def test_an_encrypted_document(user: str) -> None:
    out = BytesIO()
    with pikepdf.Pdf.open(BytesIO(pdf())) as document:
        document.save(out, encryption=pikepdf.Encryption(owner="owner", user=user))
    assert found(out.getvalue()) == (Fault.PDF_ENCRYPTED,)


def test_no_part_of_a_document_is_one() -> None:
    whole = pdf()
    for length in range(0, whole.rindex(b"startxref") + 10, 3):  # what must stand behind it is for content.kinds
        assert found(whole[:length]) == (Fault.DAMAGED,), length


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"startxref\n", b"startxref\n1"),
        (b"/Root 1 0 R", b"/Root 9 0 R"),
        (b"/Kids [3 0 R]", b"/Kids [9 0 R]"),
        (b"/Kids [3 0 R]", b"/Kids [     ]"),
        (b"3 0 obj", b"7 0 obj"),
        (b"/MediaBox [", b"/MediaBox  "),
        (b"endobj", b"endobx"),
    ],
)
def test_nothing_is_repaired(old: bytes, new: bytes) -> None:
    assert old in pdf()
    assert found(pdf().replace(old, new, 1)) == (Fault.DAMAGED,)


def test_the_deepest_value() -> None:
    def nested(depth: int) -> bytes:  # one object below the indirect one
        return pdf(b"[" * depth + b"]" * depth)

    assert found(nested(PDF_DEPTH_MAX)) == ()
    assert found(nested(PDF_DEPTH_MAX + 1)) == (Fault.PDF_TOO_LARGE,)
    assert found(nested(2 * PDF_DEPTH_MAX + 2)) == (Fault.DAMAGED,)


def test_the_most_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PDF_OBJECTS_MAX", 5)
    assert found(pdf(b"null")) == ()  # four, and the free one that every table begins with
    assert found(pdf(b"null", b"null")) == (Fault.PDF_TOO_LARGE,)


def test_the_most_values(monkeypatch: pytest.MonkeyPatch) -> None:
    most = next(number for number in range(100) if _passes_with(monkeypatch, number))
    assert not _passes_with(monkeypatch, most - 1)
    assert most == 16  # each value of the four dictionaries, references not counted


def _passes_with(monkeypatch: pytest.MonkeyPatch, most: int) -> bool:
    monkeypatch.setattr(module, "PDF_VALUES_MAX", most)
    return found(pdf()) == ()
