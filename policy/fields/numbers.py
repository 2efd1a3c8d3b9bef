"""Classes of digits: numbers that count, and numbers that name something."""

from __future__ import annotations

import re

from policy import normalise
from policy.faults import Fault, Invalid
from policy.fields.field_class import FieldClass

MAX_DIGITS = 18  # of a number: stays within a signed 64-bit integer in any application

_PHONE_WRITTEN = re.compile(  # 03(1234)5678 · (03)1234-5678 · 03 1234 5678
    r"(0\d{1,4}) ?\((\d{1,4})\) ?(\d{3,4})|\((0\d{1,4})\) ?(\d{1,4})[- ](\d{3,4})|(0\d{1,4}) (\d{1,4}) (\d{3,4})",
    re.ASCII,
)
_PHONE = (
    r"(?=(?:-?[0-9]){10,11}\Z)0[0-9]{1,4}(?:-[0-9]{1,4}-[0-9]{3,4})"  # grouped as written in Japan
    r"|0[0-9]{9,10}"
    r"|\+[1-9][0-9]{6,14}"  # E.164 section 6: at most 15 digits
)
_AMOUNT_WRITTEN = re.compile(r"[¥￥\\]? ?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+) ?円?")
_IN_FOURS = re.compile(r"([0-9]{1,4})([- ])([0-9]{4})\2([0-9]{4})(?:\2([0-9]{4}))?")  # as cards and forms print them

# From the left; 省令 counts from the right: 2 to 7, then 2 to 6 (平成26年総務省令第85号第5条), and 1, 2, 1, 2 …
_PERSONAL_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_CORPORATE_WEIGHTS = (2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1)


def _phone_normal(text: str) -> str:
    text = normalise.narrow_digits(text)
    written = _PHONE_WRITTEN.fullmatch(text)
    return "-".join(group for group in written.groups() if group) if written else text


def _amount_normal(text: str) -> str:
    text = normalise.narrow(text)
    written = _AMOUNT_WRITTEN.fullmatch(text)
    return written[1].replace(",", "") if written else text


def _in_fours_normal(text: str) -> str:
    text = normalise.narrow_digits(text)
    return text.replace("-", "").replace(" ", "") if _IN_FOURS.fullmatch(text) else text


def personal_check_digit(digits: str) -> int:
    """Of a personal number, from its first 11 digits."""
    remainder = _sum(digits, _PERSONAL_WEIGHTS) % 11
    return 0 if remainder <= 1 else 11 - remainder


def corporate_check_digit(digits: str) -> int:
    """Of a corporate number, from its last 12 digits."""
    return 9 - _sum(digits, _CORPORATE_WEIGHTS) % 9


def _sum(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))


def _personal_verify(value: str) -> None:
    if int(value[-1]) != personal_check_digit(value[:-1]):
        raise Invalid(Fault.CHECK_DIGIT)


def _corporate_verify(value: str) -> None:
    if int(value[0]) != corporate_check_digit(value[1:]):
        raise Invalid(Fault.CHECK_DIGIT)


CLASSES: tuple[FieldClass, ...] = (
    FieldClass(
        "postal_code", lambda _: r"[0-9]{3}-?[0-9]{4}", normalise.narrow_digits, Fault.NOT_POSTAL_CODE, max_chars=8
    ),
    FieldClass("phone", lambda _: _PHONE, _phone_normal, Fault.NOT_PHONE, max_chars=16),
    FieldClass(
        "number",
        lambda _: rf"0|-?[1-9][0-9]{{0,{MAX_DIGITS - 1}}}",
        normalise.narrow_digits,
        Fault.NOT_NUMBER,
        max_chars=MAX_DIGITS + 1,
        integer=True,
    ),
    FieldClass(
        "amount",
        lambda _: rf"0|[1-9][0-9]{{0,{MAX_DIGITS - 1}}}",
        _amount_normal,
        Fault.NOT_AMOUNT,
        max_chars=MAX_DIGITS,
        integer=True,
    ),
    FieldClass("insured_number", lambda _: r"[0-9]{10}", normalise.narrow, Fault.NOT_INSURED_NUMBER, max_chars=10),
    FieldClass(
        "elderly_insured_number",
        lambda _: r"[0-9]{8}",
        normalise.narrow,
        Fault.NOT_ELDERLY_INSURED_NUMBER,
        max_chars=8,
    ),
    FieldClass(
        "personal_number",
        lambda _: r"[0-9]{12}",
        _in_fours_normal,
        Fault.NOT_PERSONAL_NUMBER,
        max_chars=12,
        verify=_personal_verify,
        sensitive=True,
    ),
    FieldClass(
        "corporate_number",
        lambda _: r"[1-9][0-9]{12}",
        _in_fours_normal,
        Fault.NOT_CORPORATE_NUMBER,
        max_chars=13,
        verify=_corporate_verify,
    ),
    FieldClass(
        "arrival_number",
        lambda _: r"[0-9A-Za-z](?:[0-9A-Za-z]|-(?=[0-9A-Za-z])){7,35}",
        normalise.narrow_digits,
        Fault.NOT_ARRIVAL_NUMBER,
        max_chars=36,
    ),
)
