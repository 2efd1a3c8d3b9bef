"""No bytes, in whatever pieces, make the json parser do anything but yield events or raise Refused; pieces change nothing."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from relay.http.json_body import JsonParser
from tests.fuzz import driver
from tests.fuzz.bodies import LIMITS, corpus, target
from tests.unit.http.body_case import JSON

TOKENS = (b"{", b"}", b"[", b"]", b":", b",", b"\\u", b"\\ud800", b"1e9", b"-", b"null", b"NaN")

if __name__ == "__main__":
    raise SystemExit(driver.run("fuzz_json", target(lambda: JsonParser(LIMITS)), corpus(JSON), TOKENS))
