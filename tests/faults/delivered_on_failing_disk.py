"""A gate's memory on a disk that from some moment on makes nothing durable: every fsync and fdatasync of this process fails.

Usage: python delivered_on_failing_disk.py FILE. Prints what became of an id before that moment and of one after it.
"""

from __future__ import annotations

import ctypes
import errno
import struct
import sys
from pathlib import Path

import trio

from relay.base.errors import Broken
from relay.base.ids import TransferId
from relay.gate.delivered import Delivered
from relay.ops.sandbox import kernel
from relay.ops.sandbox.seccomp import ARCHITECTURES
from relay.ops.sandbox.syscalls import NUMBERS
from tests.log_samples import transfer

_LOAD_NUMBER, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06  # classic BPF, linux/bpf_common.h
_FAIL, _ALLOW = 0x00050000 | errno.EIO, 0x7FFF0000  # SECCOMP_RET_ERRNO, SECCOMP_RET_ALLOW
_SET_MODE_FILTER = 1


def fail_every_sync() -> None:
    """From now on, for good: the kernel answers EIO, as for a disk that went away."""
    column = ARCHITECTURES[kernel.MACHINE][1]
    steps = [(_LOAD_NUMBER, 0, 0, 0)]
    for name in ("fsync", "fdatasync"):
        number = NUMBERS[name][column]
        assert number is not None, name
        steps += [(_JUMP_IF_EQUAL, 0, 1, number), (_RETURN, 0, 0, _FAIL)]
    steps.append((_RETURN, 0, 0, _ALLOW))
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(steps), ctypes.addressof(code)))
    seccomp = NUMBERS["seccomp"][column]
    assert seccomp is not None
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.syscall(seccomp, _SET_MODE_FILTER, 0, program)


async def main() -> None:
    delivered = Delivered(Path(sys.argv[1]))
    for number in (1, 2):
        try:
            await delivered.remember(TransferId(transfer(number)), 1_000)
            print("kept")
        except Broken as broken:
            print(broken)
        if number == 1:
            fail_every_sync()


if __name__ == "__main__":
    trio.run(main)
