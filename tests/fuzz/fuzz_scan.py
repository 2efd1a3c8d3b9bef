"""Any bytes as pattern and as values: what PCRE2 matches is reported by the scan, and a pattern is read or Unscannable, nothing else.

The first byte chooses the reading, and whether the rest is values for a fixed set of needles (between NUL bytes) or, up to the
first line feed, a pattern and then values. A pattern that `rx` or PCRE2 refuses is only read.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable, Sequence

import pcre2  # type: ignore[import-untyped]  # the package has no stubs
from driver import run

from policy.operators.match import OperatorInvalid, is_text
from policy.operators.rx import Rx
from policy.scan.needle import Needle
from policy.scan.scanner import Scanner, compile_scanner
from policy.scan.syntax import parse
from policy.scan.tree import Unscannable

FLAGS = pcre2.DOTALL | pcre2.MULTILINE
MAX_PATTERN_BYTES = 80  # longer ones take Hyperscan's compiler too long for a fuzzer
MAX_VALUES = 40
PATTERNS = (
    rb"(?i)<script[^>]*>[\s\S]*?",
    rb"(?i:\b(?:union|select)\b\s*?[(\w])",
    rb"^(?i:file|ftps?|https?)://\d+\.\d+",
    rb"(?:^\s*[\"'`;]+|[\"'`]+\s*$)",
    rb"\W{4}",
    rb"\xbc[^\xbe>]*[\xbe>]|<[^\xbe]*\xbe",
    rb"(?:%u[fF]{2}|\xe3\x80\x80|[\x80-\x9f]{2})",
    rb"([~!@#\$%'\xc2\xb4\xe2\x80\x99<>][^~!@#\$%'<>]*?){5}",
    rb"^(?:\w+=[^&]*(?:&|$))+$",
    rb"(?<![a-z])on[a-z]+\s*=",
)


def matches(patterns: Sequence[pcre2.Pattern], value: bytes) -> bool:
    try:
        return any(pattern.search(value) for pattern in patterns)
    except pcre2.LibraryError:  # a limit was exhausted
        return False


class Held:
    """A scanner and what it is held against, in one reading."""

    def __init__(self, needles: dict[int, Needle], *, characters: bool) -> None:
        self._characters = characters
        self._scanner: Scanner = compile_scanner(needles, characters=characters)
        self._bytes = {id_: _compiled(needle, characters=False) for id_, needle in needles.items()}
        self._text = {id_: _compiled(needle, characters=True) for id_, needle in needles.items()}

    def check(self, values: Sequence[bytes]) -> Hashable:
        hits = self._scanner.scan(values)
        for index, value in enumerate(values):
            patterns = self._text if self._characters and is_text(value) else self._bytes
            for id_, compiled in patterns.items():
                if index not in hits.get(id_, ()):
                    assert not matches(compiled, value), f"needle {id_} was missed in value {index}"
        return tuple(sorted((id_, len(indexes)) for id_, indexes in hits.items()))[:6]


def _compiled(needle: Needle, *, characters: bool) -> list[pcre2.Pattern]:
    flags = FLAGS | pcre2.UNICODE if characters else FLAGS
    head = b"(?r)" if characters else b""
    return [pcre2.compile(head + pattern, flags) for pattern in needle.patterns(characters=characters)]


FIXED = {
    characters: Held({id_: Rx(pattern).needle() for id_, pattern in enumerate(PATTERNS)}, characters=characters)
    for characters in (False, True)
}


def target(data: bytes) -> Hashable:
    mode, rest = data[:1], data[1:]
    characters = bool(mode and mode[0] & 1)
    if not mode or not mode[0] & 2:
        return FIXED[characters].check(rest.split(b"\x00")[:MAX_VALUES])
    pattern, _, values = rest.partition(b"\n")
    pattern = pattern[:MAX_PATTERN_BYTES]
    try:
        parse(pattern, characters=characters)
    except Unscannable as exc:
        outcome: str = str(exc)
    else:
        outcome = "read"
    try:
        held = Held({0: Rx(pattern).needle()}, characters=characters)
    except (OperatorInvalid, pcre2.PatternError):
        return outcome
    return outcome, held.check(values.split(b"\x00")[:MAX_VALUES])


CORPUS = [
    b"\x00<script>alert(1)</script>\x001 union select(1)\x00",
    b"\x01" + "新宿（一子）\x00' or 1=1 --\x00ｕｎｉｏｎ　select (\x00".encode(),
    b"\x00\xbc12\xbe\x00a=b&c=d\x00\x80\x81\x00\x00onload =x",
    rb"\x02".decode("unicode_escape").encode() + b"^a(?:b|\\w+)[^c]{2,3}\\b$\naxyzb\x00abc",
    b"\x03" + "[ぁ-ん]+(?i:k)\\s?\\x{41}|\\Qa.b\\E(?=x)\nあいK a\x00a.b".encode(),
]
TOKENS = [
    *(pattern[:12] for pattern in PATTERNS),
    *(
        b"(?:",
        b"(?i)",
        b"(?=",
        b")",
        b"|",
        b"[^",
        b"]",
        b"[[:alpha:]]",
        b"{2,3}",
        b"*?",
        b"^",
        b"$",
        b"\\b",
        b"\\w",
        b"\\W",
    ),
    *(
        b"\\s",
        b"\\d",
        b"\\x{41}",
        b"\\xe3",
        b"\\1",
        b"\\Q",
        b"\\E",
        b"\x1e",
        b"union ",
        b"select(",
        b"<script",
        b"'",
        b"\n",
    ),
    *(text.encode() for text in ("\u212a", "\u017f", "　", "新", "（", "\x85")),
]

if __name__ == "__main__":
    sys.exit(run("fuzz_scan", target, CORPUS, TOKENS))
