"""Runs a role with a sampler inside: `profiled.py DIRECTORY -P -m relay.front …`, in place of the interpreter.

The kernel's profiling timer counts the CPU time of the process and interrupts it every few milliseconds; the handler
notes the Python stack. What a C library does (OpenSSL, msgspec) counts for the Python function that called it. Timer and
output file are made before the role puts up its walls, because afterwards it may do neither.
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
_PREFIX = "relay."


class Sampler:
    def __init__(self) -> None:
        self._codes: dict[int, CodeType] = {}  # holds them, so that an id stays theirs
        self._counts: Counter[tuple[int, ...]] = Counter()

    def start(self) -> None:
        signal.signal(signal.SIGPROF, self._sample)
        signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)

    def dump(self, out: TextIO) -> None:
        """Stacks, innermost first, each with how often it was seen."""
        signal.signal(signal.SIGPROF, signal.SIG_IGN)
        names = {key: [code.co_filename, code.co_qualname] for key, code in self._codes.items()}
        json.dump([[[names[key] for key in stack], count] for stack, count in self._counts.items()], out)

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
    if arguments[:2] != ["-P", "-m"] or not arguments[2].startswith(_PREFIX):
        os.execv(sys.executable, [sys.executable, *arguments])
    module, *rest = arguments[2:]
    sys.argv = [module, *rest]
    del sys.path[0]  # this file's directory, which `-P` would have left out
    sampler = Sampler()
    with (Path(directory) / f"{module}-{os.getpid()}.json").open("w") as out:
        sampler.start()
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        finally:
            sampler.dump(out)


if __name__ == "__main__":
    main()
