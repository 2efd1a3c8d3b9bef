"""Requests that no parser of ours would let in, byte by byte through the workbench: which rules of CRS 3.3.4 they fire.

ModSecurity never sees such bytes, but what a server has made of them; so these are compared with what the rules' authors mean.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.rules import rulesets
from bench.rules.sekisho import SekishoRules

_SUMS = {949110, 980130}
_FIELDS = b"Host: www.example.com\r\nUser-Agent: Mozilla/5.0\r\nAccept: text/html\r\n"
_FORM = b"POST / HTTP/1.1\r\n" + _FIELDS + b"Content-Type: application/x-www-form-urlencoded\r\n"
_SCRIPT = b"a=<script>alert(1)</script>"
_CHUNKS = b"3\r\na=<\r\n7\r\nscript>\r\n0\r\n\r\n"
_XSS = {941100, 941110, 941160}
_XSS_FIELD = {920273, *_XSS, 941320, 942130, 942431, 942432}  # what level 4 adds for the field _SCRIPT
_XSS_SHORT = {920273, *_XSS, 941320, 942432}  # for that of _CHUNKS
_MULTIPART = b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 70\r\n"
_UNFINISHED = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.php"\r\n\r\n<?php'


def _get(line: bytes = b"GET / HTTP/1.1", more: bytes = b"") -> bytes:
    return line + b"\r\n" + _FIELDS + more + b"\r\n"


RAW: dict[str, tuple[bytes, set[int], set[int]]] = {  # the bytes, what fires at level 1 and at level 4
    "nothing": (b"", {920100, 920280, 920430}, {920100, 920280, 920320, 920430}),
    "lines that end with LF": (_get(more=b"X-A: b\r\n").replace(b"\r\n", b"\n"), set(), set()),
    "lines that end with CR": (b"GET / HTTP/1.1\rHost: x\r\r", {920280, 920430, 921190}, {920272, 920280, 920320, 920430, 921190}),
    "a head without an end": (_get().rstrip(b"\r\n"), set(), set()),
    "no Host": (_get().replace(b"Host", b"X-Host"), {920280}, {920280}),
    "an empty Host": (_get().replace(b"www.example.com", b""), {920290}, {920290}),
    "two Hosts": (_get(more=b"Host: other.example\r\n"), set(), set()),
    "HTTP/0.9": (b"GET /?" + _SCRIPT + b"\r\n\r\n", {920280, 920430, *_XSS}, {920280, 920320, 920430, *_XSS_FIELD}),
    "a method in lower case": (_get(b"get / HTTP/1.1"), {911100}, {911100}),
    "a protocol in lower case": (_get(b"GET / http/1.1"), {920430}, {920430}),
    "an unknown protocol": (_get(b"GET / JUNK/1.0"), {920430}, {920430}),
    "blanks in the request line": (_get(b"GET  /a b \t HTTP/1.1"), set(), set()),
    "a blank before the request line": (_get(b" GET / HTTP/1.1"), {920100}, {920100}),
    "an absolute target": (_get(b"GET http://www.example.com/?a=1 HTTP/1.1"), set(), set()),
    "OPTIONS *": (_get(b"OPTIONS * HTTP/1.1"), set(), set()),
    "CONNECT": (_get(b"CONNECT www.example.com:443 HTTP/1.1"), {911100, 920100}, {911100, 920100}),
    "a NUL in the target": (_get(b"GET /a\0b HTTP/1.1"), {920270}, {920270, 920271, 920272}),
    "a NUL in a field": (_get(more=b"X-A: a\0b\r\n"), {920270}, {920270, 920271, 920272, 920274}),
    "8-bit bytes in a field": (_get(more=b"Referer: \xe3\x81\x82\xff\r\n"), set(), {920272}),
    "an invalid escape": (_get(b"GET /%g1 HTTP/1.1"), {920220}, {920220, 920272}),
    "a folded field": (_get(more=b"Referer: a\r\n\t<script>alert(1)</script>\r\n"), {941110, 941160}, {941101, 941110, 941160}),
    "a blank before the colon": (_get(more=b"Referer : <script>alert(1)</script>\r\n"), {941110, 941160}, {941101, 941110, 941160}),
    "a field of 100,000 bytes": (_get(more=b"X-A: " + b"a" * 100_000 + b"\r\n"), set(), set()),
    "odd cookies": (_get(more=b"Cookie: a; =b; ;c=<script>alert(1)</script>;;d=e\r\n"), _XSS, {*_XSS, 941320, 942421}),
    "two Cookie fields": (_get(more=b"Cookie: a=1\r\nCookie: b=<script>alert(1)</script>\r\n"), _XSS, {*_XSS, 941320, 942421}),
    "no body and no length": (_get(b"POST / HTTP/1.1"), {920180}, {920180}),
    "a body of no type": (_get(b"POST / HTTP/1.1", b"Content-Length: 3\r\n") + b"a=1", {920340}, {920340, 920341}),
    "a body of GET": (_get(more=b"Content-Length: 3\r\nContent-Type: application/x-www-form-urlencoded\r\n") + b"a=1", {920170}, {920170}),
    "a length that is too short": (_FORM + b"Content-Length: 2\r\n\r\n" + _SCRIPT, set(), set()),
    "a length that is too long": (_FORM + b"Content-Length: 99\r\n\r\n" + _SCRIPT, _XSS, _XSS_FIELD),
    "a length that is none": (_FORM + b"Content-Length: 3a\r\n\r\na=1", {920160}, {920160}),
    "two lengths in one field": (_FORM + b"Content-Length: 3, 3\r\n\r\na=1", {920160}, {920160}),
    "chunks": (_FORM + b"Transfer-Encoding: chunked\r\n\r\n" + _CHUNKS, _XSS, _XSS_SHORT),
    "chunks with extensions": (_FORM + b"Transfer-Encoding: chunked\r\n\r\n" + _CHUNKS.replace(b"7", b"7;x=y"), _XSS, _XSS_SHORT),
    "no chunks where some are named": (_FORM + b"Transfer-Encoding: chunked\r\n\r\n" + _SCRIPT, _XSS, _XSS_FIELD),
    "chunks and a length": (
        _FORM + b"Content-Length: 20\r\nTransfer-Encoding: chunked\r\n\r\n" + _CHUNKS, {920181, *_XSS}, {920181, *_XSS_SHORT},
    ),
    "two types": (
        _FORM + b"Content-Type: text/plain\r\nContent-Length: 27\r\n\r\n" + _SCRIPT,
        {920420, 920620, *_XSS}, {920420, 920620, *_XSS_FIELD},
    ),
    "a type in upper case": (
        _FORM.replace(b"application/x-www-form-urlencoded", b"APPLICATION/X-WWW-FORM-URLENCODED") + b"Content-Length: 27\r\n\r\n" + _SCRIPT,
        _XSS, _XSS_FIELD,
    ),
    "parts without a last boundary": (
        _get(b"POST / HTTP/1.1", _MULTIPART) + _UNFINISHED,
        {200002}, {200002, 920272, 920273},
    ),
}  # fmt: skip


@pytest.fixture(scope="module", params=[rulesets.LEVELS[0], rulesets.LEVELS[-1]])
def at_level(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[int, SekishoRules]]:
    files = rulesets.files(rulesets.crs3(), request.param, tmp_path_factory.mktemp("rules"))
    yield request.param, SekishoRules(files, reading="strict")


@pytest.mark.slow
@pytest.mark.parametrize("about", RAW)
def test_what_a_raw_request_fires(at_level: tuple[int, SekishoRules], about: str) -> None:
    level, rules = at_level
    raw, at_first, at_last = RAW[about]
    status, ids, _ = rules.grade(raw)
    assert (status, set(ids) - _SUMS) == (200, at_first if level == rulesets.LEVELS[0] else at_last)


def test_every_request_was_tried() -> None:
    assert len(RAW) == 39
