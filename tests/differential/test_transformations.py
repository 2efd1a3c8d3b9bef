"""The strict reading of every transformation against ModSecurity itself: tables, all short values of telling pieces, random ones."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from policy.transformations.code_points import parse_unicode_map
from policy.transformations.table import TRANSFORMATIONS, chain
from tests.differential.transformation_oracle import Oracle
from tests.unit.policy.transformations.cases import STAGES, STRICT
from tests.unit.policy.transformations.tokens import TOKENS

NAMES = sorted({name for cases in STRICT.values() for name, _, _ in cases})

MAP = "1252 (another page)\n0041:42\n\n20127 (US-ASCII)\n00e9:65 2019:27 ff1c:3c 3042:b1 d842:20\n0000:7e\n"

# Names, pieces, how many pieces at most, how many values that makes.
EXHAUSTIVE: list[tuple[list[str], list[bytes], int, int]] = [
    (["jsDecode", "cssDecode", "escapeSeqDecode"], [b"\\", b"u", b"x", b"7", b"f", b"3", b" ", b"\n"], 4, 4680),
    (["jsDecode", "cssDecode"], [b"\\", b"u00", b"ff", b"1c", b"5f", b"0", b" "], 4, 2800),
    (["htmlEntityDecode"], [b"&", b"#", b"x", b"6", b"c", b";", b"lt", b"amp", b"9999999999"], 4, 7380),
    (["removeComments", "removeCommentsChar", "replaceComments"], [b"/", b"*", b"-", b">", b"<!", b"#", b"a"], 4, 2800),
    (["normalisePath", "normalisePathWin"], [b"/", b".", b"\\", b"a"], 6, 5460),
    (["base64Decode", "base64DecodeExt"], [b"QUJ", b"Q", b"=", b"\n", b" ", b"\r", b"\0", b"9", b"!"], 4, 7380),
    (["urlDecode", "urlDecodeUni"], [b"%", b"u", b"4", b"1f", b"+", b"g", b"U", b"ff"], 4, 4680),
    (["utf8toUnicode"], [b"\xe3", b"\x81", b"\xf5", b"\0", b"a", b"\xc0", b"\xed\xa0", b"\xf0"], 4, 4680),
    (["sqlHexDecode", "hexDecode"], [b"0", b"x", b"X", b"4", b"g", b"a", b"\0"], 4, 2800),
    (["cmdLine", "compressWhitespace", "trim"], [b" ", b"\t", b"^", b"/", b"(", b"A", b",", b"\xa0"], 4, 4680),
]


def short(pieces: list[bytes], most: int) -> Iterable[bytes]:
    for count in range(1, most + 1):
        for chosen in itertools.product(pieces, repeat=count):
            yield b"".join(chosen)


def random_values(seed: int, count: int, pieces: int) -> Iterable[bytes]:
    dice = random.Random(seed)
    for _ in range(count):
        if dice.random() < 0.1:
            yield dice.randbytes(dice.randint(1, 12))
        else:
            some = dice.sample(TOKENS, dice.randint(2, 24))
            yield b"".join(dice.choices(some, k=dice.randint(1, pieces)))


def random_chains(seed: int, count: int) -> list[str]:
    """Those of the Core Rule Set that have multiMatch, and random ones; digests would hide what comes before them."""
    dice = random.Random(seed)
    names = [name for name in NAMES if name not in ("md5", "sha1", "none")]
    return [
        "utf8toUnicode,urlDecodeUni,removeNulls,cmdLine",
        "utf8toUnicode,urlDecodeUni,removeNulls",
        "urlDecodeUni,base64Decode",
        "urlDecodeUni,replaceComments",
        *(",".join(dice.sample(names, dice.randint(2, 5))) for _ in range(count)),
    ]


def disagreements(oracle: Oracle, values: Iterable[bytes], unicode_map: dict[int, int] | None = None) -> list[object]:
    chains = {name: chain(name.split(","), unicode_map) for name in oracle.names}
    found: list[object] = []
    for value in values:
        for name, real in oracle.results(value).items():
            ours = chains[name].apply(value, False)
            if ours != real:
                found.append((name, value, real, ours))
    return found


def test_every_transformation_is_asked() -> None:
    assert {name.lower() for name in NAMES} == set(TRANSFORMATIONS)
    assert set(Oracle(NAMES).results(b"a")) == set(NAMES)


def test_the_tables_say_what_modsecurity_says() -> None:
    oracle = Oracle(NAMES)
    cases = [case for table in STRICT.values() for case in table]
    assert len(cases) == 204
    for name, value, result in cases:
        assert oracle.results(value)[name] == result, (name, value)


def test_the_table_of_changes_says_what_modsecurity_says() -> None:
    oracle = Oracle(NAMES, stages=True)
    for name, value, count in STAGES:
        assert oracle.counts(value)[name] == count, (name, value)


@pytest.mark.parametrize(("names", "pieces", "most", "count"), EXHAUSTIVE)
def test_every_short_value(names: list[str], pieces: list[bytes], most: int, count: int) -> None:
    values = list(short(pieces, most))
    assert len(values) == count
    assert disagreements(Oracle(names), values) == []


def test_random_values() -> None:
    assert disagreements(Oracle(NAMES), random_values(1, 2500, 8)) == []


def test_random_long_values() -> None:
    assert disagreements(Oracle(NAMES), random_values(2, 20, 10_000)) == []


def test_random_values_with_a_unicode_map(tmp_path: Path) -> None:
    path = tmp_path / "unicode.mapping"
    path.write_text(MAP)
    names = ["urlDecodeUni", "jsDecode", "cssDecode", "urlDecode"]
    values = (value.replace(b"\\u", b"%u") for value in random_values(3, 4000, 8))
    assert disagreements(Oracle(names, path), values, parse_unicode_map(MAP, 20127)) == []


def test_what_multi_match_looks_at() -> None:
    oracle = Oracle(NAMES, stages=True)
    chains = {name: chain([name]) for name in NAMES}
    for value in random_values(4, 1500, 6):
        assert oracle.counts(value) == {name: len(list(one.stages(value, False))) for name, one in chains.items()}, (
            value
        )


def test_chains() -> None:
    chains = random_chains(5, 60)
    values = list(random_values(6, 800, 8))
    assert disagreements(Oracle(chains), values) == []
    oracle = Oracle(chains, stages=True)
    for value in values:
        expected = {name: len(list(chain(name.split(",")).stages(value, False))) for name in chains}
        assert oracle.counts(value) == expected, value
