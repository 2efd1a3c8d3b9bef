"""The search for the worst input finds what was planted, says the same for one seed, and its recipes make what they say."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable

import pytest

from bench.worst import meter, report
from bench.worst.attribution import BODY, attribute
from bench.worst.carriers import CARRIERS, Exchange
from bench.worst.known import KNOWN
from bench.worst.meter import BOUND_BYTES, SECONDS_PER_100_KIB, Cost, Meter, allowance
from bench.worst.patterns import Sought, pieces, seeds, sought
from bench.worst.recipe import SIZE_LEAST, SIZE_MOST, WRAPS, Recipe, of_json, raw
from bench.worst.search import Search
from policy import offline
from policy.variables.parse import parse_request, parse_response
from tests.unit.policy.engine.building import DEAR_RULES

NANOSECOND = 1e-9
SPARED = 1_024  # bytes that a recipe of one value leaves free, for the head and for less than a whole pump
RULES = r"""
SecRuleEngine DetectionOnly
SecRequestBodyAccess On
SecResponseBodyAccess On
SecRule REQUEST_HEADERS:Content-Type "@rx json" "id:1,phase:1,nolog,pass,t:none,ctl:requestBodyProcessor=JSON"
SecRule REQUEST_HEADERS:Content-Type "@rx xml" "id:2,phase:1,nolog,pass,t:none,ctl:requestBodyProcessor=XML"
SecRule ARGS "@rx begin(?:z+)+end" "id:11,phase:2,pass,t:none"
SecRule REQUEST_HEADERS "@pm sqlmap nikto" "id:12,phase:1,pass,t:none"
SecRule RESPONSE_BODY "@rx error \d+" "id:13,phase:4,pass,t:none"
SecRule XML:/* "@rx ^begin(?:zz <'é=)+end$" "id:15,phase:2,pass,t:none"
SecRule ARGS "@rx ^a" "id:14,phase:2,pass,t:none,chain"
SecRule ARGS "@rx b{3}$" "t:none"
"""


class Planted:
    """A stage with a clock of its own, which stands still but for what the function says that an exchange costs."""

    def __init__(self, seconds: Callable[[Exchange], float]) -> None:
        self._seconds = seconds
        self.now = 0.0
        self.sizes: list[int] = []

    def stage(self, exchange: Exchange) -> None:
        self.sizes.append(exchange.size)
        self.now += self._seconds(exchange)

    def clock(self) -> float:
        return self.now

    def meter(self) -> Meter:
        return Meter(self.stage, self.clock)


def linear(exchange: Exchange) -> float:
    return exchange.size * 100 * NANOSECOND


def quadratic_in_z(exchange: Exchange) -> float:
    """An operator that goes back over every run of z."""
    longest = max((len(run) for run in re.findall(rb"z+", exchange.request)), default=0)
    return linear(exchange) + longest**2 * 10 * NANOSECOND


def search(planted: Planted, seed: int, steps: int) -> Search:
    rng = random.Random(seed)
    rules = offline.load([offline.Source("planted", RULES)]).ruleset
    made = Search(planted.meter(), seeds(sought(rules), rng), rng)
    for _ in range(steps):
        made.step()
    return made


def test_a_planted_quadratic_operator_is_found() -> None:
    found = search(Planted(quadratic_in_z), 1, 150).worst(1)[0]
    assert found.share > 1
    assert b"zzzz" in found.recipe.exchange().request


def test_what_is_linear_and_cheap_is_not_held_to_be_bad() -> None:
    found = search(Planted(linear), 1, 100)
    assert 0 < found.worst(1)[0].share < 0.25


def test_one_seed_gives_one_search() -> None:
    first, again = (search(Planted(quadratic_in_z), 5, 60).worst(5) for _ in range(2))
    assert first == again
    assert search(Planted(quadratic_in_z), 6, 60).worst(5) != first


def test_a_slow_moment_of_the_machine_is_not_a_find() -> None:
    """Every tenth run takes ten times as long: what is kept was slow each time that it was run."""
    runs = iter(range(1, 1_000_000))
    planted = Planted(lambda exchange: linear(exchange) * (10 if next(runs) % 10 == 0 else 1))
    assert search(planted, 2, 200).worst(1)[0].share < 0.3


def test_the_worst_are_kept_apart() -> None:
    found = search(Planted(quadratic_in_z), 3, 200).apart(10)
    assert len({(cost.recipe.carrier, cost.recipe.named, cost.recipe.rules) for cost in found}) == len(found) == 10
    assert [cost.share for cost in found] == sorted((cost.share for cost in found), reverse=True)


def test_measured_again_the_lesser_counts() -> None:
    planted = Planted(linear)
    made = search(planted, 4, 30)
    before = made.worst(1)[0]
    halved = made.again(Cost(before.recipe, before.bytes, before.seconds * 2), 1)
    assert halved.seconds == pytest.approx(before.seconds)


def test_a_hopeless_input_is_measured_small() -> None:
    planted = Planted(lambda exchange: exchange.size**2 * 1e-8)
    cost = planted.meter().cost(Recipe("form", "", "a", "", size=SIZE_MOST), runs=5)
    assert cost.share > 1
    assert max(planted.sizes) <= meter.CAUTIOUS_BYTES


@pytest.mark.parametrize(
    ("size", "seconds"),
    [
        (1, SECONDS_PER_100_KIB),
        (BOUND_BYTES, SECONDS_PER_100_KIB),
        (BOUND_BYTES + 1, SECONDS_PER_100_KIB * (BOUND_BYTES + 1) / BOUND_BYTES),
        (10 * BOUND_BYTES, 10 * SECONDS_PER_100_KIB),
    ],
)
def test_allowance(size: int, seconds: float) -> None:
    assert allowance(size) == pytest.approx(seconds)


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("size", [SIZE_LEAST, 100 * 1024, SIZE_MOST])
@pytest.mark.parametrize("name", CARRIERS)
def test_no_recipe_makes_more_than_it_says(name: str, size: int, named: bool) -> None:
    for values in (1, 100, 10_000):
        recipe = Recipe(name, "b", 'x"<&; \n', "e", values=values, distinct=True, named=named, size=size)
        made = recipe.exchange()
        assert made.size <= size, (values, made.size)
        if values == 1 and (name, named) != ("multipart", True):  # which leaves quotes out
            assert made.size > size - SPARED


READ = {
    "query": "ARGS_GET", "path": "REQUEST_FILENAME", "form": "ARGS_POST", "multipart": "ARGS_POST", "files": "FILES", "json": "ARGS",
    "xml": "XML", "cookie": "REQUEST_COOKIES", "header": "REQUEST_HEADERS", "response": "RESPONSE_BODY",
}  # fmt: skip


@pytest.mark.parametrize(("name", "collection"), READ.items())
def test_the_text_arrives_where_the_carrier_says(name: str, collection: str) -> None:
    rules = offline.load([offline.Source("planted", RULES)])
    made = Recipe(name, "begin", "zz <'é=", "end", size=SIZE_LEAST).exchange()
    run = offline.evaluate(rules, made.request, made.response)
    if collection == "XML":
        assert 15 in {one.id for one in run.fired}
        return
    values = b"\n".join(item.value for item in run.transaction.get(collection))
    if name == "path":
        values = values.replace(b"%3C", b"<").replace(b"%20", b" ").replace(b"%C3%A9", "é".encode())
    assert b"begin" in values and "zz <'é=zz <'é=".encode() in values and b"end" in values


def test_every_carrier_is_tried() -> None:
    assert set(READ) | {"raw"} == set(CARRIERS)


def test_planted_attacks_fire() -> None:
    """What the carriers make is what rules see: the pattern's own seeds match it."""
    rules = offline.load([offline.Source("planted", RULES)])
    fired: set[int] = set()
    rng = random.Random(3)
    fresh = seeds(sought(rules.ruleset), rng)
    for _ in range(300):
        made = next(fresh).exchange()
        fired.update(one.id for one in offline.evaluate(rules, made.request, made.response).fired)
    assert {11, 12, 13, 14} <= fired


@pytest.mark.parametrize("name", WRAPS)
def test_wraps_leave_bytes(name: str) -> None:
    made = WRAPS[name](b"<a\xff")
    assert made and made != b"<a\xff"
    assert len(Recipe("form", "<", "select ", ">", wraps=(name,), size=4_096).exchange().request) <= 4_096


def test_recipes_survive_json() -> None:
    recipe = Recipe("json", "\udcff", "あ\x00", "", ("html", "base64"), 3, True, True, 7, 5_000, (941100, 942100))
    assert of_json(json.loads(json.dumps(recipe.as_json()))) == recipe
    assert of_json(json.loads(json.dumps(recipe.as_json()))).exchange() == recipe.exchange()


@pytest.mark.parametrize(
    ("text", "data"), [("あ", "あ".encode()), ("\udcff", b"\xff"), ("\ud83d", "\ufffd".encode()), ("a", b"a")]
)
def test_texts_are_bytes(text: str, data: bytes) -> None:
    assert raw(text) == data


@pytest.mark.parametrize(
    ("pattern", "pump"),
    [
        (rb"begin(?:z+)+end", r"z+"),
        (rb"x[0-9]{1,20}y", r"\d"),
        (rb"\s*=", r"\s|x?\s*=.?"),
        (rb"(?:ab|cd)*!", r"(ab|cd|!)+.?"),
    ],
)
def test_repeated_parts_are_repeated(pattern: bytes, pump: str) -> None:
    rng = random.Random(9)
    found = {pieces(Sought(1, "rx", pattern, "", ()), rng)[1] for _ in range(200)}
    assert any(re.fullmatch(pump, one) for one in found), found


def test_a_pattern_that_cannot_be_walked_is_no_obstacle() -> None:
    assert pieces(Sought(1, "rx", rb"(*ACCEPT)a", "", ()), random.Random(1))[1]


def test_words_of_lists_are_repeated() -> None:
    found = pieces(Sought(1, "pm", b"sqlmap nikto", "", ()), random.Random(1))[1]
    assert "sqlmap" in found or "nikto" in found


def test_links_of_chains_are_led_to() -> None:
    rules = offline.load([offline.Source("planted", RULES)]).ruleset
    found = {(one.rule, one.operator, one.carrier): one.leads for one in sought(rules)}
    assert found[12, "pm", "header"] == () and found[13, "rx", "response"] == ()
    assert [one.leads for one in sought(rules) if one.rule == 14] == [(), (b"^a",)]


def test_the_time_is_attributed() -> None:
    rules = offline.load([offline.Source("planted", RULES)])
    made = Recipe("form", "begin", "z", "end", size=SIZE_LEAST).exchange()
    spent = attribute(rules.program, made)
    assert {BODY, "sieve of phase 1", "sieve of phase 2", "rule 11"} <= spent.keys()
    assert min(spent.values()) >= 0


def test_where_the_steps_are_used_up_the_time_until_then_is_attributed() -> None:
    rules = offline.load([offline.Source("dear", DEAR_RULES)], reading="characters")
    made = Recipe("query", "value", "", "", values=1_000, distinct=True).exchange()
    assert attribute(rules.program, made).keys() == {BODY, "sieve of phase 1", "sieve of phase 2"}


def test_the_report_has_what_it_needs() -> None:
    recipe = Recipe("form", "", "\x1b[31m\n", "", rules=(1,))
    grown = [Cost(recipe, size, size * 1e-6) for size in report.SIZES]
    finding = report.Finding(Cost(recipe, BOUND_BYTES, 0.1), 0.01, grown, {"rule 1": 0.08, "a": 0.02, "b": 0.0001})
    assert finding.exponent == pytest.approx(1.0)
    assert finding.worst_share == pytest.approx(2.048)
    assert finding.leading == [("rule 1", pytest.approx(0.799, abs=0.01)), ("a", pytest.approx(0.2, abs=0.01))]
    written = report.as_json([finding], seed=1)
    assert written["worst_ms_per_100_kib"] == pytest.approx(102.4)
    assert json.loads(json.dumps(written))["worst"][0]["times_a_plain_text"] == 10
    assert report.table([finding]).row_count == 1
    squared = [Cost(recipe, size, size**2 * 1e-12) for size in report.SIZES]
    assert report.Finding(grown[0], 0.01, squared, {}).exponent == pytest.approx(2.0)
    assert report.Finding(grown[0], 0.01, squared[:1], {}).exponent is None


def test_requests_are_read_as_they_are_meant() -> None:
    made = Recipe("header", "", "abc", "", values=3, size=SIZE_LEAST).exchange()
    assert {b"User-Agent", b"Referer", b"Accept"} <= {name for name, _ in parse_request(made.request).headers}
    answer = Recipe("response", "", "abc", "", named=True, size=SIZE_LEAST).exchange()
    assert answer.response is not None and parse_response(answer.response).status == 500


def test_what_was_once_too_slow_is_tried_first() -> None:
    """What each made too many of has a bound now, at n and n + 1 in the tests of that bound; here they are inputs as they should be."""
    assert len(KNOWN) == len(set(KNOWN)) == 48
    for recipe in KNOWN:
        assert recipe.size // 2 <= recipe.exchange().size <= recipe.size or recipe.values > 1
        assert of_json(json.loads(json.dumps(recipe.as_json()))) == recipe
