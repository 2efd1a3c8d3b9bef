from __future__ import annotations

import pytest

from policy.operators.rewrite import characterwise
from policy.operators.rx import Rx

SPELLED: tuple[tuple[bytes, str], ...] = (
    (rb"\xe2(?:\x91[\xa0-\xbf]|\x92[\x80-\xbf]|\x93[\x80-\xa9\xab-\xbf])", "[\u2460-\u24e9\u24eb-\u24ff]"),
    (rb"\xe3[\x81-\x83][\x80-\xbf]", "[\u3040-\u30ff]"),
    (rb"[\xe3-\xe9][\x80-\xbf]{2}", "[\u3000-\u9fff]"),
    (rb"\xe3[\x80-\xbf]+x", r"[　-㿿]x"),
    (rb"\xe3[\x80-\xbf]{1,3}", r"[　-㿿]"),
    (rb"[\xc2-\xdf][\x80-\xbf]", "[\u0080-\u07ff]"),
    (rb"\xf0[\x9f][\x98\x99][\x80-\xbf]", "[\U0001f600-\U0001f67f]"),
    (rb"\xe0[\x80-\xbf][\x80-\xbf]", "[\u0800-\u0fff]"),
    (rb"\xe3(\x80\x81)", "ã(\x80\x81)"),
    (rb"\xe3(?:\x80\x81)+", "ã(?:\x80\x81)+"),
    (rb"\xe3(?:\x80\x81|\x80)", "ã(?:\x80\x81|\x80)"),
    (rb"\xe3[\x80-\xbf]", "ã[\x80-¿]"),
    (rb"[\xe3-\xff][\x80-\xbf]{2}", "[ã-ÿ][\x80-¿]{2}"),
    (rb"[^\xe3][\x80-\xbf]{2}", "[^ã][\x80-¿]{2}"),
    (rb"\xed[\xa0-\xbf][\x80-\xbf]", "í[\xa0-¿][\x80-¿]"),
)


@pytest.mark.parametrize(("pattern", "written"), SPELLED)
def test_what_is_spelled_in_bytes_is_a_set_of_characters(pattern: bytes, written: str) -> None:
    assert characterwise(pattern).decode() == written


def test_the_cases_are_counted() -> None:
    assert len(SPELLED) == 15


def test_enclosed_digits_in_an_address_are_found() -> None:
    operator = Rx(rb"https?://(?:[0-9.]|\xe2(?:\x91[\xa0-\xbf]|\x92[\x80-\xbf])|\xe3\x80\x82)+/")
    for characters in (False, True):
        assert operator.match("申込http://①②⑦。⓪/".encode(), characters) is None
        assert operator.match("申込http://①②⑦。①/".encode(), characters) is not None
