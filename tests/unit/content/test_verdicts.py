"""A scanner's name for what it found goes into a log: only as visible ASCII, and not without end."""

from __future__ import annotations

from content.verdicts import SIGNATURE_CHARACTERS_MAX, signature_of


def test_a_signature_is_visible_and_bounded() -> None:
    assert signature_of(b"Win.Test.EICAR_HDB-1") == "Win.Test.EICAR_HDB-1"
    assert signature_of(b"a" * SIGNATURE_CHARACTERS_MAX) == "a" * SIGNATURE_CHARACTERS_MAX
    for raw in (b"a" * (SIGNATURE_CHARACTERS_MAX + 1), b"a b", b"a\nb", b"\x7f", "漢".encode()):
        assert signature_of(raw) == ""
