"""Pictures: their size and frames from the headers, and that each ends where its file ends. Nothing is decoded.

Rules:
1. The bounds hold before anything behind the header is looked at.
2. PNG, JPEG and GIF are walked part by part to the end that they declare, which must be the end of the file. TIFF has no end:
   what its directories point at must reach it, but for zeros that align.
3. Each walk takes time linear in the file, and its number of parts is bounded.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import Final

from content.cursor import number, piece
from content.faults import Fault, Unfit

IMAGE_SIDE_MAX: Final = 20_000  # pixels; A3 at 1,200 dpi is 19,843 long
IMAGE_PIXELS_MAX: Final = (
    100_000_000  # pixels; A4 at 1,000 dpi, and more than a telephone's camera of 2026 takes by default
)
IMAGE_FRAMES_MAX: Final = 100  # frames or pages; a fax or scan of 100 pages
IMAGE_PARTS_MAX: Final = 100_000  # chunks, segments, blocks; a 20 MiB PNG in libpng's 8 KiB chunks has 2,560

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_LENGTH_MAX: Final = 2**31 - 1  # bytes; PNG third edition, section 5.3
_PNG_TYPE: Final = re.compile(rb"[A-Za-z]{4}")
# A marker within entropy-coded data: FF that is not stuffed (00), filled (FF) or a restart (D0 to D7)
_JPEG_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15 without DHT, JPG, DAC
_TIFF_SIZES: Final = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
}  # TIFF 6.0, section 2
_TIFF_WIDTH, _TIFF_HEIGHT = 256, 257
_TIFF_DATA: Final = (
    (273, 279),
    (324, 325),
    (513, 514),
    (288, 289),
)  # where and how long: strips, tiles, old JPEG, free
_TIFF_DIRECTORIES: Final = (330, 34665, 34853, 40965)  # SubIFDs, Exif, GPS, interoperability
_TIFF_SLACK_MAX: Final = 15  # bytes of zero; offsets are even (TIFF 6.0, section 2), and some writers align pages to 16


@dataclass(frozen=True, slots=True)
class Picture:
    """`width` and `height`: those of the largest frame, each for itself."""

    width: int
    height: int
    frames: int


def read_png(data: bytes) -> Picture:
    if not data.startswith(_PNG) or piece(data, 8, 8) != b"\0\0\0\rIHDR":
        raise Unfit(Fault.DAMAGED)
    width, height = number(data, 16, 4, "big"), number(data, 20, 4, "big")
    _bound(width, height)
    frames, at, before, seen_data = 1, len(_PNG), b"", False
    for _ in range(IMAGE_PARTS_MAX):
        length, kind = number(data, at, 4, "big"), piece(data, at + 4, 4)
        if length > _PNG_LENGTH_MAX or not _PNG_TYPE.fullmatch(kind) or (kind == b"IHDR") != (before == b""):
            raise Unfit(Fault.DAMAGED)
        body = piece(data, at + 8, length)
        if zlib.crc32(body, zlib.crc32(kind)) != number(data, at + 8 + length, 4, "big"):
            raise Unfit(Fault.DAMAGED)
        at += 12 + length
        if kind == b"IDAT":
            if seen_data and before != b"IDAT":  # PNG third edition, section 5.6: consecutive
                raise Unfit(Fault.DAMAGED)
            seen_data = True
        elif kind == b"acTL":
            frames = max(frames, number(body, 0, 4, "big"))
            _bound(width, height, frames)
        elif kind == b"IEND":
            if length or not seen_data:
                raise Unfit(Fault.DAMAGED)
            _end(data, at)
            return Picture(width, height, frames)
        before = kind
    raise Unfit(Fault.IMAGE_PARTS)


def read_jpeg(data: bytes) -> Picture:
    if not data.startswith(b"\xff\xd8"):
        raise Unfit(Fault.DAMAGED)
    picture: Picture | None = None
    scanned = False
    at = 2
    for _ in range(IMAGE_PARTS_MAX):
        at = _jpeg_marker(data, at)
        marker = data[at]
        at += 1
        if marker == 0xD9:  # EOI
            if picture is None or not scanned:
                raise Unfit(Fault.DAMAGED)
            _end(data, at)
            return picture
        if marker in (0x00, 0x01) or 0xD0 <= marker <= 0xD8:  # no segment, or a second start
            raise Unfit(Fault.DAMAGED)
        length = number(data, at, 2, "big")
        if length < 2:
            raise Unfit(Fault.DAMAGED)
        segment = piece(data, at + 2, length - 2)
        at += length
        if marker in _JPEG_FRAMES:
            if picture is not None:
                raise Unfit(Fault.DAMAGED)
            picture = Picture(number(segment, 3, 2, "big"), number(segment, 1, 2, "big"), 1)
            _bound(picture.width, picture.height)
        elif marker == 0xDA:  # SOS: up to the next marker nothing has a length
            if picture is None:
                raise Unfit(Fault.DAMAGED)
            scanned = True
            found = _JPEG_MARKER.search(data, at)
            if found is None:
                raise Unfit(Fault.DAMAGED)
            at = found.start()
    raise Unfit(Fault.IMAGE_PARTS)


def _jpeg_marker(data: bytes, at: int) -> int:
    """Where a marker's code is, behind FF and any fill bytes (ITU-T T.81, B.1.1.2)."""
    if piece(data, at, 1) != b"\xff":
        raise Unfit(Fault.DAMAGED)
    while piece(data, at, 1) == b"\xff":
        at += 1
    return at


def read_gif(data: bytes) -> Picture:
    if data[:6] not in (b"GIF87a", b"GIF89a"):
        raise Unfit(Fault.DAMAGED)
    width, height = number(data, 6, 2, "little"), number(data, 8, 2, "little")
    _bound(width, height)
    at = 13 + _gif_colours(piece(data, 10, 1)[0])
    frames = 0
    parts = [0]
    while True:
        kind = piece(data, at, 1)
        if kind == b";":
            if not frames:
                raise Unfit(Fault.DAMAGED)
            _end(data, at + 1)
            return Picture(width, height, frames)
        if kind == b",":
            frames += 1
            sides = [number(data, at + offset, 2, "little") for offset in (1, 3, 5, 7)]
            if sides[0] + sides[2] > width or sides[1] + sides[3] > height:
                raise Unfit(Fault.DAMAGED)
            _bound(width, height, frames)
            at = _gif_blocks(data, at + 11 + _gif_colours(piece(data, at + 9, 1)[0]), parts)
        elif kind == b"!":
            piece(data, at, 2)
            at = _gif_blocks(data, at + 2, parts)
        else:
            raise Unfit(Fault.DAMAGED)


def _gif_colours(flags: int) -> int:
    """Bytes of a colour table (GIF89a, sections 18 and 20)."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _gif_blocks(data: bytes, at: int, parts: list[int]) -> int:
    """Behind the sub-blocks that begin at `at`."""
    while size := piece(data, at, 1)[0]:
        parts[0] += 1
        if parts[0] > IMAGE_PARTS_MAX:
            raise Unfit(Fault.IMAGE_PARTS)
        at += 1 + size
    parts[0] += 1
    return at + 1


def read_tiff(data: bytes) -> Picture:
    order = {b"II*\0": "little", b"MM\0*": "big"}.get(data[:4])
    if order is None:
        raise Unfit(Fault.DAMAGED)
    walk = _Tiff(data, order)
    at = number(data, 4, 4, order)
    while at:
        walk.frames += 1
        if walk.frames > IMAGE_FRAMES_MAX:
            raise Unfit(Fault.IMAGE_FRAMES)
        at = walk.directory(at, page=True)
    if not walk.frames:
        raise Unfit(Fault.DAMAGED)
    if len(data) - walk.reach > _TIFF_SLACK_MAX or any(data[walk.reach :]):
        raise Unfit(Fault.TRAILING_DATA)
    return Picture(walk.width, walk.height, walk.frames)


class _Tiff:
    """A walk over directories. `reach`: the end of the last byte that one of them names."""

    def __init__(self, data: bytes, order: str) -> None:
        self._data = data
        self._order = order
        self._seen: set[int] = set()
        self._parts = 0
        self.reach = 8
        self.width = 0
        self.height = 0
        self.frames = 0

    def directory(self, at: int, *, page: bool) -> int:
        """Where the next one is; 0 for none. Those that it points at are walked too."""
        if at in self._seen or at < 8:
            raise Unfit(Fault.DAMAGED)
        self._seen.add(at)
        count = number(self._data, at, 2, self._order)
        self._count(count + 1)
        tags: dict[int, list[int]] = {}
        for index in range(count):
            tag, values = self._entry(at + 2 + 12 * index)
            if tag in tags:
                raise Unfit(Fault.DAMAGED)
            tags[tag] = values
        following = number(self._data, at + 2 + 12 * count, 4, self._order)
        self._reached(at + 6 + 12 * count)
        if page:
            self._page(tags)
        for place, length in _TIFF_DATA:
            starts, sizes = tags.get(place, []), tags.get(length, [])
            if len(starts) != len(sizes):
                raise Unfit(Fault.DAMAGED)
            for start, size in zip(starts, sizes, strict=True):
                self._reached(start + size)
        for pointer in _TIFF_DIRECTORIES:
            for inner in tags.get(pointer, []):
                self._below(inner)
        return following

    def _below(self, at: int) -> None:
        if len(self._seen) > 2 * IMAGE_FRAMES_MAX:
            raise Unfit(Fault.IMAGE_PARTS)
        while at:
            at = self.directory(at, page=False)

    def _page(self, tags: dict[int, list[int]]) -> None:
        sides = (tags.get(_TIFF_WIDTH, []), tags.get(_TIFF_HEIGHT, []))
        if any(len(side) != 1 for side in sides):
            raise Unfit(Fault.DAMAGED)
        _bound(sides[0][0], sides[1][0])
        self.width, self.height = max(self.width, sides[0][0]), max(self.height, sides[1][0])

    def _entry(self, at: int) -> tuple[int, list[int]]:
        """The tag and, where they are whole numbers of two or four bytes, its values."""
        tag, kind = (number(self._data, at + offset, 2, self._order) for offset in (0, 2))
        count = number(self._data, at + 4, 4, self._order)
        if kind not in _TIFF_SIZES:
            raise Unfit(Fault.DAMAGED)
        size = _TIFF_SIZES[kind] * count
        start = at + 8 if size <= 4 else number(self._data, at + 8, 4, self._order)
        self._reached(start + size)
        if kind not in (3, 4, 13):
            return tag, []
        self._count(count)
        width = _TIFF_SIZES[kind]
        return tag, [number(self._data, start + index * width, width, self._order) for index in range(count)]

    def _count(self, more: int) -> None:
        self._parts += more
        if self._parts > IMAGE_PARTS_MAX:
            raise Unfit(Fault.IMAGE_PARTS)

    def _reached(self, end: int) -> None:
        if end > len(self._data):
            raise Unfit(Fault.DAMAGED)
        self.reach = max(self.reach, end)


def _bound(width: int, height: int, frames: int = 1) -> None:
    if not width or not height:
        raise Unfit(Fault.DAMAGED)
    if max(width, height) > IMAGE_SIDE_MAX or width * height > IMAGE_PIXELS_MAX:
        raise Unfit(Fault.IMAGE_TOO_LARGE)
    if frames > IMAGE_FRAMES_MAX or width * height * frames > 10 * IMAGE_PIXELS_MAX:
        raise Unfit(Fault.IMAGE_FRAMES)


def _end(data: bytes, at: int) -> None:
    if at != len(data):
        raise Unfit(Fault.TRAILING_DATA)
