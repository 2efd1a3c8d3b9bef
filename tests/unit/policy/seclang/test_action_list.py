from __future__ import annotations

import pytest

from policy.seclang.action_list import parse_actions
from policy.seclang.action_words import ACTIONS, DISRUPTIVE, NOT_DEFAULT, NOT_UPDATED, STARTER_ONLY
from policy.seclang.ast import ActionCall
from policy.seclang.faults import WordError
from policy.seclang.word import Shape, Status, Word

ARGUMENTS = {
    "accuracy": "9", "allow": "phase", "ctl": "ruleEngine=Off", "expirevar": "ip.a=60", "id": "1", "initcol": "ip=%{REMOTE_ADDR}",
    "logdata": "%{TX.0}", "maturity": "9", "msg": "a", "phase": "2", "redirect": "https://example.org/", "rev": "1",
    "setrsc": "a", "setsid": "a", "setuid": "a", "setvar": "tx.a=1", "severity": "2", "skip": "1", "skipafter": "A",
    "status": "403", "t": "none", "tag": "a", "ver": "1", "xmlns": "a=b", "setenv": "a=b",
}  # fmt: skip


@pytest.mark.parametrize("word", ACTIONS.values(), ids=lambda word: word.name)
def test_every_action_is_read_as_its_row_says(word: Word) -> None:
    argument = ARGUMENTS.get(word.name.lower())
    if word.status is Status.REFUSED:
        with pytest.raises(WordError, match="is refused"):
            parse_actions(word.name)
    elif word.shape is Shape.NONE:
        assert parse_actions(word.name) == (ActionCall(word.name.lower()),)
        with pytest.raises(WordError, match="takes no argument"):
            parse_actions(f"{word.name}:a")
    else:
        given = argument or "a"
        assert parse_actions(f"{word.name.upper()}:'{given}'") == (ActionCall(word.name.lower(), given),)
        assert parse_actions(f" {word.name}:{given} ,log") == (ActionCall(word.name.lower(), given), ActionCall("log"))
        if word.shape is Shape.REQUIRED:
            for empty in (word.name, f"{word.name}:", f"{word.name}:''"):
                with pytest.raises(WordError, match="needs an argument"):
                    parse_actions(empty)


def test_every_argument_belongs_to_an_action() -> None:
    assert len(ACTIONS) == 52
    assert set(ARGUMENTS) <= set(ACTIONS)
    assert set(ACTIONS) >= DISRUPTIVE | STARTER_ONLY | NOT_DEFAULT | NOT_UPDATED


CASES = [
    ("", []),
    (" \n", []),
    ("log", ["log"]),
    ("id:1, phase:2 ,\n\tlog", ["id:1", "phase:2", "log"]),
    ("msg:'a, b: c'", ["msg:a, b: c"]),
    ("msg:a b", ["msg:a b"]),
    ("msg: 'a'", ["msg:a"]),
    ("msg:'it\\'s'", ["msg:it\\'s"]),
    ("msg:it's", ["msg:it's"]),
    ("msg:'a\\\\',log", ["msg:a\\\\", "log"]),
    ("setvar:tx.a='b'", ["setvar:tx.a='b'"]),
    ("setvar:'tx.a=b, c'", ["setvar:tx.a=b, c"]),
    ("setvar:!tx.a", ["setvar:!tx.a"]),
    ("t:none,t:urlDecodeUni", ["t:none", "t:urlDecodeUni"]),
    ("ctl:ruleRemoveTargetByTag=attack-lfi;XML://@*,log", ["ctl:ruleRemoveTargetByTag=attack-lfi;XML://@*", "log"]),
    ("ctl:ruleRemoveTargetById=1;ARGS:/^a|b$/", ["ctl:ruleRemoveTargetById=1;ARGS:/^a|b$/"]),
    ("redirect:https://example.org/?a=b", ["redirect:https://example.org/?a=b"]),
]


@pytest.mark.parametrize(("text", "wanted"), CASES)
def test_a_list_becomes_calls(text: str, wanted: list[str]) -> None:
    assert [str(call) for call in parse_actions(text)] == wanted


def test_the_cases_are_all_there() -> None:
    assert len({text for text, _ in CASES}) == 17


PROBLEMS = [
    ("log,", "the last comma"),
    (",log", "between two commas"),
    ("log,,pass", "between two commas"),
    ("log pass", "no action can be read at 'log pass'"),
    ("msg:'a", "quotation mark too many or too few"),
    ("msg:'a'b", "quotation mark too many or too few"),
    ("msg:'a'b,log", "quotation mark too many or too few"),
    ("foo", "there is no action foo"),
    ("msgs:'a'", "there is no action msgs"),
    ("'log'", "no action can be read"),
    ("exec:/bin/true", "exec is refused"),
]


@pytest.mark.parametrize(("text", "message"), PROBLEMS)
def test_what_is_no_list_of_actions_is_refused(text: str, message: str) -> None:
    with pytest.raises(WordError) as raised:
        parse_actions(text)
    assert message in raised.value.message
    assert raised.value.mend
