from __future__ import annotations

from pathlib import Path

import pytest

from policy.seclang.ast import Settings, UnicodeMap
from policy.seclang.faults import SecLangInvalid, WordError
from policy.seclang.load import Source, load
from policy.seclang.settings import KEYS, with_directive, without_effect

PROBLEMS = [
    ("secargumentseparator", [""], "one character"),
    ("secargumentseparator", ["&&"], "one character"),
    ("secargumentseparator", ["、"], "one character"),
    ("secargumentslimit", ["many"], "a number is expected"),
    ("secargumentslimit", ["-1"], "a number is expected"),
    ("secargumentslimit", ["1", "2"], "one argument is expected, not 2"),
    ("seccookieformat", ["1"], "version 0 only"),
    ("seccookiev0separator", [","], "separated by ; only"),
    ("secrequestbodyaccess", ["yes"], "neither On nor Off"),
    ("secrequestbodylimitaction", ["drop"], "is not known here"),
    ("secresponsebodymimetype", [" "], "no media type"),
    ("secresponsebodymimetypesclear", ["text/html"], "no argument"),
    ("secruleengine", ["Maybe"], "is not known here"),
    ("secunicodemapfile", ["a"], "a file and the number"),
    ("secunicodemapfile", ["a", "b"], "a file and the number"),
    ("secwebappid", [""], "is empty"),
    ("secxmlexternalentity", ["On"], "never loaded"),
]


@pytest.mark.parametrize(("key", "arguments", "message"), PROBLEMS)
def test_what_it_cannot_be_is_refused(key: str, arguments: list[str], message: str) -> None:
    assert key in KEYS
    with pytest.raises(WordError) as raised:
        with_directive(Settings(), key, arguments)
    assert message in raised.value.message
    assert raised.value.mend


def test_the_problems_are_all_there() -> None:
    assert len(PROBLEMS) == 17


def test_the_last_value_counts_and_lists_grow() -> None:
    text = "SecRequestBodyLimit 1\nSecRequestBodyLimit 2\n"
    text += "SecResponseBodyMimeType text/html\nSecResponseBodyMimeTypesClear\n"
    text += "SecResponseBodyMimeType text/a\nSecResponseBodyMimeType text/b"
    settings = load([Source("f", text)]).settings
    assert settings.request_body_limit == 2
    assert settings.response_body_mime_types == {"text/a", "text/b"}


def test_nothing_given_means_what_modsecurity_does() -> None:
    assert load([]).settings == Settings()


@pytest.mark.parametrize("argument", ["map 20127", '"map 20127"'])
def test_a_unicode_map_is_a_file_beside_the_rules(tmp_path: Path, argument: str) -> None:
    (tmp_path / "map").touch()
    rules = tmp_path / "rules.conf"
    rules.write_text(f"SecUnicodeMapFile {argument}", encoding="utf-8")
    assert load([rules]).settings.unicode_map == UnicodeMap(str(tmp_path / "map"), 20127)


def test_a_unicode_map_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SecLangInvalid, match="f:1: there is no file"):
        load([Source("f", f"SecUnicodeMapFile {tmp_path}/map 20127")])


def test_a_directive_without_effect_is_listed_once() -> None:
    assert without_effect(without_effect(Settings(), "SecDataDir"), "SecDataDir").without_effect == ("SecDataDir",)
