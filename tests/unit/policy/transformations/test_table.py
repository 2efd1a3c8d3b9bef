from __future__ import annotations

import pytest

from policy.transformations import table
from policy.transformations.table import TRANSFORMATIONS, UnknownTransformation, chain, find
from tests.unit.policy.transformations.cases import STRICT

# The section "Transformation functions" of the ModSecurity v3 reference manual.
MANUAL = [
    *("base64Decode", "base64DecodeExt", "base64Encode", "cmdLine", "compressWhitespace", "cssDecode"),
    *("escapeSeqDecode", "hexDecode", "hexEncode", "htmlEntityDecode", "jsDecode", "length"),
    *("lowercase", "md5", "none", "normalisePath", "normalizePath", "normalisePathWin"),
    *("normalizePathWin", "parityEven7bit", "parityOdd7bit", "parityZero7bit", "removeComments", "removeCommentsChar"),
    *("removeNulls", "removeWhitespace", "replaceComments", "replaceNulls", "sha1", "sqlHexDecode"),
    *("trim", "trimLeft", "trimRight", "upperCase", "urlDecode", "urlDecodeUni"),
    *("urlEncode", "utf8toUnicode"),
]

CHAINS = [
    (["urlDecodeUni"], b"%41+b", b"A b"),
    (["none"], b"A", b"A"),
    ([], b"A", b"A"),
    (["lowercase", "removeWhitespace"], b"A b", b"ab"),
    (["sha1", "hexEncode"], b"abc", b"a9993e364706816aba3e25717850c26c9cd0d89d"),
    (["urlDecodeUni", "htmlEntityDecode", "jsDecode"], b"%26lt;%5cx41", b"<A"),
    (["base64Decode", "urlDecode"], b"JTQx", b"A"),
]


def test_every_name_of_the_manual_is_known() -> None:
    assert len(MANUAL) == 38
    assert set(TRANSFORMATIONS) == {name.lower() for name in MANUAL}
    assert all(row.name == name for name, row in TRANSFORMATIONS.items())
    assert len(table._ROWS) == len(MANUAL)  # none stands there twice


def test_every_name_has_strict_cases() -> None:
    assert {name.lower() for cases in STRICT.values() for name, _, _ in cases} == set(TRANSFORMATIONS)


@pytest.mark.parametrize(("name", "value", "result"), STRICT["table"])
def test_strictly_as_modsecurity(name: str, value: bytes, result: bytes) -> None:
    assert find(name).strict(value) is value is result or find(name).strict(value) == result


@pytest.mark.parametrize("name", ["", "urlDecodeUn", "urlDecodeUni ", "sha256", "transformation"])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(UnknownTransformation):
        find(name)
    with pytest.raises(UnknownTransformation):
        chain(["lowercase", name])


@pytest.mark.parametrize(("names", "value", "result"), CHAINS)
def test_a_chain_applies_in_order(names: list[str], value: bytes, result: bytes) -> None:
    for characters in (False, True):
        assert chain(names).apply(value, characters) == result


def test_chains_are_counted() -> None:
    assert len(CHAINS) == 7


def test_a_chain_is_named_by_what_it_does() -> None:
    assert chain(["none", "urlDecodeUni", "LowerCase"]).name == "urldecodeuni,lowercase"
    assert chain(["none"]).name == chain([]).name == ""


def test_an_unchanged_value_is_the_same_object() -> None:
    value = "場所 a.b/c".encode()
    for names in (
        ["utf8toUnicode", "urlDecodeUni", "htmlEntityDecode", "removeNulls"],
        ["lowercase"],
        ["none"],
        ["trim"],
    ):
        assert chain(names).apply(value, True) is value
    twice = b"ab" * 3
    assert chain(["hexEncode", "hexDecode"]).apply(twice, False) is twice


def test_japanese_passes_the_usual_chain_of_core_rules_as_it_is() -> None:
    usual = chain(["utf8toUnicode", "urlDecodeUni", "htmlEntityDecode", "jsDecode", "cssDecode", "removeNulls"])
    assert usual.apply("東京都新宿区（𠮷野家）".encode(), True) == "東京都新宿区(𠮷野家)".encode()
    assert usual.apply("＜script＞".encode(), True) == usual.apply("＜script＞".encode(), False) == b"<script>"


def test_a_map_is_used_where_a_chain_decodes_code_points() -> None:
    mapped = {0x2019: 0x27}
    assert chain(["urlDecodeUni"], mapped).apply(b"%u2019", False) == b"'"
    assert chain(["utf8toUnicode", "urlDecodeUni"], mapped).apply("’".encode(), True) == b"'"
    assert chain(["urlDecodeUni"]).apply(b"%u2019", False) == b"\x19"
    assert find("lowercase", mapped) is find("lowercase")


def test_what_may_break_text_is_told() -> None:
    assert chain(["lowercase", "removeWhitespace"]).text_safe
    assert not chain(["lowercase", "hexDecode"]).text_safe
    assert {name for name, row in TRANSFORMATIONS.items() if not row.text_safe} == {
        *(
            "base64decode",
            "base64decodeext",
            "cssdecode",
            "escapeseqdecode",
            "hexdecode",
            "htmlentitydecode",
            "jsdecode",
        ),
        *("md5", "parityeven7bit", "parityodd7bit", "sha1", "sqlhexdecode", "urldecode", "urldecodeuni"),
    }
