"""What the tables of vectors do not say about classes of words."""

from __future__ import annotations

import pytest

from policy.fields.text import CLASSES, EMAIL_CHARS
from tests.unit.policy.test_classes import field, verdict

FAULTS = {each.name: each.fault for each in CLASSES}


@pytest.mark.parametrize("name", ["text", "free_text", "name", "address", "kana"])
def test_the_classes_of_japanese_text_have_a_repertoire(name: str) -> None:
    assert [each.textual for each in CLASSES if each.name == name] == [True]


def test_a_secret_is_not_normalised() -> None:
    assert verdict(field("secret"), "Ａ") is FAULTS["secret"]
    assert verdict(field("login_id"), "Ａ") == "A"


@pytest.mark.parametrize("length", [EMAIL_CHARS, EMAIL_CHARS + 1])
def test_bound_of_an_address(length: int) -> None:
    domain = f"{'b' * 63}.{'c' * 63}.{'d' * 61}"
    local = "a" * (length - len(domain) - 1)
    assert (verdict(field("email"), f"{local}@{domain}") == f"{local}@{domain}") is (length == EMAIL_CHARS)


def test_narrow_systems_take_half_width_kana_and_nothing_wide() -> None:
    narrow = field("text", repertoire="jis-x-0201")
    assert verdict(narrow, "ﾐﾎﾝ ABC ¥1") == "ﾐﾎﾝ ABC ¥1"
    assert verdict(field("name", repertoire="jis-x-0201"), "ﾐﾎﾝ ﾊﾅｺ") == "ﾐﾎﾝ ﾊﾅｺ"
    assert verdict(narrow, "ミホン") == "repertoire"
