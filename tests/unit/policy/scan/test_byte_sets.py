"""Which needles are one byte out of a few: those, and no other."""

from __future__ import annotations

import pytest

from policy.scan.byte_sets import byte_set
from policy.scan.needle import Needle


def test_what_has_more_members_by_characters_is_one_by_bytes_only() -> None:
    """White space is also U+0085 and U+3000."""
    for pattern in (rb"\s", rb"[\s;]"):
        needle = Needle("rx", pattern, text=pattern)
        assert byte_set(needle, characters=True) is None
        found = byte_set(needle, characters=False)
        assert found is not None and found.search(b"\x0b") and not found.search(b"\x85")


@pytest.mark.parametrize("characters", [False, True])
@pytest.mark.parametrize(
    ("needle", "members"),
    [
        (Needle("rx", rb"[\n\r]"), b"\n\r"),
        (Needle("rx", rb"(?:[\x0a\x0d])"), b"\n\r"),
        (Needle("rx", rb"\x00"), b"\0"),
        (Needle("rx", rb"[0-3;]", caseless=True), b"0123;"),
        (Needle("literal", b"%"), b"%"),
        (Needle("literal", b"%", more=(b"<", b">")), b"%<>"),
        (Needle("rx", rb"[\n\r]+"), None),
        (Needle("rx", rb"\n?"), None),
        (Needle("rx", rb"\n\r"), None),
        (Needle("rx", rb"\n|\r\n"), None),
        (Needle("rx", rb"^\n"), None),
        (Needle("rx", rb"\b"), None),
        (Needle("rx", rb"[^\n]"), None),
        (Needle("rx", rb"[\x80-\xff]", text=rb"[\x{80}-\x{ff}]"), None),
        (Needle("rx", rb"[a-c]"), None),
        (Needle("rx", rb"(?i:k)"), None),
        (Needle("rx", rb"(?=\n)"), None),
        (Needle("rx", rb"("), None),
        (Needle("literal", b"k", caseless=True), None),
        (Needle("literal", b"\xe3"), None),
        (Needle("literal", b"%", more=(b"%0",)), None),
        (Needle("literal", b""), None),
    ],
)
def test_one_byte_out_of_a_few(needle: Needle, members: bytes | None, characters: bool) -> None:
    found = byte_set(needle, characters=characters)
    if members is None:
        assert found is None
        return
    assert found is not None
    assert bytes([byte for byte in range(256) if found.search(bytes((byte,)))]) == bytes(sorted(members))
