"""A configuration file gives settings or ConfigInvalid, never anything else; and every key of a document has its line."""

from __future__ import annotations

import tempfile
import tomllib
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from relay.base.errors import ConfigInvalid
from relay.settings.load import load_gate, load_host
from relay.settings.toml_lines import TomlPath, key_lines

GOLDEN = Path(__file__).parents[1] / "golden" / "settings"
BASES = [(GOLDEN / name).read_bytes() for name in ("base-host.toml", "base-gate.toml")]
DICTIONARY = [
    *(b"[", b"]", b"[[", b"]]", b"{", b"}", b"=", b'"', b"'", b'"""', b"'''", b"#", b",", b".", b"\n", b"\\", b"\0"),
    *(b"[limits]\n", b"[[gate]]\n", b"[front]\n", b"workers = ", b"true", b"-1", b"1e9", b"nan", b"1979-05-27", b"[]"),
    *(b"{}", b'"0.0.0.0:1"', b'"[::]:1"', b'"/"', b'"\\u0000"', b"\xff", "関所".encode(), b"x.y.z = 1\n"),
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    text = bytearray(draw(st.sampled_from(BASES)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(text)))
        length = draw(st.sampled_from([0, 0, 1, 2, 8, 40]))
        text[at : at + length] = draw(st.sampled_from(DICTIONARY) | st.binary(max_size=4))
    return bytes(text)


@given(mutated())
@settings(max_examples=400, deadline=None)
def test_a_result_or_config_invalid_and_never_anything_else(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as directory:
        for name in ("a.crt", "a.vkey", "a.pub"):
            (Path(directory) / name).write_text("x")
        path = Path(directory) / "case.toml"
        path.write_bytes(content)
        for load in (load_host, load_gate):
            try:
                load(path)
            except ConfigInvalid as invalid:
                assert invalid.problems
                lines = content.count(b"\n") + 1
                assert all(0 <= problem.line <= lines and problem.message for problem in invalid.problems)


KEYS = st.text(st.sampled_from("ab\"'\\#[]{}=., \n\té関"), max_size=4)
SCALARS = st.booleans() | st.integers(-9, 9) | KEYS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=6
)


def quoted(text: str) -> str:
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}
    return '"' + "".join(escapes.get(character, character) for character in text) + '"'


def inline(value: Any, gap: str) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)} = {inline(inner, '')}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + gap + ("," + gap).join(inline(item, gap) for item in value) + gap + "]"
    if isinstance(value, str):
        return quoted(value)
    return str(value).lower()


def paths(value: Any, path: TomlPath = ()) -> set[TomlPath]:
    found = {path}
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        found |= paths(inner, (*path, key))
    return found


@given(
    st.lists(st.tuples(KEYS, st.booleans(), st.dictionaries(KEYS, VALUES, max_size=3)), max_size=4),
    st.sampled_from(["", " ", "\n", " # c ]\n\t"]),
)
@settings(max_examples=300, deadline=None)
def test_the_scanner_finds_exactly_the_keys_that_tomllib_finds(
    tables: list[tuple[str, bool, dict[str, Any]]], gap: str
) -> None:
    text = ""
    kinds: dict[str, bool] = {}
    for name, array, content in tables:
        if name in kinds and not (array and kinds[name]):
            continue
        kinds[name] = array
        text += f"[[{quoted(name)}]]\n" if array else f"[ {quoted(name)} ] # c\n"
        text += "".join(f"{quoted(key)} = {inline(value, gap)}\n" for key, value in content.items())
    assert set(key_lines(text)) == paths(tomllib.loads(text))
