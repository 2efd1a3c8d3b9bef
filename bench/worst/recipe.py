"""How an input of the search is made: a few words instead of a megabyte, so that it can be kept, changed and written down.

Every value is `prefix`, then `pump` as often as there is room, then `suffix`; each piece wrapped in encodings and put into the
carrier as the carrier writes it. Text stands for its UTF-8; a byte that is none is a surrogate (`surrogateescape`), as in
Python's file names. One recipe gives the same bytes everywhere.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from bench.worst.carriers import CARRIERS, Exchange

SIZE_MOST = 1024 * 1024  # bytes of an input, head included: what the bound is promised for
SIZE_LEAST = 2 * 1024
VALUES_MOST = 1_100  # a little more than the engine's own bound of arguments
DEPTH_MOST = 500  # levels of JSON or XML; the engine's own bounds are 512 and 256
_HEAD_BYTES = 640  # kept free for the request line and the headers that every request has


@dataclass(frozen=True, slots=True)
class Recipe:
    """`size`: bytes of the whole input, at most. `distinct`: a number in each value, so that no two are the same.

    `named`: the text is the names and not the values. `rules`: whose patterns it was made from.
    """

    carrier: str
    prefix: str
    pump: str
    suffix: str
    wraps: tuple[str, ...] = ()
    values: int = 1
    distinct: bool = False
    named: bool = False
    depth: int = 1
    size: int = 100 * 1024
    rules: tuple[int, ...] = ()

    def exchange(self) -> Exchange:
        carrier = CARRIERS[self.carrier]
        most = max(1, (self.size - _HEAD_BYTES) // (carrier.overhead + 8))
        count = min(self.values, most)
        room = max(1, (self.size - _HEAD_BYTES) // count - carrier.overhead)
        sent = _sent(self, carrier.escape, room - (len(b"%d" % count) if self.distinct else 0))
        texts = [b"%d%b" % (number, sent) for number in range(count)] if self.distinct else [sent] * count
        return carrier.make(texts, self.named, self.depth)

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def of_json(data: Mapping[str, object]) -> Recipe:
    """What `as_json` gave, also after a way through JSON."""
    fields = dict(data)
    for name in ("wraps", "rules"):
        fields[name] = tuple(fields[name])  # type: ignore[arg-type]  # JSON's lists
    return Recipe(**fields)  # type: ignore[arg-type]  # a TypeError where it is none


def raw(text: str) -> bytes:
    """A lone half of a pair, as a change may leave one, is a question mark."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode() if _odd(text) else _plain(text)


def _odd(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" and not "\udc80" <= letter <= "\udcff" for letter in text)


def _plain(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _sent(recipe: Recipe, escape: Callable[[bytes], bytes], room: int) -> bytes:
    """One value as the carrier has it, in at most `room` bytes where prefix and suffix alone are not longer."""
    whole = "base64" in recipe.wraps  # the only encoding that does not leave pieces apart
    room = room * 3 // 4 if whole else room
    pieces = []
    for text in (recipe.prefix, recipe.pump, recipe.suffix):
        piece = raw(text)
        for name in recipe.wraps:
            piece = WRAPS[name](piece) if name != "base64" else piece
        pieces.append(piece if whole else escape(piece))
    before, pump, behind = pieces
    times = (room - len(before) - len(behind)) // len(pump) if pump else 0
    sent = before + pump * max(0, times) + behind
    return escape(base64.b64encode(sent)) if whole else sent[: max(room, 1)]


def _each(form: bytes) -> Callable[[bytes], bytes]:
    return lambda data: b"".join([form % byte for byte in data])


WRAPS: Mapping[str, Callable[[bytes], bytes]] = {
    "percent": _each(b"%%%02x"),
    "percent-twice": _each(b"%%25%02x"),
    "percent-u": _each(b"%%u00%02x"),
    "html": _each(b"&#x%x;"),
    "js": _each(b"\\u00%02x"),
    "js-x": _each(b"\\x%02x"),
    "css": _each(b"\\%x "),
    "hex": _each(b"%02x"),
    "comments": lambda data: b"/**/".join([data[at : at + 1] for at in range(len(data))]),
    "nul": lambda data: b"\0".join([data[at : at + 1] for at in range(len(data))]),
    "json": lambda data: json.dumps(data.decode("utf-8", "replace")).encode()[1:-1],
    "base64": base64.b64encode,
}
"""What a value may be wrapped in, so that the rules' transformations have it to undo. The first is put on first."""
