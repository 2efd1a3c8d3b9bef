"""What was disarmed, as programs of others see it: it opens there and shows the same."""

from __future__ import annotations

import re
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from content.disarm import Active, treat
from content.kinds import KINDS
from tests.unit.content.actives import PDF_TEXT, TEXT, active_docx, active_pdf, active_xlsx, encoded
from tests.unit.content.documents import document

ACTIVE_WORDS = re.compile(
    rb"/(?:JS|JavaScript|AA|OpenAction|Launch|EmbeddedFiles?|RichMedia|XFA|URI|SubmitForm|AcroForm|GoToR|GoToE|ObjStm)\b"
)
ACTIVE_PARTS = re.compile(
    rb"(?i)vbaProject|vbaData|oleObject|macroEnabled|activeX|attachedTemplate|externalLink|TargetMode=.External"
    rb"|DDE(?:AUTO)?\b|cmd|\[1\]|OLEObject|INCLUDE(?:PICTURE|TEXT)|customXml|altChunk|\xd0\xcf\x11\xe0"
)  # names of parts, relationships, fields and formulas, and the first bytes of an OLE file
SECONDS = 120  # for LibreOffice, which makes a profile first


def disarmed(kind: str, data: bytes, folder: Path) -> Path:
    made = treat(f"a.{kind}", "application/octet-stream", data, frozenset(KINDS), Active.DISARM)
    assert made.faults == ()
    path = folder / f"a.{kind}"
    path.write_bytes(made.data)
    return path


def said(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=SECONDS)
    assert done.stderr == ""
    return done.stdout


def shown_by_office(path: Path, target: str) -> str:
    office = ["soffice", "--headless", f"-env:UserInstallation=file://{path.parent}/profile", "--convert-to", target]
    subprocess.run([*office, "--outdir", path.parent, path], capture_output=True, check=True, timeout=SECONDS)
    return path.with_suffix("." + target.partition(":")[0]).read_text(encoding="utf-8-sig")


def test_poppler_shows_the_same_text_and_pictures(tmp_path: Path) -> None:
    before = tmp_path / "before.pdf"
    before.write_bytes(active_pdf())
    after = disarmed("pdf", active_pdf(), tmp_path)
    assert said("pdftotext", "-layout", before, "-") == said("pdftotext", "-layout", after, "-")
    assert PDF_TEXT in said("pdftotext", after, "-")
    assert "Tanaka" in said("pdftotext", after, "-")
    assert "JavaScript:      no" in said("pdfinfo", after)
    assert "Form:            none" in said("pdfinfo", after)
    pages = []
    for path in (before, after):
        said("pdftoppm", "-png", "-singlefile", path, path.with_suffix(""))
        pages.append(Image.open(path.with_suffix(".png")).tobytes())
    assert pages[0] == pages[1]


def test_no_word_of_an_action_is_left_in_a_pdf(tmp_path: Path) -> None:
    """As pdfid counts them: in the bytes, whatever the structure says; nothing is in streams of objects."""
    assert len(set(ACTIVE_WORDS.findall(active_pdf()))) >= 8
    assert ACTIVE_WORDS.findall(disarmed("pdf", active_pdf(), tmp_path).read_bytes()) == []


def active_parts(data: bytes) -> set[bytes]:
    """In the names and the bytes of all that Python's own reader finds in the archive, whatever its structure says."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        assert archive.testzip() is None
        everything = [info.filename.encode() + b"\n" + archive.read(info) for info in archive.infolist()]
    return {found.lower() for found in ACTIVE_PARTS.findall(b"\n".join(everything))}


@pytest.mark.parametrize(("kind", "data", "least"), [("docx", active_docx(), 8), ("xlsx", active_xlsx(), 4)])
def test_no_word_of_anything_active_is_left_in_a_document(kind: str, data: bytes, least: int, tmp_path: Path) -> None:
    assert len(active_parts(data)) >= least
    assert active_parts(disarmed(kind, data, tmp_path).read_bytes()) == set()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_imagemagick_sees_the_same_picture(kind: str, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = disarmed(kind.lower(), encoded(kind, exif=exif), tmp_path)
    assert said("identify", "-format", "%m %w %h %[EXIF:*]", path).split() == [kind, "40", "60"]
    for place, colour in (("35,5", (0, 128, 0)), ("5,5", (255, 0, 0)), ("20,55", (0, 0, 255))):
        seen = said("identify", "-format", f"%[fx:round(255*p{{{place}}}.r)] %[fx:round(255*p{{{place}}}.g)] "
                    f"%[fx:round(255*p{{{place}}}.b)]", path)  # fmt: skip
        assert all(abs(int(one) - other) < 24 for one, other in zip(seen.split(), colour, strict=True)), seen


@pytest.mark.slow
def test_libreoffice_shows_the_text_of_documents_and_the_values_of_sheets(tmp_path: Path) -> None:
    text = shown_by_office(disarmed("docx", active_docx(), tmp_path), "txt:Text (encoded):UTF8")
    assert text.split("\n")[:1] == [TEXT]
    assert all(shown in text for shown in ("result", "the page", "bound"))
    plain = document(body=f"<w:p><w:r><w:t>{TEXT}</w:t></w:r></w:p>")
    source = tmp_path / "plain.docx"
    source.write_bytes(plain)
    target = "txt:Text (encoded):UTF8"
    assert shown_by_office(source, target) == shown_by_office(disarmed("docx", plain, tmp_path), target)
    rows = shown_by_office(
        disarmed("xlsx", active_xlsx(), tmp_path), "csv:Text - txt - csv (StarCalc):44,34,76,1"
    ).split()
    assert " ".join(rows) == f'"{TEXT}",42 "shared words",43'
