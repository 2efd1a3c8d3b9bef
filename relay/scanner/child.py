"""What the process of one file does: shut everything else ▸ take less memory, time and kernel ▸ look, disarm ▸ say what was found.

It has the file, one end of a pipe and, where it is to make the file anew, a memfd to write it to. It opens nothing, speaks to
nobody and ends; whatever goes wrong in it is its end.
"""

from __future__ import annotations

import codecs
import os
import resource
import signal
from dataclasses import dataclass
from typing import Final, NoReturn

from PIL import Image

from content.disarm import Active, treat
from content.examine import FILE_BYTES_MAX
from content.names import NAME_ENCODINGS
from relay.net.parcel import Parcel, write_all
from relay.ops.sandbox import kernel, seccomp
from relay.scanner.report import report_of

DONE: Final = 0
FAILED: Final = 1


def load_ahead() -> None:
    """Before the role's walls: a child can open nothing, so what is loaded at its first use is loaded here."""
    for encoding in NAME_ENCODINGS:  # texts and archives use no others
        codecs.lookup(encoding)
    Image.preinit()  # the codecs of JPEG, PNG and GIF


@dataclass(frozen=True, slots=True)
class File:
    """A file as it came, what its attachment may be, and what becomes of what is active in it."""

    name: str
    media_type: str
    kinds: frozenset[str]
    active: Active
    parcel: Parcel


@dataclass(frozen=True, slots=True)
class Bounds:
    """`address_space`: what the role itself takes and what the file may on top. `is_filtered`: the role has a filter of its own."""

    address_space: int
    cpu_s: int
    open_files: int
    is_filtered: bool


def look(file: File, report: int, made: int, bounds: Bounds) -> NoReturn:
    """In the child, for ever: nothing of the role that it is a copy of may run on. `made`: the memfd, or -1."""
    code = FAILED
    try:
        _enter(bounds, report, *file.parcel.descriptors, *([made] if made >= 0 else []))
        treated = treat(file.name, file.media_type, b"".join(file.parcel.pieces()), file.kinds, file.active)
        if treated.tool:
            write_all(made, treated.data)
        os.write(report, report_of(treated))
        code = DONE
    finally:
        os._exit(code)


def _enter(bounds: Bounds, *used: int) -> None:
    """`used`: the descriptors that stay open."""
    signal.set_wakeup_fd(-1)  # or a signal to this process would wake the role
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    low = 0
    for kept in sorted(used):
        os.closerange(low, kept)  # stderr too: what a library prints of a file is nobody's to read
        low = kept + 1
    os.closerange(low, bounds.open_files)
    resource.setrlimit(resource.RLIMIT_AS, (bounds.address_space, bounds.address_space))
    resource.setrlimit(resource.RLIMIT_CPU, (bounds.cpu_s, bounds.cpu_s))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES_MAX, FILE_BYTES_MAX))  # a memfd is a file to it
    if bounds.is_filtered:
        seccomp.install_for_one_file()
