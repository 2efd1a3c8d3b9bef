"""Pieces of which values are made that mean something to some transformation."""

from __future__ import annotations

from typing import Final

TOKENS: Final[tuple[bytes, ...]] = (
    *(bytes([byte]) for byte in b" \t\n\r\x0b\x0c\0+%\\/.&#;-*<>!=^\"',(01789abcfABCFuUxXgQz"),
    *(
        b"  ",
        b"\r\n",
        b"..",
        b"/../",
        b"/./",
        b"//",
        b"\\\\",
        b"..\\\\",
        b"a\\\\\\",
        b"/*",
        b"*/",
        b"<!--",
        b"-->",
        b"--",
    ),
    *(b"%41", b"%u3042", b"%uff1c", b"%u00e9", b"%ud842", b"%udfb7", b"%4", b"%u", b"%25"),
    *(
        b"\\x41",
        b"\\u0041",
        b"\\u3042",
        b"\\uff1c",
        b"\\ud842\\udfb7",
        b"\\101",
        b"\\777",
        b"\\4",
        b"\\1f600 ",
        b"\\ff1c",
    ),
    *(
        b"&lt;",
        b"&GT",
        b"&amp;",
        b"&nbsp",
        b"&quotx",
        b"&#60;",
        b"&#x3042;",
        b"&#xff1c",
        b"&#",
        b"&#99999999999999999999",
    ),
    *(b"0x4142", b"0x", b"QUJD", b"QUI=", b"QQ==", b"9"),
    *(text.encode() for text in ("あ", "場", "é", "𠮷", "＜", "％", "’", "\u00a0")),
    *(
        b"\xa0",
        b"\xc2",
        b"\xe3",
        b"\x81",
        b"\xe3\x81",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf0\x80\x80\xaf",
        b"\xf5\x80\x80\x80",
    ),
)
