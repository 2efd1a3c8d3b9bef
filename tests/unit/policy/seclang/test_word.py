from __future__ import annotations

import pytest

from policy.seclang.word import Shape, Status, Word, like, refused, supported, table, without_effect


def test_a_table_is_asked_without_case() -> None:
    words = table(supported(Shape.NONE, "Aa Bb"), without_effect(Shape.REQUIRED, "why", "Cc"), refused("why not", "Dd"))
    assert list(words) == ["aa", "bb", "cc", "dd"]
    assert words["cc"] == Word("Cc", Status.WITHOUT_EFFECT, Shape.REQUIRED, "why")
    assert words["dd"].status is Status.REFUSED


def test_a_word_stands_once() -> None:
    with pytest.raises(ValueError, match="AA stands twice"):
        table(supported(Shape.NONE, "Aa"), refused("", "AA"))


def test_the_nearest_word_is_proposed() -> None:
    words = table(supported(Shape.NONE, "REQUEST_URI"))
    assert like("requst_uri", words) == "write REQUEST_URI, if that is meant; docs/seclang.md lists all"
    assert like("xyz", words) == "docs/seclang.md lists all"
