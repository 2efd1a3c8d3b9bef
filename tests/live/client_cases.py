"""What ordinary clients send, word for word."""

from __future__ import annotations

from tests.live.raw_case import CHUNKED, EVIL, GET, HOST, OK, RawCase, get, head, post

CLIENTS = [
    get("curl", b"User-Agent: curl/8.5.0", b"Accept: */*", passes=True),
    get(
        "firefox",
        b"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        b"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
        b"Accept-Language: ja,en-US;q=0.7,en;q=0.3",
        b"Accept-Encoding: gzip, deflate, br, zstd",
        b"Connection: keep-alive",
        b"Cookie: session=0123456789abcdef; theme=dark",
        b"Upgrade-Insecure-Requests: 1",
        b"Sec-Fetch-Dest: document",
        b"Sec-Fetch-Mode: navigate",
        b"Sec-Fetch-Site: none",
        b"Sec-Fetch-User: ?1",
        b"Priority: u=0, i",
        passes=True,
    ),
    get(
        "chrome",
        b"Connection: keep-alive",
        b"Cache-Control: max-age=0",
        b'sec-ch-ua: "Chromium";v="128", "Not;A=Brand";v="24", "Google Chrome";v="128"',
        b"sec-ch-ua-mobile: ?0",
        b'sec-ch-ua-platform: "Windows"',
        b"User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0",
        b"Accept-Encoding: gzip, deflate, br, zstd",
        b'If-None-Match: W/"abc"',
        b"If-Modified-Since: Mon, 01 Jun 2026 00:00:00 GMT",
        passes=True,
    ),
    RawCase(
        "wget",
        head(
            b"GET /a HTTP/1.1",
            HOST,
            b"User-Agent: Wget/1.21.3",
            b"Accept: */*",
            b"Accept-Encoding: identity",
            b"Connection: Keep-Alive",
        ),
        OK,
    ),
    RawCase("ab", head(b"GET /a HTTP/1.0", HOST, b"User-Agent: ApacheBench/2.3", b"Accept: */*"), OK),
    RawCase("old proxy", head(b"GET /a HTTP/1.0", HOST, b"Connection: close", b"X-Real-IP: 192.0.2.1"), OK),
    RawCase(
        "absolute-form of a proxy client",
        head(b"GET https://shinsei.lab.example/a HTTP/1.1", HOST, b"Proxy-Connection: Keep-Alive"),
        OK,
    ),
    get("lower-case names", b"accept: */*", b"x-y: z", passes=True),
    get("empty values", b"X-Empty:", b"Accept:", passes=True),
    get("many empty list members", b"Accept: , text/html, ,", passes=True),
    get("a cookie in Latin-1", b"Cookie: name=caf\xe9", passes=True),
    get("a cookie in Japanese", "Cookie: 名=値".encode(), passes=True),
    get("a long cookie", b"Cookie: a=" + b"x" * 8000, passes=True),
    get("GET that says that it has no body", b"Content-Length: 0", passes=True),
    get("range", b"Range: bytes=0-99, 200-", passes=True),
    get(
        "forged addresses",
        b"X-Forwarded-For: 127.0.0.1",
        b"Forwarded: for=127.0.0.1",
        b"Sekisho-Transfer: x",
        passes=True,
    ),
    get("httpoxy", b"Proxy: http://192.0.2.1/", passes=True),
    get(
        "websocket",
        b"Connection: Upgrade",
        b"Upgrade: websocket",
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        passes=True,
    ),
    get("hop-by-hop of its own", b"Connection: close, X-Secret-Hop", b"X-Secret-Hop: 1", passes=True),
    get("trailers welcome", b"TE: trailers", b"Connection: TE", passes=True),
    post(
        "form",
        (b"Content-Type: application/x-www-form-urlencoded", b"Content-Length: 11"),
        b"a=%E3%81%82",
        b"a=%E3%81%82",
    ),
    post("no body", (b"Content-Length: 0", b"Content-Type: text/plain"), b"", b""),
    post("neither length nor coding", (), b"", b""),
    post("body that looks like a request", (b"Content-Length: %d" % len(EVIL),), EVIL, EVIL),
    post("chunk that looks like a request", (CHUNKED,), b"%x\r\n%b\r\n0\r\n\r\n" % (len(EVIL), EVIL), EVIL),
    post("chunk of every byte", (CHUNKED,), b"100\r\n%b\r\n0\r\n\r\n" % bytes(range(256)), bytes(range(256))),
    post("body of every byte", (b"Content-Length: 256",), bytes(range(256)), bytes(range(256))),
    post("lower-case hexadecimal", (CHUNKED,), b"a\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
    post("trailer", (CHUNKED, b"Trailer: X-Sum"), b"1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n", b"a"),
    post("extension", (CHUNKED,), b'1;ieof;x="y"\r\na\r\n0;last\r\n\r\n', b"a"),
    post("curl with a large body", (b"Content-Length: 3", b"Expect: 100-continue"), b"abc", b"abc"),
    post("gzip content", (b"Content-Encoding: gzip", b"Content-Length: 3"), b"\x1f\x8b\x08", b"\x1f\x8b\x08"),
    RawCase(
        "DELETE with JSON",
        head(b"DELETE /p/1 HTTP/1.1", HOST, b"Content-Type: application/json", b"Content-Length: 2") + b"{}",
        (("DELETE /p/1", b"{}"),),
    ),
    RawCase("DELETE without", head(b"DELETE /p/1 HTTP/1.1", HOST), (("DELETE /p/1", b""),)),
    RawCase("PUT", head(b"PUT /p HTTP/1.1", HOST, b"Content-Length: 1") + b"x", (("PUT /p", b"x"),)),
    RawCase("HEAD", head(b"HEAD /a HTTP/1.1", HOST), (("HEAD /a", b""),)),
    RawCase(
        "preflight",
        head(b"OPTIONS /a HTTP/1.1", HOST, b"Origin: https://a.jp", b"Access-Control-Request-Method: POST"),
        (("OPTIONS /a", b""),),
    ),
    RawCase(
        "WebDAV",
        head(b"PROPFIND /a HTTP/1.1", HOST, b"Depth: 1", b"Content-Length: 4") + b"<a/>",
        (("PROPFIND /a", b"<a/>"),),
    ),
    RawCase("scoped package", head(b"GET /@a%2Fb HTTP/1.1", HOST), (("GET /@a%2Fb", b""),)),
    RawCase("careless join", head(b"GET /a//b/ HTTP/1.1", HOST), (("GET /a//b/", b""),)),
    RawCase(
        "matrix parameters", head(b"GET /a;v=1/b;w=2,3?c=d;e HTTP/1.1", HOST), (("GET /a;v=1/b;w=2,3?c=d;e", b""),)
    ),
    RawCase(
        "address in a query",
        head(b"GET /a?u=https%3A%2F%2Fb.jp%2F%3Fc&d=//e/../f HTTP/1.1", HOST),
        (("GET /a?u=https%3A%2F%2Fb.jp%2F%3Fc&d=//e/../f", b""),),
    ),
    RawCase("Japanese path", head(b"GET /%E7%94%B3%E8%AB%8B HTTP/1.1", HOST), (("GET /%E7%94%B3%E8%AB%8B", b""),)),
    RawCase("literal per cent", head(b"GET /100%25?x=%25 HTTP/1.1", HOST), (("GET /100%25?x=%25", b""),)),
    RawCase("IPv6 host", head(b"GET /a HTTP/1.1", b"Host: [::1]:8443"), OK),
    RawCase("host in capitals", head(b"GET /a HTTP/1.1", b"HOST: SHINSEI.LAB.EXAMPLE:443"), OK),
    RawCase("host with its last dot", head(b"GET /a HTTP/1.1", b"Host: shinsei.lab.example."), OK),
    RawCase(
        "empty line after a body",
        head(b"POST /p HTTP/1.1", HOST, b"Content-Length: 1") + b"x\r\n" + GET,
        (("POST /p", b"x"), *OK),
    ),
    RawCase(
        "ten pipelined",
        b"".join(head(b"GET /%d HTTP/1.1" % number, HOST) for number in range(10)),
        tuple((f"GET /{number}", b"") for number in range(10)),
    ),
    RawCase(
        "pipelined with bodies between",
        (
            head(b"POST /p HTTP/1.1", HOST, CHUNKED)
            + b"2\r\nab\r\n0\r\nX: y\r\n\r\n"
            + head(b"DELETE /d HTTP/1.1", HOST, b"Content-Length: 1")
            + b"x"
            + GET
        )
        * 2,
        (("POST /p", b"ab"), ("DELETE /d", b"x"), *OK) * 2,
    ),
]
