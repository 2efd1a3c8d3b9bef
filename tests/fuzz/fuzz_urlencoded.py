"""No bytes, in whatever pieces, make the urlencoded parser do anything but yield events or raise Refused; pieces change nothing."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Hashable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from relay.base.limits import DEFAULTS
from relay.http.urlencoded import UrlencodedParser
from tests.fuzz import driver
from tests.unit.http.body_cases import BODY_CASES, FORM
from tests.unit.http.feeds import parse, pieces

LIMITS = dataclasses.replace(
    DEFAULTS, fields=8, parts=8, name_bytes=16, field_bytes=64, part_header_bytes=200, json_depth=5, json_bytes=1000
)
CORPUS = [case.raw[: driver.MAX_INPUT_BYTES] for case in BODY_CASES if case.content_type == FORM]
TOKENS = (b"&", b"=", b"+", b"%41", b"%E3%81%82", b"%FF", b";")


def target(data: bytes) -> Hashable:
    whole = parse(UrlencodedParser(LIMITS), [data])
    size = 1 + len(data) % 7
    if parse(UrlencodedParser(LIMITS), pieces(data, size)) != whole:
        raise AssertionError(f"pieces of {size} bytes change the outcome")
    return whole if isinstance(whole, str) else tuple(type(event).__name__ for event in whole)


if __name__ == "__main__":
    raise SystemExit(driver.run("fuzz_urlencoded", target, CORPUS, TOKENS))
