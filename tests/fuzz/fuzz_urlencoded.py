"""No bytes, in whatever pieces, make the urlencoded parser do anything but yield events or raise Refused; pieces change nothing."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from relay.http.charset import CHARSETS
from relay.http.urlencoded import UrlencodedParser
from tests.fuzz import driver
from tests.fuzz.bodies import LIMITS, corpus, target
from tests.unit.http.body_case import FORM

TOKENS = (b"&", b"=", b"+", b"%41", b"%E3%81%82", b"%FF", b";", b"%95%5C", b"%8E%B1", b"%C9%BD", b"_charset_=sjis")
PARSERS = [lambda charset=charset: UrlencodedParser(LIMITS, charset) for charset in CHARSETS.values()]

if __name__ == "__main__":
    raise SystemExit(driver.run("fuzz_urlencoded", target(*PARSERS), corpus(FORM), TOKENS))
