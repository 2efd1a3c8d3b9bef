"""Sets of code points as sorted, disjoint (low, high) pairs, and the sets that the classes of PCRE2 stand for.

In the bytewise reading a class is exact. In the reading by characters PCRE2 takes it from Unicode's properties, Hyperscan's tables
are of another Unicode version, and so the tables here are of neither: `wide` has every member under any version, `narrow` has
only members under all. A positive class is written wide, a negated one as the complement of narrow: each is then a superset.
tests/unit/policy/scan/test_intervals.py compares every code point with the installed PCRE2.
"""

from __future__ import annotations

from collections.abc import Iterable

Ranges = tuple[tuple[int, int], ...]

TOP_BYTE = 0xFF
TOP_CHARACTER = 0x10FFFF
ASCII: Ranges = ((0x00, 0x7F),)
BEYOND_ASCII: Ranges = ((0x80, TOP_CHARACTER),)
HIGH_BYTES: Ranges = ((0x80, 0xFF),)


def union(*parts: Iterable[tuple[int, int]]) -> Ranges:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(pair for part in parts for pair in part):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def complement(ranges: Ranges, top: int, bottom: int = 0) -> Ranges:
    """What is from `bottom` to `top` and not in `ranges` (sorted and disjoint)."""
    found, start = [], bottom
    for low, high in ranges:
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    if start <= top:
        found.append((start, top))
    return tuple(found)


def intersection(one: Ranges, other: Ranges) -> Ranges:
    pairs = ((max(low, start), min(high, end)) for low, high in one for start, end in other)
    return union((low, high) for low, high in pairs if low <= high)


def count(ranges: Ranges) -> int:
    """How many code points."""
    return sum(high - low + 1 for low, high in ranges)


def utf8_sequences(low: int, high: int) -> list[tuple[tuple[int, int], ...]]:
    """The UTF-8 of a range of characters beyond ASCII: each entry has a range for every byte in its turn."""
    for last in (0x7FF, 0xFFFF):
        if low <= last < high:
            return utf8_sequences(low, last) + utf8_sequences(last + 1, high)
    for bits in (6, 12, 18):
        mask = (1 << bits) - 1
        if low >> bits == high >> bits or high < 1 << bits:
            continue
        if low & mask:
            return utf8_sequences(low, low | mask) + utf8_sequences((low | mask) + 1, high)
        if high & mask != mask:
            return utf8_sequences(low, (high & ~mask) - 1) + utf8_sequences(high & ~mask, high)
    return [tuple(zip(_encoded(low), _encoded(high), strict=True))]


def _encoded(code: int) -> bytes:
    return chr(code).encode("utf-8", "surrogatepass")


def _of(text: str) -> Ranges:
    return union((ord(character), ord(character)) for character in text)


_DIGIT: Ranges = ((0x30, 0x39),)
WORD: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_SPACE: Ranges = ((0x09, 0x0D), (0x20, 0x20))
_HORIZONTAL: Ranges = ((0x09, 0x09), (0x20, 0x20), (0xA0, 0xA0))
_VERTICAL: Ranges = ((0x0A, 0x0D), (0x85, 0x85))
_UPPER: Ranges = ((0x41, 0x5A),)
_LOWER: Ranges = ((0x61, 0x7A),)
_PUNCTUATION: Ranges = ((0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E))
_BYTES: dict[str, Ranges] = {"d": _DIGIT, "w": WORD, "s": _SPACE, "h": _HORIZONTAL, "v": _VERTICAL}

POSIX: dict[str, Ranges] = {
    "alpha": union(_UPPER, _LOWER),
    "lower": _LOWER,
    "upper": _UPPER,
    "alnum": union(_DIGIT, _UPPER, _LOWER),
    "ascii": ((0x00, 0x7F),),
    "blank": ((0x09, 0x09), (0x20, 0x20)),
    "cntrl": ((0x00, 0x1F), (0x7F, 0x7F)),
    "digit": _DIGIT,
    "graph": ((0x21, 0x7E),),
    "print": ((0x20, 0x7E),),
    "punct": _PUNCTUATION,
    "space": _SPACE,
    "word": WORD,
    "xdigit": ((0x30, 0x39), (0x41, 0x46), (0x61, 0x66)),
}

# Letters and numbers that have been assigned for as long as any Unicode table in use: Latin-1, kana, ideographs, Hangul, full width.
_SURELY_WORD: Ranges = (
    (0xC0, 0xD6),
    (0xD8, 0xF6),
    (0xF8, 0xFF),
    (0x3041, 0x3096),
    (0x30A1, 0x30FA),
    (0x30FC, 0x30FE),
    (0x3400, 0x4DB5),
    (0x4E00, 0x9FA5),
    (0xAC00, 0xD7A3),
    (0xFF10, 0xFF19),
    (0xFF21, 0xFF3A),
    (0xFF41, 0xFF5A),
    (0xFF66, 0xFF9D),
)
# Signs that are neither letter, mark, number nor connector: general, Japanese and full-width punctuation, arrows, mathematics, boxes.
_SURELY_SIGN: Ranges = (
    (0x80, 0xA9),
    (0xAB, 0xB1),
    (0xB4, 0xB4),
    (0xB6, 0xB8),
    (0xBB, 0xBB),
    (0xBF, 0xBF),
    (0xD7, 0xD7),
    (0xF7, 0xF7),
    (0x2010, 0x2027),
    (0x2030, 0x203E),
    (0x2190, 0x23FF),
    (0x2500, 0x2767),
    (0x3000, 0x3004),
    (0x3008, 0x3020),
    (0x30FB, 0x30FB),
    (0xFF01, 0xFF0F),
    (0xFF1A, 0xFF20),
    (0xFF3B, 0xFF3E),
    (0xFF40, 0xFF40),
    (0xFF5B, 0xFF65),
)
# Where decimal digits of other scripts are, or could be assigned: not among kana, ideographs, Hangul and their signs.
_PERHAPS_DIGIT: Ranges = ((0x0600, 0x1FFF), (0xA000, 0xAFFF), (0xFF10, 0xFF19), (0x10000, 0x1FFFF))
_TEXT_SPACE = union(
    _SPACE,
    ((0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029)),
    _of("\u180e\u202f\u205f\u3000"),
)
_TEXT_HORIZONTAL = union(_of("\t \xa0\u1680\u180e\u202f\u205f\u3000"), ((0x2000, 0x200A),))
_TEXT_VERTICAL = union(_VERTICAL, ((0x2028, 0x2029),))


def _below(ranges: Ranges) -> Ranges:
    return complement(ranges, 0x7F)


def _beyond(without: Ranges) -> Ranges:
    return complement(without, TOP_CHARACTER, 0x80)


_TEXT_WIDE: dict[str, Ranges] = {
    "w": union(WORD, _beyond(_SURELY_SIGN)),
    "W": union(_below(WORD), _beyond(_SURELY_WORD)),
    "d": union(_DIGIT, _PERHAPS_DIGIT),
    "D": union(_below(_DIGIT), _beyond(((0xFF10, 0xFF19),))),
}
_TEXT_NARROW: dict[str, Ranges] = {
    "w": union(WORD, _SURELY_WORD),
    "W": union(_below(WORD), _SURELY_SIGN),
    "d": union(_DIGIT, ((0xFF10, 0xFF19),)),
    "D": union(_below(_DIGIT), _SURELY_SIGN),
}
_TEXT_EXACT: dict[str, Ranges] = {"s": _TEXT_SPACE, "h": _TEXT_HORIZONTAL, "v": _TEXT_VERTICAL}


def class_escape(letter: str, *, characters: bool, narrow: bool) -> Ranges:
    r"""What \d \D \w \W \s \S \h \H \v \V have as members."""
    if not characters:
        members = _BYTES[letter.lower()]
        return members if letter.islower() else complement(members, TOP_BYTE)
    if letter.lower() in _TEXT_EXACT:
        members = _TEXT_EXACT[letter.lower()]
        return members if letter.islower() else complement(members, TOP_CHARACTER)
    return (_TEXT_NARROW if narrow else _TEXT_WIDE)[letter]


def beyond_ascii(letter: str) -> Ranges:
    """What the escape has bytewise from 0x80 on."""
    return intersection(class_escape(letter, characters=False, narrow=False), HIGH_BYTES)


def posix_class(name: str, *, negated: bool, characters: bool, narrow: bool) -> Ranges:
    """What [:name:] or [:^name:] have as members; beyond ASCII all of them or none, whichever is on the safe side."""
    members = POSIX[name]
    if not characters:
        return complement(members, TOP_BYTE) if negated else members
    inside = _below(members) if negated else members
    return inside if narrow else union(inside, BEYOND_ASCII)
