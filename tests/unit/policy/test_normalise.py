import pytest

from policy import normalise

CASES = [
    (normalise.compose, "か\u3099は\u309a", "がぱ"),
    (normalise.compose, "\u212b", "\u00c5"),
    (normalise.compose, "\ufa19か\u3099\U0002f800", "\ufa19が\U0002f800"),
    (normalise.compose, "\u1112\u1161\u11ab", "한"),
    (normalise.widen_kana, "ﾊﾟﾝﾀﾞ｡｢ｱ｣､･ｰ", "パンダ。「ア」、・ー"),
    (normalise.widen_kana, "ABC亜", "ABC亜"),
    (normalise.one_line, " 　見本　花子　 ", "見本　花子"),
    (normalise.one_line, " 　", ""),
    (normalise.one_line_wide_kana, "かﾞ", "が"),
    (normalise.lines, "a\r\nb\rc\nd\te\r\r\n", "a\nb\nc\nd e\n\n"),
    (normalise.narrow, "　ＡＢ＠ｃ．ｊｐ ", "AB@c.jp"),
    (normalise.narrow, "ー", "ー"),
    (normalise.narrow_digits, "１６０ー８４８４", "160-8484"),
    (normalise.narrow_digits, "1‐2‑3‒4–5—6―7−8－9ｰ0─1", "1-2-3-4-5-6-7-8-9-0-1"),
]


@pytest.mark.parametrize(("function", "before", "after"), CASES)
def test_normal_forms(function, before: str, after: str) -> None:
    assert function(before) == after
    assert function(after) == after


def test_cases_are_counted() -> None:
    assert len(CASES) == 14
