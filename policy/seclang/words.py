"""Every word of the rule language in one table, and docs/seclang.md: `python -m policy.seclang.words > docs/seclang.md`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from policy.seclang.action_words import ACTIONS, CTLS
from policy.seclang.differences import ACCEPTED_HERE, READ_DIFFERENTLY, REFUSED_HERE, THE_SAME, Difference
from policy.seclang.directive_words import DIRECTIVES
from policy.seclang.rule_words import OPERATORS, TRANSFORMATIONS, VARIABLES
from policy.seclang.word import Shape, Status, Word


class Kind(NamedTuple):
    """A table of words. `tests`: where each of its words is tried; what the text means, and what the word then does."""

    title: str
    words: Mapping[str, Word]
    shapes: Mapping[Shape, str]
    tests: tuple[str, ...]


_ARGUMENTS = {Shape.NONE: "—", Shape.OPTIONAL: "optional", Shape.REQUIRED: "required"}
_HERE = "tests/unit/policy/seclang"

KINDS = (
    Kind("Directives", DIRECTIVES, _ARGUMENTS, (f"{_HERE}/test_directive_words.py",)),
    Kind(
        "Variables",
        VARIABLES,
        {Shape.NONE: "—", Shape.OPTIONAL: "selector"},
        (f"{_HERE}/test_selectors.py", "tests/unit/policy/variables"),
    ),
    Kind("Operators", OPERATORS, _ARGUMENTS, (f"{_HERE}/test_operators.py", "tests/unit/policy/operators")),
    Kind(
        "Transformations",
        TRANSFORMATIONS,
        _ARGUMENTS,
        (f"{_HERE}/test_action_arguments.py", "tests/unit/policy/transformations"),
    ),
    Kind("Actions", ACTIONS, _ARGUMENTS, (f"{_HERE}/test_action_list.py", "tests/unit/policy/engine")),
    Kind("ctl", CTLS, _ARGUMENTS, (f"{_HERE}/test_action_arguments.py", "tests/unit/policy/engine")),
)

_HEAD = """\
# SecLang

Generated from the tables in `policy/seclang` by `python -m policy.seclang.words`; a test compares them.

The rule language is that of the ModSecurity v3 reference manual. *supported* words do what the manual says. Words that are
*accepted, no effect* load, and change no verdict, for the reason given; a `Note` of the load names each use that would match in
ModSecurity. *refused* words, and all that are in no table, do not load: the error names file, line and reason.
"""


def as_markdown() -> str:
    """The tables as `docs/seclang.md` shows them."""
    parts = [_HEAD]
    for kind in KINDS:
        counts = [sum(word.status is status for word in kind.words.values()) for status in Status]
        parts.append(f"## {kind.title}\n")
        parts.append(f"{counts[0]} supported, {counts[1]} accepted without effect, {counts[2]} refused.")
        parts.append(f"Tests: {', '.join(f'`{test}`' for test in kind.tests)}.\n")
        parts.append("| word | argument | status | why |\n|---|---|---|---|")
        for word in sorted(kind.words.values(), key=lambda word: word.name.lower()):
            shape = "" if word.status is Status.REFUSED else kind.shapes[word.shape]
            parts.append(f"| `{word.name}` | {shape} | {word.status.value} | {word.note} |")
        parts.append("")
    return "\n".join([*parts, *_differences()])


def _differences() -> list[str]:
    parts = [
        "## Compared with ModSecurity 3\n",
        "Both readers are asked in `tests/unit/policy/seclang/test_differences.py`.\n",
        "Loads there, refused here:\n\n| text | why |\n|---|---|",
        *(_row(difference) for difference in REFUSED_HERE),
        "\nRefused there, loads here:\n\n| text | why |\n|---|---|",
        *(_row(difference) for difference in ACCEPTED_HERE),
        "\nLoads in both and means something else:\n\n| written | meant |\n|---|---|",
        *(f"| {written} | {meant} |" for written, meant in READ_DIFFERENTLY),
        "\nThe same in both, though it may surprise:\n",
        *(f"- {sentence}" for sentence in THE_SAME),
    ]
    return [*parts, ""]


def _row(difference: Difference) -> str:
    text = difference.text.replace("\n", " ⏎ ").replace("|", "\\|").replace("\t", "⇥")
    return f"| `{text}` | {difference.why} |"


if __name__ == "__main__":
    print(as_markdown(), end="")
