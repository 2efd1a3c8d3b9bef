"""Rules are counted in the files as ModSecurity reads them."""

from pathlib import Path

from bench.peers.crs import rules_in


def test_rules_in(tmp_path: Path) -> None:
    first, second = tmp_path / "a.conf", tmp_path / "b.conf"
    first.write_text(
        'SecRule ARGS "@rx a" \\\n    "id:941100,\\\n    phase:2"\n# SecRule ARGS x "id:941101"\nSecAction "id:\'200005\',pass"\n'
    )
    second.write_text('SecRule ARGS "@rx a" "phase:2,id:942100,ctl:ruleRemoveById=1,msg:\'grid:7\'"\n')
    assert rules_in([first, second]) == {941100, 200005, 942100}
