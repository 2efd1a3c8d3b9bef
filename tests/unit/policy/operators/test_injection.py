from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from policy.effort import Effort
from policy.operators.injection import (
    CALL_CHARGE,
    READ_BYTES_PER_STEP,
    RUN_BYTES,
    TOKEN_CHARGE,
    DetectSqli,
    DetectXss,
    library,
)
from policy.operators.match import OperatorInvalid
from tests.unit.policy.operators.modsecurity import Asked

TOKENS = (
    b"'", b'"', b" or ", b" and ", b"1", b"=", b"--", b"/*", b"*/", b"union", b" select ", b"(", b")", b"a", b";", b"#", b"<", b"script",
    b">",
    b"on", b"load=", b"javascript:", b"\x00", b"\xff", "あ".encode(), b" ", b"\n", b",", b"@@version", b"`", b"{", b"<!--", b"style", b"/",
    b"0x41", b"||", b"!", b"sleep(5)", b"<svg", b"<a ", b"href=", b"data:", b"\xc2\xa0", b"having", b"if(",
)  # fmt: skip


def test_findings_and_fingerprints_are_as_in_modsecurity() -> None:
    chance = random.Random(11)
    sqli, xss = Asked([("detectSQLi", b"")]), Asked([("detectXSS", b"")])
    hits = 0
    for _ in range(1_500):
        value = b"".join(chance.choice(TOKENS) for _ in range(chance.randint(0, 12)))
        for operator, asked in ((DetectSqli(), sqli), (DetectXss(), xss)):
            found = operator.match(value, characters=False)
            assert (found is not None) == bool(asked.spans(value)), value
            if found is not None:
                hits += 1
                assert found.groups == (asked.captured(),), value
    assert hits > 100


def test_an_injection_behind_japanese_is_found_by_itself() -> None:
    text = "1 つの棒のみ編集する場合は、その棒を もう一度 ダブル クリック します。、"
    attack = b"-1;  drop table sysobjects--+"
    value = text.encode() + attack + "　以上".encode()
    assert DetectSqli().match(value, characters=False) is None
    found = DetectSqli().match(value, characters=True)
    assert found is not None
    assert value[found.start : found.end] == attack
    alone = DetectSqli().match(attack, characters=True)
    assert alone is not None and alone.groups == found.groups
    assert DetectSqli().match(b"\xff" + value, characters=True) is None  # no UTF-8: as ModSecurity reads it


def test_the_shortest_run_that_is_asked_about() -> None:
    text = "1 つの棒のみ 編集 する 場合 は、".encode()
    for attack, size in ((b"1or 1=1", RUN_BYTES), (b"1||1=1", RUN_BYTES - 1)):
        assert len(attack) == size
        assert DetectSqli().match(attack, characters=True) is not None
        assert DetectSqli().match(text + attack, characters=False) is None
        assert (DetectSqli().match(text + attack, characters=True) is not None) is (size == RUN_BYTES)


def test_japanese_between_signs_is_no_injection() -> None:
    value = "銅屋|(訪韓O¨!".encode()
    assert DetectSqli().match(value, characters=False) is not None
    assert DetectSqli().match(value, characters=True) is None
    assert DetectSqli().match("銅屋' or 訪=訪#".encode(), characters=True) is not None


def test_in_other_cases_both_readings_are_one() -> None:
    value = "新宿' or 1=1--".encode()
    assert DetectSqli().match(value, characters=True) == DetectSqli().match(value, characters=False) is not None
    assert DetectXss().match("新宿<svg onload=a>".encode(), characters=True) is not None


def test_japanese_is_no_injection() -> None:
    for value in (
        "（新宿 一子、代理）",
        "東京都新宿区西新宿２－８－１",
        "A&B株式会社（本社）",
        "１０：００～１１：００",
    ):
        assert DetectSqli().match(value.encode(), characters=True) is None
        assert DetectXss().match(value.encode(), characters=True) is None


# As they are behind utf8toUnicode and urlDecodeUni: what was full-width is ASCII.
PROSE = (
    "(本店)or(支店)",
    "(山田)and(ABC)",
    "(ABC)or(DEF)のどちらか",
    "(1)-(2)を添付",
    "(1)+(2)=(3) のうち",
    "(ABC),(DEF)のとおり",
    "LEFT(レフト)",
    "BI/TAN(城山半田)",
    "SPACE(スペース)株式会社",
    "1. <伊差川>(笑) 2. 新宿",
    "- (新宿)\n- 代々木;\n- 原宿。",
)


@pytest.mark.parametrize("text", PROSE)
def test_words_figures_and_brackets_alone_are_prose(text: str) -> None:
    assert DetectSqli().match(text.encode(), characters=False) is not None
    assert DetectSqli().match(text.encode(), characters=True) is None


def test_prose_in_a_run_of_ascii_is_prose_too() -> None:
    run = "CORPORATION)and(SHINTOA"
    assert DetectSqli().match(run.encode(), characters=True) is not None  # alone it is no text
    assert DetectSqli().match(f"(SHINTOA　{run}　KOEKI)".encode(), characters=True) is None


@pytest.mark.parametrize(
    "attack",
    [
        "(新宿)or(本店)=(本店)",  # a word before it, and it compares
        "(新宿)and(本店)like(支店)",
        "(新宿)and(本店)<(支店)",
        "1 or (新宿)",  # a number before it
        "1)or(1 新宿",
        "新宿、1)and(1)=(1",
        "(42)rlike(1337)新宿",  # compares, without a word that joins
        "(1)div(1)!=(新宿)",
        "新宿(a)and(sleep(5))",  # a call of a function
        "新宿' or '本店'='本店",
        "新宿)or(本店)--",
        "新宿(1) union select (2)",
        "LEFT(左)=1 or 1=1",
        "新宿 chr ( HTTP_RAW_POST_DATA )",  # a call in ASCII alone
    ],
)
def test_what_asks_something_is_no_prose(attack: str) -> None:
    assert DetectSqli().match(attack.encode(), characters=True) is not None


@pytest.mark.parametrize("value", [b"(A)and(B)", b"(1)-(2)", b"(A),(B)"])
def test_without_text_there_is_no_prose(value: bytes) -> None:
    assert DetectSqli().match(value, characters=True) == DetectSqli().match(value, characters=False) is not None


def test_a_library_that_is_not_there_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OperatorInvalid, match=r"libinjection is not at .*scripts/libinjection"):
        library(tmp_path / "libinjection.so")


def _is_prose(text: str) -> bool:
    """Whether it has nothing but words, figures, brackets and signs that may stand between them."""
    return re.search(r"""["'`\\#@<]|--|/\*|!=|or.*=|=.*or|1[^;]*or""", text) is None


def test_text_without_a_part_is_told_at_once_as_if_it_were_asked_about() -> None:
    chance = random.Random(12)
    pieces = [
        "あ",
        "（",
        "　",
        "ム",
        "1",
        "a",
        "o",
        "r",
        " ",
        "'",
        "-",
        "=",
        "(",
        ")",
        "1=1",
        "\n",
        ";",
        "/*",
        "@",
        "select ",
    ]
    found = 0
    for _ in range(4_000):
        text = "あ" + "".join(chance.choice(pieces) for _ in range(chance.randint(0, 9)))
        value = text.encode()
        bytewise = DetectSqli().match(value, characters=False) is not None
        part = re.search(r"""["'`;#\\@0-9]|--|/\*|[A-Za-z_]{2}""", text) is not None
        runs = re.findall(f"[\\x00-\\x7f]{{{RUN_BYTES},}}", text)
        of_runs = any(DetectSqli().match(run.encode(), characters=False) is not None for run in runs)
        expected = (bytewise and part) or of_runs
        asked = DetectSqli().match(value, characters=True) is not None
        assert asked is expected or (expected and _is_prose(text)), text
        found += expected
    assert 100 < found < 3_000


FOLDED = b"&A" * 5_000
"""Ten thousand tokens, none of which libinjection keeps."""


def spent(operator: DetectSqli | DetectXss, value: bytes) -> int:
    effort = Effort(10**9)
    assert operator.match_within(value, True, effort) == operator.match(value, True)
    return 10**9 - effort.left


def test_what_libinjection_folds_away_is_counted_for_each_context_that_it_is_read_in() -> None:
    once = spent(DetectSqli(), FOLDED)
    assert once == CALL_CHARGE + TOKEN_CHARGE * len(FOLDED) + len(FOLDED) // READ_BYTES_PER_STEP
    as_mysql_too = spent(DetectSqli(), b"#\n" + FOLDED)  # the comment has another meaning there
    assert 1.9 * once < as_mysql_too < 2.1 * once
    behind_a_quotation_mark_too = spent(DetectSqli(), FOLDED + b"'" + FOLDED)
    assert 1.9 * once < behind_a_quotation_mark_too < 3.1 * once


def test_the_run_of_ascii_in_a_text_is_counted_beside_the_text() -> None:
    once = spent(DetectSqli(), FOLDED)
    assert 1.9 * once < spent(DetectSqli(), "あ ".encode() + FOLDED) < 2.1 * once


def test_what_is_read_to_the_fifth_token_only_is_counted_so() -> None:
    prose = b"the quick brown fox jumps over the lazy dog " * 1_000
    assert spent(DetectSqli(), prose) < spent(DetectSqli(), prose[:100]) + 10


@pytest.mark.parametrize("operator", [DetectSqli(), DetectXss()])
def test_an_operator_that_has_no_step_left_says_so_with_a_match(operator: DetectSqli | DetectXss) -> None:
    value = b"a=<b 1 + 1" * 10
    needed = spent(operator, value)
    for steps, exhausted in ((needed, False), (needed - 1, True)):
        effort = Effort(steps)
        first = operator.match_within(value, True, effort)
        assert first == operator.match(value, True)
        second = operator.match_within(value, True, effort)
        assert (second is not None and second.exhausted) is exhausted


def test_runs_behind_the_last_step_are_not_asked_about() -> None:
    value = "あ aaaaaaa ".encode() * 1_000  # a thousand runs, each asked about alone
    whole = spent(DetectSqli(), value)
    assert whole > 1_000 * CALL_CHARGE
    effort = Effort(whole // 2)
    found = DetectSqli().match_within(value, True, effort)
    assert found is not None and found.exhausted
    assert effort.left > -2 * CALL_CHARGE


def test_xss_is_counted_by_bytes() -> None:
    assert spent(DetectXss(), b"x" * 80) == CALL_CHARGE + 80 // READ_BYTES_PER_STEP
