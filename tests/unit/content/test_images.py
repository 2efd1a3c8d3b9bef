"""Sizes from headers, under bounds, and pictures that end where their files end."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from content import images
from content.faults import Fault, Unfit
from content.images import IMAGE_FRAMES_MAX, IMAGE_SIDE_MAX, Picture, read_gif, read_jpeg, read_png, read_tiff
from tests.unit.content.pictures import chunk, gif, jpeg, png, segment, tiff

Reader = Callable[[bytes], Picture]
Maker = Callable[..., bytes]
ALL: list[tuple[Reader, Maker]] = [(read_png, png), (read_jpeg, jpeg), (read_gif, gif), (read_tiff, tiff)]
NAMES = ["png", "jpeg", "gif", "tiff"]


def fault_of(reader: Callable[[bytes], object], data: bytes) -> Fault | None:
    try:
        reader(data)
    except Unfit as unfit:
        return unfit.fault
    return None


@pytest.mark.parametrize(("reader", "make"), ALL, ids=NAMES)
def test_a_picture_tells_its_size(reader: Reader, make: Maker) -> None:
    assert reader(make(640, 480)) == Picture(640, 480, 1)


def test_both_byte_orders_of_tiff() -> None:
    assert read_tiff(tiff(640, 480, order=">")) == Picture(640, 480, 1)


@pytest.mark.parametrize(("reader", "make"), ALL, ids=NAMES)
def test_the_longest_side(reader: Reader, make: Maker) -> None:
    assert reader(make(IMAGE_SIDE_MAX, 1)) == Picture(IMAGE_SIDE_MAX, 1, 1)
    assert reader(make(1, IMAGE_SIDE_MAX)) == Picture(1, IMAGE_SIDE_MAX, 1)
    assert fault_of(reader, make(IMAGE_SIDE_MAX + 1, 1)) is Fault.IMAGE_TOO_LARGE
    assert fault_of(reader, make(1, IMAGE_SIDE_MAX + 1)) is Fault.IMAGE_TOO_LARGE


@pytest.mark.parametrize(("reader", "make"), ALL, ids=NAMES)
def test_the_most_pixels(reader: Reader, make: Maker) -> None:
    assert reader(make(10_000, 10_000)).width == 10_000
    assert fault_of(reader, make(10_000, 10_001)) is Fault.IMAGE_TOO_LARGE


def test_a_huge_picture_is_refused_from_its_header_alone() -> None:
    whole = png(50_000, 50_000)
    assert fault_of(read_png, whole[:33]) is Fault.IMAGE_TOO_LARGE
    assert fault_of(read_jpeg, jpeg(50_000, 50_000)[:40]) is Fault.IMAGE_TOO_LARGE
    assert fault_of(read_gif, gif(50_000, 50_000)[:13]) is Fault.IMAGE_TOO_LARGE
    assert fault_of(read_tiff, tiff(50_000, 50_000)[:-4]) in (Fault.IMAGE_TOO_LARGE, Fault.DAMAGED)


@pytest.mark.parametrize(("reader", "make"), ALL, ids=NAMES)
def test_no_side_is_nothing(reader: Reader, make: Maker) -> None:
    assert fault_of(reader, make(0, 5)) is Fault.DAMAGED
    assert fault_of(reader, make(5, 0)) is Fault.DAMAGED


@pytest.mark.parametrize(("reader", "make"), ALL, ids=NAMES)
@pytest.mark.parametrize("tail", [bytes(16), b"\0\1", b"PK\x03\x04", b"<script>", b"\r\n"])
def test_nothing_stands_behind_the_end(reader: Reader, make: Maker, tail: bytes) -> None:
    assert fault_of(reader, make() + tail) is Fault.TRAILING_DATA


def test_zeros_may_align_a_tiff_and_nothing_else() -> None:
    assert read_tiff(tiff() + bytes(15)).frames == 1
    assert fault_of(read_tiff, tiff() + bytes(16)) is Fault.TRAILING_DATA
    for reader, make in ALL[:3]:
        assert fault_of(reader, make() + b"\0") is Fault.TRAILING_DATA


@pytest.mark.parametrize(("reader", "make"), ALL, ids=NAMES)
def test_no_part_of_a_picture_is_a_picture(reader: Reader, make: Maker) -> None:
    whole = make()
    for length in range(len(whole)):
        assert fault_of(reader, whole[:length]) is not None, length


@pytest.mark.parametrize(("reader", "make"), [ALL[2], ALL[3]], ids=NAMES[2:])
def test_the_most_frames(reader: Reader, make: Maker) -> None:
    assert reader(make(frames=IMAGE_FRAMES_MAX)).frames == IMAGE_FRAMES_MAX
    assert fault_of(reader, make(frames=IMAGE_FRAMES_MAX + 1)) is Fault.IMAGE_FRAMES


def test_frames_of_an_animated_png() -> None:
    assert read_png(png(extra=chunk(b"acTL", struct.pack(">II", IMAGE_FRAMES_MAX, 0)))).frames == IMAGE_FRAMES_MAX
    over = png(extra=chunk(b"acTL", struct.pack(">II", IMAGE_FRAMES_MAX + 1, 0)))
    assert fault_of(read_png, over) is Fault.IMAGE_FRAMES


def test_all_frames_together() -> None:
    """Ten times the pixels of one: a hundred frames of a hundred megapixels are a bomb."""
    assert read_gif(gif(10_000, 10_000, 10)).frames == 10
    assert fault_of(read_gif, gif(10_000, 10_000, 11)) is Fault.IMAGE_FRAMES


def test_the_most_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "IMAGE_PARTS_MAX", 5)
    assert read_png(png(extra=chunk(b"tEXt", b"") * 2)).frames == 1
    assert fault_of(read_png, png(extra=chunk(b"tEXt", b"") * 3)) is Fault.IMAGE_PARTS
    assert read_jpeg(jpeg()).frames == 1
    assert fault_of(read_jpeg, b"\xff\xd8" + segment(0xE1, b"") * 9) is Fault.IMAGE_PARTS
    assert fault_of(read_gif, gif(frames=9)) is Fault.IMAGE_PARTS
    monkeypatch.setattr(images, "IMAGE_PARTS_MAX", 9)  # five for the directory, four values
    assert read_tiff(tiff()).frames == 1
    assert fault_of(read_tiff, tiff(frames=2)) is Fault.IMAGE_PARTS


ODD = [
    (read_png, png().replace(b"IHDR", b"IDHR")),
    (read_png, png()[:33] + chunk(b"IHDR", bytes(13)) + png()[33:]),
    (read_png, png()[:-1] + b"\0"),  # a checksum
    (read_png, png(extra=chunk(b"IDAT", b"") + chunk(b"tEXt", b""))),  # data that do not follow each other
    (read_png, png(extra=chunk(b"a1b2", b""))),
    (read_png, png()[:33] + chunk(b"IEND", b"")),
    (read_jpeg, b"\xff\xd8\xff\xd9"),
    (read_jpeg, jpeg()[:-2] + segment(0xC0, bytes(8)) + b"\xff\xd9"),
    (read_jpeg, jpeg().replace(b"\xff\xe0", b"\xff\xd8")),
    (read_jpeg, b"\xff\xd8\xff\xe0\0\1"),
    (read_jpeg, b"\xff\xd8" + segment(0xDA, bytes(6)) + b"\xff\xd9"),
    (read_gif, b"GIF88a" + gif()[6:]),
    (read_gif, gif()[:19] + b";"),
    (read_gif, gif().replace(b"\x02\x02\x4c\x01\0", b"\x02\xff\x4c\x01\0")),
    (read_tiff, b"II+\0" + tiff()[4:]),  # BigTIFF
    (read_tiff, b"II*\0\0\0\0\0"),
    (read_tiff, tiff()[:-8] + struct.pack("<I", 8) + b"data"),  # a directory that follows itself
    (read_tiff, tiff().replace(struct.pack("<HHII", 279, 4, 1, 4), struct.pack("<HHII", 279, 4, 1, 5))),
    (read_tiff, tiff().replace(struct.pack("<HHII", 279, 4, 1, 4), struct.pack("<HHII", 279, 4, 2**32 - 1, 8))),
]


@pytest.mark.parametrize(("reader", "data"), ODD)
def test_a_broken_structure_is_refused(reader: Reader, data: bytes) -> None:
    assert fault_of(reader, data) is Fault.DAMAGED


def test_directories_below_a_directory_are_walked() -> None:
    """A sub-directory that is behind the end, or that points back, does not pass."""
    for at in (8, 4_000):
        data = tiff().replace(struct.pack("<HHII", 279, 4, 1, 4), struct.pack("<HHII", 34665, 4, 1, at))
        data = data.replace(struct.pack("<H", 273), struct.pack("<H", 305), 1)
        assert fault_of(read_tiff, data) is Fault.DAMAGED
