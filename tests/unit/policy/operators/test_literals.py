from __future__ import annotations

import random

from policy.operators.literals import Literals


def slow_end(phrases: list[bytes], value: bytes) -> int | None:
    folded = value.lower()
    ends = [end for end in range(len(value) + 1) if any(folded[:end].endswith(phrase.lower()) for phrase in phrases)]
    return ends[0] if ends else None


def slow_beginning(phrases: list[bytes], value: bytes, end: int) -> tuple[int, bytes]:
    for start in range(end):
        for phrase in phrases:
            if phrase.lower().startswith(value[start:end].lower()):
                return end - start, phrase[: end - start]
    return 0, b""


def test_the_hit_is_the_one_that_ends_first() -> None:
    chance = random.Random(5)
    hits = 0
    for _ in range(1_500):
        phrases = [bytes(chance.choices(b"abAB\xc3\x00", k=chance.randint(1, 5))) for _ in range(chance.randint(1, 6))]
        literals = Literals(phrases)
        value = bytes(chance.choices(b"abABc\xc3", k=chance.randint(0, 12)))
        end = literals.first_end(value)
        assert end == slow_end(phrases, value), (phrases, value)
        if end is not None:
            assert literals.longest_beginning(value, end) == slow_beginning(phrases, value, end), (phrases, value)
            hits += 1
    assert hits > 500


def test_no_phrases_find_nothing() -> None:
    assert Literals([]).first_end(b"abc") is None
    assert Literals([b""]).first_end(b"") is None
    assert Literals([b"a"]).longest_beginning(b"xyz", 3) == (0, b"")


def test_ascii_is_folded_and_nothing_else() -> None:
    assert Literals(["É".encode()]).first_end("é".encode()) is None
    assert Literals([b"aB"]).first_end(b"xAb") == 3
    assert Literals([b"aB", b"Ab"]).phrases == (b"ab",)
