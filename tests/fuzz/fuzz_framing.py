"""No bytes, in whatever pieces, make the connection do anything but yield requests or raise Refused; pieces change nothing."""

from __future__ import annotations

import sys
from collections.abc import Hashable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from relay.base.limits import DEFAULTS
from tests.fuzz import driver
from tests.unit.http.cases import CASES
from tests.unit.http.feeds import SMALL, converse, pieces

TOKENS = (
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Length: 5\r\n",
    b"Host: a.jp\r\n",
    b" HTTP/1.1\r\n",
    b"0\r\n\r\n",
    b"GET ",
    b"POST ",
    b"5;a=b\r\n",
)


def target(data: bytes) -> Hashable:
    size = 1 + len(data) % 7
    limits = SMALL if len(data) % 2 else DEFAULTS
    whole = converse([data], limits)
    if converse(pieces(data, size), limits) != whole:
        raise AssertionError(f"pieces of {size} bytes change the outcome")
    return whole.end, tuple(
        (head.method, head.chunked, len(body) > 0, complete) for head, body, complete in whole.requests
    )


if __name__ == "__main__":
    raise SystemExit(driver.run("fuzz_framing", target, [case.raw[: driver.MAX_INPUT_BYTES] for case in CASES], TOKENS))
