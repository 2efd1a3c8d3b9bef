"""A ZIP archive that says nothing but names and contents: the same files give the same bytes, on any day and any system.

PKWARE APPNOTE 6.3.10; section numbers are its.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from typing import Final

from content.archives import ARCHIVE_RATIO_FREE_BYTES, ARCHIVE_RATIO_MAX

DEFLATE_LEVEL: Final = 6  # zlib's own middle

_LOCAL: Final = struct.Struct("<4sHHHHHIIIHH")  # 4.3.7
_CENTRAL: Final = struct.Struct("<4sHHHHHHIIIHHHHHII")  # 4.3.12
_END: Final = struct.Struct("<4sHHHHIIH")  # 4.3.16
_VERSION, _UTF8, _STORED, _DEFLATED = 20, 1 << 11, 0, 8
_FIRST_DAY: Final = 1 << 5 | 1  # 1 January 1980, the first that the format knows


def archive(files: Mapping[str, bytes]) -> bytes:
    """In their order."""
    body, directory = bytearray(), bytearray()
    for name, data in files.items():
        raw, at = name.encode(), len(body)
        method, packed = _packed(data)
        said = (_UTF8, method, 0, _FIRST_DAY, zlib.crc32(data), len(packed), len(data), len(raw), 0)
        body += _LOCAL.pack(b"PK\x03\x04", _VERSION, *said) + raw + packed
        directory += _CENTRAL.pack(b"PK\x01\x02", _VERSION, _VERSION, *said, 0, 0, 0, 0, at) + raw
    end = _END.pack(b"PK\x05\x06", 0, 0, len(files), len(files), len(directory), len(body), 0)
    return bytes(body + directory + end)


def _packed(data: bytes) -> tuple[int, bytes]:
    """Stored where deflate gains nothing, or so much that a reader would take it for a bomb."""
    deflater = zlib.compressobj(DEFLATE_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = deflater.compress(data) + deflater.flush()
    is_bomb = len(data) > ARCHIVE_RATIO_FREE_BYTES and len(data) > ARCHIVE_RATIO_MAX * len(packed)
    return (_STORED, data) if is_bomb or len(packed) >= len(data) else (_DEFLATED, packed)
