"""What becomes of one character in a value of a class: as docs/spec/policy.md section 5.5 writes it."""

from __future__ import annotations

from policy.classes import CLASSES
from policy.faults import Invalid
from policy.schema import Declaration, Field

# A value of each class with a place for the character where it could stand, if anywhere.
AROUND = {
    "text": "見本{}文",
    "name": "見本{}花子",
    "kana": "ミホ{}ナ",
    "postal_code": "123{}4567",
    "email": "a{}b@example.jp",
    "secret": "ab{}cd",
    "account_holder": "ｶ{}ﾌ",
}


def outcome(name: str, character: str, repertoire: str = "jis-x-0208", around: str | None = None) -> str:
    """`as typed`, what stands in its place, or the word of its refusal."""
    field_class = CLASSES[name]
    field = Field(
        Declaration(
            name="f",
            field_class=name,
            label_ja="",
            label_en="",
            max_chars=0 if field_class.max_chars else 40,
            repertoire=repertoire if field_class.textual else "jis-x-0208",
        )
    )
    before, after = (around or AROUND[name]).split("{}")
    try:
        normal = field.admit(f"{before}{character}{after}")
    except Invalid as invalid:
        return f"`{invalid.fault}`"
    if not (normal.startswith(before) and normal.endswith(after)):
        return f"→ `{normal}`"
    became = normal[len(before) : len(normal) - len(after)]
    return (
        "as typed"
        if became == character
        else f"→ `{became}`"
        if became.strip()
        else "→ a space"
        if became
        else "removed"
    )
