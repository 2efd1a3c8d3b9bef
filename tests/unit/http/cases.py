"""The rows of docs/spec/http.md sections 1 to 5 as bytes. `row`: the id there; `expect`: a Reason, or what gets through.

One table, and so longer than a module may be: cut up, its rows would no longer be found beside their neighbours.
"""

from __future__ import annotations

from typing import NamedTuple

from relay.base.reasons import Reason


class Case(NamedTuple):
    row: str
    raw: bytes
    expect: Reason | tuple[tuple[str, bytes], ...]  # (method, path and query; body) of each request


def line(row: str, request_line: bytes, expect: Reason | str, host: bytes = b"city.example.jp") -> Case:
    raw = request_line + b"\r\nHost: " + host + b"\r\n\r\n"
    return Case(row, raw, expect if isinstance(expect, Reason) else ((expect, b""),))


def target(row: str, raw: bytes, expect: Reason | None = None) -> Case:
    return line(row, b"GET " + raw + b" HTTP/1.1", expect or "GET " + raw.decode())


def host(row: str, raw: bytes, expect: Reason | None = None) -> Case:
    return Case(row, b"GET / HTTP/1.1\r\nHost:" + raw + b"\r\n\r\n", expect or (("GET /", b""),))


def field(row: str, raw: bytes, expect: Reason | None = None) -> Case:
    """`raw`: the field line with its line end."""
    return Case(row, b"GET / HTTP/1.1\r\nHost: a.jp\r\n" + raw + b"\r\n", expect or (("GET /", b""),))


def post(row: str, fields: bytes, body: bytes, expect: Reason | bytes) -> Case:
    raw = b"POST /p HTTP/1.1\r\nHost: a.jp\r\n" + fields + b"\r\n" + body
    return Case(row, raw, expect if isinstance(expect, Reason) else (("POST /p", expect),))


def chunks(row: str, body: bytes, expect: Reason | bytes) -> Case:
    return post(row, b"Transfer-Encoding: chunked\r\n", body, expect)


_GET = b"GET / HTTP/1.1\r\nHost: a.jp\r\n"
_OK = (("GET /", b""),)
_LINE = Reason.REQUEST_LINE_INVALID
_TARGET = Reason.TARGET_INVALID
_HOST = Reason.HOST_INVALID
_HEADER = Reason.HEADER_INVALID
_LENGTH = Reason.LENGTH_INVALID
_CODING = Reason.TRANSFER_ENCODING_INVALID
_CHUNK = Reason.CHUNK_INVALID
_TRAILER = Reason.TRAILER_INVALID
_VERSION = Reason.VERSION_NOT_SUPPORTED
_METHOD = Reason.METHOD_NOT_IMPLEMENTED

STREAM = [
    Case("S1", b"\r\n" + _GET + b"\r\n", _OK),
    Case(
        "S1",
        b"POST /p HTTP/1.1\r\nHost: a.jp\r\nContent-Length: 1\r\n\r\nx\r\n" + _GET + b"\r\n",
        (("POST /p", b"x"), *_OK),
    ),
    Case("S2", b"\r\n\r\n" + _GET + b"\r\n", _LINE),
    Case("S2", b"\r\n\r\n\r\n\r\n", _LINE),
    Case("S3", b"\n" + _GET + b"\r\n", _LINE),
    Case("S3", b"\r" + _GET + b"\r\n", _LINE),
    Case("S3", b"GET / HTTP/1.1\nHost: a.jp\n\n", _LINE),
    Case("S3", b"GET / HTTP/1.1\nHost: a.jp\r\n\r\n", _LINE),
    Case("S3", b"GET / HTTP/1.1\rHost: a.jp\r\n\r\n", _LINE),
    Case("S3", b"GET / HTTP/1.1\r\r\nHost: a.jp\r\n\r\n", _LINE),
    Case("S3", b"GET /\r/ HTTP/1.1\r\nHost: a.jp\r\n\r\n", _LINE),
    Case("S3", b"GET /\n/ HTTP/1.1\r\nHost: a.jp\r\n\r\n", _LINE),
    Case("S3", b"GET / HTTP/1.1\r\nHost: a.jp\n\r\n", _HEADER),
    Case("S3", b"GET / HTTP/1.1\r\nHost: a.jp\r\n\n", _HEADER),
    Case("S3", b"GET / HTTP/1.1\r\nHost: a.jp\n\n", _HEADER),
    Case("S3", b"GET / HTTP/1.1\r\nHost: a.jp\r\r\n\r\n", _HEADER),
    Case("S3", b"GET / HTTP/1.1\r\nHost: a.jp\r\n\r\r\n", _HEADER),
    Case("S3", b"GET / HTTP/1.1\r\nHost: a.jp\rX: y\r\n\r\n", _HEADER),
    Case("S3", b"GET / HTTP/1.1\r\nHost: a.jp\nX: y\r\n\r\n", _HEADER),
    Case("S3", b"GET / HTTP/1.1\r\n\rHost: a.jp\r\n\r\n", _HEADER),
    Case("S3", b"GET / HTTP/1.1\r\nHost: a.jp\r\nX: a\rTransfer-Encoding: chunked\r\n\r\n", _HEADER),
    Case("S4", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", _LINE),
    Case("S4", b"\x00", _LINE),
    Case("S4", b"\x80\x00", _LINE),
    Case("S4", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", _VERSION),
    Case("S4", b"SSH-2.0-OpenSSH_9.2p1\r\n", _LINE),
    Case("S4", b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", _LINE),
    Case("S4", b"\r\n\x00", _LINE),
    Case("S4", b'{"a":1}', _LINE),
    Case("S4", b"a" * 40, _LINE),
    Case("S4", b"GET /\x00", _LINE),
    Case("S4", b"GET /\x7f HTTP/1.1\r\n", _LINE),
    Case("S4", b"GET /\x01 HTTP/1.1\r\n", _LINE),
    Case("S5", (_GET + b"\r\n") * 3, _OK * 3),
    Case(
        "S5",
        b"POST /p HTTP/1.1\r\nHost: a.jp\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + _GET + b"\r\n",
        (("POST /p", b"abc"), *_OK),
    ),
    Case("S6", _GET + b"Connection: close\r\n\r\n" + _GET + b"\r\n", _OK),
    Case("S6", _GET + b"Connection: close\r\n\r\n\x00\x16garbage", _OK),
    Case(
        "S6",
        b"POST /p HTTP/1.1\r\nHost: a.jp\r\nConnection: close\r\nContent-Length: 1\r\n\r\nxGET /evil HTTP/1.1\r\n\r\n",
        (("POST /p", b"x"),),
    ),
    Case("S7", b"", ()),
    Case("S7", b"\r\n", ()),
    Case("S7", _GET + b"\r\n\r\n", _OK),
    Case("S8", b"GET", Reason.PEER_CLOSED),
    Case("S8", b"GET / HTTP/1.1\r\n", Reason.PEER_CLOSED),
    Case("S8", _GET, Reason.PEER_CLOSED),
    Case("S8", _GET + b"\r", Reason.PEER_CLOSED),
    post("S9", b"Content-Length: 5\r\n", b"abcd", Reason.BODY_INCOMPLETE),
    chunks("S9", b"", Reason.BODY_INCOMPLETE),
    chunks("S9", b"5\r\nabcd", Reason.BODY_INCOMPLETE),
    chunks("S9", b"5\r\nabcde", Reason.BODY_INCOMPLETE),
    chunks("S9", b"5\r\nabcde\r\n", Reason.BODY_INCOMPLETE),
    chunks("S9", b"5\r\nabcde\r\n0\r\n", Reason.BODY_INCOMPLETE),
    chunks("S9", b"0\r\nX: y\r\n", Reason.BODY_INCOMPLETE),
]

REQUEST_LINE = [
    *(line("R1", method + b" / HTTP/1.1", method.decode() + " /") for method in (b"GET", b"HEAD", b"POST", b"PUT")),
    *(line("R1", method + b" / HTTP/1.1", method.decode() + " /") for method in (b"PATCH", b"DELETE", b"OPTIONS")),
    line("R2", b"GET  / HTTP/1.1", _LINE),
    line("R2", b"GET /  HTTP/1.1", _LINE),
    line("R2", b"GET\t/ HTTP/1.1", _LINE),
    line("R2", b"GET /\tHTTP/1.1", _LINE),
    line("R2", b"GET / HTTP/1.1 ", _LINE),
    line("R2", b"GET / HTTP/1.1\t", _LINE),
    line("R2", b" GET / HTTP/1.1", _LINE),
    line("R2", b"\tGET / HTTP/1.1", _LINE),
    line("R2", b"GET /\x0bHTTP/1.1", _LINE),
    line("R2", b"GET /\x0c HTTP/1.1", _LINE),
    line("R2", b"GET /a b HTTP/1.1", _LINE),
    line("R3", b"GET /", _LINE),
    line("R3", b"GET", _LINE),
    line("R3", b"GET / ", _LINE),
    line("R3", b"GET HTTP/1.1", _LINE),
    line("R3", b"/ HTTP/1.1", _LINE),
    line("R3", b"GET / HTTP/1.1 HTTP/1.1", _LINE),
    line("R3", b"GET / HTTP/1.1/x", _LINE),
    line("R3", b"GET / x", _LINE),
    line("R4", b"GET / HTTP/1.0", "GET /"),
    line("R4", b"HEAD /a?b HTTP/1.0", "HEAD /a?b"),
    Case("R4", b"GET / HTTP/1.0\r\nHost: a.jp\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n", _OK),
    Case("R4", b"POST /p HTTP/1.0\r\nHost: a.jp\r\nContent-Length: 2\r\n\r\nab", (("POST /p", b"ab"),)),
    Case("R4", b"POST /p HTTP/1.0\r\nHost: a.jp\r\nContent-Length: 0\r\n\r\n", (("POST /p", b""),)),
    Case(
        "R4", b"PUT / HTTP/1.0\r\nHost: a.jp\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx", (("PUT /", b"x"),)
    ),
    Case("R10", b"POST / HTTP/1.0\r\nHost: a.jp\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", _CODING),
    Case("R10", b"GET / HTTP/1.0\r\nHost: a.jp\r\nTransfer-Encoding: identity\r\n\r\n", _CODING),
    *(Case("R10", method + b" / HTTP/1.0\r\nHost: a.jp\r\n\r\n", _LENGTH) for method in (b"POST", b"PUT", b"PATCH")),
    Case("R4", b"GET / HTTP/1.0\r\n\r\n", _HOST),
    Case(
        "R4",
        b"POST / HTTP/1.0\r\nHost: a.jp\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab",
        Reason.LENGTH_CONFLICT,
    ),
    *(line("R5", b"GET / HTTP/" + version, _VERSION) for version in (b"0.9", b"1.2", b"1.9", b"2.0", b"3.0", b"9.9")),
    line("R5", b"PRI * HTTP/2.0", _VERSION),
    *(
        line("R6", b"GET / " + version, _LINE)
        for version in (
            b"http/1.1",
            b"Http/1.1",
            b"HTTP/1.10",
            b"HTTP/01.1",
            b"HTTP/1",
            b"HTTP/1.",
            b"HTTP/.1",
            b"HTTP/1,1",
            b"HTTP/11",
            b"HTTPS/1.1",
            b"HTTP1.1",
            b"HTTP /1.1",
            b"HTTP/ 1.1",
            b"HTTP/1.1a",
            b"HTTP/1.1.1",
            b"HTTP/A.B",
            b"HTTP/-1.1",
            b"HTTP/1.1\x00",
            b"HTTP/1.\xef\xbc\x91",
            b"XTTP/1.1",
            b"HTTP//1.1",
            b"HTTP\\1.1",
        )
    ),
    *(
        line("R7", method + b" / HTTP/1.1", _METHOD)
        for method in (
            b"CONNECT",
            b"TRACE",
            b"TRACK",
            b"PRI",
            b"get",
            b"Get",
            b"GeT",
            b"post",
            b"Options",
            b"foo",
            b"!",
            b"GET'|~",
            b"-GET",
            b"1GET",
        )
    ),
    line("R7", b"CONNECT a.jp:443 HTTP/1.1", _METHOD),
    line("R7", b"PRI * HTTP/1.1", _METHOD),
    *(
        line("R11", method + b" / HTTP/1.1", method.decode() + " /")
        for method in (b"PROPFIND", b"GETT", b"GE", b"X", b"M-SEARCH", b"DEBUG", b"QUERY", b"A_1", b"A" * 32)
    ),
    Case(
        "R11",
        b"REPORT /p HTTP/1.1\r\nHost: a.jp\r\nContent-Length: 1\r\n\r\nx" + _GET + b"\r\n",
        (("REPORT /p", b"x"), *_OK),
    ),
    *(
        line("R8", method + b" / HTTP/1.1", _LINE)
        for method in (
            b"G(ET",
            b"GET,",
            b'"GET"',
            b"GET:",
            b"[GET]",
            b"G\x00ET",
            b"G\x80T",
            b"GET@",
            b"{GET}",
            b"\xef\xbb\xbfGET",
            b"A" * 33,
        )
    ),
    target("R9", b"/" + b"a" * 8000, Reason.TARGET_TOO_LONG),
    target("R9", b"/" + b"a" * 7999),
    target("R9", b"/" + b"a" * 8050, Reason.TARGET_TOO_LONG),
    target("R9", b"/?" + b"a" * 40000, Reason.TARGET_TOO_LONG),
]

TARGET = [
    *(
        target("T1", raw)
        for raw in (
            b"/",
            b"/a",
            b"/a/",
            b"/a/b.html",
            b"/?",
            b"/?a=b",
            b"/a?b?c",
            b"/%E7%94%B3%E8%AB%8B",
            b"/?q=%E3%81%82",
            b"/.well-known/x",
            b"/a..b",
            b"/...",
            b"/a.",
            b"/..a",
            b"/%20",
            b"/a%7Eb",
        )
    ),
    line("T2", b"GET https://city.example.jp/a?b HTTP/1.1", "GET /a?b"),
    line("T2", b"GET HTTPS://CITY.example.jp/ HTTP/1.1", "GET /"),
    line("T2", b"GET https://city.example.jp HTTP/1.1", "GET /"),
    line("T2", b"GET https://city.example.jp?x HTTP/1.1", "GET /?x"),
    line("T2", b"GET https://city.example.jp:8443/ HTTP/1.1", "GET /", b"city.example.jp:8443"),
    line("T2", b"GET https://[2001:db8::1]:8443/ HTTP/1.1", "GET /", b"[2001:DB8::1]:8443"),
    line("T2", b"GET http://city.example.jp/ HTTP/1.1", "GET /"),
    line("T3", b"GET httpx://city.example.jp/ HTTP/1.1", _TARGET),
    line("T3", b"GET ftp://city.example.jp/ HTTP/1.1", _TARGET),
    line("T3", b"GET file:///etc/passwd HTTP/1.1", _TARGET),
    line("T3", b"GET ws://city.example.jp/ HTTP/1.1", _TARGET),
    line("T3", b"GET ://city.example.jp/ HTTP/1.1", _TARGET),
    line("T3", b"GET https:/city.example.jp/ HTTP/1.1", _TARGET),
    line("T3", b"GET https:city.example.jp HTTP/1.1", _TARGET),
    line("T4", b"GET https:///a HTTP/1.1", _TARGET),
    line("T4", b"GET https://user@city.example.jp/ HTTP/1.1", _TARGET),
    line("T4", b"GET https://user:pw@city.example.jp/ HTTP/1.1", _TARGET),
    line("T4", b"GET https://city.example.jp:/ HTTP/1.1", _TARGET),
    line("T4", b"GET https://city.example.jp:99999/ HTTP/1.1", _TARGET),
    line("T4", b"GET https://city%2eexample.jp/ HTTP/1.1", _TARGET),
    line("T5", b"GET https://other.example.jp/ HTTP/1.1", _HOST),
    line("T5", b"GET https://city.example.jp:8443/ HTTP/1.1", _HOST),
    line("T5", b"GET https://city.example.jp:443/ HTTP/1.1", _HOST),
    line("T5", b"GET https://city.example.jp/ HTTP/1.1", _HOST, b"city.example.jp:443"),
    line("T5", b"GET https://city.example.jp/ HTTP/1.1", _HOST, b""),
    target("T6", b"city.example.jp:443", _TARGET),
    target("T6", b"*", _TARGET),
    line("T6", b"OPTIONS * HTTP/1.1", _TARGET),
    line("T6", b"OPTIONS https://city.example.jp HTTP/1.1", _TARGET),
    target("T6", b"?a", _TARGET),
    target("T6", b"a/b", _TARGET),
    target("T6", b"../a", _TARGET),
    target("T6", b"*/a", _TARGET),
    target("T6", b"/*a"),
    *(
        target("T7", raw, _TARGET)
        for raw in (
            b"/a#b",
            b"/#",
            b"#",
            b"/a?b#c",
            b"/a\\b",
            b"\\a",
            b"/\\..\\a",
            b"/?a\\b",
            b"/\xe3\x81\x82",
            b"/a\xff",
            b"/?\x80",
            b"/\xc0\xaf",
        )
    ),
    *(target("T8", b"/a" + byte, _TARGET) for byte in (b"<", b">", b'"', b"{", b"}", b"|", b"^", b"`", b"[", b"]")),
    *(target("T8", b"/?a" + byte, _TARGET) for byte in (b"<", b">", b'"', b"{", b"}", b"|", b"^", b"`", b"[", b"]")),
    *(
        target("T9", raw, _TARGET)
        for raw in (
            b"/%",
            b"/%4",
            b"/%4g",
            b"/%gg",
            b"/%%",
            b"/%u3042",
            b"/%-1",
            b"/?%",
            b"/?%zz",
            b"/?a=%1",
            b"/%%34%31",
            b"/?%\xef\xbc\x94\xef\xbc\x91",
        )
    ),
    *(
        target("T10", raw, _TARGET)
        for raw in (
            b"/%00",
            b"/%0d",
            b"/%0A",
            b"/%0d%0aSet-Cookie:x",
            b"/%09",
            b"/%1f",
            b"/%7F",
            b"/%1B",
            b"/?%00",
            b"/?a=%0D%0A",
            b"/?%7f",
            b"/?a=%1e",
        )
    ),
    *(target("T11", raw, _TARGET) for raw in (b"/%5c", b"/%5C..", b"/a%5cb", b"/..%5c", b"/%255c")),
    target("T11", b"/?a=%2F%5C"),
    *(
        target("T12", raw, _TARGET)
        for raw in (b"/%252e", b"/%252E%252e/", b"/%252f", b"/%2500", b"/%250d%250a", b"/%257F", b"/%25252e", b"/%2525")
    ),
    target("T12", b"/?a=%252e"),
    target("T12", b"/a%2541%2520"),
    target("T12", b"/100%25"),
    *(
        target("T13", raw, _TARGET)
        for raw in (
            b"/.",
            b"/..",
            b"/./",
            b"/../",
            b"/a/..",
            b"/a/../b",
            b"/a/./b",
            b"/%2e",
            b"/%2E%2e",
            b"/.%2e/",
            b"/a/%2e.",
            b"/..;/",
            b"/a/..;x=y/b",
            b"/.;",
            b"/..%3b/",
            b"/%2e%2e;/",
            b"/a/.",
            b"/../../etc/passwd",
            b"/..;a=b",
            b"/..%2f",
            b"/a/..%2Fb",
            b"/a%2f..%2fb",
            b"/%2e%2e%2fa",
            b"/a%2f.",
            b"/.%2fa",
            b"/a%2F%2e%2E%3Bx",
        )
    ),
    line("T13", b"GET https://city.example.jp/../a HTTP/1.1", _TARGET),
    target("T13", b"/?a=../.."),
    *(
        target("T14", raw, _TARGET)
        for raw in (b"//", b"//a", b"///", b"//other.example.jp/a", b"/%2f", b"/%2Fother.example.jp/a", b"//?a")
    ),
    line("T14", b"GET https://city.example.jp//a HTTP/1.1", _TARGET),
    *(target("T17", raw) for raw in (b"/a//b", b"/a//", b"/a///b?c", b"/a%2fb", b"/a%2Fb", b"/a%2f", b"/a%2F%2Fb")),
    target("T14", b"/?a=//"),
    *(
        target("T15", raw, _TARGET)
        for raw in (
            b"/%c0%af",
            b"/%C0%AE%C0%AE",
            b"/%e0%80%af",
            b"/%f0%80%80%af",
            b"/%ed%a0%80",
            b"/%f4%90%80%80",
            b"/%f8%88%80%80%80",
            b"/%ff",
            b"/%80",
            b"/%e3%81",
            b"/%e3a%81%82",
            b"/?%c1%81",
            b"/?a=%93%fa%96%7b",
            b"/?%fe",
            b"/?%e3%81",
            b"/%c3%28",
            b"/%C0%80",
        )
    ),
    *(
        target("T16", raw)
        for raw in (
            b"/a;b=c",
            b"/a=b",
            b"/a:b",
            b"/@a",
            b"/!$&'()*+,",
            b"/~a",
            b"/a_b-c",
            b"/%41",
            b"/?a/b?c:d@e",
            b"/a,b",
        )
    ),
]

HOST = [
    *(
        host("H1", raw)
        for raw in (
            b" a.jp",
            b"a.jp",
            b"  a.jp  ",
            b" A.JP",
            b" localhost",
            b" a.jp:1",
            b" a.jp:65535",
            b" 192.0.2.1",
            b" 192.0.2.1:443",
            b" [2001:db8::1]",
            b" [::1]:443",
            b" [::ffff:192.0.2.1]",
            b" xn--eckwd4c7c.jp",
            b" a-b.jp",
            b" " + b".".join([b"a" * 61] * 4),
            b" 1a.jp",
            b" 0x.jp",
            b" a.1b",
        )
    ),
    Case("H2", b"GET / HTTP/1.1\r\n\r\n", _HOST),
    Case("H2", b"GET / HTTP/1.1\r\nX: y\r\n\r\n", _HOST),
    Case("H2", b"GET / HTTP/1.1\r\nHost2: a.jp\r\n\r\n", _HOST),
    host("H2", b"", _HOST),
    host("H2", b"  ", _HOST),
    host("H3", b" a.jp\r\nHost: a.jp", _HOST),
    host("H3", b" a.jp\r\nhost: b.jp", _HOST),
    host("H3", b" a.jp\r\nX: y\r\nHOST:", _HOST),
    *(
        host("H4", raw, _HOST)
        for raw in (
            b" a.jp, b.jp",
            b" a.jp,a.jp",
            b" a.jp b.jp",
            b" a.jp;b",
            b" user@a.jp",
            b" u:p@a.jp",
            b" https://a.jp",
            b" //a.jp",
            b" a.jp/",
            b" a.jp/x",
            b" a.jp?x",
            b" a.jp#x",
            b" a%2ejp",
            b" %61.jp",
            b" a.jp\\x",
            b" a!jp",
            b" a'jp",
            b' "a.jp"',
            b" (a)",
            b" a+b",
            b" a=b",
            b" a*b",
            b" *.a.jp",
            b" a~b",
            b" \xe3\x81\x82.jp",
            b" a$b",
            b" a&b",
            b" <a>",
            b" a|b",
            b" a\xc2\xa0b",
            b" a..jp@b",
            b" a.jp:443,b.jp",
        )
    ),
    *(
        host("H5", raw, _HOST)
        for raw in (
            b" a.jp:",
            b" a.jp:0",
            b" a.jp:65536",
            b" a.jp:99999999",
            b" a.jp:0443",
            b" a.jp:+443",
            b" a.jp:-1",
            b" a.jp:https",
            b" a.jp:44 3",
            b" a.jp:443:443",
            b" a.jp: 443",
            b" a.jp:4x",
            b" :443",
            b" a.jp:443 x",
            b" [::1]:",
            b" [::1]:0",
        )
    ),
    *(
        host("H6", raw, _HOST)
        for raw in (
            b" a..jp",
            b" .a.jp",
            b" a.jp..",
            b" .",
            b" ..",
            b" -a.jp",
            b" a-.jp",
            b" a.-jp",
            b" " + b"a" * 64 + b".jp",
            b" " + b"a." * 126 + b"jp",
            b" " + b"a." * 5000 + b"jp",
            b" .jp.",
        )
    ),
    *(host("H10", raw) for raw in (b" a.jp.", b" a.jp.:443", b" localhost.", b" " + b".".join([b"a" * 62] * 4) + b".")),
    *(
        host("H7", raw, _HOST)
        for raw in (
            b" 127.1",
            b" 2130706433",
            b" 0x7f.1",
            b" 0x7f000001",
            b" 017.0.0.1",
            b" 256.1.1.1",
            b" 1.2.3.4.5",
            b" 1.2.3.04",
            b" 1",
            b" a.1",
            b" 1.2.3.0x4",
            b" a.0x",
            b" 0x",
            b" 1.2.3.4.",
            b" 127.1.",
            b" 0x7f.",
        )
    ),
    *(
        host("H8", raw, _HOST)
        for raw in (
            b" [::1",
            b" ::1]",
            b" ::1",
            b" 2001:db8::1",
            b" []",
            b" [::g]",
            b" [1::2::3]",
            b" [fe80::1%25eth0]",
            b" [fe80::1%eth0]",
            b" [v1.a]",
            b" [::1]x",
            b" [::1].jp",
            b" [192.0.2.1]",
            b" [::1]]",
            b" [[::1]]",
            b" a[::1]",
            b" [1:2:3:4:5:6:7:8:9]",
            b" [::1 ]",
            b" [::00001]",
        )
    ),
    host("H9", b" my_host.jp"),
    host("H9", b" _a"),
]

FIELDS = [
    *(
        field("F1", raw)
        for raw in (
            b"X: y\r\n",
            b"X:y\r\n",
            b"X:\r\n",
            b"X: \r\n",
            b"X:   y   \r\n",
            b"X:\ty\t\r\n",
            b"X: a b\tc\r\n",
            b"X: :y\r\n",
            b"!#$%&'*+-.^_`|~09aZ: y\r\n",
            b'X: "<>{}[]()/?=;,@\\\r\n',
            b"",
            b"X: \x7e\x21\r\n",
            b"Accept: */*\r\nAccept-Language: ja,en;q=0.5\r\n",
        )
    ),
    *(
        field("F2", raw, _HEADER)
        for raw in (
            b"X: y\r\n z\r\n",
            b"X: y\r\n\tz\r\n",
            b"X: y\r\n \r\n",
            b"X:\r\n y\r\n",
            b"Transfer-Encoding:\r\n chunked\r\n",
            b" X: y\r\n",
            b"\tX: y\r\n",
        )
    ),
    Case("F2", b"GET / HTTP/1.1\r\n Host: a.jp\r\n\r\n", _HEADER),
    Case("F2", b"GET / HTTP/1.1\r\n\tX: y\r\nHost: a.jp\r\n\r\n", _HEADER),
    Case("F2", b"GET / HTTP/1.1\r\n \r\nHost: a.jp\r\n\r\n", _HEADER),
    *(
        field("F3", raw, _HEADER)
        for raw in (
            b"X : y\r\n",
            b"X\t: y\r\n",
            b"X Y: z\r\n",
            b"Content-Length : 5\r\n",
            b"Transfer-Encoding : chunked\r\n",
            b"Transfer-Encoding\t: chunked\r\n",
            b"X \t : y\r\n",
            b"Transfer-Encoding\x0b: chunked\r\n",
            b"X\xa0: y\r\n",
        )
    ),
    *(
        field("F4", raw, _HEADER)
        for raw in (b": y\r\n", b":\r\n", b"X\r\n", b"X y\r\n", b"GET / HTTP/1.1\r\n", b"=: y\r\n")
    ),
    *(
        field("F4", b"X" + byte + b"Y: z\r\n", _HEADER)
        for byte in (b"(", b")", b",", b"/", b";", b"<", b"=", b">", b"?", b"@", b"[", b"\\", b"]", b"{", b"}", b'"')
    ),
    *(
        field("F4", b"X" + bytes([byte]) + b"Y: z\r\n", _HEADER)
        for byte in (0, 1, 0x0B, 0x0C, 0x1F, 0x7F, 0x80, 0xA0, 0xC3, 0xFF)
    ),
    field("F4", "Ｘ: y\r\n".encode(), _HEADER),
    *(
        field("F5", b"X: a" + bytes([byte]) + b"b\r\n", _HEADER)
        for byte in (*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F)
    ),
    field("F5", b"X:\x00\r\n", _HEADER),
    field("F5", b"X: \x0by\r\n", _HEADER),
    field("F5", b"X: y\x00\r\n", _HEADER),
    field("F5", b"Cookie: a=\x01\r\n", _HEADER),
    field("F6", "X: 申請\r\n".encode()),
    field("F6", "Cookie: a=é😀\r\n".encode()),
    *(
        field("F6", b"X: " + raw + b"\r\n")
        for raw in (
            b"\xa0y\xa0",
            b"\xff",
            b"caf\xe9",
            b"\x80",
            b"\xc0\xaf",
            b"\xed\xa0\x80",
            b"\xf4\x90\x80\x80",
            b"\xe3\x81",
            b"\xc2\x85",
            b"\xc2\x80",
            b"\xc2\x9f",
            b"\x93\xfa",
        )
    ),
    *(
        field("F7", raw, reason)
        for raw, reason in (
            (b"Content-Length: \xa00\r\n", _LENGTH),
            (b"Content-Length: 0\xa0\r\n", _LENGTH),
            (b"Transfer-Encoding: \xa0chunked\r\n", _CODING),
            (b"Transfer-Encoding: chunked\x85\r\n", _CODING),
            (b"Connection: close\xa0\r\n", _HEADER),
            (b"Connection: \xe3\x80\x80close\r\n", _HEADER),
            (b"Expect: 100-continue\xa0\r\n", Reason.EXPECTATION_FAILED),
            (b"TE: trailers\xa0\r\n", _HEADER),
            (b"Trailer: X\xa0\r\n", _HEADER),
            (b"Connection: Upgrade\r\nUpgrade: websocket\xa0\r\n", Reason.UPGRADE_REFUSED),
        )
    ),
    *(
        field("F8", name + b": a\r\n" + name.upper() + b": a\r\n", _HEADER)
        for name in (
            b"content-type",
            b"content-encoding",
            b"authorization",
            b"cookie",
            b"range",
            b"expect",
            b"referer",
            b"user-agent",
            b"origin",
            b"if-range",
            b"upgrade",
            b"if-modified-since",
            b"max-forwards",
            b"content-disposition",
        )
    ),
    field("F9", b"Accept: a/b\r\nAccept: c/d\r\n"),
    field("F9", b"X-Forwarded-For: a\r\nX-Forwarded-For: b\r\nVia: 1.1 a\r\nVia: 1.1 b\r\n"),
    field("F9", b"Connection: te\r\nConnection: keep-alive\r\n"),
    *(
        field("F10", name + b": 5\r\n", _HEADER)
        for name in (
            b"Content_Length",
            b"Transfer_Encoding",
            b"CONTENT_TYPE",
            b"content_encoding",
            b"X_Forwarded_For",
            b"X-Forwarded_Host",
            b"Sekisho_Transfer",
            b"Proxy_Authorization",
        )
    ),
    field("F10", b"X_Y: z\r\n"),
    *(
        field("F11", raw, _HEADER)
        for raw in (
            b"Content-Length:\t0\r\n",
            b"Content-Length: 0\t\r\n",
            b"Transfer-Encoding:\tchunked\r\n",
            b"Transfer-Encoding: chunked\t\r\n",
            b"Transfer-Encoding: \tchunked\r\n",
        )
    ),
    Case("F11", b"GET / HTTP/1.1\r\nHost:\ta.jp\r\n\r\n", _HEADER),
    field("F12", b"X: y\r\n" * 99),
    field("F12", b"X: y\r\n" * 100, Reason.HEADERS_TOO_LARGE),
    field("F12", b"X: y\r\n" * 99 + b"\rX\r\n", _HEADER),
    field("F12", b"X: " + b"y" * (32 * 1024 - len(_GET) - 7) + b"\r\n"),
    field("F12", b"X: " + b"y" * (32 * 1024 - len(_GET) - 6) + b"\r\n", Reason.HEADERS_TOO_LARGE),
    field("F12", b"X: " + b"y" * 70_000 + b"\r\n", Reason.HEADERS_TOO_LARGE),
    field("F12", b"X" * 40_000, Reason.HEADERS_TOO_LARGE),
    *(
        field("F13", b"Connection:" + raw + b"\r\n")
        for raw in (
            b" close",
            b" keep-alive",
            b" Close",
            b" keep-alive, close",
            b" close , keep-alive",
            b"close,",
            b" ,close",
            b"",
            b" TE",
            b" foo",
            b" keep-alive,,close",
            b" X-Hop\r\nX-Hop: y",
            b" x, Close\r\nX: y",
            b" Keep-Alive\r\nKeep-Alive: timeout=5",
            b" Upgrade",
            b" keep-alive\r\nProxy-Connection: keep-alive",
        )
    ),
    *(
        field("F14", raw, _HEADER)
        for raw in (
            b"Connection: host\r\n",
            b"Connection: close, Host\r\n",
            b"Connection: content-length\r\n",
            b"Connection: Transfer-Encoding\r\n",
            b"Connection: cookie\r\n",
            b"Connection: authorization\r\n",
            b"Connection: accept\r\nAccept: y\r\n",
            b"Connection: X-Forwarded-For\r\nX-Forwarded-For: y\r\n",
            b"Connection: sekisho-transfer\r\n",
            b"Connection: x-csrf-token\r\n",
            b"Connection: sec-fetch-site\r\n",
            b"Connection: via\r\n",
            b"Connection: close close\r\n",
            b"Connection: a b\r\n",
            b"Connection: close;x\r\n",
            b'Connection: "close"\r\n',
            b"Connection: clo\tse\r\n",
            b"Connection: cl\xc3\xb6se\r\n",
            b"Connection: cache-control\r\n",
            b"Connection: ,\r\n",
        )
    ),
    *(
        field("F15", raw, Reason.UPGRADE_REFUSED)
        for raw in (
            b"Upgrade: h2c\r\n",
            b"Upgrade: h2c\r\nConnection: Upgrade\r\n",
            b"Connection: upgrade\r\nUpgrade: websocket, H2C\r\n",
            b"Connection: upgrade\r\nUpgrade: h2\r\n",
            b"Connection: keep-alive\r\nUpgrade: websocket\r\n",
            b"Connection: Upgrade\r\nUpgrade: a b\r\n",
            b"Connection: Upgrade\r\nUpgrade: a/b/c\r\n",
            b"Connection: Upgrade\r\nUpgrade: \r\n",
            b"Connection: HTTP2-Settings\r\n",
            b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM\r\n",
            b"HTTP2-Settings: AAMAAABk\r\n",
            b"Upgrade: TLS/1.0\r\n",
            b"Upgrade:\r\n",
        )
    ),
    *(
        field("F19", raw)
        for raw in (
            b"Upgrade: websocket\r\nConnection: Upgrade\r\n",
            b"Connection: keep-alive, upgrade\r\nUpgrade: TLS/1.0, foo\r\n",
            b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
        )
    ),
    post("F16", b"Expect: 100-continue\r\nContent-Length: 1\r\n", b"x", b"x"),
    post("F16", b"Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n", b""),
    post("F17", b"Expect: 200-ok\r\nContent-Length: 1\r\n", b"x", Reason.EXPECTATION_FAILED),
    post("F17", b"Expect: 100-continue, x\r\nContent-Length: 1\r\n", b"x", Reason.EXPECTATION_FAILED),
    post("F17", b"Expect:\r\nContent-Length: 1\r\n", b"x", Reason.EXPECTATION_FAILED),
    post("F17", b"Expect: 100-continue;a=b\r\nContent-Length: 1\r\n", b"x", Reason.EXPECTATION_FAILED),
    post("F17", b"Expect: 100-continue\r\nContent-Length: 0\r\n", b"", Reason.EXPECTATION_FAILED),
    field("F17", b"Expect: 100-continue\r\n", Reason.EXPECTATION_FAILED),
    field("F18", b"TE: chunked\r\n", _HEADER),
    field("F18", b"TE: trailers, chunked;q=0.5\r\n", _HEADER),
    field("F18", b"TE: @\r\n", _HEADER),
    field("F18", b"TE: trailers deflate\r\n", _HEADER),
    field("F18", b"TE: trailers, deflate;q=0.5\r\n"),
    field("F18", b"TE:\r\n"),
    field("F18", b"Trailer: X\r\n"),
    field("F18", b"Trailer: Content-Length\r\n", _HEADER),
    field("F18", b"Trailer: X, Host\r\n", _HEADER),
    field("F18", b"Trailer: a b\r\n", _HEADER),
]

LENGTH = [
    post("L1", b"Content-Length: 3\r\n", b"abc", b"abc"),
    post("L1", b"Content-Length:3\r\n", b"abc", b"abc"),
    post("L1", b"content-LENGTH:  3 \r\n", b"abc", b"abc"),
    post("L1", b"Content-Length: 3\r\n", b"\r\n\x00", b"\r\n\x00"),
    *(
        post("L2", b"Content-Length:" + raw + b"\r\n", b"abcde", _LENGTH)
        for raw in (
            b"",
            b" ",
            b" +5",
            b" -5",
            b" 5, 5",
            b" 5,5",
            b" 5 5",
            b" 0x5",
            b" 5h",
            b" 5.0",
            b" 5;",
            b" 05",
            b" 00",
            b" 005",
            b' "5"',
            b" 5e0",
            b" 1_0",
            b" five",
            b" " + b"9" * 19,
            b" 18446744073709551621",
            b" " + b"9" * 400,
            b" \xd9\xa5",
            b" \xef\xbc\x95",
            b" -0",
            b" 5,",
            b" ,5",
            b" 5 ,",
            b" (5)",
        )
    ),
    post("L3", b"Content-Length: 5\r\nContent-Length: 5\r\n", b"abcde", Reason.LENGTH_CONFLICT),
    post("L3", b"Content-Length: 5\r\ncontent-length: 6\r\n", b"abcde", Reason.LENGTH_CONFLICT),
    post("L3", b"Content-Length: 0\r\nX: y\r\nContent-Length: 5\r\n", b"abcde", Reason.LENGTH_CONFLICT),
    post("L4", b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n", Reason.LENGTH_CONFLICT),
    post("L4", b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", b"0\r\n\r\n", Reason.LENGTH_CONFLICT),
    post("L4", b"Transfer-Encoding: identity\r\nContent-Length: 5\r\n", b"abcde", Reason.LENGTH_CONFLICT),
    post("L4", b"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", b"0\r\n\r\n", Reason.LENGTH_CONFLICT),
    post("L5", b"Content-Length: 1048577\r\n", b"x", Reason.BODY_TOO_LARGE),
    post("L5", b"Content-Length: " + b"9" * 18 + b"\r\n", b"x", Reason.BODY_TOO_LARGE),
    chunks("L5", b"100001\r\n", Reason.BODY_TOO_LARGE),
    chunks("L5", b"ffffffffffffffff\r\n", Reason.BODY_TOO_LARGE),
    chunks("L5", b"10\r\n" + b"a" * 16 + b"\r\n100000\r\n", Reason.BODY_TOO_LARGE),
    post("L6", b"", b"", b""),
    *(
        Case("L7", method + b" / HTTP/1.1\r\nHost: a.jp\r\n" + framing + b"\r\n", Reason.BODY_UNEXPECTED)
        for method in (b"GET", b"HEAD")
        for framing in (b"Content-Length: 1\r\n", b"Transfer-Encoding: chunked\r\n")
    ),
    *(
        Case("L9", method + b" / HTTP/1.1\r\nHost: a.jp\r\n" + raw, ((method.decode() + " /", b"a"),))
        for method in (b"DELETE", b"OPTIONS", b"QUERY")
        for raw in (b"Content-Length: 1\r\n\r\na", b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n")
    ),
    field("L8", b"Content-Length: 0\r\n"),
    post("L8", b"Content-Length: 0\r\n", b"", b""),
    post("E1", b"Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
    post("E1", b"transfer-encoding:Chunked  \r\n", b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
    *(
        post("E2", b"Transfer-Encoding:" + raw + b"\r\n", b"0\r\n\r\n", _CODING)
        for raw in (
            b"",
            b" ",
            b" identity",
            b" gzip",
            b" gzip, chunked",
            b" chunked, gzip",
            b" chunked, chunked",
            b" chunked,",
            b" ,chunked",
            b" xchunked",
            b" chunkedx",
            b" chunke",
            b' "chunked"',
            b" 'chunked'",
            b" chunked;a=b",
            b" chunked ;",
            b" chunk ed",
            b" chunked identity",
            b" chunked, identity",
            b" \xc3\xa7hunked",
            b" chunked;",
            b" cow",
            b" chunked\xc2\xa0",
            b" deflate, chunked",
            b" chunKed,chunKed",
            b" [chunked]",
        )
    ),
    post("E3", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n", _CODING),
    post("E3", b"Transfer-Encoding: chunked\r\ntransfer-encoding: identity\r\n", b"0\r\n\r\n", _CODING),
    post("E3", b"Transfer-Encoding: gzip\r\nX: y\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n", _CODING),
]

_END = b"0\r\n\r\n"
CHUNKS = [
    chunks("C1", _END, b""),
    chunks("C1", b"5\r\nhello\r\n6\r\n world\r\n" + _END, b"hello world"),
    chunks("C1", b"A\r\n0123456789\r\na\r\n0123456789\r\n" + _END, b"0123456789" * 2),
    chunks("C1", b"0000000000000003\r\nabc\r\n0000000000000000\r\n\r\n", b"abc"),
    chunks("C1", b"2\r\n\r\n\r\n" + _END, b"\r\n"),
    chunks("C1", b"7\r\n0\r\n\r\nXY\r\n" + _END, b"0\r\n\r\nXY"),
    *(
        chunks("C2", size + b"\r\nabcde\r\n" + _END, _CHUNK)
        for size in (
            b"",
            b"+5",
            b"-5",
            b"0x5",
            b"0X5",
            b"5_",
            b"1_0",
            b" 5",
            b"5 ",
            b"\t5",
            b"5\t",
            b"g",
            b"5g",
            b"5h",
            b"00000000000000005",
            b"10000000000000005",
            b"f" * 17,
            b"5.",
            b"5,5",
            b"\x005",
            b"5\x00",
            b"\xef\xbc\x95",
            b"five",
            b"0x",
            b"-0",
            b"+0",
            b'"5"',
            b"\x0b5",
            b"5\x0c",
            b"\xd9\xa5",
            b"0 5",
            b"5\xa0",
            b"5L",
            b"\\x35",
        )
    ),
    *(
        chunks("C3", b"5" + ext + b"\r\nhello\r\n" + _END, b"hello")
        for ext in (
            b";a",
            b";a=b",
            b';a="b c"',
            b';a="\\""',
            b";a;b=c;d",
            b';a=";"',
            b';a=""',
            b";" + b"a" * 255,
            b';a="\tx"',
        )
    ),
    chunks("C3", b"0;a=b\r\n\r\n", b""),
    *(
        chunks("C4", b"5" + ext + b"\r\nhello\r\n" + _END, _CHUNK)
        for ext in (
            b";",
            b";;",
            b"; a",
            b" ;a",
            b";a =b",
            b";a= b",
            b";a=",
            b";=b",
            b";a=b ",
            b';a="b',
            b';a="b"c',
            b";a=b\x00",
            b";a=\x01",
            b';a="\x7f"',
            b";a\x0b",
            b";a\xff",
            b';a="\xe3\x81\x82"',
            b"x;b",
            b",a",
            b";a=b=c",
            b";a=b,c",
            b";" + b"a" * 256,
            b';a="' + b"b" * 300 + b'"',
            b";a\tb",
            b"\t;a",
            b";a=[b]",
            b';a="\\',
            b";a;",
        )
    ),
    *(
        chunks("C5", raw, _CHUNK)
        for raw in (
            b"4\r\nhello\r\n" + _END,
            b"5\r\nhello" + _END,
            b"5\r\nhello\n" + _END,
            b"5\r\nhello\r" + _END,
            b"5\r\nhelloXX" + _END,
            b"5\r\nhello\n\r" + _END,
            b"5\r\nhello\r\r\n" + _END,
            b"5\r\nhello \r\n" + _END,
            b"3\r\nabc\r\n\r\n" + _END,
            b"5\r\nhelloX\r\n" + _END,
            b"5\r\nhello\r\r0\r\n\r\n",
        )
    ),
    chunks("C6", b"1\r\na\r\n" * 3400 + _END, _CHUNK),
    chunks("C6", b"1;a=bcdefghijklmno\r\na\r\n" * 1000 + _END, _CHUNK),
    chunks("C6", b"1\r\na\r\n" * 2700 + _END, b"a" * 2700),
    *(
        chunks("C7", raw, _CHUNK)
        for raw in (
            b"5\nhello\r\n" + _END,
            b"5\rhello\r\n" + _END,
            b"5\r\r\nhello\r\n" + _END,
            b"5;a\nb\r\nhello\r\n" + _END,
            b"5;a\rb\r\nhello\r\n" + _END,
            b"0\n\r\n",
            b"0\r\r\n\r\n",
            b"\n5\r\nhello\r\n",
            b"\r\n5\r\nhello\r\n",
            b"5;\n\r\nhello\r\n" + _END,
        )
    ),
    *(
        chunks("Z1", b"0\r\n" + raw + b"\r\n", b"")
        for raw in (
            b"X: y\r\n",
            b"X:\r\n",
            b"X: y\r\nZ: w\r\n",
            b"Server-Timing: a\r\n",
            "X: 申請\r\n".encode(),
            b"X: \xff\r\n",
            b"X: y\r\n" * 16,
        )
    ),
    *(
        chunks("Z2", b"0\r\n" + raw + b"\r\n", _TRAILER)
        for raw in (
            b"X\r\n",
            b": y\r\n",
            b"X : y\r\n",
            b" X: y\r\n",
            b"X: y\r\n z\r\n",
            b"X: \x00\r\n",
            b"X: y\n",
            b"X: y\rZ: w\r\n",
            b"\n",
            b"\r",
            b"X: y\r\n" * 17,
            b"X: " + b"y" * 5000 + b"\r\n",
            b"X" * 5000,
            b"GET / HTTP/1.1\r\nHost: a.jp\r\n",
            b"X(: y\r\n",
            b"X: \x0b\r\n",
        )
    ),
    *(
        chunks("Z3", b"0\r\n" + name + b": x\r\n\r\n", _TRAILER)
        for name in (
            b"Content-Length",
            b"Transfer-Encoding",
            b"Host",
            b"Content-Type",
            b"content-encoding",
            b"Authorization",
            b"Cookie",
            b"Set-Cookie",
            b"Connection",
            b"Expect",
            b"TE",
            b"Trailer",
            b"Cache-Control",
            b"Range",
            b"Upgrade",
            b"Content_Length",
            b"Content-Range",
        )
    ),
]

CASES = [*STREAM, *REQUEST_LINE, *TARGET, *HOST, *FIELDS, *LENGTH, *CHUNKS]
