"""Japanese as citizens write it into forms, with made-up people: harmless text, and the same with an attack inside."""

from __future__ import annotations

import random

_NAMES = (
    "新宿　一子",
    "霞関 太郎",
    "髙𣘺 はな",
    "渡邉　史郎",
    "ヤマダ　ハナコ",
    "ﾔﾏﾀﾞ ﾀﾛｳ",
    "斎藤・ジョン・健",
    "Ｓａｔｏ　Ｋｅｎ",
)
_PLACES = (
    "東京都新宿区西新宿２丁目８番１号",
    "北海道札幌市中央区北一条西２－１ 〇〇マンション１０５号",
    "京都府京都市中京区寺町通御池上る上本能寺前町４８８番地",
    "沖縄県那覇市泉崎１ー２ー２（１Ｆ）",
    "〒163-8001 西新宿2-8-1",
)
_DATES = (
    "令和６年４月１日",
    "平成31年4月30日（火）",
    "昭和五十年十二月二十五日",
    "R6.4.1",
    "２０２４／０４／０１",
    "㍻元年",
    "令和元年度",
)
_PHRASES = (
    "保育園の入園を申し込みます。",
    "下記のとおり申請します（添付：住民票の写し１通）。",
    "電話は０３－１２３４－５６７８、日中は勤務先へお願いします。",
    "転入のため、児童手当の認定を請求します。①本人　②配偶者",
    "「道路の陥没」について＝至急、確認してください！？",
    "費用は１０，０００円～２０，０００円程度を見込んでいます…。",
    "※委任状は別紙。／代理人：新宿　一子（長女）",
    "ご連絡は午前９：００〜午後５：００の間にお願いいたします。",
    "アレルギー（卵・乳・小麦）があります；給食は除去食を希望します。",
    "㈱ＡＢＣ商事　℡０３　№１２３　Ⅲ級　㎡　髙　﨑　鷗",
    "父：会社員　母：パート＋自営",
    "＜備考＞　＆　％　＃　＄　＠　＊　｛｝　［］　￥　｜　～　’　”",
)
_LABELS = (
    "氏名",
    "フリガナ",
    "住所",
    "生年月日",
    "電話番号",
    "備考",
    "申請理由",
    "続柄",
    "勤務先",
    "name",
    "kana",
    "addr1",
    "memo",
)


def sentence(rng: random.Random) -> str:
    parts = rng.choices((*_NAMES, *_PLACES, *_DATES, *_PHRASES, *_PHRASES), k=rng.randint(1, 5))
    return rng.choice(("", "　", " ", "、", "\r\n", "／")).join(parts)


def planted(attack: str, rng: random.Random) -> str:
    """The attack between two pieces of Japanese, with or without something between them."""
    glue = rng.choice(("", " ", "　", "。", "、", "「", "\r\n"))
    return (
        sentence(rng)
        + glue
        + attack
        + rng.choice(("", " ", "　", "。", "」"))
        + (sentence(rng) if rng.random() < 0.6 else "")
    )


def fields(rng: random.Random, count: int) -> list[tuple[str, str]]:
    """The fields of a form; names repeat only if there are more fields than names."""
    names = rng.sample(_LABELS, min(count, len(_LABELS))) + [f"field{number}" for number in range(len(_LABELS), count)]
    return [(name, sentence(rng)) for name in names]
