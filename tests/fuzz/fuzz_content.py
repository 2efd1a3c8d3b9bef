"""No bytes, under whatever name, make the examination of a file do anything but find faults; and it says the same again."""

from __future__ import annotations

import sys
from collections.abc import Hashable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from content.examine import examine
from content.kinds import KINDS
from content.names import faults_of, read_name
from tests.fuzz import driver
from tests.unit.content.documents import document, field
from tests.unit.content.pdfs import in_object_stream, pdf
from tests.unit.content.pictures import gif, jpeg, png, tiff
from tests.unit.content.zips import Entry, by_hand, zipped

ALL = frozenset(KINDS)
EXTENSIONS = sorted(KINDS)
NAMES = ("申請書.pdf", "con.txt", "a\u202eb.exe", "x.pdf.exe", "../a")
FILES = {
    "pdf": [pdf(), in_object_stream(b"<< >>"), pdf(root=b"/OpenAction << /S /JavaScript /JS (x) >>")],
    "jpeg": [jpeg()],
    "png": [png()],
    "gif": [gif(frames=2)],
    "tiff": [tiff(frames=2), tiff(order=">")],
    "docx": [document(), document(body=field("DDE cmd"))],
    "xlsx": [document("xlsx")],
    "zip": [zipped({"a.txt": b"a", "b.zip": zipped({"c.png": png()})}), by_hand(Entry(), Entry(b"b.txt", b"b"))],
    "txt": ["住所".encode()],
    "csv": [b'a,"b",=1\n'],
}
# The first byte chooses the kind; the rest is the file, or the name where it chooses none
CORPUS = [bytes((EXTENSIONS.index(kind),)) + data for kind, files in FILES.items() for data in files]
CORPUS += [b"\xff" + name.encode() for name in NAMES]
TOKENS = (
    b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x07\x08", b"IHDR", b"IDAT", b"IEND", b"acTL", b"\xff\xd8", b"\xff\xd9",
    b"\xff\xda", b"\xff\xc0", b"!\xf9\x04", b",", b";", b"II*\0", b"%PDF-1.7", b"%%EOF", b"obj", b"endobj", b"stream\n", b"xref\n",
    b"<<", b">>", b"/S /Launch", b"/AA", b" 0 R", b"<!DOCTYPE", b"&a;", b"\xff\xff\xff\xff", b"\0\0\0\0", b".exe", b"\xe2\x80\xae",
)  # fmt: skip


def target(data: bytes) -> Hashable:
    if not data:
        return None
    if data[0] >= len(EXTENSIONS):
        return _name(data[1:].decode(errors="surrogateescape"))
    kind = KINDS[EXTENSIONS[data[0]]]
    name = f"a.{sorted(kind.extensions)[0]}"
    found = examine(name, "application/octet-stream", data[1:], ALL)
    if examine(name, "application/octet-stream", data[1:], ALL) != found:
        raise ValueError("two answers for one file")
    return kind.name, found.faults, found.unpacked.bit_length()


def _name(name: str) -> Hashable:
    faults = faults_of(name)
    if not faults:
        read = read_name(name)
        if read_name(read.text) != read:
            raise ValueError("what a name is composed to is another name")
    return faults


if __name__ == "__main__":
    raise SystemExit(driver.run("fuzz_content", target, CORPUS, TOKENS))
