"""One value that a rule is shown, with the name that ModSecurity gives it in MATCHED_VAR_NAME."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple, cast

Pair = tuple[bytes, bytes]


class Item(NamedTuple):
    """`name` is b"ARGS:x", b"REQUEST_METHOD"; `key` the part that selectors look at, empty for a variable without keys."""

    name: bytes
    key: bytes
    value: bytes


Items = tuple[Item, ...]
NOTHING: Final[Items] = ()
# as Item(...) makes one, in two thirds of the time: a request has a hundred
make_item: Final = cast("Callable[[tuple[bytes, bytes, bytes]], Item]", partial(tuple.__new__, Item))


def single(name: bytes, value: bytes) -> Items:
    """A variable that has one value, set or not: ModSecurity 3 shows rules an empty one too."""
    return (make_item((name, b"", value)),)


def keyed(prefix: bytes, pairs: Sequence[Pair]) -> Items:
    """A collection; `prefix` ends with a colon."""
    return tuple([make_item((prefix + key, key, value)) for key, value in pairs])


def key_names(prefix: bytes, pairs: Sequence[Pair]) -> Items:
    """The collection of the keys of another one, as ..._NAMES hold them: the value is the key."""
    return tuple([make_item((prefix + key, key, key)) for key, _ in pairs])
