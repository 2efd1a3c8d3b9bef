"""Exclusions where operators put them: a plugin's config, before and after files, and the two files that CRS leaves to them.

The plugin and the exclusions are our own, in the form that CRS gives them. ModSecurity is asked about the same files; only what it
cannot load, an XPath target in `ctl`, is asked of Sekisho alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.rules import rulesets
from bench.rules.modsecurity import ModSecurity3
from bench.rules.requests import Request, form, post
from bench.rules.sekisho import SekishoRules
from policy import offline

_NOT_AUDITED = {980130}  # log and noauditlog: ModSecurity 3 does not list it (tests/differential/explained.toml)
_CONFIG = """\
SecRule &TX:shinsei-plugin_enabled "@eq 0" \\
    "id:9599010,phase:1,pass,nolog,t:none,ver:'shinsei-plugin/1.0.0',setvar:'tx.shinsei-plugin_enabled=1'"
"""
_BEFORE = """\
SecRule TX:shinsei-plugin_enabled "@eq 0" "id:9599099,phase:1,pass,nolog,ctl:ruleRemoveById=9599100-9599999"
SecRule REQUEST_FILENAME "@beginsWith /shinsei" \\
    "id:9599100,phase:1,pass,nolog,t:none,\\
    ctl:ruleRemoveTargetByTag=attack-xss;ARGS:notes,\\
    ctl:ruleRemoveTargetById=942100;ARGS:notes"
SecRule REQUEST_FILENAME "@streq /kanri" "id:9599110,phase:1,pass,nolog,t:none,ctl:ruleRemoveByTag=attack-lfi"
SecRule REQUEST_FILENAME "@streq /off" "id:9599120,phase:1,pass,nolog,t:none,ctl:ruleEngine=Off"
SecRule REQUEST_FILENAME "@streq /skip" "id:9599130,phase:2,pass,nolog,skipAfter:END-SHINSEI"
SecRule ARGS "@streq planted" "id:9599140,phase:2,pass,log,msg:'Plugin: found %{MATCHED_VAR_NAME}'"
SecMarker "END-SHINSEI"
"""
_AFTER = """\
SecRule TX:ANOMALY_SCORE "@ge 5" "id:9599200,phase:2,pass,log,msg:'Plugin: the score is known here'"
"""
_BEFORE_CRS = """\
SecRule REMOTE_ADDR "@ipMatch 192.0.2.99" "id:1000,phase:1,pass,nolog,ctl:ruleEngine=Off"
SecRule ARGS:token "@rx ^[0-9a-f]{8}$" "id:1001,phase:2,pass,nolog,ctl:ruleRemoveTargetById=941100-941999;ARGS:token"
"""
_AFTER_CRS = """\
SecRuleRemoveById 930120
SecRuleRemoveByTag "attack-rce"
SecRuleUpdateTargetById 941110 "!ARGS:html"
SecRuleUpdateTargetByTag "attack-sqli" "!REQUEST_COOKIES:/^sid/"
SecRuleUpdateActionById 941160 "pass,nolog"
"""
_SCRIPT = "<script>alert(1)</script>"
_SQL = "1' or '1'='1"


def _files(directory: Path) -> Sequence[Path]:
    """In the order in which CRS includes them."""
    base, setup, level, *rules = rulesets.files(rulesets.crs3(), 1, directory)
    texts = {
        "shinsei-config.conf": _CONFIG,
        "shinsei-before.conf": _BEFORE,
        "REQUEST-900-EXCLUSION-RULES-BEFORE-CRS.conf": _BEFORE_CRS,
        "shinsei-after.conf": _AFTER,
        "RESPONSE-999-EXCLUSION-RULES-AFTER-CRS.conf": _AFTER_CRS,
    }
    for name, text in texts.items():
        (directory / name).write_text(text, encoding="utf-8")
    config, before, before_crs, after, after_crs = (directory / name for name in texts)
    return (base, setup, level, config, before, before_crs, *rules, after, after_crs)


CASES: list[tuple[Request, set[int], set[int]]] = [  # what fires, what does not
    (form([("q", _SCRIPT)], b"/x"), {941100, 941110, 949110, 9599200}, {941160}),
    (form([("notes", _SCRIPT)]), set(), {941100, 941110, 949110, 9599200}),
    (form([("notes", _SCRIPT), ("q", _SCRIPT)]), {941100}, {941160}),
    (form([("notes", _SQL)]), set(), {942100}),
    (form([("q", _SQL)]), {942100}, set()),
    (form([("html", _SCRIPT)], b"/x"), {941100}, {941110}),
    (Request(b"/kanri?a=../../etc/passwd"), set(), {930100, 930110, 930120, 932160}),
    (Request(b"/x?a=../../etc/passwd"), {930100, 930110}, {930120, 932160}),
    (form([("q", _SCRIPT)], b"/off"), set(), {941100, 949110}),
    (form([("q", "planted")], b"/skip"), set(), {9599140}),
    (form([("q", "planted")], b"/x"), {9599140}, set()),
    (Request().with_header(b"Cookie", b"sid9=1' or '1'='1"), set(), {942100}),
    (Request().with_header(b"Cookie", b"x=1' or '1'='1"), {942100}, set()),
]


def test_exclusions_and_plugins_do_what_they_say_and_what_modsecurity_does(tmp_path: Path) -> None:
    files = _files(tmp_path)
    modsecurity, sekisho = ModSecurity3(files), SekishoRules(files, reading="strict")
    for request, fires, silent in CASES:
        ours = set(sekisho.grade(request.raw())[1])
        assert fires <= ours and not silent & ours, (request.target, request.body, ours)
        assert set(modsecurity.grade(request.raw())[1]) == ours - _NOT_AUDITED, (request.target, request.body)
    modsecurity.close()


def test_the_files_that_debian_ships_for_exclusions_load(tmp_path: Path) -> None:
    shipped = sorted(Path("/etc/modsecurity/crs").glob("*.conf"))
    assert {file.name[:11] for file in shipped} >= {"REQUEST-900", "RESPONSE-99"}
    SekishoRules([*_files(tmp_path), *(file for file in shipped if "EXCLUSION" in file.name)], reading="strict")


@pytest.mark.parametrize(
    ("target", "attribute", "element"),
    [("XML://@*", set(), {1, 3}), ("XML:/*", {1, 2}, set()), ("ARGS", {1, 2}, {1, 3}), ("XML://b", {1, 2}, {1, 3})],
)
def test_an_xpath_target_is_taken_out_by_tag(
    target: str, attribute: set[int], element: set[int], tmp_path: Path
) -> None:
    """ModSecurity 3.0.9 does not load these."""
    base = offline.Source("base", rulesets.base_settings("DetectionOnly"))
    rules = f"""\
SecAction "id:9,phase:1,pass,nolog,ctl:ruleRemoveTargetByTag=attack-lfi;{target}"
SecRule ARGS|XML:/*|XML://@* "@contains etc/passwd" "id:1,phase:2,pass,log,tag:'attack-lfi'"
SecRule XML://@* "@contains etc/passwd" "id:2,phase:2,pass,log,tag:'attack-lfi'"
SecRule XML:/* "@contains etc/passwd" "id:3,phase:2,pass,log,tag:'attack-lfi'"
"""
    loaded = offline.load([base, offline.Source("rules", rules)])
    bodies = (b'<a b="etc/passwd">x</a>', b'<a b="x">etc/passwd</a>')
    fired = [set(offline.grade(loaded, post(b"text/xml", body).raw())[1]) for body in bodies]
    assert fired == [attribute, element]
