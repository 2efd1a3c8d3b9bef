"""Pixels cross, the right way up; nothing else of a picture does."""

from __future__ import annotations

import io

import pytest
from PIL import Image, PngImagePlugin

from content import disarm_image as module
from content.disarm_image import DISARM_PIXELS_MAX, disarm_image
from content.disarmed import Removed
from content.faults import Fault, Unfit
from tests.unit.content.actives import drawn, encoded
from tests.unit.content.pictures import jpeg, png

NEAR = 24  # of 255: encoded twice; another colour is 128 or more away
SECRET = b"35.6586 139.7454"


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def distance(one: Image.Image, other: Image.Image) -> int:
    """The largest difference of two pixels, away from edges."""
    assert one.size == other.size
    small = [image.convert("RGB").resize((6, 4), Image.Resampling.NEAREST).tobytes() for image in (one, other)]
    return max(abs(a - b) for a, b in zip(*small, strict=True))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_the_picture_is_turned_as_a_viewer_would_show_it(kind: str, orientation: int) -> None:
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = SECRET.decode()
    data = encoded(kind, exif=exif)
    assert SECRET in data
    made = disarm_image(data, kind.lower())
    shown = opened(made.data)
    assert SECRET not in made.data
    assert not shown.getexif()
    assert distance(ImageOps.exif_transpose(opened(data)), shown) < NEAR
    assert made.removed == (Removed.METADATA,)
    assert "pillow/" in made.tool


@pytest.mark.parametrize(
    ("kind", "mode", "to"),
    [
        ("JPEG", "L", "L"), ("JPEG", "RGB", "RGB"), ("JPEG", "CMYK", "RGB"), ("PNG", "1", "1"), ("PNG", "L", "L"),
        ("PNG", "LA", "LA"), ("PNG", "P", "RGB"), ("PNG", "RGBA", "RGBA"), ("PNG", "I;16", "I;16"), ("GIF", "P", "RGB"),
    ],
)  # fmt: skip
def test_every_mode_of_a_kind_keeps_what_it_shows(kind: str, mode: str, to: str) -> None:
    image = Image.new("I;16", (60, 40), 40_000) if mode == "I;16" else drawn().convert(mode)
    made = opened(disarm_image(encoded(kind, image), kind.lower()).data)
    assert (made.mode, made.format) == (to, "JPEG" if kind == "JPEG" else "PNG")
    assert distance(image, made) < NEAR
    assert {key for key in made.info if not key.startswith("jfif")} == set()


def test_a_transparent_colour_stays_transparent() -> None:
    image = drawn().convert("P")
    made = opened(disarm_image(encoded("PNG", image, transparency=image.getpixel((0, 0))), "png").data)
    assert made.mode == "RGBA"
    assert made.getpixel((0, 0))[3] == 0  # type: ignore[index]
    assert made.getpixel((59, 39))[3] == 255  # type: ignore[index]


def test_texts_profiles_comments_and_further_frames_do_not_cross() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("GPS", SECRET.decode(), zip=False)
    for data, kind in (
        (encoded("PNG", pnginfo=notes, icc_profile=SECRET), "png"),
        (encoded("JPEG", comment=SECRET, icc_profile=SECRET, xmp=SECRET), "jpeg"),
    ):
        assert data.count(SECRET) or kind == "png"
        assert SECRET not in disarm_image(data, kind).data
    moving = encoded("PNG", save_all=True, append_images=[Image.new("RGB", (60, 40), "white")])
    made = disarm_image(moving, "png")
    assert Removed.FRAMES in made.removed
    assert b"acTL" not in made.data
    assert distance(drawn(), opened(made.data)) == 0


def test_the_bound_is_in_front_of_the_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DISARM_PIXELS_MAX", 60 * 40)
    assert disarm_image(encoded("PNG"), "png").data
    monkeypatch.setattr(module, "DISARM_PIXELS_MAX", 60 * 40 - 1)
    monkeypatch.setattr(Image, "open", None)
    with pytest.raises(Unfit) as caught:
        disarm_image(encoded("PNG"), "png")
    assert caught.value.fault is Fault.IMAGE_TOO_LARGE
    assert Image.MAX_IMAGE_PIXELS == DISARM_PIXELS_MAX


@pytest.mark.parametrize(
    ("data", "kind"),
    [(png(), "png"), (png(200, 200), "png"), (jpeg(), "jpeg"), (encoded("PNG")[:60] + encoded("PNG")[-12:], "png")],
)
def test_a_header_without_pixels_is_damaged(data: bytes, kind: str) -> None:
    """All but the first are taken by the examination of headers, and not by a decoder."""
    if data == png():
        assert disarm_image(data, kind).data
        return
    with pytest.raises(Unfit) as caught:
        disarm_image(data, kind)
    assert caught.value.fault is Fault.DAMAGED
