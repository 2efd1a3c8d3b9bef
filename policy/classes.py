"""Field classes: what a value of each kind is, as a normaliser, a pattern over normal forms, and at most one more check.

The pattern decides everything about characters in one pass of a compiled regular expression; there is no loop over
characters on the way of a good value. A class holds no state and knows no field: bounds and choices belong to the field
(`policy.schema`). Sources of the rules are in docs/spec/policy.md section 5, one row per class, with the vectors in
tests/unit/policy/test_classes.py.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache

from policy import normalise
from policy.faults import Fault, Invalid
from policy.repertoire import character_class, characters, letters

MAX_DIGITS = 18  # of a number: stays within a signed 64-bit integer in any application
FIRST_YEAR, LAST_YEAR = 1868, 2199  # Meiji 1 to well beyond any term
EMAIL_CHARS = 254  # RFC 5321 section 4.5.3.1.3: a path of 256 octets, less the angle brackets
DOMAIN_CHARS = 253  # RFC 1035 section 2.3.4

_NAME_EXTRAS = frozenset(" 　・．.，,'’‐-－−＝〇〆々")
_KANA = frozenset(map(chr, range(0x30A1, 0x30F7))) | frozenset("ー・ヽヾ 　")
_ADDRESS_NOT = frozenset('<>"`{}|\\^$=;~')  # ASCII that no address needs and that other languages give a meaning

_DATE_WRITTEN = re.compile(r"(\d{4})(?:[/.]|年 ?)(\d{1,2})(?:[/.]|月 ?)(\d{1,2})日?", re.ASCII)
_PHONE_WRITTEN = re.compile(  # 03(1234)5678 · (03)1234-5678 · 03 1234 5678
    r"(0\d{1,4}) ?\((\d{1,4})\) ?(\d{3,4})|\((0\d{1,4})\) ?(\d{1,4})[- ](\d{3,4})|(0\d{1,4}) (\d{1,4}) (\d{3,4})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class FieldClass:
    """One class. `pattern` takes a repertoire where `bounded`, else it is given the default and does not look."""

    name: str
    pattern: Callable[[str], str]
    normal: Callable[[str], str]
    fault: Fault
    max_chars: int | None = None  # None: each field must say
    textual: bool = False  # has a repertoire, and half-width kana to widen or refuse
    normal_narrow_kana: Callable[[str], str] | None = None  # the normaliser where half-width kana is refused
    verify: Callable[[str], None] | None = None


def _one_line(chosen: frozenset[str]) -> str:
    """A line of these characters that neither begins nor ends with a space."""
    return rf"(?![ 　]){character_class(chosen)}+(?<![ 　])"


@cache
def _text(repertoire: str) -> str:
    return _one_line(characters(repertoire))


@cache
def _free_text(repertoire: str) -> str:
    return character_class(characters(repertoire) | {"\n"}) + "+"


@cache
def _name(repertoire: str) -> str:
    return _one_line(letters(repertoire) | _NAME_EXTRAS)


@cache
def _address(repertoire: str) -> str:
    return _one_line(characters(repertoire) - _ADDRESS_NOT)


def _date_normal(text: str) -> str:
    text = normalise.narrow(text)
    written = _DATE_WRITTEN.fullmatch(text)
    if written is None:
        return text
    year, month, day = written.groups()
    return f"{year}-{int(month):02}-{int(day):02}"


def _date_verify(value: str) -> None:
    try:
        parsed = date.fromisoformat(value)
    except ValueError as error:
        raise Invalid(Fault.NOT_DATE) from error
    if not FIRST_YEAR <= parsed.year <= LAST_YEAR:
        raise Invalid(Fault.NOT_DATE)


def _phone_normal(text: str) -> str:
    text = normalise.narrow_digits(text)
    written = _PHONE_WRITTEN.fullmatch(text)
    return "-".join(group for group in written.groups() if group) if written else text


_ATOM = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PHONE = (
    r"(?=(?:-?[0-9]){10,11}\Z)0[0-9]{1,4}(?:-[0-9]{1,4}-[0-9]{3,4})"  # grouped as written in Japan
    r"|0[0-9]{9,10}"
    r"|\+[1-9][0-9]{6,14}"  # E.164 section 6: at most 15 digits
)

_EVERY = (
    FieldClass("text", _text, normalise.one_line_wide_kana, Fault.REPERTOIRE, None, True, normalise.one_line),
    FieldClass("free_text", _free_text, normalise.lines_wide_kana, Fault.REPERTOIRE, None, True, normalise.lines),
    FieldClass("name", _name, normalise.one_line_wide_kana, Fault.NOT_NAME, None, True, normalise.one_line),
    FieldClass("address", _address, normalise.one_line_wide_kana, Fault.NOT_ADDRESS, None, True, normalise.one_line),
    FieldClass(
        "kana",
        lambda _: _one_line(_KANA),
        normalise.one_line_wide_kana,
        Fault.NOT_KATAKANA,
        None,
        True,
        normalise.one_line,
    ),
    FieldClass(
        "postal_code", lambda _: r"[0-9]{3}-?[0-9]{4}", normalise.narrow_digits, Fault.NOT_POSTAL_CODE, max_chars=8
    ),
    FieldClass("phone", lambda _: _PHONE, _phone_normal, Fault.NOT_PHONE, max_chars=16),
    FieldClass(
        "email",
        lambda _: rf"{_ATOM}@(?=[^@]{{1,{DOMAIN_CHARS}}}\Z){_LABEL}(?:\.{_LABEL})+",
        normalise.narrow,
        Fault.NOT_EMAIL,
        max_chars=EMAIL_CHARS,
    ),
    FieldClass(
        "date",
        lambda _: r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])",
        _date_normal,
        Fault.NOT_DATE,
        max_chars=10,
        verify=_date_verify,
    ),
    FieldClass(
        "number",
        lambda _: rf"0|-?[1-9][0-9]{{0,{MAX_DIGITS - 1}}}",
        normalise.narrow_digits,
        Fault.NOT_NUMBER,
        max_chars=MAX_DIGITS + 1,
    ),
    FieldClass("choice", lambda _: r"(?!)", normalise.one_line, Fault.NOT_A_CHOICE, max_chars=200),
    FieldClass("checkbox", lambda _: r"on|true|false|0|1", normalise.narrow, Fault.NOT_CHECKBOX, max_chars=5),
    FieldClass("insured_number", lambda _: r"[0-9]{10}", normalise.narrow, Fault.NOT_INSURED_NUMBER, max_chars=10),
    FieldClass(
        "arrival_number",
        lambda _: r"[0-9A-Za-z](?:[0-9A-Za-z]|-(?=[0-9A-Za-z])){7,35}",
        normalise.narrow_digits,
        Fault.NOT_ARRIVAL_NUMBER,
        max_chars=36,
    ),
    FieldClass("login_id", lambda _: r"[!-~]+", normalise.narrow, Fault.NOT_VISIBLE_ASCII, max_chars=128),
    # a password is compared, not read: as typed, or refused
    FieldClass("secret", lambda _: r"[!-~]+", str, Fault.NOT_VISIBLE_ASCII, max_chars=128),
)
CLASSES = {each.name: each for each in _EVERY}
PATH_CLASSES = frozenset({"arrival_number", "insured_number", "number", "date"})  # their values need no escapes


def explain(value: str, fault: Fault, allowed: re.Pattern[str]) -> Fault:
    """The fault to report for `value`, which is in normal form and which its class did not take.

    A forbidden character goes before the form of the whole: it is the thing to mend. `allowed`: one character of the
    repertoire, or LF.
    """
    for character in value:
        if allowed.match(character):
            continue
        category = unicodedata.category(character)
        if category == "Cc":
            return Fault.CONTROL
        if unicodedata.bidirectional(character) in _BIDI_CONTROLS:
            return Fault.BIDI
        if category == "Co":
            return Fault.PRIVATE_USE
        if category in ("Cn", "Cs"):
            return Fault.UNASSIGNED
        if category in ("Cf", "Zl", "Zp") or unicodedata.name(character, "").startswith("VARIATION SELECTOR"):
            return Fault.BIDI if character in _BIDI_MARKS else Fault.INVISIBLE
        if category[0] == "M":
            return Fault.COMBINING
        return Fault.REPERTOIRE if fault is not Fault.NOT_KATAKANA else fault
    return fault


_BIDI_CONTROLS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
_BIDI_MARKS = frozenset("\u200e\u200f\u061c")
