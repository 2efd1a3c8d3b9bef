"""Every field class by name, and why a value is none of its class.

Sources of the rules are in docs/spec/policy.md section 5, one row per class, with the vectors in
tests/unit/policy/fields/vectors.py. What a class is: `policy.fields.field_class`.
"""

from __future__ import annotations

import re
import unicodedata

from policy.faults import Fault
from policy.fields import bank, dates, numbers, text
from policy.fields.field_class import FieldClass

_EVERY: tuple[FieldClass, ...] = text.CLASSES + numbers.CLASSES + dates.CLASSES + bank.CLASSES
CLASSES: dict[str, FieldClass] = {each.name: each for each in _EVERY}
PATH_CLASSES = frozenset({"arrival_number", "insured_number", "number", "date"})  # their values need no escapes

_BIDI_CONTROLS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
_BIDI_MARKS = frozenset("\u200e\u200f\u061c")
# Words that say already which characters the class takes; a class of so few takes hardly any of its repertoire.
_SAYS_CHARACTERS = frozenset({Fault.NOT_KATAKANA, Fault.NOT_HIRAGANA, Fault.NOT_ACCOUNT_HOLDER})


def explain(value: str, fault: Fault, allowed: re.Pattern[str]) -> Fault:
    """The fault to report for `value`, which is in normal form and which its class did not take.

    A forbidden character goes before the form of the whole: it is the thing to mend. `allowed`: one character of the
    repertoire, or LF.
    """
    for character in value:
        if allowed.match(character):
            continue
        hidden = _hidden(character)
        if hidden is not None:
            return hidden
        if fault not in _SAYS_CHARACTERS:
            return Fault.REPERTOIRE
    return fault


def _hidden(character: str) -> Fault | None:
    """Why no class takes it; None for one that shows something."""
    category = unicodedata.category(character)
    if category == "Cc":
        return Fault.CONTROL
    if unicodedata.bidirectional(character) in _BIDI_CONTROLS or character in _BIDI_MARKS:
        return Fault.BIDI
    if category == "Co":
        return Fault.PRIVATE_USE
    if category in ("Cn", "Cs"):
        return Fault.UNASSIGNED
    if category in ("Cf", "Zl", "Zp") or unicodedata.name(character, "").startswith("VARIATION SELECTOR"):
        return Fault.INVISIBLE
    if category == "Zs" and character != "\u3000":  # looks like a space that would be taken
        return Fault.INVISIBLE
    return Fault.COMBINING if category[0] == "M" else None
