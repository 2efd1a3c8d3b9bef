"""A program: settings carried over, every mistake at once, phases with what they answer for."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy.engine.program import Reading, compile_rules, options_of
from policy.seclang.ast import Settings
from policy.seclang.faults import SecLangInvalid
from tests.unit.policy.engine.building import read


def test_settings_about_bodies() -> None:
    text = "\n".join(
        (
            "SecArgumentSeparator ;", "SecArgumentsLimit 5", "SecRequestBodyLimit 6", "SecRequestBodyNoFilesLimit 7",
            "SecRequestBodyLimitAction ProcessPartial", "SecRequestBodyJsonDepthLimit 8", "SecResponseBodyLimit 9",
            "SecResponseBodyLimitAction Reject", "SecTmpSaveUploadedFiles On",
        )
    )  # fmt: skip
    options = options_of(read(text).settings)
    assert (options.argument_separator, options.arguments_limit, options.request_body_limit) == (b";", 5, 6)
    assert (options.request_body_no_files_limit, options.request_body_partial, options.json_depth_limit) == (7, True, 8)
    assert (options.response_body_limit, options.response_body_partial, options.upload_extract) == (9, False, True)


@pytest.mark.parametrize(("reading", "strict"), [("strict", True), ("characters", False)])
def test_the_reading_is_that_of_bodies_too(reading: Reading, strict: bool) -> None:
    assert compile_rules(read(""), reading=reading).options.strict is strict


def test_without_a_limit_there_is_none() -> None:
    options = options_of(Settings())
    assert options.arguments_limit is None and options.request_body_no_files_limit is None
    assert options.request_body_limit > 2**40


def test_every_mistake_is_reported_at_once() -> None:
    with pytest.raises(SecLangInvalid) as caught:
        compile_rules(read('SecRule ARGS "@rx (" "id:1,phase:1"\nSecRule ARGS "@pmFromFile no.data" "id:2,phase:2"'))
    assert [problem.position.line for problem in caught.value.problems] == [1, 2]


def test_a_unicode_map_that_cannot_be_used_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "map").write_text("nothing")
    text = f"SecUnicodeMapFile {tmp_path / 'map'} 20127"
    with pytest.raises(SecLangInvalid, match="no Unicode map"):
        compile_rules(read(text))


def test_each_rule_is_answered_for_once() -> None:
    program = compile_rules(
        read(
            'SecRule ARGS "@rx a" "id:1,phase:1"\nSecRule REQUEST_METHOD "@streq a" "id:2,phase:1"\n'
            'SecRule TX:a "@rx a" "id:3,phase:1,chain"\nSecRule ARGS "@rx b" "t:none"\n'
            'SecRule ARGS "!@rx a" "id:4,phase:1"\nSecRule ARGS "@detectSQLi" "id:5,phase:1"\nSecAction "id:6,phase:1,msg:x"'
        )
    )
    phase = program.phases[1]
    ids = [rule.id for rule in phase.rules]
    answered = [{ids[place] for place in places} for places in (phase.sieve.rules, phase.narrow.rules, phase.unsifted)]
    assert answered == [{1, 5}, {2}, {4, 6}]
    assert ids == [1, 2, 4, 5, 6]


def test_compiled_patterns_are_kept(tmp_path: Path) -> None:
    rules = read('SecRule ARGS "@rx union.*select" "id:1,phase:1"')
    compile_rules(rules, cache=tmp_path)
    kept = sorted(tmp_path.iterdir())
    assert kept
    compile_rules(rules, cache=tmp_path)
    assert sorted(tmp_path.iterdir()) == kept


def test_progress_is_that_of_all_databases_together(tmp_path: Path) -> None:
    """Two phases, one chain beside the values as sent, later links: four databases; kept ones are told as well, in one step each."""
    rules = read(
        'SecRule ARGS "@rx union" "id:1,phase:1"\nSecRule ARGS "@rx select" "id:2,phase:2"\n'
        'SecRule ARGS "@rx script" "id:3,phase:2,t:htmlEntityDecode"\n'
        'SecRule REQUEST_METHOD "@streq POST" "id:4,phase:2,chain"\nSecRule REQUEST_BODY "@rx later"'
    )
    told: list[tuple[int, int]] = []
    compile_rules(rules, cache=tmp_path, progress=lambda done, total: told.append((done, total)))
    (total,) = {total for _, total in told}
    assert total == (1 + 1) + (1 + 1) + (2 + 1) + (1 + 1)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert {done for done, _ in told} == set(range(total + 1))
    told.clear()
    compile_rules(rules, cache=tmp_path, progress=lambda done, total: told.append((done, total)))
    assert told == [(2, total), (4, total), (7, total), (total, total)]
