"""File names: what passes, and what each trick is called."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.faults import Fault, Unfit
from content.names import NAME_BYTES_MAX, NAME_CHARACTERS_MAX, faults_of, read_name

GOOD = [
    "申請書.pdf",
    "住民票　写し（世帯全員）.PDF",
    "IMG_0001.jpg",
    "2026.11.23 領収書①.png",
    "〜髙﨑〜.docx",
    "www.example.com.pdf",
    "scan.docx.pdf",
    "ﾊﾝｶｸ.txt",
    "console.txt",
    "com10.txt",
    "𠮟る.pdf",  # JIS X 0213, outside the basic plane
]


@pytest.mark.parametrize("name", GOOD)
def test_ordinary_names_pass(name: str) -> None:
    assert faults_of(name) == ()
    assert read_name(name).text == name


def test_the_extension_is_folded() -> None:
    assert read_name("a.b.ＰＤＦ").extension == "pdf"
    assert read_name("申請書").extension == ""


def test_kana_in_pieces_are_composed() -> None:
    assert read_name(unicodedata.normalize("NFD", "がくせい証明.pdf")).text == "がくせい証明.pdf"


BAD = [
    ("", (Fault.NAME_EMPTY,)),
    ("..", (Fault.NAME_EMPTY,)),
    ("　. ", (Fault.NAME_EMPTY,)),
    ("a\0.pdf", (Fault.NAME_CONTROL,)),
    ("a\n.pdf", (Fault.NAME_CONTROL,)),
    ("a\u2028.pdf", (Fault.NAME_CONTROL,)),
    ("a\x85.pdf", (Fault.NAME_CONTROL,)),
    ("invoice\u202efdp.exe", (Fault.NAME_BIDI,)),
    ("a\u2066b\u2069.pdf", (Fault.NAME_BIDI,)),
    ("a\u200fb.pdf", (Fault.NAME_BIDI,)),
    ("a\u200bb.pdf", (Fault.NAME_INVISIBLE,)),
    ("a\ufeffb.pdf", (Fault.NAME_INVISIBLE,)),
    ("a\u00adb.pdf", (Fault.NAME_INVISIBLE,)),
    ("葛\U000e0100飾.pdf", (Fault.NAME_INVISIBLE,)),
    ("a\u00a0b.pdf", (Fault.NAME_INVISIBLE,)),
    ("a\u3164b.pdf", (Fault.NAME_INVISIBLE,)),
    ("a\ue000b.pdf", (Fault.NAME_REPERTOIRE,)),
    ("a\U0001f600.pdf", (Fault.NAME_REPERTOIRE,)),
    ("p\u0430y.pdf", ()),  # Cyrillic is in JIS X 0208
    ("\u05d0.pdf", (Fault.NAME_REPERTOIRE,)),
    ("か\u0301.pdf", (Fault.NAME_REPERTOIRE,)),
    ("a?.pdf", (Fault.NAME_REPERTOIRE,)),
    ("\ud800.pdf", (Fault.NAME_REPERTOIRE,)),
    ("../a.pdf", (Fault.NAME_PATH, Fault.NAME_EDGE)),
    ("C:\\a.pdf", (Fault.NAME_PATH,)),
    ("a.pdf:stream", (Fault.NAME_PATH,)),
    ("CON", (Fault.NAME_RESERVED,)),
    ("nul.txt", (Fault.NAME_RESERVED,)),
    ("Aux .a.pdf", (Fault.NAME_RESERVED,)),
    ("COM¹.pdf", (Fault.NAME_RESERVED,)),
    ("lpt9.pdf", (Fault.NAME_RESERVED,)),
    ("conout$", (Fault.NAME_RESERVED,)),
    ("a.pdf.", (Fault.NAME_EDGE, Fault.NAME_DOUBLE_EXTENSION)),
    ("a.pdf ", (Fault.NAME_EDGE,)),
    (".htaccess", (Fault.NAME_EDGE,)),
    ("　a.pdf", (Fault.NAME_EDGE,)),
    ("x.pdf.exe", (Fault.NAME_DOUBLE_EXTENSION,)),
    ("x.pdf      .scr", (Fault.NAME_DOUBLE_EXTENSION,)),
    ("x.php.jpg", (Fault.NAME_DOUBLE_EXTENSION,)),
    ("x.ＥＸＥ.pdf", (Fault.NAME_DOUBLE_EXTENSION,)),
]


@pytest.mark.parametrize(("name", "faults"), BAD, ids=lambda value: ascii(value)[:40])
def test_a_trick_has_its_own_word(name: str, faults: tuple[Fault, ...]) -> None:
    assert faults_of(name) == faults
    if faults:
        with pytest.raises(Unfit) as refused:
            read_name(name)
        assert refused.value.fault == faults[0]


def test_the_length_in_characters() -> None:
    assert faults_of("a" * NAME_CHARACTERS_MAX) == ()
    assert faults_of("a" * (NAME_CHARACTERS_MAX + 1)) == (Fault.NAME_TOO_LONG,)


def test_the_length_in_bytes() -> None:
    assert faults_of("漢" * (NAME_BYTES_MAX // 3)) == ()
    assert faults_of("漢" * (NAME_BYTES_MAX // 3) + "a") == (Fault.NAME_TOO_LONG,)


@given(st.text(max_size=40))
def test_what_passes_shows_what_it_is(name: str) -> None:
    if faults_of(name):
        return
    read = read_name(name)
    assert read_name(read.text) == read
    assert not any(unicodedata.category(character)[0] in "CM" for character in read.text)
    assert not set(read.text) & set("/\\:\0")
    assert len(read.text.encode()) <= NAME_BYTES_MAX
