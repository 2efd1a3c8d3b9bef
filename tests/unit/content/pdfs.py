"""PDF documents that the tests write byte by byte, so that nothing tidies what they hold."""

from __future__ import annotations

import zlib


def pdf(*more: bytes, root: bytes = b"", page: bytes = b"", trailer: bytes = b"", resources: bytes = b"<< >>") -> bytes:
    """Object 1 is the catalogue, 2 the pages, 3 the page, and `more` come from 4 on."""
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R %b >>" % root,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources %b %b >>" % (resources, page),
        *more,
    )
    out, places = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join([b"%010d 00000 n \n" % place for place in places])
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table
    end = b"trailer\n<< /Size %d /Root 1 0 R %b >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, len(out))
    return out + table + end


def in_object_stream(body: bytes, padding: int = 0) -> bytes:
    """A document with object 4 in a compressed stream, as writers since 2003 do; `padding` bytes of nothing behind it."""
    head = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
    plain = [
        b"<< /Type /Catalog /Pages 2 0 R /Names 4 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> >>",
    ]
    out, rows = head, [b"\0\0\0\0\xff"]
    for number, held in enumerate(plain, 1):
        rows.append(b"\1" + len(out).to_bytes(3, "big") + b"\0")
        out += b"%d 0 obj\n%b\nendobj\n" % (number, held)
    rows += [b"\2\0\0\5\0", b"\1" + len(out).to_bytes(3, "big") + b"\0"]
    packed = zlib.compress(b"4 0 " + body + b" " * padding)
    out += b"5 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n" % len(packed)
    out += packed + b"\nendstream\nendobj\n"
    at = len(out)
    rows.append(b"\1" + at.to_bytes(3, "big") + b"\0")
    table = b"".join(rows)
    out += b"6 0 obj\n<< /Type /XRef /Size 7 /W [1 3 1] /Root 1 0 R /Length %d >>\nstream\n" % len(table)
    return out + table + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % at
