"""A sentence for an operator, in both languages."""

from __future__ import annotations

from typing import NamedTuple


class Said(NamedTuple):
    ja: str
    en: str
