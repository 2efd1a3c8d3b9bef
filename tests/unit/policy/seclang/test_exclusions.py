"""A `ctl:` that takes nothing out is told of; one that does, or may, is not."""

from __future__ import annotations

import pytest

from bench.rules import rulesets
from policy.seclang.load import Source, load

RULES = (
    'SecRule ARGS|XML:/*|REQUEST_HEADERS:Referer "@rx a" "id:10,phase:2,tag:x,msg:\'Ten\'"\n'
    'SecRule ARGS_GET "@rx a" "id:20,phase:2,msg:\'Found %{MATCHED_VAR}\',chain"\n'
    'SecRule REQUEST_COOKIES "@rx a" "tag:link"\n'
)
TAKES = [
    "ruleRemoveById=10", "ruleRemoveById=15-25", "ruleRemoveByTag=x", "ruleRemoveByMsg=Ten", "ruleRemoveByMsg=Found it",
    "ruleRemoveTargetById=10;ARGS", "ruleRemoveTargetById=10;ARGS:q", "ruleRemoveTargetById=10;args:/q/",
    "ruleRemoveTargetByTag=x;XML:/*", "ruleRemoveTargetByTag=x;REQUEST_HEADERS:referer", "ruleRemoveTargetByMsg=Ten;ARGS:q",
    "ruleEngine=DetectionOnly",
]  # fmt: skip
TAKES_NOTHING = {
    "ruleRemoveById=11": "it meets no rule",
    "ruleRemoveById=11-19": "it meets no rule",
    "ruleRemoveByTag=X": "it meets no rule",
    "ruleRemoveByTag=link": "it meets no rule",
    "ruleRemoveTargetById=11;ARGS": "it meets no rule",
    "ruleRemoveTargetByTag=y;ARGS:q": "it meets no rule",
    "ruleRemoveTargetById=10;XML": "none of the rules looks at XML as it is written",
    "ruleRemoveTargetById=10;REQUEST_HEADERS": "none of the rules looks at REQUEST_HEADERS as it is written",
    "ruleRemoveTargetById=20;REQUEST_COOKIES:a": "none of the rules looks at REQUEST_COOKIES:a as it is written",
    "ruleRemoveTargetByTag=x;FILES": "none of the rules looks at FILES as it is written",
}


def notes(ctl: str) -> list[str]:
    """With the `ctl:` on a link of a chain, which is no less of one."""
    text = f'{RULES}SecRule ARGS:z "@rx a" "id:30,phase:1,nolog,pass,chain"\nSecRule ARGS:z "@rx b" "ctl:{ctl}"'
    return [str(note) for note in load([Source("f", text)]).notes]


@pytest.mark.parametrize("ctl", TAKES)
def test_what_takes_something_out_is_not_told_of(ctl: str) -> None:
    assert notes(ctl) == []


@pytest.mark.parametrize(("ctl", "why"), TAKES_NOTHING.items())
def test_what_takes_nothing_out_is(ctl: str, why: str) -> None:
    assert notes(ctl) == [f"f:5: ctl:{ctl} takes nothing out: {why}"]


def test_every_case_was_tried() -> None:
    assert (len(TAKES), len(TAKES_NOTHING)) == (12, 10)


def test_the_core_rule_set_has_four(tmp_path_factory: pytest.TempPathFactory) -> None:
    """docs/spec/rules.md section 6.5 names them."""
    files = rulesets.files(rulesets.crs3(), 1, tmp_path_factory.mktemp("rules"))
    told = [note.message.partition(" takes nothing out")[0] for note in load(files).notes]
    assert [text.removeprefix("ctl:ruleRemoveTargetById=") for text in told if text.startswith("ctl:")] == [
        "920370-920390;ARGS:filecontents",
        "920370-920390;ARGS_COMBINED_SIZE",
        "930100-930110;REQUEST_BODY",
        "921151;ARGS:q",
    ]
