"""Pictures, decoded and encoded anew: pixels cross, and nothing else of the file does.

Rules:
1. The bounds hold before a pixel is decoded (`content.images` has read the size from the header), and one decoder is tried: that
   of the kind.
2. The first frame is the picture. What the orientation of Exif says is done to the pixels.
3. Metadata, colour profiles, thumbnails, and bytes that no decoder asks for do not cross.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Final

import PIL
from PIL import Image, features

from content.disarmed import Disarmed, Removed, disarmed
from content.faults import Fault, Unfit
from content.images import Picture, read_gif, read_jpeg, read_png

DISARM_PIXELS_MAX: Final = 64_000_000  # pixels; A4 at 600 dpi has 35 million. 256 MB when decoded
JPEG_QUALITY: Final = 90  # of libjpeg's scale; seals and small print stay sharp
JPEG_FULL_COLOUR: Final = 0  # libjpeg-turbo's 4:4:4: a red seal on black print keeps its edges
PNG_LEVEL: Final = 6  # of deflate; the library's own middle

_EXIF_ORIENTATION: Final = 0x0112  # Exif 3.0, table 4
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_JPEG_MODES: Final = frozenset(("L", "RGB"))
_PNG_MODES: Final = frozenset(("1", "L", "LA", "RGB", "RGBA", "I;16"))
_READERS: Final[Mapping[str, Callable[[bytes], Picture]]] = {"jpeg": read_jpeg, "png": read_png, "gif": read_gif}
# What Pillow's readers raise for a file that they cannot read
_UNREADABLE: Final = (
    OSError, ValueError, SyntaxError, TypeError, LookupError, ArithmeticError, EOFError, RuntimeError, AttributeError,
    struct.error, zlib.error, Image.DecompressionBombError,
)  # fmt: skip

# Of the process: our own bound is in front of it, and a warning is no refusal
Image.MAX_IMAGE_PIXELS = DISARM_PIXELS_MAX


def disarm_image(data: bytes, kind: str) -> Disarmed:
    """`kind`: jpeg, which stays one; png or gif, which become png. Raises Unfit."""
    picture = _READERS[kind](data)
    if picture.width * picture.height > DISARM_PIXELS_MAX:
        raise Unfit(Fault.IMAGE_TOO_LARGE)
    removed: set[Fault | Removed] = {Removed.METADATA}
    if picture.frames > 1:
        removed.add(Removed.FRAMES)
    try:
        with Image.open(BytesIO(data), formats=(kind.upper(),)) as image:
            if image.size != (picture.width, picture.height):
                raise Unfit(Fault.DAMAGED)
            turn = _TURNS.get(image.getexif().get(_EXIF_ORIENTATION, 1))
            image.load()
            pixels = _plain(image, _JPEG_MODES if kind == "jpeg" else _PNG_MODES)
        out = _encoded(pixels if turn is None else pixels.transpose(turn), kind)
    except _UNREADABLE as error:
        raise Unfit(Fault.DAMAGED) from error
    codec = ("libjpeg-turbo", "libjpeg_turbo") if kind == "jpeg" else ("zlib", "zlib")
    return disarmed(out, removed, ("pillow", PIL.__version__), (codec[0], str(features.version(codec[1]))))


def _plain(image: Image.Image, modes: frozenset[str]) -> Image.Image:
    """In one of these modes, so that nothing but the pixels says how they look."""
    if "transparency" in image.info and "RGBA" in modes:
        return image.convert("RGBA")
    if image.mode in modes:
        return image.copy()
    return image.convert("RGBA" if image.mode in ("PA", "La", "RGBa") else "RGB")


def _encoded(pixels: Image.Image, kind: str) -> bytes:
    pixels.info.clear()  # what a writer would take over
    out = BytesIO()
    if kind == "jpeg":
        pixels.save(out, "JPEG", quality=JPEG_QUALITY, subsampling=JPEG_FULL_COLOUR, optimize=True)
    else:
        pixels.save(out, "PNG", compress_level=PNG_LEVEL)
    return out.getvalue()
