"""No bytes, in whatever pieces, make the multipart parser do anything but yield events or raise Refused; pieces change nothing."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from relay.http.charset import CHARSETS
from relay.http.multipart import MultipartParser
from tests.fuzz import driver
from tests.fuzz.bodies import LIMITS, corpus, target
from tests.unit.http.body_case import MULTIPART

TOKENS = (
    b"--BB\r\n",
    b"\r\n--BB",
    b"--BB--\r\n",
    b"\r\n\r\n",
    b'; name="a"',
    b'; filename="b"',
    b"; filename*=UTF-8''%41",
    b"Content-Type: ",
    b"\x95\x5c",
    b"\x8e\xb1",
    b"\xc9\xbd",
)
PARSERS = [lambda charset=charset: MultipartParser("BB", LIMITS, charset) for charset in CHARSETS.values()]

if __name__ == "__main__":
    raise SystemExit(driver.run("fuzz_multipart", target(*PARSERS), corpus(MULTIPART), TOKENS))
