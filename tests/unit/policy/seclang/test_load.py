"""Files in order, Includes, and every problem at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from policy.seclang.ast import Marker, Note, RuleSet
from policy.seclang.faults import Problem, SecLangInvalid
from policy.seclang.load import MAX_INCLUDE_DEPTH, Source, load

DEBIAN = (Path("/etc/modsecurity/modsecurity.conf-recommended"), Path("/usr/share/modsecurity-crs/owasp-crs.load"))


def markers(found: RuleSet) -> list[str]:
    return [entry.name for entry in found.phases[1] if isinstance(entry, Marker)]


def write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        path = folder / f"{name.replace('__', '/')}.conf"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def problems(files: list[Path | Source]) -> tuple[Problem, ...]:
    with pytest.raises(SecLangInvalid) as raised:
        load(files)
    return raised.value.problems


def test_files_and_texts_are_read_in_the_order_given(tmp_path: Path) -> None:
    write(tmp_path, a="SecMarker A", b="SecMarker B")
    found = load([tmp_path / "b.conf", Source("between", "SecMarker C"), tmp_path / "a.conf"])
    assert markers(found) == ["B", "C", "A"]
    assert found.files == (str(tmp_path / "b.conf"), "between", str(tmp_path / "a.conf"))


def test_plugins_stand_before_and_after_the_rules(tmp_path: Path) -> None:
    """The lines that CRS 4 gives for its plugins."""
    write(
        tmp_path, setup="SecMarker SETUP", plugins__x__config="no plugin looks here", plugins__empty_config="",
        plugins__a_config="SecMarker A-CONFIG", plugins__a_before="SecMarker A-BEFORE", plugins__b_before="SecMarker B-BEFORE",
        plugins__a_after="SecMarker A-AFTER", rules__1="SecMarker RULES-1", rules__2="SecMarker RULES-2",
    )  # fmt: skip
    main = "Include setup.conf\nInclude plugins/*_config.conf\nInclude plugins/*_before.conf\n"
    main += "Include rules/*.conf\nInclude plugins/*_after.conf"
    write(tmp_path, main=main)
    wanted = ["SETUP", "A-CONFIG", "A-BEFORE", "B-BEFORE", "RULES-1", "RULES-2", "A-AFTER"]
    assert markers(load([tmp_path / "main.conf"])) == wanted
    assert markers(load([Source(str(tmp_path / "none.conf"), main)])) == wanted


def test_includes_are_relative_to_the_file_that_includes(tmp_path: Path) -> None:
    write(
        tmp_path,
        main="Include sub/a.conf",
        sub__a='include "b.conf"',
        sub__b=f"Include {tmp_path}/c.conf",
        c="SecMarker C",
    )
    assert markers(load([tmp_path / "main.conf"])) == ["C"]


def test_an_optional_include_may_be_missing(tmp_path: Path) -> None:
    write(tmp_path, main="IncludeOptional a.conf\nIncludeOptional *.none\nIncludeOptional b.conf", b="SecMarker B")
    assert markers(load([tmp_path / "main.conf"])) == ["B"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Include none.conf", "none.conf cannot be read: No such file or directory"),
        ("Include *.none", "no file is called"),
        ("Include a b", "one file name is expected"),
        ("IncludeOptional sub", "sub cannot be read: Is a directory"),
        ("Include a\0b", "cannot be read: embedded null byte"),
        ("Include a\0*", "no file is called"),
        (f"Include {'a' * 5000}", "cannot be read: File name too long"),
    ],
)
def test_an_include_that_fails_is_an_error_where_it_stands(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, main=f"\n{text}", sub__x="")
    (problem,) = problems([tmp_path / "main.conf"])
    assert (problem.position.file, problem.position.line) == (str(tmp_path / "main.conf"), 2)
    assert message in problem.message


def test_a_file_that_is_given_and_missing_is_an_error(tmp_path: Path) -> None:
    (problem,) = problems([tmp_path / "none.conf"])
    assert str(problem.position) == str(tmp_path / "none.conf")


@pytest.mark.parametrize("extra", [0, 1])
def test_files_may_include_each_other_so_deep_and_no_deeper(tmp_path: Path, extra: int) -> None:
    depth = MAX_INCLUDE_DEPTH + extra
    for number in range(depth):
        write(tmp_path, **{f"f{number}": f"Include f{number + 1}.conf"})
    write(tmp_path, **{f"f{depth}": "SecMarker END"})
    if extra:
        (problem,) = problems([tmp_path / "f0.conf"])
        assert "more than 16 deep" in problem.message
    else:
        assert markers(load([tmp_path / "f0.conf"])) == ["END"]


def test_a_circle_of_includes_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, a="Include b.conf", b="Include a.conf")
    (problem,) = problems([tmp_path / "a.conf"])
    assert "look for a circle" in problem.mend


def test_every_problem_of_every_file_is_told(tmp_path: Path) -> None:
    write(tmp_path, a='SecFoo 1\nInclude b.conf\nSecRule ARGS "a', b='\nSecRule FOO "a" "id:1"\nSecRuleEngine Maybe')
    found = problems([tmp_path / "a.conf", Source("text", "SecRuleScript x.lua")])
    assert [(Path(problem.position.file).name, problem.position.line) for problem in found] == [
        ("a.conf", 1), ("b.conf", 2), ("b.conf", 3), ("a.conf", 3), ("text", 1),
    ]  # fmt: skip


def test_the_digest_is_that_of_names_and_texts_in_order() -> None:
    one, two = Source("1", "SecMarker A"), Source("2", "SecMarker B")
    digests = [
        load(files).digest
        for files in ([one, two], [two, one], [one], [Source("1", "SecMarker C")], [Source("3", "SecMarker A")])
    ]
    assert len(set(digests)) == 5
    assert load([one, two]).digest == digests[0]
    assert all(len(digest) == 64 for digest in digests)


def test_bytes_that_are_no_utf8_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"rules.conf")
    path.write_bytes(b'SecRule ARGS "@rx \xbc\xe3\x81\x82" "id:1,phase:1,msg:\'\xff\'"')
    (rule,) = load([path]).rules
    assert rule.operator is not None
    assert rule.operator.argument.encode("utf-8", "surrogateescape") == b"\xbc\xe3\x81\x82"


def test_every_phase_has_an_entry() -> None:
    assert dict(load([]).phases) == {1: (), 2: (), 3: (), 4: (), 5: ()}


def test_debians_core_rule_set_loads_unchanged() -> None:
    found = load(DEBIAN)
    rules = found.rules
    assert len(found.files) == 37
    assert len(rules) + sum(len(rule.chain) for rule in rules) == _count("SecRule") + _count("SecAction")
    assert len(markers(found)) == _count("SecMarker")
    kinds = ["@geoLookup never matches", "@rbl never matches", *["ctl"] * 4]  # test_exclusions.py says which
    assert [note.message.split(":")[0] for note in found.notes] == kinds
    assert "SecComponentSignature" in found.settings.without_effect


def _count(directive: str) -> int:
    """Lines that begin with the directive, in the files that the loader reads."""
    names = [
        DEBIAN[0],
        *Path("/etc/modsecurity/crs").glob("*.conf"),
        *Path("/usr/share/modsecurity-crs/rules").glob("*.conf"),
    ]
    lines = [line.strip() for name in names for line in name.read_text(encoding="utf-8").splitlines()]
    return sum(line.startswith((f"{directive} ", f"{directive}\\")) for line in lines)


def test_a_note_is_shown_with_its_place() -> None:
    found = load([Source("f", 'SecAction "id:1,pass"')])
    assert found.notes == (Note(found.rules[0].position, "rule 1 names no phase and runs in phase 1"),)


def test_a_skip_to_a_marker_that_does_not_follow_is_noted() -> None:
    text = 'SecMarker BEFORE\nSecAction "id:1,phase:1,skipAfter:BEFORE"\nSecAction "id:2,phase:2,skipAfter:AFTER"\nSecMarker AFTER'
    (note,) = load([Source("f", text)]).notes
    assert str(note).startswith("f:2: rule 1 skips to BEFORE, which does not follow in its phase")
