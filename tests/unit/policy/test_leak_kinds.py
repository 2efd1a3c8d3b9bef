"""policy/leak_kinds.py: the word nearest in front of a number says what it is."""

from __future__ import annotations

import pytest

from policy.leak_kinds import KINDS, NEAR_CHARS, nearest_word
from relay.ops.metrics import LEAK, OTHER

CASES = (
    ("個人番号：", "personal_number"),
    ("マイナンバー ", "personal_number"),
    ('"my_number": "', "personal_number"),
    ('name="kojin_bango" value="', "personal_number"),
    ("カード番号 ", "card_number"),
    ('"cardNumber":', "card_number"),
    ("受付番号：", "other"),
    ("お問い合わせ番号 ", "other"),
    ('{"receiptId": "', "other"),
    ("個人番号カードの申請 受付番号 ", "other"),
    ("受付番号、個人番号 ", "personal_number"),
    ("マイナンバーカードの交付 ", "personal_number"),
    ("の件数は ", ""),
    ("expand ", ""),
)


@pytest.mark.parametrize(("before", "kind"), CASES)
def test_the_last_word_decides(before: str, kind: str) -> None:
    assert nearest_word(before + "1", len(before)) == kind


@pytest.mark.parametrize(("chars", "kind"), [(NEAR_CHARS, "personal_number"), (NEAR_CHARS + 1, "")])
def test_how_far_a_word_reaches(chars: int, kind: str) -> None:
    before = "個人番号" + "あ" * (chars - len("個人番号"))
    assert nearest_word(before + "1", len(before)) == kind


def test_metrics_know_every_kind() -> None:
    assert (*KINDS, OTHER) == LEAK.values
