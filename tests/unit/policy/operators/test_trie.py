from __future__ import annotations

import random

from policy.operators.trie import Trie


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
    for _ in range(3_000):
        phrases = [bytes(chance.choices(b"abAB\xc3", k=chance.randint(1, 5))) for _ in range(chance.randint(1, 6))]
        trie = Trie(phrases)
        value = bytes(chance.choices(b"abABc\xc3", k=chance.randint(0, 12)))
        end = trie.first_end(value)
        assert end == slow_end(phrases, value), (phrases, value)
        if end is not None:
            assert trie.longest_beginning(value, end) == slow_beginning(phrases, value, end), (phrases, value)
            hits += 1
    assert hits > 1_000


def test_no_phrases_find_nothing() -> None:
    assert Trie([]).first_end(b"abc") is None
    assert Trie([b""]).first_end(b"") is None
    assert Trie([b"a"]).longest_beginning(b"xyz", 3) == (0, b"")


def test_ascii_is_folded_and_nothing_else() -> None:
    assert Trie(["É".encode()]).first_end("é".encode()) is None
    assert Trie([b"aB"]).first_end(b"xAb") == 3
    assert Trie([b"aB", b"Ab"]).phrases == (b"ab",)
