"""Large requests as citizens and offices send them: no rule of paranoia level 1 fires, and no bound of the engine is met.

`make corpus` asks about each text by itself; here hundreds of them are in one request. The rules' databases are kept in
`out/rules-cache`, since making them is most of the test's time.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.corpus import sources
from bench.rules import rulesets
from bench.rules.requests import Request, form, json_request, multipart, part, post
from policy import offline
from policy.effort import Effort
from policy.sample_forms import Fields
from policy.samples import samples

pytestmark = pytest.mark.slow

_SEED = 7
_CACHE = Path("out/rules-cache")
_NOTES = (
    "（新宿 一子、別紙のとおり）",
    "※ 平日９時～17時／土日祝は除く。",
    "「住民票」の写し…１通＝300円",
    "ご確認のほど、よろしくお願いいたします！",
    "R7.4.1 から R8.3.31 まで；更新あり",
    "担当: 窓口サービス課・電話 000-0000-0000（内線 12）",
)
# The one of 22,200 offices whose name reads like SQL: `(SHINTOA CORPORATION)and(SHINTOA KOEKI KAISHA.LTD.)`, in full-width letters.
_LIKE_SQL = "）ａｎｄ（ＳＨＩＮＴＯＡ"
_SUMS = (949110, 980130)  # rules that only add up others
_MOST_SPENT = 0.8  # share of the steps that a request is granted


class _Texts:
    def __init__(self) -> None:
        self._rng = random.Random(_SEED)
        self._addresses = list(sources.addresses())
        self._offices = list(sources.offices())
        self._family = list(sources.family_names())
        self._given = list(sources.given_names())

    def one(self) -> str:
        draw = self._rng
        place = draw.choice(self._addresses)
        family, given, office = draw.choice(self._family), draw.choice(self._given), draw.choice(self._offices)
        return draw.choice((
            f"〒{place['postal_code']} {place['prefecture']}{place['city']}{place['neighborhood']}{draw.randint(1, 30)}-2-3",
            f"{place['prefecture_kana']}　{place['city_kana']}",
            f"{family[0]}　{given[0]}",
            f"{family[1]} {given[1]}",
            f"{office['name']}（{office['city']}{office['banchi']}）",
            draw.choice(_NOTES),
        ))  # fmt: skip

    def fields(self, count: int, size: int) -> Fields:
        """So many fields with so many characters in all, or a little more."""
        made = []
        for number in range(count):
            text = self.one()
            while len(text) < size // count:
                text += _join(self._rng) + self.one()
            made.append((f"field_{number}", text))
        return tuple(made)


def _join(rng: random.Random) -> str:
    return rng.choice(("、", "。\r\n", "　", "\r\n・", "／"))


def _requests() -> Iterator[Request]:
    for sample in samples():
        if sample.body is not None:
            yield post((sample.content_type or "").encode(), sample.body, sample.path.encode())
    texts = _Texts()
    for count, size in ((20, 0), (20, 90_000), (300, 0), (900, 0), (900, 90_000)):
        fields = texts.fields(count, size)
        yield form(fields)
        yield json_request(dict(fields))
        yield json_request({"申請": [{"氏名": name, "備考": text} for name, text in fields[:400]]})
        yield multipart([part(name.encode(), text.encode()) for name, text in fields])
    for count in (1, 900):
        fields = texts.fields(count, 330_000)
        yield json_request(dict(fields))
        yield multipart([part(name.encode(), text.encode()) for name, text in fields])


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> offline.Grader:
    _CACHE.mkdir(parents=True, exist_ok=True)
    files = rulesets.files(rulesets.crs3(), 1, tmp_path_factory.mktemp("rules"), engine="On")
    return offline.load(files, reading="characters", cache=_CACHE)


def _steps(effort: Effort) -> int:
    return effort.left + effort.kept


def test_nothing_fires_and_no_bound_is_met(rules: offline.Grader) -> None:
    asked = 0
    largest = 0
    for request in _requests():
        raw = request.raw()
        run = offline.evaluate(rules, raw)
        about = (asked, len(raw))
        assert [fired.id for fired in run.fired] == [], about
        assert run.decision is None, about
        assert not run.state.operator_failed, about
        assert not run.transaction.exceeded, about
        granted = _steps(Effort.for_bytes(len(raw)))
        assert granted - _steps(run.state.effort) < _MOST_SPENT * granted, about
        asked += 1
        largest = max(largest, len(raw))
    assert asked == 60
    assert 900_000 < largest <= 1_048_576


def test_an_office_whose_name_reads_like_a_condition_is_one_only_where_it_asks_something(rules: offline.Grader) -> None:
    (name,) = [office["name"] for office in sources.offices() if _LIKE_SQL in office["name"]]
    for value, fired in ((name, []), (name + "） ｏｒ （１＝１", [942100])):
        run = offline.evaluate(rules, form([("office_name", value)]).raw())
        assert [rule.id for rule in run.fired if rule.id not in _SUMS] == fired


# A full-width blank between words hides them: no reader of ASCII takes it for a blank (docs/spec/rules.md 3.7.2).
@pytest.mark.parametrize(
    "attack",
    [
        "１ ｏｒ １＝１",
        "＇ ｏｒ １＝１－－",
        "＇ ｏｒ ＇ａ＇＝＇ａ",
        "１） ａｎｄ （１＝１",
        "ａ） ａｎｄ （ｂ＝ｂ",
        "１ ｕｎｉｏｎ ｓｅｌｅｃｔ ｎａｍｅ ｆｒｏｍ ｕｓｅｒｓ",
        "１； ｄｒｏｐ ｔａｂｌｅ ｕｓｅｒｓ－－",
        "１ ａｎｄ ｓｌｅｅｐ（５）",
        "＜ｓｃｒｉｐｔ＞ａｌｅｒｔ（１）＜／ｓｃｒｉｐｔ＞",
        "＜ｓｖｇ ｏｎｌｏａｄ＝ａｌｅｒｔ（１）＞",
    ],
)
def test_attacks_in_full_width_letters_are_found_alone_and_behind_japanese(rules: offline.Grader, attack: str) -> None:
    for text in (attack, f"新宿一子、{attack}", f"申込 {attack}　以上"):
        assert offline.evaluate(rules, form([("notes", text)]).raw()).decision is not None, text
