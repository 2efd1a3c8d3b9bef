"""Which system calls a role may make, as tables, with the numbers of each architecture.

How the tables came about: every role's work (TLS, unix sockets with descriptors, durable files, threads, signals)
was run under `strace -f` on x86-64 with glibc 2.36 and Python 3.11, in the lab; nothing but the attempts of `check` was
denied. To that were added the forms that other versions of glibc and aarch64 use for the same thing (`open` and `openat`,
`poll` and `ppoll`). docs/spec/sandbox.md section 4 explains each group. What no table names gets EPERM. The numbers are
those of the Linux headers (`asm/unistd_64.h`, `asm-generic/unistd.h`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# Every role. Nothing here opens a way to another process, another user or the network.
MEMORY: Final = ("brk", "munmap", "mremap", "madvise", "membarrier")
THREADS: Final = (
    "futex", "set_robust_list", "rseq", "set_tid_address", "exit", "exit_group", "sched_yield", "sched_getaffinity",
    "gettid", "getpid", "getppid", "restart_syscall",
)  # fmt: skip
SIGNALS: Final = ("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack")
TIME: Final = (
    "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "getrusage",
)  # fmt: skip
DESCRIPTORS: Final = (
    "read", "write", "readv", "writev", "pread64", "pwrite64", "lseek", "close", "close_range", "dup", "dup2", "dup3",
    "fcntl", "fstat", "pipe2", "eventfd2", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "poll", "ppoll",
    "select", "pselect6", "memfd_create", "ftruncate", "getrandom",
)  # fmt: skip
FILES: Final = (  # which files is Landlock's to say
    "openat", "open", "newfstatat", "statx", "stat", "lstat", "access", "faccessat", "faccessat2", "readlink", "readlinkat",
    "getdents64", "getcwd", "statfs", "fstatfs",
)  # fmt: skip
IDENTITY: Final = (
    "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups", "uname", "sysinfo", "getrlimit",
)  # fmt: skip
SOCKETS: Final = (
    "accept", "accept4", "getsockname", "getpeername", "getsockopt", "setsockopt", "recvfrom", "recvmsg", "shutdown",
)  # fmt: skip
EVERY_ROLE: Final = MEMORY + THREADS + SIGNALS + TIME + DESCRIPTORS + FILES + IDENTITY + SOCKETS

# Only a role that has a directory to write in.
CHANGING: Final = (
    "rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "fsync", "fdatasync",
    "fallocate", "flock", "umask",
)  # fmt: skip

# Only a role that works in children of its own: to end with them, and to narrow what they may do.
CHILDREN: Final = ("wait4", "seccomp")

# A child that looks at one file which somebody sent. It has the file and a pipe in hand and needs memory.
ONE_FILE: Final = (
    *MEMORY, "futex", "rseq", "exit", "exit_group", "sched_yield", "gettid", "getpid", "rt_sigaction", "rt_sigprocmask",
    "rt_sigreturn", "sigaltstack", "clock_gettime", "gettimeofday", "read", "write", "pread64", "lseek", "close", "fstat",
    "getrandom",
)  # fmt: skip

# Allowed for some arguments only; `relay.ops.sandbox.seccomp` says which.
JUDGED: Final = (
    "sendmsg", "sendto", "sendmmsg", "mmap", "mprotect", "ioctl", "connect", "socket", "socketpair", "bind", "listen",
    "clone", "prctl", "prlimit64", "tgkill", "kill",
)  # fmt: skip

# No part of a role's work and no accident: the process is ended.
HOSTILE: Final = (
    # other processes
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_open", "pidfd_getfd",
    "pidfd_send_signal",
    # ways around these walls, or deep into the kernel
    "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "memfd_secret",
    "open_by_handle_at", "name_to_handle_at", "fanotify_init", "fanotify_mark", "lookup_dcookie", "personality",
    "modify_ldt", "iopl", "ioperm",
    # namespaces and mounts
    "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig",
    "fsmount", "fspick", "mount_setattr",
    # the host itself
    "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot", "swapon", "swapoff", "acct",
    "quotactl", "syslog", "vhangup", "settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "sethostname",
    "setdomainname",
    # the kernel's keyrings
    "add_key", "request_key", "keyctl",
)  # fmt: skip

# name: (x86-64, aarch64); None where the architecture does not have it
NUMBERS: Final[Mapping[str, tuple[int, int | None]]] = {
    "accept": (43, 202), "accept4": (288, 242), "access": (21, None), "acct": (163, 89), "add_key": (248, 217),
    "adjtimex": (159, 171), "bind": (49, 200), "bpf": (321, 280), "brk": (12, 214), "chroot": (161, 51),
    "clock_adjtime": (305, 266), "clock_getres": (229, 114), "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115), "clock_settime": (227, 112), "clone": (56, 220), "close": (3, 57),
    "close_range": (436, 436), "connect": (42, 203), "delete_module": (176, 106), "dup": (32, 23),
    "dup2": (33, None), "dup3": (292, 24), "epoll_create1": (291, 20), "epoll_ctl": (233, 21),
    "epoll_pwait": (281, 22), "epoll_wait": (232, None), "eventfd2": (290, 19), "exit": (60, 93),
    "exit_group": (231, 94), "faccessat": (269, 48), "faccessat2": (439, 439), "fallocate": (285, 47),
    "fanotify_init": (300, 262), "fanotify_mark": (301, 263), "fcntl": (72, 25), "fdatasync": (75, 83),
    "finit_module": (313, 273), "flock": (73, 32), "fsconfig": (431, 431), "fsmount": (432, 432),
    "fsopen": (430, 430), "fspick": (433, 433), "fstat": (5, 80), "fstatfs": (138, 44), "fsync": (74, 82),
    "ftruncate": (77, 46), "futex": (202, 98), "getcwd": (79, 17), "getdents64": (217, 61), "getegid": (108, 177),
    "geteuid": (107, 175), "getgid": (104, 176), "getgroups": (115, 158), "getpeername": (52, 205),
    "getpid": (39, 172), "getppid": (110, 173), "getrandom": (318, 278), "getresgid": (120, 150),
    "getresuid": (118, 148), "getrlimit": (97, 163), "getrusage": (98, 165), "getsockname": (51, 204),
    "getsockopt": (55, 209), "gettid": (186, 178), "gettimeofday": (96, 169), "getuid": (102, 174),
    "init_module": (175, 105), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425), "ioctl": (16, 29), "ioperm": (173, None), "iopl": (172, None), "kcmp": (312, 272),
    "kexec_file_load": (320, 294), "kexec_load": (246, 104), "keyctl": (250, 219), "kill": (62, 129), "listen": (50, 201),
    "lookup_dcookie": (212, 18), "lseek": (8, 62), "lstat": (6, None), "madvise": (28, 233),
    "membarrier": (324, 283), "memfd_create": (319, 279), "memfd_secret": (447, 447), "mkdir": (83, None),
    "mkdirat": (258, 34), "mmap": (9, 222), "modify_ldt": (154, None), "mount": (165, 40),
    "mount_setattr": (442, 442), "move_mount": (429, 429), "mprotect": (10, 226), "mremap": (25, 216),
    "munmap": (11, 215), "name_to_handle_at": (303, 264), "nanosleep": (35, 101), "newfstatat": (262, 79),
    "open": (2, None), "open_by_handle_at": (304, 265), "open_tree": (428, 428), "openat": (257, 56),
    "perf_event_open": (298, 241), "personality": (135, 92), "pidfd_getfd": (438, 438), "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424), "pipe2": (293, 59), "pivot_root": (155, 41), "poll": (7, None),
    "ppoll": (271, 73), "prctl": (157, 167), "pread64": (17, 67), "prlimit64": (302, 261),
    "process_madvise": (440, 440), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "pselect6": (270, 72), "ptrace": (101, 117), "pwrite64": (18, 68), "quotactl": (179, 60), "read": (0, 63),
    "readlink": (89, None), "readlinkat": (267, 78), "readv": (19, 65), "reboot": (169, 142), "recvfrom": (45, 207),
    "recvmsg": (47, 212), "rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276),
    "request_key": (249, 218), "restart_syscall": (219, 128), "rmdir": (84, None), "rseq": (334, 293),
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "sched_getaffinity": (204, 123), "sched_yield": (24, 124), "seccomp": (317, 277), "select": (23, None),
    "sendmmsg": (307, 269), "sendmsg": (46, 211), "sendto": (44, 206), "set_robust_list": (273, 99),
    "set_tid_address": (218, 96), "setdomainname": (171, 162), "sethostname": (170, 161), "setns": (308, 268),
    "setsockopt": (54, 208), "settimeofday": (164, 170), "shutdown": (48, 210), "sigaltstack": (131, 132),
    "socket": (41, 198), "socketpair": (53, 199), "stat": (4, None), "statfs": (137, 43), "statx": (332, 291),
    "swapoff": (168, 225), "swapon": (167, 224), "sysinfo": (99, 179), "syslog": (103, 116), "tgkill": (234, 131),
    "time": (201, None), "umask": (95, 166), "umount2": (166, 39), "uname": (63, 160), "unlink": (87, None),
    "unlinkat": (263, 35), "unshare": (272, 97), "userfaultfd": (323, 282), "vhangup": (153, 58),
    "wait4": (61, 260), "write": (1, 64), "writev": (20, 66),
}  # fmt: skip
