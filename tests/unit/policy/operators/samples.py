"""Values that patterns match, or nearly match: made from the patterns' own tokens."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path

from policy.operators.pattern import Token, take_apart

CRS = Path("/usr/share/modsecurity-crs/rules")
_RULE = re.compile(rb'^\s*SecRule\s+\S+\s+"((?:[^"\\]|\\.)*)"', re.MULTILINE)
_NEAR = (b"", b" ", b"\n", b"x", b"1", b"'", b"<", b"=", b"\x00", b"\xe3\x81\x82", b"\xbc", b"\xff", b"(", b"/")


def crs_arguments(operator: bytes) -> list[bytes]:
    """The arguments of one operator in Debian's Core Rule Set, without those that hold macros."""
    found: dict[bytes, None] = {}
    for path in sorted(CRS.glob("*.conf")):
        for match in _RULE.finditer(path.read_bytes().replace(b"\\\n", b"")):
            text = match[1].removeprefix(b"!")
            name, _, argument = text[1:].partition(b" ") if text.startswith(b"@") else (b"rx", b"", text)
            if name == operator and b"%{" not in argument:
                found[argument.replace(b'\\"', b'"')] = None
    return list(found)


class Sampler:
    """Deterministic for one seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def near(self, pattern: bytes, others: Sequence[bytes]) -> bytes:
        """A value that the pattern may match, with something done to it."""
        data = self._alternatives(take_apart(pattern), 0)[0]
        turn = self._random.random()
        if turn < 0.4:
            at = self._random.randint(0, len(data))
            data = data[:at] + self._random.choice(_NEAR) + data[at + self._random.randint(0, 1) :]
        elif turn < 0.6:
            data = (
                self._random.choice((b"", b"a ", b"\n", "あ".encode()))
                + data
                + self._random.choice((b"", b" b", b"\n", "新".encode()))
            )
        elif turn < 0.7 and others:
            data += self._random.choice(others)
        return data

    def _alternatives(self, tokens: Sequence[Token], at: int) -> tuple[bytes, int]:
        branches = [b""]
        while at < len(tokens) and tokens[at].kind != "close":
            if tokens[at].kind == "or":
                branches.append(b"")
                at += 1
                continue
            start = at
            piece, at = self._atom(tokens, at)
            if at < len(tokens) and tokens[at].kind == "repeat":
                again = self._times(tokens[at].text)
                piece = b"".join(self._atom(tokens, start)[0] for _ in range(again))
                at += 1
            branches[-1] += piece
        return self._random.choice(branches), at

    def _times(self, text: bytes) -> int:
        if text[:1] == b"{":
            least, _, most = text[1:].partition(b"}")[0].partition(b",")
            return self._random.choice((int(least), min(int(most or least), int(least) + 2)))
        return self._random.choice((0, 1) if text[:1] == b"?" else (1, 2, 3) if text[:1] == b"+" else (0, 1, 3))

    def _atom(self, tokens: Sequence[Token], at: int) -> tuple[bytes, int]:
        token = tokens[at]
        if token.kind == "open":
            piece, end = self._alternatives(tokens, at + 1)
            return (b"" if token.text.startswith((b"(?!", b"(?<")) else piece), end + 1
        if token.kind == "literal":
            return bytes([token.value]), at + 1
        if token.kind == "class":
            members = [bytes([item.low]) for item in token.items if not item.text]
            members += [bytes([item.high]) for item in token.items if not item.text] + [b"a", b" ", b"7"]
            return self._random.choice(members), at + 1
        if token.kind == "type":
            return self._random.choice((b"a", b"7", b" ", b"_", b"-", b"\n", "日".encode())), at + 1
        return b"", at + 1
