"""One pass over many values: what is reported, for whom, in which reading."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.effort import (
    ASCII_MORE,
    FOUND_BYTES_PER_STEP,
    FOUND_FREE,
    FOUND_MOST,
    SCAN_CHARGE,
    SCANNED_BYTES_PER_STEP,
    Effort,
    Spent,
)
from policy.scan.compile import Build, build
from policy.scan.database import Database, Ends
from policy.scan.needle import MAX_ID, Needle, phrases, quoted
from policy.scan.scanner import ALONE_BYTES, GROUP, LOOK_BYTES, Scanner, charge_found, compile_scanner

NEEDLES = {
    0: Needle("rx", rb"<script\b"),
    1: Needle("rx", rb"^select", caseless=True),
    2: Needle("rx", rb"end\z"),
    3: phrases((b"union", b"benchmark("), caseless=True),
    4: Needle("literal", b"/etc/passwd"),
    5: Needle("rx", rb"[^a]*"),
    6: Needle("rx", rb"^\s*$"),
    7: Needle("rx", "（[^）]*一子".encode()),
    8: Needle("rx", rb"[\x80-\xff]", text=rb"[\x{80}-\x{ff}]"),
    9: Needle("rx", rb"^" + quoted(b"GET /a.b") + rb"$"),
}


@pytest.fixture(scope="module")
def strict() -> Scanner:
    return compile_scanner(NEEDLES, characters=False)


@pytest.fixture(scope="module")
def characters() -> Scanner:
    return compile_scanner(NEEDLES, characters=True)


def found(scanner: Scanner, *values: bytes) -> dict[int, list[int]]:
    return {id_: list(indexes) for id_, indexes in scanner.scan(values).items() if id_ not in scanner.always}


def test_each_needle_is_reported_for_the_values_that_it_may_match(strict: Scanner) -> None:
    assert found(
        strict, b"a", b"x<script>", b"SELECT 1", b"no select", b"the end", b"end of", b"UNION", b"cat /etc/passwd"
    ) == {
        0: [1],
        1: [2],
        2: [4],
        3: [6],
        4: [7],
    }


def test_what_needs_two_values_is_no_hit(strict: Scanner) -> None:
    assert found(strict, b"<scr", b"ipt>") == {}
    assert found(strict, b"/etc", b"/passwd") == {}


def test_boundaries_of_a_value_are_boundaries_of_a_line(strict: Scanner) -> None:
    assert found(strict, b"x", b"<script", b"selection", b"GET /a.b", b"GET /a_b", b"end") == {
        0: [1],
        1: [2],
        9: [3],
        2: [5],
    }


@pytest.mark.parametrize("values", [(b"",), (b"", b"x"), (b"x", b""), (b"x", b"", b"x"), (b"x", b"\n"), (b"x", b" \t")])
def test_the_empty_value_is_scanned_too(strict: Scanner, values: tuple[bytes, ...]) -> None:
    assert found(strict, *values) == {6: [index for index, value in enumerate(values) if not value.strip()]}


def test_nothing_is_found_in_no_values(strict: Scanner, characters: Scanner) -> None:
    assert strict.scan(()) == {}
    assert characters.scan(()) == {}


def test_what_hits_nearly_everything_is_always_reported(strict: Scanner) -> None:
    assert strict.always == {5}
    assert list(strict.scan((b"x", b"aaa"))[5]) == [0, 1]


@pytest.mark.parametrize("count", [1, 2, 2 * GROUP - 1, 2 * GROUP, 2 * GROUP + 1, 10 * GROUP + 3])
def test_the_values_are_found_among_any_number(strict: Scanner, count: int) -> None:
    for hit in {0, count // 2, count - 1}:
        values = [b"harmless"] * count
        values[hit] = b"<script src=/etc/passwd"
        assert found(strict, *values) == {0: [hit], 4: [hit]}
    assert found(strict, *[b"<script"] * count) == {0: list(range(count))}


def test_only_active_needles_are_reported(strict: Scanner) -> None:
    values = (b"<script", b"union", b"/etc/passwd")
    assert dict(strict.scan(values, {0: 1, 3: 1})) == {0: [0], 3: [1]}
    assert dict(strict.scan(values, {5: 1})) == {5: [0, 1, 2]}
    assert strict.scan(values, {}) == {}


KINDS = 3  # bits
PIECES = st.sampled_from([
    b"<script", b"select", b"end", b"union", b"/etc/passwd", b"a", b" ", b"GET /a.b", "（一子".encode(), "山".encode(), b"\xff", b"\n",
    b"x" * ALONE_BYTES,
])  # fmt: skip
MASKS = st.integers(0, 2**KINDS - 1)


@settings(max_examples=600, deadline=None)
@given(
    values=st.lists(st.tuples(st.lists(PIECES, max_size=3).map(b"".join), MASKS), max_size=12),
    active=st.dictionaries(st.sampled_from(sorted(NEEDLES)), MASKS),
    reading=st.booleans(),
)
def test_of_the_kinds_that_a_needle_is_looked_for_in_nothing_is_lost(
    strict: Scanner, characters: Scanner, values: list[tuple[bytes, int]], active: dict[int, int], reading: bool
) -> None:
    """As each value by itself."""
    scanner = characters if reading else strict
    hits = scanner.scan([value for value, _ in values], active, [kind for _, kind in values])
    assert hits.keys() <= active.keys()
    for id_, asked in active.items():
        alone = [place for place, (value, _) in enumerate(values) if id_ in scanner.scan([value])]
        assert set(hits.get(id_, ())) <= set(alone)
        assert {place for place in alone if values[place][1] & asked} <= set(hits.get(id_, ()))


def test_a_value_that_is_no_text_makes_no_hits_in_text(characters: Scanner) -> None:
    values = ["一子".encode(), b"\xff", "山".encode(), b"union \xe3"]
    assert characters.scan(values, {3: 1, 8: 1}, [1, 1, 1, 1]) == {3: [3], 8: [1, 3]}


def test_by_characters_a_hit_does_not_begin_inside_one(strict: Scanner, characters: Scanner) -> None:
    value = "新宿（一子".encode()
    assert found(strict, value) == {7: [0], 8: [0]}
    assert found(characters, value) == {7: [0]}
    assert found(characters, "café".encode()) == {8: [0]}


def test_by_characters_what_is_not_utf8_is_read_bytewise(characters: Scanner) -> None:
    assert found(characters, b"\xff<script>", "一子".encode(), b"\xe3\x80", b"union") == {0: [0], 8: [0, 2], 3: [3]}


@pytest.mark.parametrize("sign", ["\u212a", "\u017f"])
def test_characters_that_unicode_folds_to_ascii_are_no_hits(characters: Scanner, sign: str) -> None:
    assert found(characters, f"{sign}elect".encode(), b"x") == {}
    assert found(characters, b"select", f"<script {sign}elect".encode()) == {0: [1], 1: [0]}


def test_large_values_are_scanned_whole(strict: Scanner) -> None:
    value = b"x" * (1 << 20) + b"<script"
    assert found(strict, value, b"y") == {0: [0]}
    flood = b"union select <script /etc/passwd " * (1 << 15)
    assert found(strict, flood) == {0: [0], 3: [0], 4: [0]}


@pytest.mark.parametrize("size", [ALONE_BYTES - 1, ALONE_BYTES, ALONE_BYTES + 1])
def test_long_values_stand_beside_short_ones(strict: Scanner, size: int) -> None:
    long = b"<script".rjust(size, b"x")
    assert found(strict, b"union", long, b"x", long, b"<script") == {0: [1, 3, 4], 3: [0]}
    assert found(strict, long, long) == {0: [0, 1]}


@pytest.mark.parametrize("pattern", [rb"a\s*b", rb"<\s*s", rb"'[0-9a]*1", rb"[<>]\d?\s*b", rb"x[ab]*>", rb"=x?[cd]"])
def test_a_small_database_loses_nothing_wherever_it_stands(pattern: bytes) -> None:
    """vectorscan 5.4.12 by itself loses most of these."""
    needle = Needle("rx", pattern)
    texts = (b"ab", b"a  b", b"<s", b"'1", b"'a01", b"<b", b">7 b", b"xb>", b"=c", b"=xd")
    scanners = [compile_scanner({0: needle}, characters=characters) for characters in (False, True)]
    count = 0
    for text in texts:
        if re.search(pattern, text):
            for before in range(100):
                for behind in (0, 1, 2, 20, 40):
                    count += 1
                    value = b"z" * before + text + b"z" * behind
                    assert [dict(scanner.scan((value,))) for scanner in scanners] == [{0: [0]}] * 2, value
    assert count >= 500


class Counting:
    """A database, and how many bytes it was shown."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.bytes = 0

    def ends(self, buffer: bytes) -> Ends:
        self.bytes += len(buffer)
        return self._database.ends(buffer)

    def hits_of_each(self, buffers: Sequence[bytes]) -> Iterator[tuple[int, list[int]]]:
        self.bytes += sum(map(len, buffers))
        return self._database.hits_of_each(buffers)


@pytest.mark.parametrize(
    ("values", "times"),
    [
        ([b"%d <script union /etc/passwd " % n for n in range(1_000)], 4),
        ([b"%d " % n + (b"<script", b"union", b"/etc/passwd")[n % 3] for n in range(1_000)], 4),
        ([b"<script" if n < 20 else b"harmless" for n in range(1_000)], 4),
        ([b"<script " * 100 + b"%d" % n for n in range(100)], 1),
        ([b"union", *(b"harmless %d" % n for n in range(1_000))], 2.1),
        ([b"harmless %d" % n for n in range(1_000)], 1.1),
    ],
)
def test_how_often_a_byte_is_looked_at(strict: Scanner, values: list[bytes], times: float) -> None:
    """Whatever hits: a hit that is told of once for all values joined has to be looked for again in each of them."""
    made = build(NEEDLES, characters=False)
    assert made.database is not None
    counting = Counting(made.database)
    scanner = Scanner(Build(made.compiled, counting), NEEDLES, characters=False)  # type: ignore[arg-type]  # as far as it is used
    assert scanner.scan(values) == strict.scan(values)
    assert counting.bytes <= times * (sum(map(len, values)) + len(values))


LINES = {0: Needle("rx", rb"[\n\r]"), 1: Needle("rx", rb"union\s+select"), 2: Needle("literal", b"\0")}


@pytest.mark.parametrize("characters", [False, True])
@pytest.mark.parametrize("active", [None, {0: 1, 1: 1, 2: 1}, {1: 1}])
def test_line_ends_are_told_without_another_look(characters: bool, active: dict[int, int] | None) -> None:
    """Beside what is scanned for, and in as many values as have one."""
    values = [b"%d%b" % (n, (b"", b"\n", "\r\nあ".encode(), b" union\nselect ", b"\0")[n % 5]) for n in range(400)]
    expected = {0: [n for n in range(400) if n % 5 in (1, 2, 3)], 1: list(range(3, 400, 5)), 2: list(range(4, 400, 5))}
    scanner = compile_scanner(LINES, characters=characters)
    told = scanner.scan(values, active, None if active is None else [1] * len(values))
    assert told == {id_: places for id_, places in expected.items() if active is None or id_ in active}
    made = build(LINES, characters=characters)
    assert made.database is not None
    counting = Counting(made.database)
    lines = [b"line %d\r\n" % n for n in range(1_000)]
    counted = Scanner(Build(made.compiled, counting), LINES, characters=characters)  # type: ignore[arg-type]  # as above
    assert counted.scan(lines) == {0: list(range(1_000))}
    assert counting.bytes <= sum(map(len, lines)) + len(lines)


def test_ids_have_31_bits() -> None:
    assert compile_scanner({MAX_ID: Needle("literal", b"needle")}, characters=False).scan((b"needle",)) == {MAX_ID: [0]}
    for id_ in (-1, MAX_ID + 1):
        with pytest.raises(ValueError, match="31 bits"):
            compile_scanner({id_: Needle("literal", b"a")}, characters=False)


def test_progress_reaches_its_total(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        calls.append((done, total))

    compile_scanner(NEEDLES, characters=True, cache=tmp_path, progress=progress)
    assert calls == [(done, 11) for done in range(12)]
    calls.clear()
    compile_scanner(NEEDLES, characters=True, cache=tmp_path, progress=progress)
    assert calls == [(11, 11)]


def test_without_needles_nothing_is_found() -> None:
    scanner = compile_scanner({}, characters=True)
    assert scanner.scan((b"x", "新宿".encode())) == {}


def test_values_in_which_much_is_found_are_not_all_looked_at_once_the_steps_are_gone(strict: Scanner) -> None:
    values = [b"<script union /etc/passwd %d " % number * 40 for number in range(1_000)]
    assert min(map(len, values)) >= ALONE_BYTES
    scans = sum([SCAN_CHARGE + (1 + ASCII_MORE) * len(value) // SCANNED_BYTES_PER_STEP for value in values])
    effort = Effort(scans)  # enough for them, not for what is found
    with pytest.raises(Spent):
        strict.scan(values, effort=effort)
    assert -FOUND_MOST * max(map(len, values)) // FOUND_BYTES_PER_STEP <= effort.kept < 0


def test_values_that_are_scanned_together_are_charged_piece_by_piece(strict: Scanner) -> None:
    values = [b"<script union /etc/passwd %d " % number * 10 for number in range(1_000)]
    assert max(map(len, values)) < ALONE_BYTES and sum(map(len, values)) > 10 * LOOK_BYTES
    effort = Effort(1_000)
    with pytest.raises(Spent):
        strict.scan(values, effort=effort)
    assert -FOUND_MOST * (LOOK_BYTES + ALONE_BYTES) // FOUND_BYTES_PER_STEP <= effort.kept < 0


def test_a_text_is_charged_by_its_ascii_and_a_line_end_for_nothing(strict: Scanner) -> None:
    """What is told of one value that is looked at alone; nothing is found in it, or two needles, or more."""

    def charged(value: bytes) -> int:
        effort = Effort(10**9)
        strict.scan([value], effort=effort)
        return 10**9 - effort.left

    size = 6_000
    assert charged("あ".encode() * (size // 3)) == SCAN_CHARGE + size // SCANNED_BYTES_PER_STEP
    assert charged(b"z" * size) == SCAN_CHARGE + (1 + ASCII_MORE) * size // SCANNED_BYTES_PER_STEP
    half = charged("あ".encode() * (size // 6) + b"z" * (size // 2))
    assert half == SCAN_CHARGE + (size + ASCII_MORE * size // 2) // SCANNED_BYTES_PER_STEP


@pytest.mark.parametrize("hits", [0, 1, FOUND_FREE, FOUND_FREE + 1, FOUND_MOST, FOUND_MOST + 1])
def test_as_many_needles_as_a_line_end_is_are_free_and_no_more_than_the_most_are_counted(hits: int) -> None:
    counted = max(0, min(hits, FOUND_MOST) - FOUND_FREE)
    assert counted == {0: 0, 1: 0, FOUND_FREE: 0, FOUND_FREE + 1: 1}.get(hits, FOUND_MOST - FOUND_FREE)
    assert charge_found(hits, b"z" * 600) == counted * 600 // FOUND_BYTES_PER_STEP


@pytest.mark.parametrize("size", [LOOK_BYTES - 1, LOOK_BYTES, LOOK_BYTES + 1, 3 * LOOK_BYTES])
def test_what_is_found_does_not_depend_on_where_a_piece_ends(strict: Scanner, size: int) -> None:
    plain = [b"%d harmless " % number * 8 for number in range(size // 90)]
    plain[-1] += b"-" * (size - len(b"\x1e".join(plain)))
    for place in (0, len(plain) // 2, len(plain) - 1):
        values = [*plain[:place], plain[place] + b" <script ", *plain[place + 1 :]]
        assert strict.scan(values, {0: 1}) == {0: [place]}
        assert strict.scan([*values, b"union"], {0: 1, 3: 1}) == {0: [place], 3: [len(values)]}
