"""An example of every field and of every form, which is itself admitted: for documents about a procedure.

Made of words for examples and of numbers that are nobody's. A value is proposed and judged; only what crosses unchanged is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from policy.faults import Invalid
from policy.schema import TODAY, Field, Form, Submission

# For each class what to try first; then the others are tried, and the first that the field admits unchanged is its example
_OF_CLASS: Final[Mapping[str, tuple[str, ...]]] = {
    "text": ("見本", "0000001"),
    "free_text": ("記入例です。",),
    "name": ("見本　花子",),
    "address": ("見本県記入例市中央町一丁目２番３号",),
    "hiragana": ("みほん　はなこ",),
    "kana": ("ミホン　ハナコ",),
    "postal_code": ("000-0000",),
    "phone": ("000-0000-0000",),
    "email": ("mihon@example.jp",),
    "date": ("2026-04-01",),
    "birth_date": ("1950-04-01",),
    "number": ("1",),
    "amount": ("1000",),
    "checkbox": ("true",),
    "insured_number": ("0000000001",),
    "elderly_insured_number": ("00000000", "12345673"),
    "personal_number": ("123456789018",),  # the one that public specimens show
    "corporate_number": ("1000000000001", "5000000000000", "8000000000000", "9000000000000"),
    "bank_code": ("0000", "9999"),
    "branch_code": ("000", "999"),
    "account_kind": ("普通",),
    "account_number": ("0000000",),
    "account_holder": ("ﾐﾎﾝ ﾊﾅｺ",),
    "arrival_number": ("2026-0415-000001",),
    "login_id": ("mihon-0001",),
    "secret": ("example-0001",),
}
_EVERY: Final = tuple(value for values in _OF_CLASS.values() for value in values)
_LONGEST: Final = 64  # of a run of digits or of a letter


def example_of(field: Field, day: date) -> str | None:
    """None where nothing that is tried crosses unchanged. `day` is that of the document."""
    declared = field.declaration
    days = tuple(day.isoformat() if bound == TODAY else bound for bound in (declared.earliest, declared.latest))
    bounds = tuple(str(bound) for bound in (*days, declared.minimum, declared.maximum) if bound is not None)
    first = _OF_CLASS.get(field.field_class.name, ())
    least = max(declared.min_chars, 1)
    made = tuple(
        sign * length for sign in ("見", "0", "ミ", "a") for length in {least, *range(1, _LONGEST)} if length >= least
    )
    tried: tuple[str, ...] = (*declared.choices, *(bounds if any(days) else ()), *first, *bounds, *_EVERY, *made)
    return next((value for value in tried if _crosses(field, value)), None)


def example_form(form: Form, day: date) -> Mapping[str, str]:
    """A submission that is admitted: of every field, or else of the required ones with one more; {} where neither is."""
    every = {name: value for name, field in form.fields.items() if (value := example_of(field, day)) is not None}
    required = {name: value for name, value in every.items() if form.fields[name].required}
    candidates = (every, required, *({**required, name: value} for name, value in every.items()))
    return next((values for values in candidates if values and _is_admitted(form, values, day)), {})


def _crosses(field: Field, value: str) -> bool:
    try:
        return field.admit(value) == value
    except Invalid:
        return False


def _is_admitted(form: Form, values: Mapping[str, str], day: date) -> bool:
    submission = Submission(form, day=day.toordinal())
    for name, value in values.items():
        submission.field(name, value)
    submission.finish()
    return not submission.findings
