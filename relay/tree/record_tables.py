"""The tables of docs/spec/log.md section 2.3, made of the types of the records (`python -m relay.tree.record_tables`)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import Struct

from relay.base.reasons import Reason, Stage
from relay.tree.record import KINDS, DisarmedFile, Finding, RuleMatch, Shadow, ShadowFinding

_PARTS: dict[type[Struct], str] = {
    Finding: "finding",
    RuleMatch: "rule",
    Shadow: "shadow",
    ShadowFinding: "shadow finding",
    DisarmedFile: "disarmed file",
}


def _type_words(annotation: Any) -> str:
    """A field's type as the specification's tables say it."""
    if get_origin(annotation) is Annotated:
        return next(str(meta.description) for meta in annotation.__metadata__ if meta.description)
    if get_origin(annotation) is Literal:
        return "one of " + ", ".join(f"`{word}`" for word in get_args(annotation))
    return {Reason: "a reason of `docs/reasons.md`", Stage: "a stage of `docs/reasons.md`"}[annotation]


def as_markdown() -> str:
    """The tables of docs/spec/log.md section 2.3."""
    lines: list[str] = []
    for kind in (*KINDS, *_PARTS):
        tag = kind.__struct_config__.tag
        lines += [f"**{tag or _PARTS[kind]}** — {kind.__doc__}", "", "| field | content |", "|---|---|"]
        lines += [f"| `{field.name}` | {_type_words(field.type)} |" for field in msgspec.structs.fields(kind)]
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    print(as_markdown(), end="")
