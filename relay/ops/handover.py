"""Hands listening sockets to a program as systemd does (sd_listen_fds(3)), and becomes that program.

`python -m relay.ops.handover 12,5 PROGRAM ARGUMENT…`: descriptor 12 becomes 3, 5 becomes 4, and `$LISTEN_PID` names this process,
which only it can know. A shell cannot do it: dash takes no descriptor of two digits, and would leave the originals open.
"""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Sequence
from typing import Final

FIRST: Final = 3  # SD_LISTEN_FDS_START


def place(descriptors: Sequence[int]) -> None:
    """Move `descriptors` to FIRST and up, in this order; nothing stays at their old places."""
    beyond = FIRST + len(descriptors)
    moved = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, beyond) for descriptor in descriptors]
    for descriptor in descriptors:
        os.close(descriptor)
    for position, descriptor in enumerate(moved):
        os.dup2(descriptor, FIRST + position)
        os.close(descriptor)


def main(argv: Sequence[str]) -> None:
    descriptors, program, *arguments = argv
    place([int(number) for number in descriptors.split(",")])
    os.environ["LISTEN_PID"] = str(os.getpid())
    os.execvp(program, [program, *arguments])  # noqa: S606  # the work of this module


if __name__ == "__main__":
    main(sys.argv[1:])
