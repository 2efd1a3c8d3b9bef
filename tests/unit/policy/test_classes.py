"""Golden tables: what each class takes, what it makes of it, and with which word it refuses."""

import pytest

from policy.classes import CLASSES, PATH_CLASSES
from policy.faults import Fault, Invalid
from policy.schema import Declaration, Field

TAKEN = {
    "text": [
        ("見本の文", None),
        ("A&B <c> \"d\" 'e'", None),
        (" 　前後の空白　 ", "前後の空白"),
        ("ﾊﾝｶｸ ｶﾞｷﾞ", "ハンカク ガギ"),
        ("か\u3099き\u3099", "がぎ"),
        ("（新宿　一子、…）〜～−－", None),
        ("¥100‾", None),
    ],
    "free_text": [
        ("一行目\n二行目", None),
        ("一行目\r\n二行目\r三行目", "一行目\n二行目\n三行目"),
        ("表\tの\tコピー", "表 の コピー"),
        ("  字下げ\n", None),
    ],
    "name": [
        ("見本　花子", None),
        ("見本 花子", None),
        ("ﾐﾎﾝ ﾊﾅｺ", "ミホン ハナコ"),
        ("O'Neil, Anna-Maria", None),
        ("佐々木　〆子", None),
        ("ジャン＝リュック", None),
        ("ヴァン・デル・ミホン", None),
        ("Миxон", None),
    ],
    "address": [
        ("東京都新宿区歌舞伎町１－４－１", None),
        ("東京都新宿区歌舞伎町1-4-1 #405", None),
        ("見本ﾏﾝｼｮﾝ405号", "見本マンション405号"),
        ("〒160-8484（本庁舎）", None),
    ],
    "kana": [
        ("ミホン　ハナコ", None),
        ("ﾐﾎﾝ ﾊﾅｺ", "ミホン ハナコ"),
        ("ｳﾞｧﾝ･ﾃﾞﾙ･ﾐﾎﾝ", "ヴァン・デル・ミホン"),
        ("ハ\u3099", "バ"),
        ("ー", None),
    ],
    "postal_code": [
        ("160-8484", None),
        ("1608484", None),
        ("１６０－８４８４", "160-8484"),
        ("160ー8484 ", "160-8484"),
    ],
    "phone": [
        ("03-3209-1111", None),
        ("0332091111", None),
        ("090-0000-0000", None),
        ("０３－３２０９－１１１１", "03-3209-1111"),
        ("03(3209)1111", "03-3209-1111"),
        ("（03）3209ー1111", "03-3209-1111"),
        ("03 3209 1111", "03-3209-1111"),
        ("0120-000-000", None),
        ("+81332091111", None),
    ],
    "email": [
        ("mihon@example.jp", None),
        ("a..b.@example.ne.jp", None),
        ("ｍｉｈｏｎ＠ｅｘａｍｐｌｅ．ｊｐ", "mihon@example.jp"),
        ("a+b_c'd@sub.example-1.jp", None),
        ("a" * 64 + "@" + ".".join(["b" * 63, "c" * 63, "d" * 61]), None),
    ],
    "date": [
        ("2026-04-01", None),
        ("2024-02-29", None),
        ("1868-01-01", None),
        ("2199-12-31", None),
        ("2026/4/1", "2026-04-01"),
        ("2026.04.01", "2026-04-01"),
        ("２０２６年４月１日", "2026-04-01"),
    ],
    "number": [("0", None), ("1", None), ("-5", None), ("１２", "12"), ("9" * 18, None), ("−３", "-3")],
    "checkbox": [("on", None), ("true", None), ("false", None), ("1", None), ("0", None), ("１", "1")],
    "insured_number": [("0000000001", None), ("０００００００００１", "0000000001")],
    "arrival_number": [
        ("20260401", None),
        ("2026-0415-000001", None),
        ("01999c3e-5b1c-7d0a-8f00-0123456789ab", None),
        ("２０２６－０４１５", "2026-0415"),
    ],
    "login_id": [("mihon-0001", None), ("ｍｉｈｏｎ", "mihon"), ("!~", None)],
    "secret": [("correct#horse", None), ("a" * 128, None)],
}

REFUSED = {
    "text": [
        ("a\x00b", Fault.CONTROL),
        ("a\nb", Fault.CONTROL),
        ("a\tb", Fault.CONTROL),
        ("a\x85b", Fault.CONTROL),
        ("a\x7fb", Fault.CONTROL),
        ("a\u202eb", Fault.BIDI),
        ("a\u2067b", Fault.BIDI),
        ("a\u200eb", Fault.BIDI),
        ("a\u200bb", Fault.INVISIBLE),
        ("a\ufeffb", Fault.INVISIBLE),
        ("a\u2028b", Fault.INVISIBLE),
        ("葛\U000e0100", Fault.INVISIBLE),
        ("a\u00adb", Fault.INVISIBLE),
        ("あ\u3099", Fault.COMBINING),
        ("外\ue000字", Fault.PRIVATE_USE),
        ("外\U000f0001字", Fault.PRIVATE_USE),
        ("a\u0378b", Fault.UNASSIGNED),
        ("a\uffffb", Fault.UNASSIGNED),
        ("a\ud800b", Fault.UNASSIGNED),
        ("髙", Fault.REPERTOIRE),
        ("①", Fault.REPERTOIRE),
        ("😀", Fault.REPERTOIRE),
        ("café", Fault.REPERTOIRE),
        ("\ufa19", Fault.REPERTOIRE),
        ("あ" * 201, Fault.TOO_LONG),
        ("あ" * 100_000, Fault.TOO_LONG),
    ],
    "free_text": [("a\x0bb", Fault.CONTROL), ("a\x1b[31m", Fault.CONTROL), ("a\u2066b", Fault.BIDI)],
    "name": [
        ("見本<花子>", Fault.NOT_NAME),
        ("見本1号", Fault.NOT_NAME),
        ("見本;花子", Fault.NOT_NAME),
        ("見本\n花子", Fault.CONTROL),
        ("見本花子①", Fault.REPERTOIRE),
    ],
    "address": [("見本町<b>", Fault.NOT_ADDRESS), ("見本町; rm", Fault.NOT_ADDRESS), ('見本"町', Fault.NOT_ADDRESS)],
    "kana": [
        ("みほん", Fault.NOT_KATAKANA),
        ("見本", Fault.NOT_KATAKANA),
        ("MIHON", Fault.NOT_KATAKANA),
        ("ミホン1", Fault.NOT_KATAKANA),
        ("髙", Fault.NOT_KATAKANA),
        ("ミホン\u200b", Fault.INVISIBLE),
    ],
    "postal_code": [
        ("160-848", Fault.NOT_POSTAL_CODE),
        ("16-08484", Fault.NOT_POSTAL_CODE),
        ("160 8484", Fault.NOT_POSTAL_CODE),
        ("160-84840", Fault.TOO_LONG),
        ("١٦٠٨٤٨٤", Fault.REPERTOIRE),
    ],
    "phone": [
        ("3209-1111", Fault.NOT_PHONE),
        ("03-3209-11111", Fault.NOT_PHONE),
        ("03--3209-1111", Fault.NOT_PHONE),
        ("03-3209-1111-", Fault.NOT_PHONE),
        ("+0332091111", Fault.NOT_PHONE),
        ("+81-3-3209", Fault.NOT_PHONE),
        ("110", Fault.NOT_PHONE),
    ],
    "email": [
        ("mihon", Fault.NOT_EMAIL),
        ("mihon@localhost", Fault.NOT_EMAIL),
        ("a@b@example.jp", Fault.NOT_EMAIL),
        ("a b@example.jp", Fault.NOT_EMAIL),
        ("見本@example.jp", Fault.NOT_EMAIL),
        ("a@-example.jp", Fault.NOT_EMAIL),
        ("a@example.jp\nBcc: b@example.jp", Fault.CONTROL),
        ("a" * 65 + "@example.jp", Fault.NOT_EMAIL),
        ("a@" + ".".join(["b" * 63] * 4), Fault.TOO_LONG),
    ],
    "date": [
        ("2026-02-30", Fault.NOT_DATE),
        ("2025-02-29", Fault.NOT_DATE),
        ("2026-13-01", Fault.NOT_DATE),
        ("2026-4-1", Fault.NOT_DATE),
        ("20260401", Fault.NOT_DATE),
        ("1867-12-31", Fault.NOT_DATE),
        ("2200-01-01", Fault.NOT_DATE),
        ("0000-01-01", Fault.NOT_DATE),
        ("令和8年4月1日", Fault.NOT_DATE),
    ],
    "number": [
        ("007", Fault.NOT_NUMBER),
        ("-0", Fault.NOT_NUMBER),
        ("1.0", Fault.NOT_NUMBER),
        ("1e3", Fault.NOT_NUMBER),
        ("+1", Fault.NOT_NUMBER),
        ("9" * 19, Fault.NOT_NUMBER),
        ("9" * 20, Fault.TOO_LONG),
        ("一", Fault.NOT_NUMBER),
    ],
    "checkbox": [("yes", Fault.NOT_CHECKBOX), ("ON", Fault.NOT_CHECKBOX), ("2", Fault.NOT_CHECKBOX)],
    "insured_number": [
        ("000000001", Fault.NOT_INSURED_NUMBER),
        ("00000000011", Fault.TOO_LONG),
        ("H000000001", Fault.NOT_INSURED_NUMBER),
    ],
    "arrival_number": [
        ("2026041", Fault.NOT_ARRIVAL_NUMBER),
        ("2026--0415", Fault.NOT_ARRIVAL_NUMBER),
        ("-20260415", Fault.NOT_ARRIVAL_NUMBER),
        ("20260415-", Fault.NOT_ARRIVAL_NUMBER),
        ("2026/0415", Fault.NOT_ARRIVAL_NUMBER),
        ("a" * 37, Fault.TOO_LONG),
    ],
    "login_id": [
        ("mihon 1", Fault.NOT_VISIBLE_ASCII),
        ("見本", Fault.NOT_VISIBLE_ASCII),
        ("a\x00", Fault.CONTROL),
        ("a" * 129, Fault.TOO_LONG),
    ],
    "secret": [(" a", Fault.NOT_VISIBLE_ASCII), ("ａ", Fault.NOT_VISIBLE_ASCII), ("a" * 129, Fault.TOO_LONG)],
}


def field(name: str, **options: object) -> Field:
    if CLASSES[name].max_chars is None:
        options = {"max_chars": 200} | options
    return Field(Declaration(name="f", field_class=name, label_ja="", label_en="", **options))  # type: ignore[arg-type]  # table


def verdict(tested: Field, value: str) -> str | Fault:
    try:
        return tested.admit(value)
    except Invalid as invalid:
        return invalid.fault


@pytest.mark.parametrize(("name", "value", "after"), [(name, *case) for name, cases in TAKEN.items() for case in cases])
def test_taken(name: str, value: str, after: str | None) -> None:
    made = field(name).admit(value)
    assert made == (value if after is None else after)
    assert field(name).admit(made) == made


@pytest.mark.parametrize(
    ("name", "value", "fault"), [(name, *case) for name, cases in REFUSED.items() for case in cases]
)
def test_refused(name: str, value: str, fault: Fault) -> None:
    assert verdict(field(name), value) is fault


def test_every_class_has_cases_and_they_are_counted() -> None:
    assert set(TAKEN) == set(REFUSED) == set(CLASSES) - {"choice"}
    assert sum(map(len, TAKEN.values())) == 76
    assert sum(map(len, REFUSED.values())) == 100


def test_choice() -> None:
    tested = field("choice", choices=("新規", "変更", "ガス"))
    assert [verdict(tested, value) for value in ("新規", " 変更 ", "カ\u3099ス")] == ["新規", "変更", "ガス"]
    assert [verdict(tested, value) for value in ("廃止", "新", "新規\n")] == [
        Fault.NOT_A_CHOICE,
        Fault.NOT_A_CHOICE,
        Fault.CONTROL,
    ]


def test_halfwidth_kana_can_be_refused() -> None:
    assert verdict(field("kana", halfwidth_kana="refuse"), "ﾐﾎﾝ") is Fault.NOT_KATAKANA
    assert verdict(field("text", halfwidth_kana="refuse"), "ﾐﾎﾝ") is Fault.REPERTOIRE


def test_repertoires_widen_what_a_field_takes() -> None:
    assert verdict(field("name", repertoire="windows-31j"), "髙﨑") == "髙﨑"
    assert verdict(field("name", repertoire="jis-x-0213"), "𠮟﨑") == "𠮟﨑"
    assert verdict(field("text", repertoire="windows-31j"), "\ufa19") == "\ufa19"  # NFC would make another name of it


@pytest.mark.parametrize(("count", "outcome"), [(5, "ok"), (6, Fault.TOO_LONG), (2, "ok"), (1, Fault.TOO_SHORT)])
def test_bounds_of_length(count: int, outcome: object) -> None:
    value = "あ" * count
    assert verdict(field("text", max_chars=5, min_chars=2), value) == (value if outcome == "ok" else outcome)


def test_length_is_that_of_the_normal_form() -> None:
    assert verdict(field("text", max_chars=3), "ｶﾞｷﾞｸﾞ") == "ガギグ"
    assert verdict(field("free_text", max_chars=3), "a\r\nb") == "a\nb"
    assert verdict(field("text", max_chars=3), "  a" + " " * 9) == "a"
    assert verdict(field("text", max_chars=3), "  a" + " " * 10) is Fault.TOO_LONG


@pytest.mark.parametrize(
    ("value", "outcome"),
    [("1", "1"), ("20", "20"), ("0", Fault.TOO_SMALL), ("21", Fault.TOO_LARGE), ("２１", Fault.TOO_LARGE)],
)
def test_bounds_of_numbers(value: str, outcome: object) -> None:
    assert verdict(field("number", minimum=1, maximum=20), value) == outcome


def test_classes_of_path_segments_need_no_escapes() -> None:
    for name in PATH_CLASSES:
        for value, after in TAKEN[name]:
            normal = after if isinstance(after, str) else value
            assert normal.isascii()
            assert "%" not in normal
            assert "/" not in normal
