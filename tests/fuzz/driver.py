"""The mutation loop that every fuzz target shares: `.venv/bin/python tests/fuzz/fuzz_NAME.py --seconds 60 --seed 1`.

A target is a function from bytes to any hashable outcome (which reason, how many events...). It swallows `Refused` itself;
whatever else it raises is the find: the input is minimised, printed and saved, and the exit code is 1. An input with an outcome
not seen before joins the corpus, which leads the mutations deeper without any instrumentation.
"""

from __future__ import annotations

import argparse
import hashlib
import pathlib
import random
import sys
import time
import traceback
from collections.abc import Callable, Hashable, Sequence

Target = Callable[[bytes], Hashable]
MAX_INPUT_BYTES = 4096
MAX_CORPUS = 4096
_INTERESTING = (
    b"\x00",
    b"\r",
    b"\n",
    b"\r\n",
    b" ",
    b"\t",
    b"\xff",
    b"\x80",
    b"%",
    b'"',
    b"0",
    b"-1",
    b"\xc0\xaf",
    b"\\",
)


class Mutator:
    """Deterministic for one seed."""

    def __init__(self, seed: int, tokens: Sequence[bytes]) -> None:
        self._random = random.Random(seed)
        self._tokens = (*_INTERESTING, *tokens)
        self._moves = (self._flip, self._insert, self._delete, self._repeat, self._token, self._replace, self._move)

    def pick(self, corpus: Sequence[bytes]) -> bytes:
        data = self._random.choice(corpus)
        if self._random.random() < 0.2:
            other = self._random.choice(corpus)
            data = data[: self._at(data)] + other[self._at(other) :]
        for _ in range(1 + int(self._random.expovariate(0.7))):
            data = self._random.choice(self._moves)(data)
        return data[:MAX_INPUT_BYTES]

    def _at(self, data: bytes) -> int:
        return self._random.randint(0, len(data))

    def _span(self, data: bytes) -> tuple[int, int]:
        start = self._at(data)
        return start, min(len(data), start + 1 + int(self._random.expovariate(0.1)))

    def _flip(self, data: bytes) -> bytes:
        if not data:
            return data
        at = self._random.randrange(len(data))
        return data[:at] + bytes([data[at] ^ 1 << self._random.randrange(8)]) + data[at + 1 :]

    def _insert(self, data: bytes) -> bytes:
        at = self._at(data)
        return data[:at] + self._random.randbytes(self._random.randint(1, 4)) + data[at:]

    def _delete(self, data: bytes) -> bytes:
        start, end = self._span(data)
        return data[:start] + data[end:]

    def _repeat(self, data: bytes) -> bytes:
        start, end = self._span(data)
        return data[:end] + data[start:end] * self._random.choice((1, 1, 2, 16)) + data[end:]

    def _token(self, data: bytes) -> bytes:
        at = self._at(data)
        return data[:at] + self._random.choice(self._tokens) + data[at:]

    def _replace(self, data: bytes) -> bytes:
        start, end = self._span(data)
        return data[:start] + self._random.choice(self._tokens) + data[end:]

    def _move(self, data: bytes) -> bytes:
        start, end = self._span(data)
        piece, rest = data[start:end], data[:start] + data[end:]
        at = self._at(rest)
        return rest[:at] + piece + rest[at:]


def _fails(target: Target, data: bytes) -> bool:
    try:
        target(data)
    except Exception:
        return True
    return False


def minimise(target: Target, data: bytes) -> bytes:
    """Cut pieces out as long as it still fails."""
    size = max(1, len(data) // 2)
    while size:
        at = 0
        while at < len(data):
            shorter = data[:at] + data[at + size :]
            if _fails(target, shorter):
                data = shorter
            else:
                at += size
        size //= 2
    return data


def _report(target: Target, data: bytes, name: str) -> None:
    small = minimise(target, data)
    path = pathlib.Path(f"/tmp/{name}-{hashlib.sha256(small).hexdigest()[:12]}")
    path.write_bytes(small)
    print(f"{name}: fails on {small!r}\nsaved as {path}; again: --input {path}", file=sys.stderr)
    try:
        target(small)
    except Exception:
        traceback.print_exc()


def run(name: str, target: Target, corpus: Sequence[bytes], tokens: Sequence[bytes] = ()) -> int:
    """Parse the command line, run the loop, and return the exit code."""
    options = argparse.ArgumentParser(prog=name)
    options.add_argument("--seconds", type=float, default=10.0)
    options.add_argument("--seed", type=int, default=None, help="default: from the clock; printed")
    options.add_argument("--input", type=pathlib.Path, help="run this one file and nothing else")
    chosen = options.parse_args()
    if chosen.input is not None:
        print(target(chosen.input.read_bytes()))
        return 0
    seed = time.time_ns() % 1_000_000 if chosen.seed is None else chosen.seed
    executions, outcomes, find = loop(target, corpus, tokens, seed, time.monotonic() + chosen.seconds)
    print(f"{name}: {executions} executions, {outcomes} outcomes, seed {seed}")
    if find is None:
        return 0
    _report(target, find, name)
    return 1


def loop(
    target: Target, corpus: Sequence[bytes], tokens: Sequence[bytes], seed: int, until: float
) -> tuple[int, int, bytes | None]:
    """(executions, outcomes, the input that failed); `until` as time.monotonic() tells it."""
    mutator = Mutator(seed, tokens)
    kept = list(corpus)
    seen: set[Hashable] = set()
    executions = 0
    for data in corpus:
        executions += 1
        if _fails(target, data):
            return executions, len(seen), data
    while time.monotonic() < until:
        data = mutator.pick(kept)
        executions += 1
        try:
            outcome = target(data)
        except Exception:
            return executions, len(seen), data
        if outcome not in seen and len(kept) < MAX_CORPUS:
            seen.add(outcome)
            kept.append(data)
    return executions, len(seen), None
