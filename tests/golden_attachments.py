"""The golden file of a procedure with attachments, tests/golden/attachments: which files pass, and how each other one is refused.

Every file is made here, goes through the parser and carrier of the front, and is examined as the scanner role examines it; what
clamd would say is said by two words that a file may hold. `make golden` writes the file anew: read the difference before you commit it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from content.disarm import Active, treat
from content.verdicts import Scanned, Verdict
from policy.load import load_policy
from policy.pipeline import Judgement, Policy
from policy.refusal_words import pointer
from policy.verdict import Admitted, Denied
from relay.base.reasons import Reason, row
from relay.front.files import Begun, Files
from relay.front.scanning import refusal_of
from relay.scanner.report import judged, read_report, report_of
from tests.forms import KINDS, TYPES, Outcome, Submitted, encoded, multipart, submit_bytes
from tests.unit.content.documents import document, field
from tests.unit.content.pdfs import pdf
from tests.unit.content.pictures import jpeg, png
from tests.unit.content.zips import Entry, by_hand, zipped
from tests.unit.policy.conftest import NOW_MS, TENANT

DIRECTORY = Path(__file__).parent / "golden" / "attachments"
GOLDEN = DIRECTORY / "benefit-with-papers.v1.txt"
PATH = "/procedures/benefit-with-papers"
FIELDS: Final[Submitted] = (("applicant_name", "見本　花子"), ("reason", "記入例です。"))
INFECTED, UNSCANNABLE = b"sekisho-test: clamd finds this", b"sekisho-test: clamd cannot read this"
PDF, JPEG, OCTETS = "application/pdf", "image/jpeg", "application/octet-stream"
MACROS = document(
    main="application/vnd.ms-word.document.macroEnabled.main+xml",
    parts={"word/vbaProject.bin": ("application/vnd.ms-office.vbaProject", b"\xd0\xcf\x11\xe0")},
    links=(("vbaProject", "vbaProject.bin", ""),),
)
ENCRYPTED_PDF = pdf(
    b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <" + b"00" * 32 + b"> /U <" + b"00" * 32 + b"> >>",
    trailer=b"/Encrypt 4 0 R",
)
HEIC = b"\0\0\0\x18ftypheic" + bytes(200)


class File(NamedTuple):
    """`name`: of its attachment."""

    name: str
    filename: str
    data: bytes
    media_type: str = OCTETS


class Case(NamedTuple):
    title: str
    files: tuple[File, ...]
    fields: Submitted = FIELDS


CERTIFICATE = File("certificate", "診断書.pdf", pdf(), PDF)


def cases() -> Iterator[Case]:
    photo = File("photo", "顔写真.JPG", jpeg(), JPEG)
    papers = File("papers", "領収書.zip", zipped({"一.pdf": pdf(), "二.png": png()}))
    yield Case("the sample", (CERTIFICATE, photo, papers))
    yield Case("two certificates, one a Word document", (CERTIFICATE, File("certificate", "追加.docx", document())))
    yield Case("a name as macOS sends it, in pieces", (File("certificate", "か\u3099そ\u3099う.pdf", pdf(), PDF),))
    yield Case("a control that was left empty", (CERTIFICATE, File("photo", "", b"")))
    yield Case("no file", ())
    yield Case("the required control left empty", (File("certificate", "", b""),))
    yield Case("one certificate too many", (CERTIFICATE,) * 3)
    yield Case("two photographs where one may come", (CERTIFICATE, photo, photo))
    yield Case("as large as it may be and one more", (File("certificate", "a.pdf", pdf().ljust(20_001), PDF),))
    yield Case("the second one too large", (CERTIFICATE, File("certificate", "b.pdf", pdf().ljust(20_001), PDF)))
    yield Case("a file that is not declared", (CERTIFICATE, File("attachment", "a.pdf", pdf(), PDF)))
    yield Case("a file for a text", (CERTIFICATE, File("reason", "a.pdf", pdf(), PDF)), FIELDS[:1])
    for title, file in _refused():
        yield Case(title, (file,) if file.name == "certificate" else (CERTIFICATE, file))
    wrong = (("applicant_name", "山田123"), ("reason", "あ" * 201), ("more", "1"))
    yield Case(
        "fields and files wrong at once",
        (
            File("certificate", "a.docx", MACROS),
            File("certificate", "b.pdf", jpeg(), PDF),
            File("photo", "c.jpg", HEIC),
        ),
        wrong,
    )


def _refused() -> Iterator[tuple[str, File]]:
    """One file each, wrong in one way."""
    yield "a kind that is not taken", File("certificate", "a.png", png(), "image/png")
    yield "a program", File("certificate", "a.exe", b"MZ" + bytes(200))
    yield "two extensions", File("certificate", "診断書.pdf.exe", b"MZ" + bytes(200))
    yield "a name that turns the direction of writing", File("certificate", "fdp\u202ecod.docx", document())
    yield "a name that Windows reserves", File("certificate", "LPT1.pdf", pdf(), PDF)
    yield "the content of another kind", File("certificate", "a.pdf", jpeg(), PDF)
    yield "the type of another kind", File("certificate", "a.pdf", pdf(), JPEG)
    yield "an empty file", File("certificate", "a.pdf", b"", PDF)
    yield "a file that was cut off", File("certificate", "a.pdf", pdf()[:-40], PDF)
    yield "something behind its end", File("photo", "a.jpg", jpeg() + b"behind", JPEG)
    yield "two formats at once", File("photo", "a.jpg", jpeg(scan=b"%PDF-1.7 "), JPEG)
    yield "a photograph in HEIC", File("photo", "IMG_0001.heic", HEIC)
    yield "a picture of 50,000 × 50,000", File("photo", "a.png", png(50_000, 50_000), "image/png")
    yield "a macro document that was renamed", File("certificate", "a.docx", MACROS)
    yield "a field that fetches something", File("certificate", "a.docx", document(body=field(" DDEAUTO c x ")))
    yield "an encrypted PDF", File("certificate", "a.pdf", ENCRYPTED_PDF, PDF)
    yield (
        "a PDF with JavaScript",
        File("certificate", "a.pdf", pdf(root=b"/OpenAction << /S /JavaScript /JS (1) >>"), PDF),
    )
    yield "an encrypted ZIP", File("papers", "a.zip", by_hand(Entry(name=b"a.pdf", data=pdf(), flags=1)))
    yield "a ZIP with a kind that is not taken", File("papers", "a.zip", zipped({"a.exe": b"MZ"}))
    yield "a table with a formula", File("papers", "a.csv", "氏名,額\n見本,=1+1\n".encode(), "text/csv")
    yield "infected", File("certificate", "a.pdf", _with_word(INFECTED), PDF)
    yield "what clamd cannot scan", File("certificate", "a.pdf", _with_word(UNSCANNABLE), PDF)


def _with_word(word: bytes) -> bytes:
    return pdf(b"<< /Title (%b) >>" % word, trailer=b"/Info 4 0 R")


def scan(judgement: Judgement, files: Files) -> None:
    """What the scanner would say of each file, in their order."""
    begun, data = None, b""
    for event in files.waiting:
        if isinstance(event, Begun):
            begun, data = event, b""
        elif event:
            data += event
        elif begun is not None:
            judgement.file_judged(begun.attachment.name, _said(begun, data))


def _said(begun: Begun, data: bytes) -> tuple[str, ...]:
    attachment = begun.attachment
    treated = treat(begun.filename, begun.media_type, data, frozenset(attachment.kinds), Active(attachment.active))
    report = read_report(report_of(treated))
    assert report is not None
    verdict = Verdict.INFECTED if INFECTED in data else Verdict.UNSCANNABLE if UNSCANNABLE in data else Verdict.CLEAN
    return refusal_of(judged(1, report, {"clamd": Scanned(verdict)}))


def policy() -> Policy:
    return load_policy([DIRECTORY / "procedures"], {TENANT: ()}, open_routes=False)


def outcomes(policy: Policy, case: Case) -> dict[str, Outcome]:
    """In the encodings that can say it: files are parts of a multipart body."""
    bodies = {"multipart": _multipart(case)} if case.files else {kind: encoded(kind, case.fields) for kind in KINDS}
    return {kind: submit_bytes(policy, PATH, TYPES[kind], body, scan=scan) for kind, body in bodies.items()}


def _multipart(case: Case) -> bytes:
    parts = [(f'name="{name}"', value.encode()) for name, value in case.fields]
    for file in case.files:
        about = f'name="{file.name}"; filename="{file.filename}"\r\nContent-Type: {file.media_type}'
        parts.append((about, file.data))
    return multipart(parts)


def written(policy: Policy) -> str:
    lines = [
        f"A procedure with attachments: POST {PATH} (tests/golden/attachments/procedures)",
        "Written by `make golden`, compared by tests/unit/front/test_golden_attachments.py. Fields are shown where they differ from",
        "the sample's.",
    ]
    for case in cases():
        lines += ["", f"== {case.title}"]
        if case.title == "the sample" or case.fields != FIELDS:
            lines += [
                f"  {name} = {value if len(value) < 100 else f'{value[0]} × {len(value)}'}"
                for name, value in case.fields
            ]
        lines += [f"  {file.name} = {_shown(file.filename)}" for file in case.files]
        found = outcomes(policy, case)
        told = {kind: _told(policy, outcome) for kind, outcome in found.items()}
        assert len(set(told.values())) == 1, case.title
        head, *rest = next(iter(told.values()))
        lines += [f"-> {', '.join(told)}: {head}", *rest]
    return "\n".join(lines) + "\n"


def _shown(filename: str) -> str:
    """What does not show as an escape."""
    if not filename:
        return "an empty control"
    return f"the file {filename if filename.isprintable() else ascii(filename)[1:-1]}"


def _told(policy: Policy, outcome: Outcome) -> tuple[str, ...]:
    verdict = outcome.verdict
    if isinstance(verdict, Admitted):
        crossing = [
            f"     crosses as {name} = {value}" for name, value in outcome.crossed if value.startswith("the file")
        ]
        return f"admitted, {verdict.fields} fields, {verdict.files} files", *crossing
    if not isinstance(verdict, Denied):
        return (f"refused, {row(verdict).status} {verdict.value}",)
    reason = Reason(verdict.code.value)
    lines = [f"refused, {row(reason).status} {reason.value}"]
    for told in policy.told(verdict, NOW_MS):
        lines.append(f"     {told.code.value} {told.detail} {pointer(told.target, told.element)}")
        lines += [f"       {told.sentence.ja}", f"       {told.sentence.en}"]
    return tuple(lines)


def main() -> int:
    text = written(policy())
    if not GOLDEN.is_file() or GOLDEN.read_text("utf-8") != text:
        print(f"written {GOLDEN.name}")
        GOLDEN.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
