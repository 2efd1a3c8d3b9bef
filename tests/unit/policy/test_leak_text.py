"""policy/leak_text.py: a body as its reader sees it."""

from __future__ import annotations

import pytest

from policy.leak_text import as_seen, readings

TEXT = "個人番号１２３４"


@pytest.mark.parametrize(
    ("codec", "charset"),
    [("utf-8", ""), ("utf-8", "UTF-8"), ("utf-8-sig", ""), ("cp932", "Shift_JIS"), ("cp932", ""), ("euc_jp", '"euc-jp"'), ("euc_jp", ""),
     ("iso2022_jp", ""), ("iso2022_jp", "iso-2022-jp"), ("utf-16", ""), ("utf-16-be", "utf-16be")],
)  # fmt: skip
def test_a_charset_that_is_read(codec: str, charset: str) -> None:
    texts = readings(TEXT.encode(codec), charset, is_html=False)
    assert texts is not None and TEXT in texts


def test_a_page_may_say_its_charset_itself() -> None:
    page = f'<meta http-equiv=a content="text/html; charset=Shift_JIS">{TEXT}'.encode("cp932")
    assert readings(page, "", is_html=True) == ["\n" + TEXT]


@pytest.mark.parametrize("charset", ["utf-7", "gb18030", "x-user-defined", "base64"])
def test_a_charset_that_nobody_reads(charset: str) -> None:
    assert readings(b"x", charset, is_html=False) is None


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("<span>1</span><b>2</b>", "12"),
        ("<td>1</td><td>2</td>", "\n1\n\n2\n"),
        ('<input value="1234">', '\ninput value="1234"\n'),
        ("<!-- 1 -->", "\n 1 \n"),
        ("&#49;&#x32;&nbsp;&lt;b&gt;", "12\xa0<b>"),
        (r"\u0031\uff12", "1２"),
        (r"\ud800", "\ufffd"),
        ("1\u200b2\u00ad3", "123"),
        ("1 < 2", "1 < 2"),
    ],
)
def test_what_is_seen_of_a_page(written: str, seen: str) -> None:
    assert as_seen(written, is_html=True) == seen


def test_tags_are_text_where_there_is_no_page() -> None:
    assert as_seen("<b>1</b>", is_html=False) == "<b>1</b>"
