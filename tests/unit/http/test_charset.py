"""The rows of docs/spec/http.md section 6.4: forms in Shift_JIS and EUC-JP are read as the UTF-8 that goes on, or refused."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from policy import route
from relay.base.errors import Refused
from relay.base.limits import DEFAULTS
from relay.base.reasons import Reason
from relay.http.body import BodyEvent, Document, Field, FileData, FileEnd, FileStart
from relay.http.charset import CHARSETS
from relay.http.submission import open_body
from tests.unit.http.body_case import FORM, JSON, MULTIPART
from tests.unit.http.feeds import parse, pieces
from tests.unit.http.test_submission import head

SPEC = Path(__file__).parents[3] / "docs" / "spec" / "http.md"
BOTH = ("utf-8", "shift_jis", "euc-jp")
SJIS, EUC = ("shift_jis",), ("euc-jp",)
BAD, OTHER = Reason.CHARSET_UNDECODABLE, Reason.CHARSET_INVALID
NAMED = b'Content-Disposition: form-data; name="%b"'


def part(header: bytes, content: bytes) -> bytes:
    return b"--BB\r\n" + header + b"\r\n\r\n" + content + b"\r\n--BB--\r\n"


def named(name: bytes, content: bytes) -> bytes:
    return part(NAMED % name, content)


def labelled(label: bytes) -> bytes:
    return FORM + b"; charset=" + label


Case = tuple[str, tuple[str, ...], bytes, bytes, list[BodyEvent] | Reason]
A: list[BodyEvent] = [Field("a", "表")]
CASES: list[Case] = [
    *(
        ("K1", BOTH, labelled(label), b"a=%95%5C", A)
        for label in (
            *(b"Shift_JIS", b"shift-jis", b"SJIS", b"x-sjis", b"Windows-31J", b"ms932", b"ms_kanji", b"csShiftJIS"),
            *(b"CP932", b'"shift_jis"'),
        )
    ),
    *(("K1", BOTH, labelled(label), b"a=%C9%BD", A) for label in (b"EUC-JP", b"x-euc-jp", b"csEUCPkdFmtJapanese")),
    ("K1", SJIS, labelled(b"utf-8"), b"a=%E8%A1%A8", A),
    ("K1", SJIS, labelled(b"euc-jp"), b"a=%C9%BD", OTHER),
    ("K1", EUC, labelled(b"shift_jis"), b"a=%95%5C", OTHER),
    ("K1", (), labelled(b"shift_jis"), b"a=%95%5C", OTHER),
    ("K1", BOTH, labelled(b"iso-2022-jp"), b"a=v", OTHER),
    ("K1", BOTH, labelled(b"utf-16"), b"a=v", OTHER),
    ("K1", BOTH, MULTIPART + b"; charset=sjis", named(b"a", b"\x95\x5c"), A),
    ("K2", SJIS, FORM, b"a=%95%5C", A),
    ("K2", SJIS, FORM, b"a=%95\\", A),  # half of a character may stand unescaped
    ("K2", EUC, MULTIPART, named(b"a", b"\xc9\xbd"), A),
    ("K2", BOTH, FORM, b"a=%E8%A1%A8", A),
    ("K2", BOTH, FORM, b"a=%95%5C", OTHER),  # not UTF-8; nothing is guessed
    ("K2", SJIS, FORM, b"", []),
    ("K3", SJIS, FORM, b"%95%5C=v", [Field("表", "v")]),
    ("K3", SJIS, FORM, b"a=%83%41+%B1%87%40%EE%FC%81%60", [Field("a", "ア ｱ①＂～")]),
    ("K3", SJIS, FORM, b"a=%5C%7E%00", [Field("a", "\\~\0")]),
    ("K3", EUC, FORM, b"a=%A5%A2+%8E%B1%AD%A1%A1%C1", [Field("a", "ア ｱ①～")]),
    ("K3", SJIS, MULTIPART, named(b"\x95\x5c", b"v"), [Field("表", "v")]),  # its second byte is a backslash
    (
        "K3",
        SJIS,
        MULTIPART,
        part(NAMED % b"a" + b'; filename="\x8d\x5c%22.txt"\r\nContent-Type: text/plain', b"\x95\x5c"),
        [FileStart("a", '構".txt', "text/plain"), FileData(b"\x95\x5c"), FileEnd()],  # of a file the bytes stay
    ),
    ("K3", SJIS, MULTIPART, named(b"a\\b", b"v"), Reason.MULTIPART_INVALID),
    *(("K4", SJIS, FORM, b"a=" + raw, BAD) for raw in (b"%95", b"%81%22", b"%95%5C%95", b"%85%40", b"%FF%FF", b"%FC%FC")),
    *(("K4", SJIS, FORM, b"a=" + raw, BAD) for raw in (b"%80", b"%A0", b"%FD", b"%FE", b"%FF", b"%F0%40", b"%F9%FC")),
    *(("K4", EUC, FORM, b"a=" + raw, BAD) for raw in (b"%C9", b"%C9%5C", b"%8E", b"%8E%41", b"%A9%A1", b"%FE%FE", b"%80")),
    ("K4", EUC, FORM, b"a=%8F%B0%A1", BAD),
    ("K4", SJIS, FORM, b"%95=v", BAD),
    ("K4", SJIS, MULTIPART, named(b"a", b"\x95"), BAD),
    ("K4", EUC, MULTIPART, named(b"\xc9", b"v"), BAD),
    ("K5", SJIS, FORM, b"_charset_=UTF-8", OTHER),
    ("K5", SJIS, MULTIPART, named(b"_charset_", b"euc-jp"), OTHER),
    ("K5", SJIS, MULTIPART, part(NAMED % b"a" + b"\r\nContent-Type: text/plain; charset=utf-8", b"v"), OTHER),
    ("K5", BOTH, MULTIPART, part(NAMED % b"a" + b"\r\nContent-Type: text/plain; charset=sjis", b"v"), OTHER),
    ("K5", SJIS, MULTIPART, part(NAMED % b"a" + b"\r\nContent-Type: text/plain; charset=cp932", b"\x95\x5c"), A),
    ("K6", SJIS, FORM, b"_charset_=Windows-31J", [Field("_charset_", "utf-8")]),
    ("K6", EUC, MULTIPART, named(b"_charset_", b"EUC-JP"), [Field("_charset_", "utf-8")]),
    ("K8", SJIS, JSON, b'"\xe8\xa1\xa8"', [Document("表")]),
    ("K8", BOTH, JSON + b"; charset=shift_jis", b'"\x95\x5c"', OTHER),
    ("K8", SJIS, JSON, b'"\x95\x5c"', OTHER),
    ("K8", SJIS, MULTIPART, part(NAMED % b"a" + b"; filename*=UTF-8''%E8%A1%A8", b"v"),
     [FileStart("a", "表", "text/plain"), FileData(b"v"), FileEnd()]),
    ("K8", SJIS, MULTIPART, part(NAMED % b"a" + b"; filename*=Shift_JIS''%95%5C", b"v"), OTHER),
]  # fmt: skip
SMALL = dataclasses.replace(DEFAULTS, name_bytes=6, field_bytes=9)
SIZES = [  # three characters are nine bytes of UTF-8; the fourth is one too many
    (FORM, b"a=%95%5C%95%5C%95%5C", None),
    (FORM, b"a=%95%5C%95%5C%95%5Ca", Reason.FIELD_TOO_LARGE),
    (FORM, b"%95%5C%95%5C=v", None),
    (FORM, b"%95%5C%95%5Ca=v", Reason.NAME_TOO_LONG),
    (MULTIPART, named(b"a", b"\xb1\xb1\xb1"), None),
    (MULTIPART, named(b"a", b"\xb1\xb1\xb1a"), Reason.FIELD_TOO_LARGE),
    (MULTIPART, named(b"\xb1\xb1", b"v"), None),
    (MULTIPART, named(b"\xb1\xb1a", b"v"), Reason.NAME_TOO_LONG),
]


@pytest.mark.parametrize(("row", "charsets", "content_type", "raw", "expect"), CASES)
def test_case(
    row: str, charsets: tuple[str, ...], content_type: bytes, raw: bytes, expect: list[BodyEvent] | Reason
) -> None:
    for size in (max(1, len(raw)), 1, 7):
        try:
            _, parser = open_body(head((b"content-type", content_type)), DEFAULTS, charsets)
        except Refused as refused:
            assert refused.reason is expect
            continue
        assert parse(parser, pieces(raw, size)) == (expect.value if isinstance(expect, Reason) else expect), row


@pytest.mark.parametrize(("content_type", "raw", "reason"), SIZES)
def test_limits_count_what_goes_on(content_type: bytes, raw: bytes, reason: Reason | None) -> None:
    found = parse(open_body(head((b"content-type", content_type)), SMALL, SJIS)[1], [raw])
    assert found == reason.value if reason else isinstance(found, list)


def test_every_row_of_the_spec_has_cases() -> None:
    section = SPEC.read_text(encoding="utf-8").partition("### 6.4")[2].partition("## 7.")[0]
    rows = set(re.findall(r"^\| (K[0-9]+) \|", section, re.MULTILINE))
    assert rows == {case[0] for case in CASES} | {"K7"}  # K7: SIZES
    assert (len(CASES), len(SIZES)) == (69, 8)


def test_the_names_are_those_of_routes() -> None:
    assert tuple(CHARSETS) == route.CHARSETS


def test_every_pair_of_euc_jp_is_read_as_code_page_932_reads_its_shift_jis() -> None:
    """Against Python's own codec, which has the rows of JIS X 0208, and six signs in another form."""
    decode, same = CHARSETS["euc-jp"].decode, 0
    for first in range(0xA1, 0xFF):
        for second in range(0xA1, 0xFF):
            raw = bytes((first, second))
            try:
                wanted = raw.decode("euc_jp")
            except UnicodeDecodeError:
                continue
            same += decode(raw) == wanted
    assert same == 6879 - 6  # JIS X 0208; 〜 ‖ − ¢ £ ¬ are ～ ∥ － ￠ ￡ ￢ there
