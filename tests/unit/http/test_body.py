"""relay/http/body.py: the text and name rules that all parsers share."""

from __future__ import annotations

import pytest

from relay.base.errors import Refused
from relay.base.reasons import Reason
from relay.http.body import check_name, decode_text


@pytest.mark.parametrize(
    "raw", [b"\xff", b"\xc0\x80", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe3\x81"]
)
def test_text_is_strict_utf_8(raw: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        decode_text(raw)
    assert refusal.value.reason is Reason.CHARSET_INVALID


def test_text_is_not_changed() -> None:
    assert decode_text("\ufeff氏\u0301😀\x00".encode()) == "\ufeff氏\u0301😀\x00"


def test_names_are_counted_in_bytes() -> None:
    check_name("氏".encode(), 3)
    with pytest.raises(Refused) as refusal:
        check_name("氏".encode(), 2)
    assert refusal.value.reason is Reason.NAME_TOO_LONG
