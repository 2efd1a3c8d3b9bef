"""Classes of words: Japanese text, names and their readings, addresses, and what a person or program made up in ASCII."""

from __future__ import annotations

from functools import cache

from policy import normalise
from policy.faults import Fault
from policy.fields.field_class import FieldClass, one_line
from policy.repertoire import character_class, characters, letters

EMAIL_CHARS = 254  # RFC 5321 section 4.5.3.1.3: a path of 256 octets, less the angle brackets
DOMAIN_CHARS = 253  # RFC 1035 section 2.3.4

_NAME_EXTRAS = frozenset(" 　・．.，,'’‐-－−＝〇〆々")
_KANA = frozenset(map(chr, range(0x30A1, 0x30F7))) | frozenset("ー・ヽヾ 　")  # JIS X 0208 row 5, and marks of row 1
_HIRAGANA = frozenset(map(chr, range(0x3041, 0x3094))) | frozenset("ー・ゝゞ 　")  # row 4
_ADDRESS_NOT = frozenset('<>"`{}|\\^$=;~')  # ASCII that no address needs and that other languages give a meaning


@cache
def _text(repertoire: str) -> str:
    return one_line(characters(repertoire))


@cache
def _free_text(repertoire: str) -> str:
    return character_class(characters(repertoire) | {"\n"}) + "+"


@cache
def _name(repertoire: str) -> str:
    return one_line(letters(repertoire) | (_NAME_EXTRAS & characters(repertoire)))


@cache
def _address(repertoire: str) -> str:
    return one_line(characters(repertoire) - _ADDRESS_NOT)


_ATOM = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_WIDE, _NARROW = normalise.one_line_wide_kana, normalise.one_line

CLASSES: tuple[FieldClass, ...] = (
    FieldClass("text", _text, _WIDE, Fault.REPERTOIRE, textual=True, normal_narrow_kana=_NARROW),
    FieldClass(
        "free_text",
        _free_text,
        normalise.lines_wide_kana,
        Fault.REPERTOIRE,
        textual=True,
        normal_narrow_kana=normalise.lines,
    ),
    FieldClass("name", _name, _WIDE, Fault.NOT_NAME, textual=True, normal_narrow_kana=_NARROW),
    FieldClass("address", _address, _WIDE, Fault.NOT_ADDRESS, textual=True, normal_narrow_kana=_NARROW),
    FieldClass("kana", lambda _: one_line(_KANA), _WIDE, Fault.NOT_KATAKANA, textual=True, normal_narrow_kana=_NARROW),
    # katakana is refused, not turned: who is asked for hiragana and writes katakana may have taken one box for the other
    FieldClass("hiragana", lambda _: one_line(_HIRAGANA), normalise.one_line, Fault.NOT_HIRAGANA),
    FieldClass(
        "email",
        lambda _: rf"{_ATOM}@(?=[^@]{{1,{DOMAIN_CHARS}}}\Z){_LABEL}(?:\.{_LABEL})+",
        normalise.narrow,
        Fault.NOT_EMAIL,
        max_chars=EMAIL_CHARS,
    ),
    FieldClass("choice", lambda _: r"(?!)", normalise.one_line, Fault.NOT_A_CHOICE, max_chars=200),
    FieldClass("checkbox", lambda _: r"on|true|false|0|1", normalise.narrow, Fault.NOT_CHECKBOX, max_chars=5),
    FieldClass("login_id", lambda _: r"[!-~]+", normalise.narrow, Fault.NOT_VISIBLE_ASCII, max_chars=128),
    # a password is compared, not read: as typed, or refused
    FieldClass("secret", lambda _: r"[!-~]+", str, Fault.NOT_VISIBLE_ASCII, max_chars=128, sensitive=True),
)
