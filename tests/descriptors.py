"""Which descriptors this process holds: a test that opens some counts them before and after."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


def held() -> dict[int, str]:
    """Descriptor → what it refers to."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:  # the descriptor of the listing itself
            continue
    return found


@contextmanager
def none_left() -> Iterator[None]:
    """Whatever is opened inside is closed again inside."""
    before = held()
    yield
    left = {number: target for number, target in held().items() if before.get(number) != target}
    assert left == {}, left
