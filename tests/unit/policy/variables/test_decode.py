"""policy/variables/decode.py: percent-decoding that never fails."""

from __future__ import annotations

import pytest

from policy.variables.decode import form_decode, has_invalid_escape, uri_decode

CASES = [
    (b"", b""),
    (b"a+b", b"a b"),
    (b"%41%4a%4A", b"AJJ"),
    (b"%e3%81%82", b"\xe3\x81\x82"),
    (b"%", b"%"),
    (b"%4", b"%4"),
    (b"%4g%41", b"%4gA"),
    (b"%%41", b"%A"),
    (b"%2541", b"%41"),
    (b"%2b+", b"+ "),
    (b"a=%3d=", b"a==="),
    (b"%41\n%42", b"A\nB"),
    (b"%41\r\n%42", b"A\r\nB"),
    (b"%0d%0a%00", b"\r\n\x00"),
    (b"=%41", b"=A"),
    (b"=41%41", b"=41A"),
    (b"%=41", b"%=41"),
    (b"\xff%ff", b"\xff\xff"),
    (b"%41 \t", b"A \t"),
]


def test_the_table_is_whole() -> None:
    assert len(CASES) == 19


@pytest.mark.parametrize(("text", "decoded"), CASES)
def test_form_decode(text: bytes, decoded: bytes) -> None:
    assert form_decode(text) == decoded


def test_uri_decode_leaves_plus_signs() -> None:
    assert uri_decode(b"/a+b%2b%41") == b"/a+b+A"


@pytest.mark.parametrize(
    ("text", "invalid"), [(b"", False), (b"%41", False), (b"%4", True), (b"%", True), (b"%zz", True)]
)
def test_has_invalid_escape(text: bytes, invalid: bool) -> None:
    assert has_invalid_escape(text) is invalid
