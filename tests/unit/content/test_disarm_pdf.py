"""A page keeps what it shows, and a document nothing that acts; what only a viewer would draw is not lost in silence."""

from __future__ import annotations

import io

import pikepdf
import pytest

from content.disarm_pdf import FIELD_DEPTH_MAX, disarm_pdf
from content.disarmed import Removed
from content.faults import Fault, Unfit
from content.pdf import ACTIVE_KEYS, examine_pdf
from tests.unit.content.actives import PDF_TEXT, active_pdf, stream
from tests.unit.content.pdfs import in_object_stream, pdf

ANNOTATION = b"/Annots [<< /Type /Annot /Rect [0 0 9 9] %b >>]"
DRAWN = stream(b"0 0 1 1 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]")


def picture(document: pikepdf.Pdf) -> bytes:
    return document.pages[0].obj.Resources.XObject["/Im1"].read_raw_bytes()


def refused(data: bytes) -> Fault:
    with pytest.raises(Unfit) as caught:
        disarm_pdf(data)
    return caught.value.fault


def test_of_a_document_only_what_its_pages_draw_is_left() -> None:
    made = disarm_pdf(active_pdf())
    assert examine_pdf(made.data) == ()
    with pikepdf.open(io.BytesIO(made.data)) as document:
        assert set(document.Root.keys()) == {"/Type", "/Pages"}
        assert set(document.trailer.keys()) == {"/Root", "/Size", "/ID"}
        assert "/Annots" not in document.pages[0].obj
        streams = [held for held in document.objects if isinstance(held, pikepdf.Stream)]
        drawn = b"".join(held.read_bytes() for held in streams if held.get("/Subtype") != "/Image")
        assert PDF_TEXT.encode() in drawn
        assert b"(Tanaka)" in drawn
        with pikepdf.open(io.BytesIO(active_pdf())) as before:
            assert picture(document) == picture(before)
    for trace in (b"cmd.exe", b"example.test", b"app.alert", b"MZ program", b"xmpmeta", b"/URI", b"/Names"):
        assert trace not in made.data
    assert {Removed.FORM, Removed.LINKS, Removed.METADATA, Removed.NAVIGATION} <= set(made.removed)


@pytest.mark.parametrize("key", sorted(ACTIVE_KEYS))
def test_a_key_that_acts_goes_from_wherever_a_page_leads(key: str) -> None:
    for held in (
        pdf(page=b"%b << /a (secret) >>" % key.encode()),
        pdf(resources=b"<< /ExtGState << /G << %b << /a (secret) >> >> >> >>" % key.encode()),
        pdf(
            stream(b"", b"/Type /XObject /Subtype /Form /BBox [0 0 1 1] %b << /a (secret) >>" % key.encode()),
            resources=b"<< /XObject << /X 4 0 R >> >>",
        ),
        pdf(root=b"%b << /a (secret) >>" % key.encode()),
    ):
        try:
            made = disarm_pdf(held).data
        except Unfit as unfit:  # /NeedsRendering: the pages are not the document
            assert (key, unfit.fault) == ("/NeedsRendering", Fault.NOT_DISARMED)
            continue
        assert b"secret" not in made
        assert examine_pdf(made) == ()


def test_names_that_a_page_uses_stay_whatever_they_are() -> None:
    """A resource may be called as an action is: it stays if it is none, and the next examination sees it if it is one."""
    made = disarm_pdf(pdf(DRAWN, resources=b"<< /XObject << /A 4 0 R /Metadata 4 0 R /F 4 0 R >> >>"))
    with pikepdf.open(io.BytesIO(made.data)) as document:
        assert set(document.pages[0].obj.Resources.XObject.keys()) == {"/A", "/Metadata", "/F"}
    made = disarm_pdf(pdf(b"<< /S /JavaScript /JS (x) >>", resources=b"<< /XObject << /A << /Next 4 0 R >> >> >>"))
    assert Fault.PDF_SCRIPT not in examine_pdf(made.data)
    hidden = pdf(b"<< /JS (x) >>", resources=b"<< /Font << /JS 4 0 R >> >>")
    assert examine_pdf(disarm_pdf(hidden).data) == (Fault.PDF_SCRIPT,)


def test_data_that_are_elsewhere_and_postscript_are_empty() -> None:
    for more in (b"/F (http://example.test/a)", b"/F << /Type /Filespec /F (a) >> /FFilter /FlateDecode"):
        body = stream(b"0 0 1 1 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 1 1] " + more)
        made = disarm_pdf(pdf(body, resources=b"<< /XObject << /X 4 0 R >> >>")).data
        assert examine_pdf(made) == ()
        assert b"example.test" not in made
    made = disarm_pdf(pdf(stream(b"(x) run", b"/Subtype /PS"), resources=b"<< /XObject << /X 4 0 R >> >>")).data
    assert b"/PS" not in made
    assert b"run" not in made


@pytest.mark.parametrize(
    ("annotation", "is_refused"),
    [
        (b"/Subtype /FreeText /Contents (a remark)", True),
        (b"/Subtype /Text /Contents (a remark)", True),
        (b"/Subtype /Highlight", True),
        (b"/Subtype /Widget /FT /Tx /V (Tanaka)", True),
        (b"/Subtype /Widget /FT /Ch /V (Tanaka)", True),
        (b"/Subtype /Widget /Parent << /FT /Tx /Parent << /V (Tanaka) >> >>", True),
        (b"/Subtype /Widget /FT /Tx /V ()", False),
        (b"/Subtype /Widget /FT /Tx", False),
        (b"/Subtype /Widget /FT /Btn /V /Off", False),
        (b"/Subtype /Link /A << /S /URI /URI (http://example.test/) >>", False),
        (b"/Subtype /Popup", False),
        (b"/Subtype /FileAttachment", False),
        (b"/Subtype /FreeText /Contents (a remark) /AP << /N 4 0 R >>", False),
    ],
)
def test_what_only_a_viewer_would_draw_is_not_lost_in_silence(annotation: bytes, is_refused: bool) -> None:
    data = pdf(DRAWN, page=ANNOTATION % annotation)
    if is_refused:
        assert refused(data) is Fault.NOT_DISARMED
    else:
        assert b"/Annot" not in disarm_pdf(data).data


def test_a_form_that_viewers_must_draw_is_refused() -> None:
    assert refused(pdf(root=b"/NeedsRendering true")) is Fault.NOT_DISARMED
    assert refused(pdf(root=b"/AcroForm << /Fields [] /NeedAppearances true >>")) is Fault.NOT_DISARMED
    assert disarm_pdf(pdf(root=b"/AcroForm << /Fields [] /NeedAppearances false >>")).removed == (Removed.FORM,)


def test_fields_have_a_depth() -> None:
    def nested(depth: int) -> bytes:
        return pdf(page=ANNOTATION % (b"/Subtype /Widget" + b" /Parent <<" * depth + b" >>" * depth))

    assert disarm_pdf(nested(FIELD_DEPTH_MAX - 2)).data
    assert refused(nested(FIELD_DEPTH_MAX)) is Fault.PDF_TOO_LARGE


def test_layers_stay_hidden() -> None:
    layers = b"/OCProperties << /OCGs [4 0 R] /D << /OFF [4 0 R] >> /AA << /O << /S /JavaScript /JS (x) >> >> >>"
    made = disarm_pdf(
        pdf(b"<< /Type /OCG /Name (l) >>", root=layers, resources=b"<< /Properties << /L 4 0 R >> >>")
    ).data
    assert examine_pdf(made) == ()
    with pikepdf.open(io.BytesIO(made)) as document:
        off = document.Root.OCProperties.D.OFF[0]
        assert off.objgen == document.pages[0].obj.Resources.Properties.L.objgen
        assert set(document.Root.OCProperties.keys()) == {"/OCGs", "/D"}


def test_what_a_page_inherits_stays() -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf())) as document:
        document.Root.Pages.Rotate = 90
        document.save(out)
    with pikepdf.open(io.BytesIO(disarm_pdf(out.getvalue()).data)) as document:
        assert document.pages[0].obj.Rotate == 90


def test_objects_in_streams_are_read_too() -> None:
    assert disarm_pdf(in_object_stream(b"<< /JavaScript << /Names [] >> >>")).removed == (Removed.NAVIGATION,)
