"""What the C library's allocator does with memory that a request has left: it keeps some for the next one (mallopt(3)).

As it comes, glibc gives the end of the heap back to the kernel whenever a little more than the largest block of late is free
there. A large body passes in pieces that are freed one after the other, so every piece could cost the page faults of a new
one; whether it did depended on what happened to lie behind it. Fixed bounds also keep one very large body from raising them.
"""

from __future__ import annotations

import ctypes
from typing import Final

KEPT_BYTES: Final = 8 * 1024 * 1024  # the most that stays free at the end of the heap; some pieces and bodies of 1 MiB
HEAP_BLOCK_BYTES: Final = 4 * 1024 * 1024  # larger blocks are mapped alone, and given back as soon as they are free

_M_TRIM_THRESHOLD: Final = -1  # of malloc.h
_M_MMAP_THRESHOLD: Final = -3


def keep_freed_memory() -> bool:
    """Whether the C library has taken it. Where it does not, the same work is done, only a little dearer."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, HEAP_BLOCK_BYTES)) and bool(mallopt(_M_TRIM_THRESHOLD, KEPT_BYTES))
