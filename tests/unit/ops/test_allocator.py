"""What the allocator keeps is seen by page faults: memory that is still there costs none."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from relay.ops.allocator import HEAP_BLOCK_BYTES, KEPT_BYTES

PAGE = 4096
ROUNDS = 20
OVERHEAD = 64  # of a bytes object and of the block it lies in

# In a process of its own, because what is set holds for the whole process. Faults of ROUNDS rounds, after some to warm up
SCRIPT = """
import resource, sys
from relay.ops.allocator import keep_freed_memory
assert keep_freed_memory()
size, count, rounds = map(int, sys.argv[1:])
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for turn in range(2 * rounds):
    if turn == rounds:
        before = faults()
    pieces = [b"x" * size for _ in range(count)]
    del pieces
print(faults() - before)
"""

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is of the GNU C library")


def faults_per_round(size: int, count: int = 1) -> float:
    arguments = [str(size), str(count), str(ROUNDS)]
    done = subprocess.run([sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=True)
    return int(done.stdout) / ROUNDS


def test_pieces_of_a_body_lie_where_those_of_the_last_one_lay() -> None:
    size = 128 * 1024
    assert faults_per_round(size, 8) < 8 * size / PAGE / 10


def test_what_fits_into_the_heap_is_kept_and_what_is_larger_is_given_back() -> None:
    assert faults_per_round(HEAP_BLOCK_BYTES - OVERHEAD) < HEAP_BLOCK_BYTES / PAGE / 10
    assert faults_per_round(HEAP_BLOCK_BYTES) >= 1


def test_no_more_is_kept_than_the_bound() -> None:
    size = 1024 * 1024
    fits = KEPT_BYTES // size - 1
    assert faults_per_round(size, fits) < fits * size / PAGE / 10
    assert faults_per_round(size, 2 * KEPT_BYTES // size) >= 1
