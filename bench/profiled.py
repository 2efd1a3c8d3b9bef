"""Runs a role with a sampler inside: `profiled.py DIRECTORY -P -m relay.front …`, in place of the interpreter.

The kernel's profiling timer counts the CPU time of the process and interrupts it every few milliseconds; the handler
notes the Python stack. What a C library does (OpenSSL, msgspec) counts for the Python function that called it. Timer and
output file are made before the role puts up its walls, because afterwards it may do neither. SIGUSR1 forgets the samples
so far (the start of the role), SIGUSR2 writes them: one line of JSON.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType
from typing import TextIO

INTERVAL = 0.004  # seconds of CPU time; a kernel with HZ=250 has nothing finer
_ROLES = frozenset(f"relay.{role}" for role in ("front", "egress", "ledger", "exporter", "gate"))


class Sampler:
    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._codes: dict[int, CodeType] = {}  # holds them, so that an id stays theirs
        self._counts: Counter[tuple[int, ...]] = Counter()

    def start(self) -> None:
        signal.signal(signal.SIGUSR1, lambda *_: self._counts.clear())
        signal.signal(signal.SIGUSR2, lambda *_: self._dump())
        signal.signal(signal.SIGPROF, self._sample)
        signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)

    def _dump(self) -> None:
        """Stacks, innermost first, each with how often it was seen."""
        names = {key: [code.co_filename, code.co_qualname] for key, code in self._codes.items()}
        stacks = [[[names[key] for key in stack], count] for stack, count in self._counts.items()]
        self._out.write(json.dumps(stacks) + "\n")
        self._out.flush()

    def _sample(self, _number: int, frame: FrameType | None) -> None:
        stack = []
        while frame is not None:
            code = frame.f_code
            self._codes[id(code)] = code
            stack.append(id(code))
            frame = frame.f_back
        self._counts[tuple(stack)] += 1


def main() -> None:
    directory, *arguments = sys.argv[1:]
    if (
        arguments[:2] != ["-P", "-m"] or arguments[2] not in _ROLES
    ):  # what becomes another program would be killed by the timer
        os.execv(sys.executable, [sys.executable, *arguments])
    module, *rest = arguments[2:]
    sys.argv = [module, *rest]
    del sys.path[0]  # this file's directory, which `-P` would have left out
    with (Path(directory) / f"{module}-{os.getpid()}.json").open("w") as out:
        Sampler(out).start()
        runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
