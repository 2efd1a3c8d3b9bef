"""The few system calls that Python's standard library does not offer, through ctypes (docs/adr/0006-sandbox.md).

Every wrapper raises OSError with the kernel's errno. Numbers are from the Linux headers and are part of its stable ABI.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from typing import Final

PR_SET_PDEATHSIG: Final = 1
PR_GET_PDEATHSIG: Final = 2
PR_GET_DUMPABLE: Final = 3
PR_SET_DUMPABLE: Final = 4
PR_CAPBSET_DROP: Final = 24
PR_SET_NO_NEW_PRIVS: Final = 38
PR_CAP_AMBIENT: Final = 47
PR_CAP_AMBIENT_CLEAR_ALL: Final = 4

_CAPABILITY_VERSION_3: Final = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long

MACHINE: Final = platform.machine()


def prctl(option: int, second: int = 0, third: int = 0) -> int:
    zero = ctypes.c_ulong(0)
    return _checked(_libc.prctl(option, ctypes.c_ulong(second), ctypes.c_ulong(third), zero, zero), "prctl")


def parent_death_signal() -> int:
    """The signal that this process gets when its parent ends; 0 for none."""
    found = ctypes.c_int(0)
    _checked(_libc.prctl(PR_GET_PDEATHSIG, ctypes.byref(found), *[ctypes.c_ulong(0)] * 3), "prctl")
    return found.value


def clear_capabilities() -> None:
    """Empty the effective, permitted and inheritable sets of the calling thread."""
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITY_VERSION_3, 0), 8)
    _checked(_libc.capset(header, ctypes.create_string_buffer(bytes(24), 24)), "capset")


def syscall(number: int, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | None) -> int:
    """A raw system call. Integers are passed as 64 bits, None as a null pointer, buffers by address."""
    passed: list[object] = [ctypes.c_long(given) if isinstance(given, int) else given for given in arguments]
    return _checked(_libc.syscall(ctypes.c_long(number), *passed), f"system call {number}")


def listen(descriptor: int, backlog: int) -> None:
    _checked(_libc.listen(descriptor, backlog), "listen")


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result
