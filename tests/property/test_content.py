"""Files that are cut, changed or joined: the examination always ends in faults or in none, and says the same again."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from content.examine import Examined, examine
from content.faults import Fault
from content.kinds import KINDS
from tests.unit.content.documents import document
from tests.unit.content.pdfs import in_object_stream, pdf
from tests.unit.content.pictures import gif, jpeg, png, tiff
from tests.unit.content.zips import zipped

ALL = frozenset(KINDS)
FILES = {
    "pdf": [pdf(), in_object_stream(b"<< >>")],
    "jpeg": [jpeg()],
    "png": [png()],
    "gif": [gif(frames=2)],
    "tiff": [tiff(frames=2)],
    "docx": [document()],
    "xlsx": [document("xlsx")],
    "pptx": [document("pptx")],
    "zip": [zipped({"a.txt": b"a", "b.zip": zipped({"c.png": png()})})],
    "txt": ["住所".encode()],
    "csv": [b'a,"b"\n'],
}
samples = st.sampled_from([(kind, data) for kind, files in FILES.items() for data in files])


def examined(kind: str, data: bytes) -> Examined:
    found = examine(f"a.{sorted(KINDS[kind].extensions)[0]}", "application/octet-stream", data, ALL)
    assert examine(found.name, "application/octet-stream", data, ALL) == found
    assert set(found.faults) <= set(Fault)
    return found


def test_every_kind_has_a_sample_that_passes() -> None:
    assert set(FILES) == set(KINDS)
    assert all(examined(kind, data).faults == () for kind, files in FILES.items() for data in files)


@settings(max_examples=400)
@given(
    samples,
    st.lists(st.tuples(st.integers(0, 5_000), st.binary(max_size=4), st.integers(0, 4)), min_size=1, max_size=3),
)
def test_changed_anywhere(sample: tuple[str, bytes], edits: list[tuple[int, bytes, int]]) -> None:
    kind, data = sample
    for at, piece, dropped in edits:
        at %= len(data) + 1
        data = data[:at] + piece + data[at + dropped :]
    examined(kind, data)


@given(samples, st.sampled_from(sorted(KINDS)), st.binary(max_size=300))
def test_any_bytes_behind_a_beginning(sample: tuple[str, bytes], kind: str, tail: bytes) -> None:
    examined(kind, sample[1][:16] + tail)


@given(samples, samples)
def test_two_files_in_one_do_not_pass(first: tuple[str, bytes], second: tuple[str, bytes]) -> None:
    texts = {"txt", "csv"}
    if first[0] in texts and second[0] in texts:
        return
    for kind in (first[0], second[0]):
        assert examined(kind, first[1] + second[1]).faults != () or kind in texts


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_png_with_one_byte_changed_does_not_pass(at: int, change: int) -> None:
    data = bytearray(png())
    data[at % len(data)] ^= change
    assert examined("png", bytes(data)).faults != ()
