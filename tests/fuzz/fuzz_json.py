"""No bytes, in whatever pieces, make the json parser do anything but yield events or raise Refused; pieces change nothing."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Hashable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from relay.base.limits import DEFAULTS
from relay.http.json_body import JsonParser
from tests.fuzz import driver
from tests.unit.http.body_cases import BODY_CASES, JSON
from tests.unit.http.feeds import parse, pieces

LIMITS = dataclasses.replace(
    DEFAULTS, fields=8, parts=8, name_bytes=16, field_bytes=64, part_header_bytes=200, json_depth=5, json_bytes=1000
)
CORPUS = [case.raw[: driver.MAX_INPUT_BYTES] for case in BODY_CASES if case.content_type == JSON]
TOKENS = (b"{", b"}", b"[", b"]", b":", b",", b"\\\\u", b"\\\\ud800", b"1e9", b"-", b"null", b"NaN")


def target(data: bytes) -> Hashable:
    whole = parse(JsonParser(LIMITS), [data])
    size = 1 + len(data) % 7
    if parse(JsonParser(LIMITS), pieces(data, size)) != whole:
        raise AssertionError(f"pieces of {size} bytes change the outcome")
    return whole if isinstance(whole, str) else tuple(type(event).__name__ for event in whole)


if __name__ == "__main__":
    raise SystemExit(driver.run("fuzz_json", target, CORPUS, TOKENS))
