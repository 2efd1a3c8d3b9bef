"""Archives that the tests make: whole ones by Python's own writer, and by hand those that no writer makes."""

from __future__ import annotations

import struct
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


@dataclass
class Entry:
    """What the two headers of one file say. `local`: fields of the local header that differ."""

    name: bytes = b"a.txt"
    data: bytes = b"hello"
    flags: int = 0
    method: int = 0
    crc: int | None = None
    packed: int | None = None
    size: int | None = None
    extra: bytes = b""
    mode: int = 0
    descriptor: bytes = b""
    at: int | None = None

    def fields(self) -> tuple[int, int, int, int, int]:
        crc = zlib.crc32(self.data) if self.crc is None else self.crc
        packed = len(self.data) if self.packed is None else self.packed
        return self.flags, self.method, crc, packed, len(self.data) if self.size is None else self.size


def local(entry: Entry) -> bytes:
    flags, method, crc, packed, size = entry.fields()
    head = struct.pack(
        "<4sHHHHHIIIHH", b"PK\3\4", 20, flags, method, 0, 0, crc, packed, size, len(entry.name), len(entry.extra)
    )
    return head + entry.name + entry.extra + entry.data + entry.descriptor


def central(entry: Entry, at: int) -> bytes:
    flags, method, crc, packed, size = entry.fields()
    at = at if entry.at is None else entry.at
    head = struct.pack(
        "<4sHHHHHHIIIHHHHHII",
        b"PK\1\2", 3 << 8 | 20, 20, flags, method, 0, 0, crc, packed, size, len(entry.name), len(entry.extra), 0, 0, 0,
        entry.mode << 16, at,
    )  # fmt: skip
    return head + entry.name + entry.extra


def end(count: int, size: int, start: int, comment: bytes = b"") -> bytes:
    return struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, size, start, len(comment)) + comment


def by_hand(*entries: Entry, locals_: list[Entry] | None = None, gap: bytes = b"", comment: bytes = b"") -> bytes:
    """`locals_`: what the local headers say instead; `gap`: stands between the last file and the directory."""
    body, directory = b"", b""
    for entry, told in zip(entries, locals_ or entries, strict=True):
        directory += central(entry, len(body))
        body += local(told)
    body += gap
    return body + directory + end(len(entries), len(directory), len(body), comment)


def sharing_one_body(count: int, size: int) -> bytes:
    """Every file of the directory is the same local header, which is what makes a small archive unpack to anything."""
    entry = Entry(data=bytes(size))
    body = local(entry)
    names = [b"a.txt"] + [b"%d.txt" % index for index in range(1, count)]
    directory = b"".join([central(Entry(name, entry.data), 0) for name in names])
    return body + directory + end(count, len(directory), len(body))
