"""No bytes make disarming do anything but refuse, or give a file that is clean, the same each time, and passes once more."""

from __future__ import annotations

import sys
from collections.abc import Hashable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from content.disarm import DISARMED_KINDS, Active, treat
from content.examine import examine
from tests.fuzz import driver
from tests.unit.content.actives import active_docx, active_pdf, active_xlsx, encoded
from tests.unit.content.documents import document
from tests.unit.content.pdfs import pdf

KINDS = sorted(DISARMED_KINDS)
FILES = {
    "pdf": [pdf(), active_pdf()],
    "jpeg": [encoded("JPEG")],
    "png": [encoded("PNG")],
    "docx": [document(), active_docx()],
    "xlsx": [document("xlsx"), active_xlsx()],
    "pptx": [document("pptx")],
}
# The first byte chooses the kind
CORPUS = [bytes((KINDS.index(kind),)) + data for kind, files in FILES.items() for data in files]
TOKENS = (
    b"/JS", b"/AA", b"/A", b"/F", b"/Next", b"/S /Launch", b"/Annots", b"/AP", b" 0 R", b"<<", b">>", b"stream\n", b"%%EOF",
    b"PK\x03\x04", b"IHDR", b"IDAT", b"\xff\xd8", b"\xff\xda", b"\xff\xd9", b"\0\0\0\0", b"\xff\xff\xff\xff",
)  # fmt: skip


def target(data: bytes) -> Hashable:
    if not data:
        return None
    kind = KINDS[data[0] % len(KINDS)]
    name, taken = f"a.{kind}", frozenset((kind,))
    made = treat(name, "application/octet-stream", data[1:], taken, Active.DISARM)
    if treat(name, "application/octet-stream", data[1:], taken, Active.DISARM) != made:
        raise ValueError("two results for one file")
    if bool(made.data) == bool(made.faults):
        raise ValueError("a file that is refused and crosses, or neither")
    if made.data and examine(name, "application/octet-stream", made.data, taken).faults:
        raise ValueError("what was disarmed is not clean")
    return kind, made.faults, made.removed


if __name__ == "__main__":
    raise SystemExit(driver.run("fuzz_disarm", target, CORPUS, TOKENS))
