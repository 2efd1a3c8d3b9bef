"""Personal numbers and card numbers in a text (docs/spec/leaks.md section 4).

A personal number has 12 figures and a check digit (平成26年総務省令第85号 第5条). A card number has the length and first figures of
a scheme's range, and a check digit by Luhn (ISO/IEC 7812-1 annex B). Figures are the decimal digits of any script, full-width ones above
all. They stand in one piece, or grouped as cards and forms print them, by one kind of blank or dash; or each by itself, in boxes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from policy.fields.numbers import personal_check_digit
from policy.leak_kinds import CARD_NUMBER, NUMBERS, PERSONAL_NUMBER, nearest_word

PERSONAL_DIGITS: Final = 12  # 番号法施行令 第8条: 11 figures and a check digit
CARD_DIGITS_LEAST, CARD_DIGITS_MOST = 14, 19  # of the schemes below; ISO/IEC 7812-1 allows 10 to 19
MASK_CHARS_LEAST, MASK_CHARS_MOST = 6, 40  # of a declared pattern of receipt numbers
MASKS_MOST: Final = 8  # of one route
MASK_FIXED_LEAST: Final = 2  # letters and figures that a mask must fix: "####-####-####" would let every number through

CANDIDATES_MOST: Final = (
    1000  # per text, of which the words in front are read (some 40 µs each); each further one counts
)

_DASHES = r"\-\u2010-\u2015\u2212\u30fc\uff0d\uff70\u00ad"
_BLANKS = r" \t\u00a0\u2002-\u200a\u202f\u3000"
_PIECES: Final = re.compile(
    rf"(?<!\d)(?:\d{{{PERSONAL_DIGITS},{CARD_DIGITS_MOST}}}"
    rf"|\d{{4}}([{_BLANKS}{_DASHES}])\d{{4}}\1\d{{4}}(?:\1\d{{4}}(?:\1\d{{3}})?)?"  # of fours, as most cards
    rf"|\d{{4}}([{_BLANKS}{_DASHES}])\d{{6}}\2\d{{4,5}}"  # American Express, Diners Club
    rf"|\d{{3}}([{_BLANKS}{_DASHES}])\d{{3}}\3\d{{3}}\3\d{{3}}"
    rf"|\d{{6}}[{_BLANKS}{_DASHES}]\d{{6}})(?!\d)"
)
_BOXES: Final = re.compile(
    rf"(?<!\d)\d(?:[{_BLANKS}{_DASHES}\r\n|]{{1,16}}\d(?!\d)){{{PERSONAL_DIGITS - 1},{CARD_DIGITS_MOST - 1}}}"
)
_FOURS: Final = re.compile(
    rf"\d{{4}}[{_BLANKS}{_DASHES}]|[{_BLANKS}{_DASHES}]\d{{4}}(?!\d)"
)  # that go on beside a piece
_DIGIT: Final = re.compile(r"\d")
_BEFORE: Final = re.compile(
    r"[A-Za-z0-9]-|\d[.．]|.?[A-Za-z_/+¥￥$#@]", re.DOTALL
)  # of a name, path, phone, sum, fraction
_BEHIND: Final = re.compile(r"[A-Za-z_円]|[.．]\d|-[A-Za-z0-9]")
_TIME: Final = re.compile(
    r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])[0-5][0-9]", re.ASCII
)
_CARD_RANGES: Final = re.compile(
    r"4(?:[0-9]{15}|[0-9]{18})"  # Visa; not its 13 figures of long ago, which the barcodes of Japan (45, 49) have
    r"|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"  # Mastercard
    r"|35(?:2[89]|[3-8][0-9])[0-9]{12}"  # JCB
    r"|3[47][0-9]{13}"  # American Express
    r"|3(?:0[0-5]|[68][0-9]|9[0-9])[0-9]{11}"  # Diners Club
    r"|(?:6011|64[4-9][0-9]|65[0-9]{2})[0-9]{12}"  # Discover
    r"|62[0-9]{14}(?:[0-9]{3})?",  # UnionPay
    re.ASCII,
)


class _Candidate(NamedTuple):
    digits: str  # ASCII
    start: int
    end: int
    needs_word: bool  # nothing but the right word in front makes it one


def count_numbers(text: str, masks: Sequence[re.Pattern[str]] = ()) -> dict[str, int]:
    """How many numbers of each kind `text` holds. `masks`: of the tenant's own receipt numbers, which are none."""
    counted = dict.fromkeys(NUMBERS, 0)
    own: list[tuple[int, int]] | None = None
    read = 0
    for candidate in _candidates(text):
        kind = _kind_of(candidate.digits)
        if not kind:
            continue
        read += 1
        if read > CANDIDATES_MOST:
            counted[kind] += 1
            continue
        word = nearest_word(text, candidate.start)
        if not _counts(candidate, kind, word):
            continue
        if own is None:  # looked for once there is something that they could explain
            own = [found.span() for mask in masks for found in mask.finditer(text)]
        if word == kind or not any(start <= candidate.start and candidate.end <= end for start, end in own):
            counted[kind] += 1
    return {kind: count for kind, count in counted.items() if count}


def compile_mask(mask: str) -> re.Pattern[str] | None:
    """`26##-########`: # is any figure, all else stands for itself. None where it is none, or would explain any number."""
    fixed = sum(1 for character in mask if character.isascii() and character.isalnum())
    if not MASK_CHARS_LEAST <= len(mask) <= MASK_CHARS_MOST or fixed < MASK_FIXED_LEAST or "#" not in mask:
        return None
    return re.compile(r"(?<![0-9A-Za-z])" + re.escape(mask).replace(r"\#", r"\d") + r"(?![0-9A-Za-z])")


def _counts(candidate: _Candidate, kind: str, word: str) -> bool:
    """Whether what has the form and check digit of a `kind` is one, by the word nearest in front of it."""
    if word:
        return word == kind
    return not candidate.needs_word and not (kind == PERSONAL_NUMBER and _TIME.fullmatch(candidate.digits))


def _kind_of(digits: str) -> str:
    if len(set(digits)) == 1:
        return ""  # 000000000000 fills a place; nobody has it
    if len(digits) == PERSONAL_DIGITS:
        return PERSONAL_NUMBER if int(digits[-1]) == personal_check_digit(digits[:-1]) else ""
    return CARD_NUMBER if _CARD_RANGES.fullmatch(digits) and _luhn(digits) else ""


def _luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _candidates(text: str) -> Iterator[_Candidate]:
    for piece in _PIECES.finditer(text):
        start, end = piece.span()
        is_grouped = not text[start:end].isdecimal()
        beside = _BEFORE.fullmatch(text, max(0, start - 2), start) or _BEHIND.match(text, end)
        longer = is_grouped and (_FOURS.fullmatch(text, max(0, start - 5), start) or _FOURS.match(text, end))
        yield _Candidate(_ascii(piece.group()), start, end, bool(beside or longer))
    for boxes in _BOXES.finditer(text):
        yield _Candidate(_ascii(boxes.group()), boxes.start(), boxes.end(), needs_word=True)


def _ascii(written: str) -> str:
    if written.isascii() and written.isdecimal():
        return written
    return "".join([str(int(digit)) for digit in _DIGIT.findall(written)])
