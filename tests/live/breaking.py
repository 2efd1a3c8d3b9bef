"""What every way to break something is made of: who stands in for a socket's owner, and what is done midway."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.live.labs import until
from tests.live.stand_ins import Act, Says, StandIn, set_aside, unix
from tests.matrix import ONE_FILE

Midway = Callable[[], object]  # done when all but the last bytes of every request are sent
Broken = Callable[[], AbstractContextManager[Midway]]
STREAM, PACKETS = socket.SOCK_STREAM, socket.SOCK_SEQPACKET


def nothing() -> None:
    """Nothing more has to happen midway."""


def once_said(says: Says) -> Midway:
    return lambda: until(lambda: says.said >= len(ONE_FILE), "the lie is told of every file")


@contextmanager
def instead(
    path: Path, kind: int, act: Act, *, is_listening: bool = True, midway: Midway = nothing
) -> Iterator[Midway]:
    """A stand-in on a socket whose owner goes on, or has left it behind."""
    with set_aside(path), StandIn(unix(path, kind, is_listening=is_listening), act):
        yield midway


def told_before_the_end(path: Path, kind: int, raw: bytes) -> AbstractContextManager[Midway]:
    says = Says(raw)
    return instead(path, kind, says, midway=once_said(says))


@contextmanager
def none_at(path: Path) -> Iterator[Midway]:
    with set_aside(path):
        yield nothing


@contextmanager
def as_it_is() -> Iterator[Midway]:
    yield nothing
