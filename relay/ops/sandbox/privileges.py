"""Users, capabilities, limits and process flags: the walls that every Linux has (docs/spec/sandbox.md section 2).

What a role makes while it is still root must suit the user that it becomes: its directories and files are made `acting_as`
that user, and its sockets are given the `group_of` their client (docs/spec/ipc.md section 1.2).
"""

from __future__ import annotations

import os
import pwd
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from relay.base.errors import WallMissing
from relay.ops.sandbox import kernel

_CAPABILITIES_MOST = 64  # capability sets have 64 bits; the kernel knows about 41


@dataclass(frozen=True, slots=True)
class Identity:
    """The user and groups that a role runs as."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]


def identity(user: str | None) -> Identity | None:
    """The user named, or None when the role stays who it is. Raises WallMissing."""
    if user is None:
        return None
    try:
        entry = pwd.getpwuid(int(user)) if user.isdecimal() else pwd.getpwnam(user)
    except KeyError as exc:
        raise WallMissing(
            f"there is no user {user}; mend: systemd-sysusers, or correct `user` in the configuration"
        ) from exc
    if os.geteuid() not in (0, entry.pw_uid):
        raise WallMissing(f"cannot become {user} from uid {os.geteuid()}; mend: start as root or as {user}")
    return Identity(user, entry.pw_uid, entry.pw_gid, tuple(os.getgrouplist(entry.pw_name, entry.pw_gid)))


def group_of(user: str | None) -> int | None:
    """The group of the user named, for a socket that this user alone may open; None where only root could give it away."""
    if user is None or os.geteuid() != 0:
        return None
    who = identity(user)
    return None if who is None else who.gid


@contextmanager
def acting_as(user: str | None) -> Iterator[None]:
    """What is opened and made inside is opened and made by the user named. Raises WallMissing."""
    who = identity(user)
    if who is None or os.geteuid() != 0:
        yield
        return
    groups, gid, on_parent_death = os.getgroups(), os.getegid(), kernel.parent_death_signal()
    try:
        os.setgroups(who.groups)
        os.setegid(who.gid)
        os.seteuid(who.uid)
        yield
    finally:
        os.seteuid(0)
        os.setegid(gid)
        os.setgroups(groups)
        kernel.prctl(kernel.PR_SET_PDEATHSIG, on_parent_death)  # the kernel forgets it when the user changes


def limit_resources(open_files: int, address_space: int | None) -> None:
    """No core file; at most `open_files` descriptors; at most `address_space` bytes of memory, if given."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = open_files if hard == resource.RLIM_INFINITY else min(open_files, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if address_space is not None:
        resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))


def drop_bounding_set() -> None:
    """Capabilities that no later program could have either. Needs CAP_SETPCAP: only root has it."""
    for capability in range(_CAPABILITIES_MOST):
        try:
            kernel.prctl(kernel.PR_CAPBSET_DROP, capability)
        except OSError:
            if capability == 0:
                raise
            return  # past the last one that this kernel knows


def become(who: Identity) -> None:
    """Change to `who` for good: real, effective and saved ids, and the groups."""
    if os.geteuid() == 0:
        on_parent_death = kernel.parent_death_signal()
        os.setgroups(who.groups)
        os.setresgid(who.gid, who.gid, who.gid)
        os.setresuid(who.uid, who.uid, who.uid)
        # The kernel forgets it when the user changes; without it a role would outlive the supervisor.
        kernel.prctl(kernel.PR_SET_PDEATHSIG, on_parent_death)
    if os.getresuid() != (who.uid,) * 3 or os.getresgid() != (who.gid,) * 3:
        raise WallMissing(f"still uid {os.getresuid()}, gid {os.getresgid()} after becoming {who.name}")


def drop_capabilities() -> None:
    """Empty effective, permitted, inheritable and ambient sets, also when the role stays root."""
    kernel.prctl(kernel.PR_CAP_AMBIENT, kernel.PR_CAP_AMBIENT_CLEAR_ALL)
    kernel.clear_capabilities()


def set_flags() -> None:
    """No new privileges by execve; no core dump, no ptrace and no /proc/PID/mem by other processes of the same user."""
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
