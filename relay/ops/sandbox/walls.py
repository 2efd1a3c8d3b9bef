"""A role's walls, and putting them up: `enter` (docs/spec/sandbox.md).

Call it once, after every socket, key and module that the role needs is open, read and imported, and before the first thread.
Nothing undoes it. What holds afterwards has been tried, not assumed; where the configuration says `require`, whatever
does not hold is a WallMissing, and the role must not serve.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from relay.base.errors import Misuse, WallMissing
from relay.ops.sandbox import check, privileges
from relay.ops.sandbox import landlock as landlock_rules
from relay.ops.sandbox import seccomp as seccomp_filter

Demand = Literal["require", "if-available", "off"]

# Modules that the standard library or a dependency imports only when first used, and that hold machine code: a role
# cannot load them any more once it may map no new code.
_LAZY_MODULES: Final = (
    "_bisect", "_contextvars", "_decimal", "_heapq", "_json", "_random", "_strptime", "_uuid", "_zoneinfo", "array",
    "binascii", "encodings.ascii", "encodings.idna", "encodings.latin_1", "encodings.punycode", "encodings.utf_8",
    "encodings.utf_8_sig", "fcntl", "grp", "math", "mmap", "multiprocessing.reduction", "pwd", "resource", "select",
    "stringprep", "traceback", "unicodedata", "zlib",
)  # fmt: skip

_CALLBACKS_IN_RESERVE: Final = 512  # a TLS context has up to five; 64 tenants reloaded while the old ones still serve


@dataclass(frozen=True, slots=True, kw_only=True)
class Walls:
    """What is left open to a role; all else is shut.

    `read`, `write`: files and directories, with all below. `connect_tcp`, `bind_tcp`: ports; 0 in `bind_tcp` is a port that the
    kernel chooses, which a client needs to bind its source address. `inet`: may make TCP sockets. `unix`: may make unix
    sockets. `listen_after`: may listen on new sockets. `new_code`: may map machine code, so load extension modules.
    `children`: may fork, and end what it forked.
    """

    role: str
    read: tuple[Path, ...] = ()
    write: tuple[Path, ...] = ()
    connect_tcp: tuple[int, ...] = ()
    bind_tcp: tuple[int, ...] = ()
    inet: bool = False
    unix: bool = True
    listen_after: bool = False
    new_code: bool = False
    children: bool = False
    open_files: int = 4096
    address_space: int | None = None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """What was tried and holds, and what could not be had; for the log and the operation record."""

    role: str
    uid: int
    gid: int
    landlock_abi: int  # 0: no Landlock
    seccomp: bool
    walls: tuple[str, ...]
    missing: tuple[str, ...]


def enter(walls: Walls, landlock: Demand, seccomp: Demand) -> Held:
    """Put the walls up and try them. Raises WallMissing."""
    if len(list(Path("/proc/self/task").iterdir())) != 1:
        raise Misuse("enter the sandbox before the first thread: Landlock would leave the others outside")
    preload()
    was_root = os.geteuid() == 0
    missing: list[str] = []
    with check.Observer() as observer:
        prepared = _prepare_landlock(walls, landlock, missing)
        who = _drop_privileges(walls, was_root)
        if os.geteuid() == 0:
            missing.append("own_user")
        version = 0
        if prepared is not None:
            version, rules = prepared
            landlock_rules.restrict(rules)
        profile = seccomp_filter.Profile(
            walls.inet, walls.unix, walls.listen_after, bool(walls.write), walls.new_code, walls.children
        )
        filtered = _filter(walls.role, profile, seccomp, missing)
        attempts = check.of_kernel(observer, who, was_root, walls.open_files)
        if version:
            inet = walls.inet or not filtered
            attempts += check.of_landlock(
                walls.read, walls.write, walls.connect_tcp, walls.bind_tcp, inet and version >= 4
            )
        if filtered:
            attempts += check.of_seccomp(observer, profile)
        demands: dict[check.Wall, Demand] = {"kernel": "require", "landlock": landlock, "seccomp": seccomp}
        held = _try_all(walls.role, attempts, demands, missing)
    return Held(walls.role, os.geteuid(), os.getegid(), version, filtered, held, tuple(missing))


def python_paths() -> tuple[Path, ...]:
    """The directories of Python's library, of the installed packages and of our own: public code, read when a module that
    was not foreseen is imported late, or a traceback is printed."""
    named = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    ours = Path(__file__).resolve().parents[3]
    found = [Path(name) for name in sorted(named)] + [ours / name for name in ("relay", "policy", "certs", "content")]
    return tuple(path for path in found if path.is_dir())


def preload() -> None:
    """Load what would otherwise be loaded at its first use, when new code is no longer possible."""
    for name in _LAZY_MODULES:
        importlib.import_module(name)
    ctypes.CDLL("libgcc_s.so.1")  # glibc loads it when a thread is ended early, and aborts where it cannot
    backend = sys.modules.get("_cffi_backend")
    if backend is not None:
        # pyOpenSSL makes each callback of a context as a piece of machine code. Pieces that are let go are used again,
        # so these keep enough ready for contexts that are made later, when certificates are reloaded.
        make = backend.FFI().callback
        reserve = [make("int(int)", abs) for _ in range(_CALLBACKS_IN_RESERVE)]
        del reserve


def _drop_privileges(walls: Walls, was_root: bool) -> privileges.Identity | None:
    who = privileges.identity(walls.user)
    try:
        privileges.limit_resources(walls.open_files, walls.address_space)
        if was_root:
            privileges.drop_bounding_set()
        if who is not None:
            privileges.become(who)
        privileges.drop_capabilities()
        privileges.set_flags()
    except OSError as exc:
        raise WallMissing(
            f"{walls.role}: {exc}; mend: the service manager must leave CAP_SETPCAP, or not start it as root"
        ) from exc
    return who


def _prepare_landlock(walls: Walls, demand: Demand, missing: list[str]) -> tuple[int, int] | None:
    """The Landlock version and the rules; None where there is none."""
    if demand == "off":
        missing.append("landlock")
        return None
    try:
        version = landlock_rules.abi()
        if version < landlock_rules.MINIMUM_ABI and demand == "require":
            raise WallMissing(
                f"{walls.role}: the kernel's Landlock has version {version}, and TCP needs {landlock_rules.MINIMUM_ABI}; "
                'mend: Linux 6.7 or newer, or sandbox.landlock = "if-available"'
            )
        rules = landlock_rules.prepare(version, walls.read, walls.write, walls.connect_tcp, walls.bind_tcp)
    except FileNotFoundError as exc:
        raise WallMissing(
            f"{walls.role}: {exc.filename} is to be open to the role and does not exist; mend: create it"
        ) from exc
    except OSError as exc:
        if demand == "require":
            raise WallMissing(
                f"{walls.role}: no Landlock: {exc.strerror}; mend: put landlock into the kernel's lsm= list, or "
                'sandbox.landlock = "if-available"'
            ) from exc
        missing.append("landlock")
        return None
    if version < landlock_rules.MINIMUM_ABI:
        missing.append("landlock_tcp")
    if version < landlock_rules.SCOPES_ABI:
        missing.append("landlock_scopes")
    return version, rules


def _filter(role: str, profile: seccomp_filter.Profile, demand: Demand, missing: list[str]) -> bool:
    """Whether the filter is in force; `check` tries it."""
    if demand == "off":
        missing.append("seccomp")
        return False
    try:
        seccomp_filter.install(profile)
    except OSError as exc:
        if demand == "require":
            raise WallMissing(
                f"{role}: no seccomp filter: {exc.strerror}; mend: a kernel with CONFIG_SECCOMP_FILTER on x86-64 or aarch64, or "
                'sandbox.seccomp = "if-available"'
            ) from exc
        missing.append("seccomp")
        return False
    return True


def _try_all(
    role: str, attempts: Sequence[check.Attempt], demands: dict[check.Wall, Demand], missing: list[str]
) -> tuple[str, ...]:
    held: list[str] = []
    for attempt in attempts:
        try:
            attempt.attempt()
        except check.NotHeld as exc:
            if demands[attempt.wall] == "require":
                raise WallMissing(
                    f"{role}: the wall {attempt.name} ({attempt.wall}) does not hold: {exc}; mend: see docs/spec/sandbox.md section 5"
                ) from exc
            missing.append(attempt.name)
        else:
            held.append(attempt.name)
    return tuple(dict.fromkeys(held))
