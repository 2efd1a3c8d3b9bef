"""policy/variables/processors/json.py: names, values, and where a reading ends."""

from __future__ import annotations

import pytest

from policy.variables.item import Pair
from policy.variables.processors.json import read_json

SOUND: list[tuple[bytes, list[Pair]]] = [
    (b"", []),
    (b"{}", []),
    (b" [ ] ", []),
    (b'"x"', [(b"json", b"x")]),
    (b"null", [(b"json", b"")]),
    (b'{"a":1}', [(b"json.a", b"1")]),
    (b'{"a":{"b":true},"a":false}', [(b"json.a.b", b"true"), (b"json.a", b"false")]),
    (b'{"":{"":""}}', [(b"json.empty-key.empty-key", b"")]),
    (b"[1,[2,[3]],{}]", [(b"json.array_0", b"1"), (b"json.array_1.array_0", b"2"), (b"json.array_1.array_1.array_0", b"3")]),
    (b"[{}, 4]", [(b"json.array_1", b"4")]),
    (b'[{"a":1},{"a":2}]', [(b"json.array_0.a", b"1"), (b"json.array_1.a", b"2")]),
    (b"[-0,1.50e+2,1E9]", [(b"json.array_0", b"-0"), (b"json.array_1", b"1.50e+2"), (b"json.array_2", b"1E9")]),
    (b'"\\u3042\\ud83d\\ude00\\"\\\\\\/\\n\\u0000"', [(b"json", "あ😀\"\\/\n\0".encode())]),
    (b'"\\\\u3042"', [(b"json", b"\\u3042")]),
    (b'"\\ud83dx"', [(b"json", b"?x")]),
    (b'"\\ude00"', [(b"json", b"\xed\xb8\x80")]),
    (b'\x0b{"a":\x0c1}', [(b"json.a", b"1")]),
    (b'"\xc0\x80"', [(b"json", b"\xc0\x80")]),
]  # fmt: skip
FAULTS: list[tuple[bytes, int]] = [
    (b" ", 0),
    (b'{"a":1', 1),
    (b'{"a":1}x', 1),
    (b'{"a":01}', 1),
    (b'{"a":1,}', 1),
    (b'{"a" 1}', 0),
    (b"{a:1}", 0),
    (b"[1,2", 2),
    (b"[1 2]", 1),
    (b"[1}", 1),
    (b"[1]]", 1),
    (b"]", 0),
    (b"[1.]", 0),
    (b"[11e]", 0),
    (b"[-]", 0),
    (b"tru", 0),
    (b"NaN", 0),
    (b'"\xff"', 0),
    (b'"\x01"', 0),
    (b'"\\x"', 0),
    (b'"\\u12"', 0),
    (b'"x', 0),
    (b"\xef\xbb\xbf{}", 0),
    (b"// c\n1", 0),
]


def test_the_tables_are_whole() -> None:
    assert (len(SOUND), len(FAULTS)) == (18, 24)


@pytest.mark.parametrize(("body", "pairs"), SOUND)
def test_documents(body: bytes, pairs: list[Pair]) -> None:
    found = read_json(body)
    assert (found.error, found.pairs) == (b"", pairs)


@pytest.mark.parametrize(("body", "count"), FAULTS)
def test_what_comes_before_a_fault_is_there(body: bytes, count: int) -> None:
    found = read_json(body)
    assert found.error
    assert len(found.pairs) == count


def test_the_depth_that_a_directive_allows() -> None:
    assert read_json(b"[[1]]", 2).error == b""
    deep = read_json(b"[[[1]]]", 2)
    assert (deep.error, deep.exceeded) == (b"Parsing depth limit exceeded", "")


def test_the_strict_reading_loses_a_byte() -> None:
    assert read_json(b'"\\ud83d<a"', strict=True).pairs == [(b"json", b"?a")]
