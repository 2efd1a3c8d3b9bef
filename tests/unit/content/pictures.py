"""Pictures that the tests make: the smallest that are whole, with any size in their headers."""

from __future__ import annotations

import struct
import zlib


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int = 2, height: int = 2, extra: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0\0\0" * 2)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def jpeg(width: int = 2, height: int = 2, scan: bytes = b"\x12\xff\x00\x34\xff\xd0\x56") -> bytes:
    """Its coded data mean nothing: no test decodes them."""
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    start = b"\xff\xd8" + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
    return start + segment(0xC0, frame) + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + scan + b"\xff\xd9"


def gif(width: int = 2, height: int = 2, frames: int = 1) -> bytes:
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    control = b"!\xf9\x04\0\0\0\0\0"
    frame = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\0"
    return screen + (control + frame) * frames + b";"


def tiff(width: int = 2, height: int = 2, frames: int = 1, order: str = "<") -> bytes:
    out = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    for index in range(frames):
        at = len(out)
        strip = at + 2 + 12 * 4 + 4
        tags = ((256, width), (257, height), (273, strip), (279, 4))
        out += struct.pack(order + "H", len(tags))
        for tag, value in tags:
            out += struct.pack(order + "HHII", tag, 4, 1, value)
        out += struct.pack(order + "I", strip + 4 if index + 1 < frames else 0) + b"data"
    return out
