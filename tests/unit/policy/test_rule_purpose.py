"""What a rule protects against, by its tags."""

from __future__ import annotations

from policy.rule_purpose import BY_TAG, purpose_of
from policy.seclang.load import load
from tests.core_rules import RULES


def test_the_first_tag_that_is_known_decides() -> None:
    assert purpose_of(["OWASP_CRS", "attack-sqli", "attack-xss"]) == BY_TAG["attack-sqli"]
    assert purpose_of(["OWASP_CRS", "platform-multi"]) is None
    assert purpose_of([]) is None


def test_both_languages_say_something_of_each() -> None:
    assert len(BY_TAG) >= 20
    for said in BY_TAG.values():
        assert said.ja.strip() and said.en.isascii()
        assert not said.ja.isascii()


def test_every_category_of_the_core_rule_set_is_known() -> None:
    tags = {tag for rule in load(sorted(RULES.glob("*.conf"))).rules for tag in rule.tags if tag.startswith("attack-")}
    assert len(tags) >= 15
    assert tags <= BY_TAG.keys()
