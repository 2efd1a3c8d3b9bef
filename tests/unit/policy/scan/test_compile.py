"""What becomes of a needle: exact, in pieces, widened, or always."""

from __future__ import annotations

import pytest

from policy.scan.compile import PROBES, build, summary
from policy.scan.needle import BYTEWISE, Needle, phrases

WORDS = "|".join(f"w{number}[\\\\'\"]*x" for number in range(1500))
HIDING = r"['\"]*(?:(?:(?:\|\||&&)[\s\v]*)?\$[!#(*])?\\?"  # what may stand between the letters of a command
HIDDEN = "|".join(HIDING.join(f"w{number:04}x") for number in range(200))

# needle, what becomes of it, part of the reason
BECOMES: list[tuple[Needle, str, str]] = [
    (Needle("rx", b"<script"), "exact", ""),
    (Needle("rx", b"^a(?!b)"), "exact", ""),
    (Needle("rx", rb"(q)\1"), "exact", ""),
    (Needle("rx", b"^$"), "exact", ""),
    (Needle("rx", b"^^a"), "exact", ""),
    (Needle("literal", b"x\x00y"), "exact", ""),
    (phrases((b"one", b"two"), caseless=True), "exact", ""),
    (Needle("rx", rb"(?:;|\n)\s*(?:\w+=(?:[^\s]*|\$.*|'.*')\s+)*(?:" + WORDS.encode() + rb")\b"), "cut", "limit"),
    (Needle("rx", HIDDEN.encode()), "simplified", "limit"),
    (Needle("rx", b"x.{1001}y"), "shortened", "count"),
    (Needle("rx", rb"(?:\d{1,500}x){500}"), "shortened", "count"),
    (Needle("rx", b"a^b"), "prefilter", "anchors"),
    (Needle("rx", b"x.{1000}y"), "exact", ""),
    (Needle("rx", b".*"), "always", "nearly every"),
    (Needle("rx", b""), "always", "nearly every"),
    (Needle("rx", b"(?=a)"), "always", "nearly every"),
    (Needle("rx", b"[a-zA-Z0-9]"), "always", "nearly every"),
    (Needle("rx", b"(*UTF)a"), "always", "verb"),
    (Needle("literal", b""), "always", "everywhere"),
    (phrases((b"one", b""), caseless=False), "always", "everywhere"),
    (Needle("rx", b"ok", more=(b"(?(1)a)",)), "always", "not known"),
]


@pytest.mark.parametrize("needle, how, reason", BECOMES)
@pytest.mark.parametrize("characters", [False, True])
def test_what_becomes_of_a_needle(needle: Needle, how: str, reason: str, characters: bool) -> None:
    built = build({3: needle}, characters=characters)
    (one,) = built.compiled
    assert (one.id, one.how) == (3, how)
    assert reason in one.reason
    assert (built.database is None) == (how == "always") == (one.expressions == 0)


def test_the_table_is_whole() -> None:
    assert len(BECOMES) == 21
    assert summary(build(dict(enumerate(needle for needle, _, _ in BECOMES)), characters=False).compiled) == {
        "exact": 8,
        "cut": 1,
        "simplified": 1,
        "shortened": 2,
        "prefilter": 1,
        "always": 8,
    }


def test_by_characters_the_pattern_of_bytes_is_added_where_it_differs() -> None:
    def ids(needle: Needle, buffer: bytes) -> set[int]:
        database = build({3: needle}, characters=True).database
        assert database is not None
        return set(database.hits(buffer))

    assert ids(Needle("rx", rb"<\w"), b"<a") == {3}
    assert ids(Needle("rx", rb"\xbc", text=rb"\x{bc}"), b"\xbc") == {3 + BYTEWISE}
    assert ids(Needle("rx", rb"\xbc", text=rb"\x{bc}"), "\xbc".encode()) == {3, 3 + BYTEWISE}
    assert ids(Needle("literal", b"\xbc", text="\xbc".encode()), b"\xbc") == {3}


def test_probes_are_harmless_values() -> None:
    assert all(probe.isascii() and probe for probe in PROBES)
