from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from policy.seclang.ast import ActionCall, Position, Rule, Target, raw
from policy.seclang.load import Source, load


def test_raw_gives_the_bytes_of_the_file_back() -> None:
    for data in (b"abc", "日本".encode(), bytes(range(256))):
        assert raw(data.decode("utf-8", "surrogateescape")) == data


def test_a_position_is_shown_as_editors_take_it() -> None:
    assert [str(Position("f", line)) for line in (3, 0)] == ["f:3", "f"]


def test_a_rule_is_asked_for_the_arguments_of_its_actions() -> None:
    text = 'SecAction "id:1,phase:1,log,tag:a,msg:\'m\',tag:b,chain"\nSecAction "tag:c"'
    (rule,) = load([Source("f", text)]).rules
    assert rule.tags == ("a", "b")
    assert (rule.argument("msg"), rule.argument("log"), rule.argument("ver")) == ("m", "", None)
    assert [link.tags for link in rule.links] == [("a", "b"), ("c",)]


def test_nothing_can_be_changed_afterwards() -> None:
    found = load([Source("f", 'SecAction "id:1,phase:1"')])
    for record, field in (
        (found, "digest"),
        (found.settings, "web_app_id"),
        (found.rules[0], "id"),
        (Target("ARGS"), "key"),
    ):
        with pytest.raises(FrozenInstanceError):
            setattr(record, field, None)
    with pytest.raises(TypeError):
        found.phases[1] = ()  # type: ignore[index]  # that is what is tried


def test_rules_can_be_told_apart_and_used_as_keys() -> None:
    one, two = (load([Source("f", 'SecRule ARGS "a" "id:1,phase:1"')]).rules[0] for _ in range(2))
    assert one == two
    assert len({one, two}) == 1
    assert isinstance(one, Rule)
    assert ActionCall("pass") == one.default_action
