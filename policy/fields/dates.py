"""Days, written in 西暦 or 和暦, and in ISO 8601 from then on.

Each era (元号) has its first and its last day, and a day outside them has no name in it. The first days of 大正 and 昭和 are
also the last of the eras before, because both edicts were in force on the day they were made: a person born on such a day
may hold papers in either name. The calendar of 明治 1 to 5 was lunisolar: a day of it is not what its numbers say in ours, so
that it is refused with a word of its own and not computed.
"""

from __future__ import annotations

import re
from datetime import date

from policy import normalise
from policy.faults import Fault, Invalid
from policy.fields.field_class import FieldClass

FIRST_YEAR, LAST_YEAR = 1868, 2199  # Meiji 1 to well beyond any term

_SOLAR = date(1873, 1, 1)  # 明治5年太政官布告第337号: the day after 明治5年12月2日 is 明治6年1月1日
_MEIJI = (1867, _SOLAR, date(1912, 7, 30))
_TAISHO = (1911, date(1912, 7, 30), date(1926, 12, 25))  # 明治45年7月30日 改元ノ詔書
_SHOWA = (1925, date(1926, 12, 25), date(1989, 1, 7))  # 大正15年12月25日 改元ノ詔書
_HEISEI = (1988, date(1989, 1, 8), date(2019, 4, 30))  # 昭和64年政令第1号: from the day after
_REIWA = (2018, date(2019, 5, 1), date(LAST_YEAR, 12, 31))  # 平成31年政令第143号
# The letters are those of JIS X 0301; the squares are single characters of JIS X 0213 and Unicode.
_ERAS = {
    "明治": _MEIJI, "M": _MEIJI, "㍾": _MEIJI, "大正": _TAISHO, "T": _TAISHO, "㍽": _TAISHO, "昭和": _SHOWA, "S": _SHOWA, "㍼": _SHOWA,
    "平成": _HEISEI, "H": _HEISEI, "㍻": _HEISEI, "令和": _REIWA, "R": _REIWA, "㋿": _REIWA,
}  # fmt: skip

_WRITTEN = re.compile(r"(\d{4})(?:[/.]|年 ?)(\d{1,2})(?:[/.]|月 ?)(\d{1,2})日?", re.ASCII)
_IN_ERA = re.compile(
    r"(明治|大正|昭和|平成|令和|[MTSHRmtshr㍾㍽㍼㍻㋿]) ?(元|\d{1,2})(?:[/.-]|年 ?)(\d{1,2})(?:[/.-]|月 ?)(\d{1,2})日?",
    re.ASCII,
)


def _normal(text: str) -> str:
    text = normalise.narrow(text)
    written = _WRITTEN.fullmatch(text)
    if written is not None:
        year, month, day = written.groups()
        return f"{year}-{int(month):02}-{int(day):02}"
    of_era = _IN_ERA.fullmatch(text)
    return text if of_era is None else _from_era(*of_era.groups())


def _from_era(name: str, year: str, month: str, day: str) -> str:
    before, first, last = _ERAS[name.upper()]
    try:
        meant = date(before + (1 if year == "元" else int(year)), int(month), int(day))
    except ValueError as error:
        raise Invalid(Fault.NOT_DATE) from error
    if first <= meant <= last:
        return meant.isoformat()
    raise Invalid(Fault.LUNISOLAR if first is _SOLAR and meant < first else Fault.NOT_IN_ERA)


def _verify(value: str) -> None:
    try:
        parsed = date.fromisoformat(value)
    except ValueError as error:
        raise Invalid(Fault.NOT_DATE) from error
    if not FIRST_YEAR <= parsed.year <= LAST_YEAR:
        raise Invalid(Fault.NOT_DATE)


_PATTERN = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"

# A birth date is a date whose field has `latest = "today"` unless it says otherwise: a class knows no day.
CLASSES: tuple[FieldClass, ...] = tuple(
    FieldClass(name, lambda _: _PATTERN, _normal, Fault.NOT_DATE, max_chars=10, verify=_verify, day=True)
    for name in ("date", "birth_date")
)
