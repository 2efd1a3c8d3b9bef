"""No bytes of a scanner, in whatever pieces, pass for a clean answer but the ones that are; and pieces change nothing."""

from __future__ import annotations

import sys
from collections.abc import Hashable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from content.clamd import Instream, Settings
from content.icap import Exchange, Method, Options, Service, read_options
from content.icap_answer import Malformed
from content.verdicts import Verdict
from tests.fuzz import driver
from tests.unit.content.test_icap import CLEAN, FILE, OPTIONS, WRONG, changed

SERVICE = Service("scan.example.jp", "avscan")
PLAIN = Options(frozenset(Method), None, True, "v1", None)
WIDE = Settings(2**20, 2**20, 2**20)
INFECTED = b"X-Infection-Found: Type=0; Resolution=2; Threat=E;\r\n"
CORPUS = [
    b"\0" + answer for answer in (b"stream: OK\0", b"stream: E FOUND\0", b"INSTREAM size limit exceeded. ERROR\0")
]
CORPUS += [b"\1" + answer for answer in (CLEAN, changed(b"x"), changed(b"x", fields=INFECTED), *WRONG)] + [
    b"\2" + OPTIONS
]
TOKENS = (b"stream: OK\0", b" FOUND", b"ICAP/1.0 204 ", b"ICAP/1.0 200 ", b"HTTP/1.1 200 OK", b"Encapsulated: ", b"res-hdr=0",
          b"res-body=", b"null-body=0", b"\r\n\r\n", b"0\r\n\r\n", b"X-Virus-ID: E\r\n", b"ISTag: v", b"; ieof")  # fmt: skip


def clamd(*pieces: bytes) -> Hashable:
    scan = Instream(WIDE)
    scan.send(FILE)
    scan.finish()
    for piece in pieces:
        scan.receive(piece)
    return scan.closed()


def icap(*pieces: bytes) -> Hashable:
    exchange = Exchange(SERVICE, Method.RESPMOD, PLAIN)
    exchange.send(FILE)
    exchange.end()
    try:
        for piece in pieces:
            exchange.receive(piece)
    except Malformed:
        return Verdict.ERROR
    found = exchange.result().verdict
    if found is Verdict.CLEAN and not b"".join(pieces).startswith(b"ICAP/1.0 204"):
        raise ValueError("clean by an answer that does not say it")
    return found


def options(data: bytes) -> Hashable:
    try:
        return read_options(data)
    except Malformed:
        return None


def target(data: bytes) -> Hashable:
    which, rest = data[:1], data[1:]
    if which == b"\2":
        return options(rest)
    speak = icap if which == b"\1" else clamd
    whole = speak(rest)
    halves = speak(rest[: len(rest) // 2], rest[len(rest) // 2 :])
    bytewise = speak(*[rest[at : at + 1] for at in range(len(rest))])
    if not whole == halves == bytewise:
        raise ValueError("pieces change the answer")
    if speak is clamd and (whole == clamd(b"stream: OK\0")) != (rest == b"stream: OK\0"):
        raise ValueError("clean by another answer")
    return speak.__name__, whole


if __name__ == "__main__":
    raise SystemExit(driver.run("fuzz_scanners", target, CORPUS, TOKENS))
