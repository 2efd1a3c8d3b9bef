"""The seccomp filter: a program that the kernel runs at each system call (docs/spec/sandbox.md section 4).

Order of decisions: wrong architecture or the x32 calls → the process ends; a call with judged arguments → allowed or
EPERM; `clone3` → ENOSYS, so that glibc falls back to `clone`, whose flags a filter can see; hostile → the process ends;
listed → allowed; anything else → EPERM.

What the judged arguments keep away
- `socket`: domains other than the role's; UDP, raw, MPTCP and SCTP sockets, which Landlock's TCP rules do not govern.
- `sendto`, `sendmsg`, `sendmmsg` with MSG_FASTOPEN: it connects without `connect`, past Landlock.
- `listen`: an unbound TCP socket that listens gets a port of its own, which Landlock's bind rule does not see.
- `clone` without CLONE_THREAD: new processes. Threads stay possible. A role with `children` may fork, in exactly the way in
  which glibc does, may end what it forked, and may put narrower walls around it.
- `mmap`, `mprotect` with PROT_EXEC: new machine code. So a role imports its extension modules before it enters.
- `ioctl`, `prctl`, `prlimit64`, `tgkill`: all but the harmless uses that Python and glibc make of them.

Known limits: a filter sees numbers, not what pointers point to; an argument of 32 bits is compared in its lower 32 bits, as
the kernel reads it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from relay.ops.sandbox import kernel
from relay.ops.sandbox.syscalls import CHANGING, CHILDREN, EVERY_ROLE, HOSTILE, NUMBERS, ONE_FILE

# architecture: (AUDIT_ARCH of linux/audit.h, column in NUMBERS)
ARCHITECTURES: Final = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}

_SET_MODE_FILTER: Final = 1
_FILTER_FLAG_TSYNC: Final = 1
_RET_KILL_PROCESS: Final = 0x80000000
_RET_ERRNO: Final = 0x00050000
_RET_ALLOW: Final = 0x7FFF0000
_X32_BIT: Final = 0x40000000
_CLONE3: Final = 435  # the same on every architecture, as all newer calls

# classic BPF, linux/bpf_common.h
_LD_ABS: Final = 0x20
_JEQ: Final = 0x15
_JGE: Final = 0x35
_AND: Final = 0x54
_RET: Final = 0x06
_NR_OFFSET: Final = 0
_ARCH_OFFSET: Final = 4

_AF_UNIX, _AF_INET, _AF_INET6 = 1, 2, 10
_STREAM, _DGRAM, _SEQPACKET = 1, 2, 5
_TYPE_FLAGS: Final = 0x80800  # SOCK_CLOEXEC | SOCK_NONBLOCK
_IPPROTO_TCP: Final = 6
_MSG_FASTOPEN: Final = 0x20000000
_PROT_EXEC: Final = 4
_THREAD_FLAGS: Final = 0x00010900  # CLONE_THREAD | CLONE_SIGHAND | CLONE_VM
_NAMESPACE_FLAGS: Final = 0x7E020000  # every CLONE_NEW… that clone takes
_FORK_FLAGS: Final = 0x01200011  # CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD: glibc's fork()
_SIGKILL: Final = 9
_SET_PDEATHSIG: Final = 1
_IOCTLS: Final = (0x5421, 0x5450, 0x5451, 0x541B, 0x5401)  # FIONBIO FIONCLEX FIOCLEX FIONREAD TCGETS
_PRCTLS: Final = (3, 15, 16, 21, 39, 0x53564D41)  # GET_DUMPABLE SET_NAME GET_NAME GET_SECCOMP GET_NO_NEW_PRIVS SET_VMA

_U32: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Test:
    """`(argument & mask) == value`, over the lower or the upper 32 bits of the argument."""

    argument: int
    value: int
    mask: int = _U32
    upper: bool = False


Rule = tuple[str, tuple[tuple[Test, ...], ...]]  # a call, and the alternatives of which one must hold


@dataclass(frozen=True, slots=True)
class Profile:
    """What of a role's walls the filter depends on."""

    inet: bool = False
    unix: bool = True
    listen: bool = False
    write: bool = False
    new_code: bool = False
    children: bool = False


def rules(profile: Profile, pid: int) -> list[Rule]:
    """The calls whose arguments decide; those that every request makes come first."""
    no_fastopen = (_MSG_FASTOPEN, 0)
    made: list[Rule] = [
        (name, ((Test(index, no_fastopen[1], no_fastopen[0]),),))
        for name, index in (("sendmsg", 2), ("sendto", 3), ("sendmmsg", 3))
    ]
    without_code: tuple[Test, ...] = () if profile.new_code else (Test(2, 0, _PROT_EXEC),)
    made += [("mmap", (without_code,)), ("mprotect", (without_code,))]
    made.append(("ioctl", tuple((Test(1, request),) for request in _IOCTLS)))
    made.append(("connect", ((),) if profile.inet or profile.unix else ()))
    made.append(("socket", _socket_alternatives(profile)))
    made.append(("socketpair", tuple(_socket(_AF_UNIX, kind, 0) for kind in (_STREAM, _DGRAM, _SEQPACKET))))
    made.append(("bind", ((),) if profile.inet or profile.listen else ()))
    made.append(("listen", ((),) if profile.listen else ()))
    thread = (Test(0, _THREAD_FLAGS, _THREAD_FLAGS), Test(0, 0, _NAMESPACE_FLAGS))
    asking = (Test(0, 0), Test(2, 0), Test(2, 0, upper=True))  # and of oneself
    if profile.children:
        made.append(("clone", (thread, (Test(0, _FORK_FLAGS),))))
        made.append(("prctl", tuple((Test(0, option),) for option in (*_PRCTLS, _SET_PDEATHSIG))))
        made.append(("prlimit64", ((Test(0, 0),),)))  # nobody without capabilities raises a limit
        made.append(("kill", ((Test(1, _SIGKILL),),)))  # whom it reaches is Landlock's to say, and the user's
        made.append(("tgkill", ((),)))  # a child has another number, and abort() ends it as it should
        return made
    made.append(("clone", (thread,)))
    made.append(("prctl", tuple((Test(0, option),) for option in _PRCTLS)))
    made.append(("prlimit64", (asking,)))
    made.append(("tgkill", ((Test(0, pid),),)))  # abort() and raise()
    return made


def _socket(domain: int, kind: int, protocol: int) -> tuple[Test, ...]:
    return (Test(0, domain), Test(1, kind, _U32 & ~_TYPE_FLAGS), Test(2, protocol))


def _socket_alternatives(profile: Profile) -> tuple[tuple[Test, ...], ...]:
    made: list[tuple[Test, ...]] = []
    if profile.unix:
        made += [_socket(_AF_UNIX, kind, 0) for kind in (_STREAM, _SEQPACKET, _DGRAM)]
    if profile.inet:
        made += [
            _socket(domain, _STREAM, protocol) for domain in (_AF_INET, _AF_INET6) for protocol in (0, _IPPROTO_TCP)
        ]
    return tuple(made)


def program(profile: Profile, machine: str, pid: int) -> bytes:
    """The filter in classic BPF. Raises KeyError for an architecture without a table."""
    allowed = EVERY_ROLE + (CHANGING if profile.write else ()) + (CHILDREN if profile.children else ())
    return _assembled(rules(profile, pid), allowed, machine)


def program_of_one_file(machine: str, pid: int) -> bytes:
    """For a child that works on what it has in hand: it opens nothing, makes no socket and no process, and maps no new code."""
    without_code = (Test(2, 0, _PROT_EXEC),)
    judged: list[Rule] = [("mmap", (without_code,)), ("mprotect", (without_code,)), ("tgkill", ((Test(0, pid),),))]
    return _assembled(judged, ONE_FILE, machine)


def _assembled(judged: Sequence[Rule], allowed: Sequence[str], machine: str) -> bytes:
    architecture, column = ARCHITECTURES[machine]
    code = [_load(_ARCH_OFFSET), _jump(_JEQ, architecture, 1, 0), _return(_RET_KILL_PROCESS), _load(_NR_OFFSET)]
    if machine == "x86_64":
        code += [_jump(_JGE, _X32_BIT, 0, 1), _return(_RET_KILL_PROCESS)]
    for name, alternatives in judged:
        code += _judged(_number(name, column), alternatives)
    code += [_jump(_JEQ, _CLONE3, 0, 1), _return(_RET_ERRNO | errno.ENOSYS)]
    code += _listed(_numbers(allowed, column), _RET_ALLOW)
    code += _listed(_numbers(HOSTILE, column), _RET_KILL_PROCESS)
    code.append(_return(_RET_ERRNO | errno.EPERM))
    return b"".join(code)


def install(profile: Profile) -> None:
    """Put the filter on every thread of this process, for good. Needs no_new_privs. Raises OSError."""
    if kernel.MACHINE not in ARCHITECTURES:
        raise OSError(errno.ENOSYS, f"no system call table for {kernel.MACHINE}")
    _install(program(profile, kernel.MACHINE, os.getpid()))


def install_for_one_file() -> None:
    """In a child of a role with `children`, on top of that role's filter. Raises OSError."""
    _install(program_of_one_file(kernel.MACHINE, os.getpid()))


def _install(code: bytes) -> None:
    instructions = ctypes.create_string_buffer(code, len(code))
    sock_fprog = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(instructions)))
    number = _number("seccomp", ARCHITECTURES[kernel.MACHINE][1])
    stuck = kernel.syscall(number, _SET_MODE_FILTER, _FILTER_FLAG_TSYNC, sock_fprog)
    if stuck:
        raise OSError(errno.EBUSY, f"thread {stuck} has a filter of its own")


def _judged(number: int, alternatives: Sequence[Sequence[Test]]) -> list[bytes]:
    body: list[bytes] = []
    for tests in alternatives:
        code = [_return(_RET_ALLOW)]
        for test in reversed(tests):
            offset = 16 + 8 * test.argument + (4 if test.upper else 0)
            masked = [] if test.mask == _U32 else [_statement(_AND, test.mask)]
            code = [_load(offset), *masked, _jump(_JEQ, test.value, 0, len(code)), *code]
        body += code
    body.append(_return(_RET_ERRNO | errno.EPERM))
    return [_jump(_JEQ, number, 0, len(body)), *body]


def _listed(numbers: Iterable[int], result: int) -> list[bytes]:
    return [part for number in numbers for part in (_jump(_JEQ, number, 0, 1), _return(result))]


def _numbers(names: Iterable[str], column: int) -> list[int]:
    return [number for name in names if (number := NUMBERS[name][column]) is not None]


def _number(name: str, column: int) -> int:
    number = NUMBERS[name][column]
    if number is None:
        raise LookupError(f"{name} has no number in column {column}")
    return number


def _load(offset: int) -> bytes:
    return _statement(_LD_ABS, offset)


def _return(result: int) -> bytes:
    return _statement(_RET, result)


def _statement(code: int, operand: int) -> bytes:
    return struct.pack("=HBBI", code, 0, 0, operand)


def _jump(code: int, operand: int, if_true: int, if_false: int) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, operand)
