"""Landlock: which files a role may open and which TCP ports it may use (docs/spec/sandbox.md section 3).

Everything that the kernel's Landlock can govern is governed, and only what is listed is granted: reading below `read`,
reading and changing below `write`; nothing may be executed and no socket, device or link be made. TCP binds and
connects only to the listed ports. Signals and abstract unix sockets stay within the role itself.

Known limits: descriptors that are open already stay usable (wanted: sockets, status files); `connect` to a unix socket with a path
is a matter of file modes; ports are governed and addresses are not (the firewall's part); other protocols than TCP are not
governed at all (seccomp's part).
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from relay.ops.sandbox import kernel

MINIMUM_ABI: Final = 4  # Linux 6.7: files, truncation and TCP. Older ones leave a hole that a role's walls count on
SCOPES_ABI: Final = 6  # Linux 6.12: signals and abstract unix sockets

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_VERSION_FLAG: Final = 1
_RULE_PATH_BENEATH, _RULE_NET_PORT = 1, 2

# linux/landlock.h, LANDLOCK_ACCESS_FS_*
_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_READ: Final = _READ_FILE | _READ_DIR
_CHANGE: Final = _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER | _TRUNCATE
_OF_A_FILE: Final = _WRITE_FILE | _READ_FILE | _TRUNCATE

_BIND_TCP, _CONNECT_TCP = 1, 2
_SCOPE_ABSTRACT_UNIX, _SCOPE_SIGNAL = 1, 2


def abi() -> int:
    """The version of the kernel's Landlock. Raises OSError where there is none."""
    return kernel.syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG)


def handled_files(version: int) -> int:
    """Every right over files that this version knows."""
    count = 13 + (version >= 2) + (version >= 3) + (version >= 5)
    return (1 << count) - 1


def prepare(
    version: int, read: Sequence[Path], write: Sequence[Path], connect: Sequence[int], bind: Sequence[int]
) -> int:
    """The rules, as a descriptor for `restrict`. Made before the user changes, who may not reach every path. Raises OSError."""
    files = handled_files(version)
    attributes = struct.pack(
        "=QQQ",
        files,
        _BIND_TCP | _CONNECT_TCP if version >= MINIMUM_ABI else 0,
        _SCOPE_ABSTRACT_UNIX | _SCOPE_SIGNAL if version >= SCOPES_ABI else 0,
    )
    known = 24 if version >= SCOPES_ABI else 16 if version >= MINIMUM_ABI else 8
    ruleset = kernel.syscall(_CREATE_RULESET, ctypes.create_string_buffer(attributes[:known], known), known, 0)
    try:
        for path in read:
            _allow_path(ruleset, path, files & _READ)
        for path in write:
            _allow_path(ruleset, path, files & (_READ | _CHANGE))
        if version >= MINIMUM_ABI:
            for port in sorted({*connect, *bind}):
                rights = (_CONNECT_TCP if port in connect else 0) | (_BIND_TCP if port in bind else 0)
                _add(ruleset, _RULE_NET_PORT, struct.pack("=QQ", rights, port))
    except BaseException:
        os.close(ruleset)
        raise
    return ruleset


def restrict(ruleset: int) -> None:
    """Put the rules on this thread (and those it will start), for good, and close them. Needs no_new_privs. Raises OSError."""
    try:
        kernel.syscall(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow_path(ruleset: int, path: Path, rights: int) -> None:
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            rights &= _OF_A_FILE
        _add(ruleset, _RULE_PATH_BENEATH, struct.pack("=Qi", rights, handle))
    finally:
        os.close(handle)


def _add(ruleset: int, kind: int, attributes: bytes) -> None:
    kernel.syscall(_ADD_RULE, ruleset, kind, ctypes.create_string_buffer(attributes, len(attributes)), 0)
