"""Files that are cut or changed: disarming refuses, or gives a clean file, and the same one again."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.fuzz_disarm import CORPUS, target


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(CORPUS),
    st.lists(st.tuples(st.integers(1, 5_000), st.binary(max_size=4), st.integers(0, 4)), min_size=1, max_size=3),
)
def test_changed_anywhere(data: bytes, edits: list[tuple[int, bytes, int]]) -> None:
    for at, piece, dropped in edits:
        at = 1 + at % len(data)
        data = data[:at] + piece + data[at + dropped :]
    target(data)
