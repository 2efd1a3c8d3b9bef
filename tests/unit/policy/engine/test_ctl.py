"""ctl: every option that is supported does something, those without effect compile to nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from policy.engine.ctl import compile_ctl, exceptions_of
from policy.engine.exceptions import Subject
from policy.engine.state import State
from policy.seclang.action_words import CTLS
from policy.seclang.ast import EngineMode
from policy.seclang.word import Status
from tests.unit.policy.engine.test_state import state

RULE = Subject(942100, ("attack-sqli", "t"), b"a message")


def _removes(run: State) -> bool:
    return exceptions_of(run).removes(RULE, run)


def _loses(run: State) -> bool:
    removed = exceptions_of(run).removed_from(RULE, run)
    return [(one.collection, one.key) for one in removed] == [("ARGS", b"x")]


DONE: dict[str, tuple[str, Callable[[State], bool]]] = {
    "ruleengine": ("DetectionOnly", lambda run: run.mode is EngineMode.DETECTION_ONLY),
    "forcerequestbodyvariable": ("On", lambda run: run.transaction.forced_body_variable),
    "requestbodyaccess": ("On", lambda run: run.body_access is True),
    "responsebodyaccess": ("Off", lambda run: run.response_access is False),
    "requestbodyprocessor": ("XML", lambda run: run.transaction.processor == "XML"),
    "requestbodylimit": ("7", lambda run: run.transaction.options.request_body_limit == 7),
    "responsebodylimit": ("8", lambda run: run.transaction.options.response_body_limit == 8),
    "parsexmlintoargs": ("OnlyArgs", lambda run: run.transaction.options.xml_into_args == "onlyargs"),
    "ruleremovebyid": ("1 942000-942999", _removes),
    "ruleremovebytag": ("attack-sqli", _removes),
    "ruleremovebymsg": ("a message", _removes),
    "ruleremovetargetbyid": ("942100;ARGS:X", _loses),
    "ruleremovetargetbytag": ("t;ARGS:x", _loses),
    "ruleremovetargetbymsg": ("a message;ARGS:x", _loses),
}


@pytest.mark.parametrize("name", DONE)
def test_an_option_takes_effect(name: str) -> None:
    value, shows = DONE[name]
    run = state()
    assert not shows(run)
    effect = compile_ctl(f"{name}={value}")
    assert effect is not None
    effect(run)
    assert shows(run)


def test_every_option_of_the_language_was_tried() -> None:
    supported = {name for name, word in CTLS.items() if word.status is Status.SUPPORTED}
    assert supported == DONE.keys()


def test_the_rest_compiles_to_nothing() -> None:
    without = [name for name, word in CTLS.items() if word.status is Status.WITHOUT_EFFECT]
    assert len(without) == 4
    values = {"auditengine": "On", "auditlogparts": "+E", "debugloglevel": "9", "forceresponsebodyvariable": "On"}
    assert all(compile_ctl(f"{name}={values[name]}") is None for name in without)


def test_other_rules_are_spared() -> None:
    run = state()
    for option in ("ruleRemoveById=1-942099", "ruleRemoveByTag=attack", "ruleRemoveByMsg=a mess"):
        effect = compile_ctl(option)
        assert effect is not None
        effect(run)
    assert not _removes(run)
