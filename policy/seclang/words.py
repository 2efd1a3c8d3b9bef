"""Every word of the rule language in one table, and docs/seclang.md: `python -m policy.seclang.words > docs/seclang.md`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from policy.seclang.action_words import ACTIONS, CTLS
from policy.seclang.differences import ACCEPTED_HERE, READ_DIFFERENTLY, REFUSED_HERE, THE_SAME, Difference
from policy.seclang.directive_words import DIRECTIVES
from policy.seclang.rule_words import OPERATORS, TRANSFORMATIONS, VARIABLES
from policy.seclang.word import Shape, Status, Word


class Kind(NamedTuple):
    """A table of words. `reads`: the test of what the text means, where words that do nothing are tried too; `does`: the test of what
    a supported word then does, with those that are tried elsewhere."""

    title: str
    words: Mapping[str, Word]
    shapes: Mapping[Shape, str]
    reads: str
    does: str
    elsewhere: Mapping[str, str] = MappingProxyType({})

    def test(self, word: Word) -> str:
        """The file that tries the word, below tests/unit/policy."""
        return self.elsewhere.get(word.name, self.does) if word.status is Status.SUPPORTED else self.reads


_ARGUMENTS = {Shape.NONE: "—", Shape.OPTIONAL: "optional", Shape.REQUIRED: "required"}
_EFFECTS = "seclang/test_effects.py"
_OF_THE_ENGINE = (
    "GLOBAL HIGHEST_SEVERITY IP MATCHED_VAR MATCHED_VARS MATCHED_VARS_NAMES MATCHED_VAR_NAME MSC_PCRE_ERROR MSC_PCRE_LIMITS_EXCEEDED "
    "RESOURCE RULE SESSION SESSIONID TX USER USERID WEBAPPID"
)

KINDS = (
    Kind(
        "Directives",
        DIRECTIVES,
        _ARGUMENTS,
        "seclang/test_directive_words.py",
        _EFFECTS,
        {
            "Include": "seclang/test_load.py",
            "IncludeOptional": "seclang/test_load.py",
            "SecCollectionTimeout": "engine/test_records.py",
        },
    ),
    Kind(
        "Variables",
        VARIABLES,
        {Shape.NONE: "—", Shape.OPTIONAL: "selector"},
        "seclang/test_selectors.py",
        "variables/test_table.py",
        dict.fromkeys(_OF_THE_ENGINE.split(), _EFFECTS),
    ),
    Kind("Operators", OPERATORS, _ARGUMENTS, "seclang/test_operators.py", "operators/test_table.py"),
    Kind(
        "Transformations", TRANSFORMATIONS, _ARGUMENTS, "seclang/test_action_arguments.py", "transformations/cases.py"
    ),
    Kind("Actions", ACTIONS, _ARGUMENTS, "seclang/test_action_list.py", _EFFECTS),
    Kind("ctl", CTLS, _ARGUMENTS, "seclang/test_action_arguments.py", _EFFECTS),
)

_HEAD = """\
# SecLang

Generated from the tables in `policy/seclang` by `python -m policy.seclang.words`; a test compares them.

The rule language is that of the ModSecurity v3 reference manual. *supported* words do what the manual says. Words that are
*accepted, no effect* load, and change no verdict, for the reason given; a `Note` of the load names each use that would match in
ModSecurity. *refused* words, and all that are in no table, do not load: the error names file, line and reason. The test of a supported word
shows what it does; most of them ask ModSecurity 3 the same.
"""


def as_markdown() -> str:
    """The tables as `docs/seclang.md` shows them."""
    parts = [_HEAD]
    for kind in KINDS:
        counts = [sum(word.status is status for word in kind.words.values()) for status in Status]
        parts.append(f"## {kind.title}\n")
        parts.append(f"{counts[0]} supported, {counts[1]} accepted without effect, {counts[2]} refused.\n")
        parts.append("| word | argument | status | why | test |\n|---|---|---|---|---|")
        for word in sorted(kind.words.values(), key=lambda word: word.name.lower()):
            shape = "" if word.status is Status.REFUSED else kind.shapes[word.shape]
            test = kind.test(word)
            parts.append(
                f"| `{word.name}` | {shape} | {word.status.value} | {word.note} | [{test}](../tests/unit/policy/{test}) |"
            )
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
