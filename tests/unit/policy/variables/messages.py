"""Requests for the comparison with ModSecurity and for the properties: generated, many of them malformed."""

from __future__ import annotations

import random
from collections.abc import Sequence

from policy.variables.facts import RequestFacts, ResponseFacts

_HEAD = (
    b"/", b"a", b"%41", b"%", b"%4", b"?", b"&", b"=", b"+", b"#", b"\\", b"..", b"http://", b"h:80", b":", b"//", b"b.php", b" ",
    b"%zz", b"\xff", b"%00", b";", b"%e3%81%82", b"?x=1", b"",
)  # fmt: skip
_COOKIE = (b"a", b"=", b";", b" ", b"b", b"; ", b"\t", b"%20", b"\x0b", b"c=d", b"e=")
_CREDENTIALS = (b"Basic ", b"dXNlcjpwYXNz", b"dXNlcg==", b"=", b"!", b" ", b"Bearer ", b"Og==", b"basic ")
_TYPES = (
    b"application/x-www-form-urlencoded", b"APPLICATION/x-www-form-urlencoded; charset=x", b"text/plain", b"",
    b" application/x-www-form-urlencoded", b"application/x-www-form-urlencodedx", b"application/json",
)  # fmt: skip
_CONTENT_TYPES = (
    b'multipart/form-data; boundary="B1"', b"multipart/form-data;boundary =B1", b"multipart/form-data boundary=B1",
    b"multipart/form-data; boundary=B1; charset=utf-8", b"multipart/form-data; boundary=B1,", b"multipart/form-data; boundary= B1",
    b"multipart/form-data; x; boundary=B1", b"multipart/form-data; boundary", b"multipart/form-data; boundary=",
    b'multipart/form-data; boundary=""', b'multipart/form-data; boundary="B1', b"multipart/form-data; boundary=;",
    b"multipart/form-data; boundary=B1 ", b"multipart/form-data; charset=x; boundary=B1", b"multipart/form-data; Boundary=B1",
)  # fmt: skip
_CONTENT_TYPE_PIECES = (
    b"multipart/form-data", b";", b" ", b"boundary", b"Boundary", b"=", b'"', b"B1", b"\t", b"charset", b",", b";charset=utf-8",
    b"'", b"\xff",
)  # fmt: skip
_DISPOSITIONS = (
    b'form-data; name="a"', b'form-data; name="b"; filename="f.txt"', b'form-data; name="c"; filename=""', b"form-data; name=d",
    b"form-data; name='e'", b'form-data; name="a\'b"',
    b"form-data; name=\"\xe6\xb0\x8f\"; filename=\"\xe3\x81\x82.txt\"; filename*=UTF-8''%E3%81%82",
)  # fmt: skip
_DISPOSITION_PIECES = (
    b"form-data", b"; ", b";", b"name=", b"filename=", b"filename*=", b'"a"', b'"f.txt"', b"'q'", b"tok", b" ", b"\t",
    b"UTF-8''%41b", b"UTF-8'en'x", b'"a\\"b"', b'"a\\b"', b"x=", b'"', b"'", b"=", b"\\", b'""', b"\xe3\x81\x82", b"attachment",
)  # fmt: skip
_ENDS = (*([b"\r\n"] * 12), b"\n", b"\r", b"", b"\n\r\n")
_HEADERS = (
    b"Content-Type: text/plain", b"X-A: b", b" folded", b"\tfold", b"\x0bfold", b"nocolon", b": noname", b"B\xff: x", b"A B: x",
    b"X:", b"X: \x00", b"\r", b"Content-Type: a; charset=utf-7", b"--x", b" ", *[b"x" * size + b": y" for size in (5, 4092, 4093, 4094)],
)  # fmt: skip
_DATA = (
    b"v", b"\r\n", b"\n", b"\r", b"--", b"--B1", b"--B1--", b"-- B1", b'--"B1"', b"\x00", b"l1\r\nl2", b"\xe3\x81\x82", b"\r\n--B1x",
    b"x--B1", b"\n--\x00", b"\n--x", *[b"y" * size for size in (1, 4090, 4093, 4094, 4095, 4096, 8192)],
)  # fmt: skip
_JSON = (
    b"{", b"}", b"[", b"]", b",", b":", b'"a"', b'"b":', b'"":', b"1", b"-2.5e3", b"0", b"true", b"false", b"null", b" ", b"\n",
    b'"\\u3042"', b'"\\ud83d\\ude00"', b'"\\ud83d"', b'"\\ude00"', b'"\\ud83d\\u0041"', b'"\\n\\/"', b'"\xe3\x81\x82"', b'"\xff"',
    b'"\xc0\x80"', b"1.", b"1e", b"-", b"01", b'"\x01"', b"\x0b", b"\x00", b'{"k":', b'"\\x"', b"1.5.2", b"11e", b"tru",
    b"\xef\xbb\xbf", b'"\\ud800\\ud800\\udc00"', b'"\\uDc00x"', b'"\\ud83dx"', b'"\\u00e9\\u0000"', b'"\x7f\xed\xa0\x80"',
)  # fmt: skip
_SCALARS = (
    b'"a"',
    b"1",
    b"-2.5e3",
    b"0",
    b"true",
    b"null",
    b'"\\u3042"',
    b'"\\ud83d\\ude00"',
    b'"\\ud83d"',
    b'"\xe3\x81\x82"',
)
_KEYS = (b'"a"', b'"b c"', b'""', b'"\\u3042"')
_TEXTS = (b"t", b"&amp;", b"&#x3042;", b"<!-- k -->", b"<?p i?>", b"\n ", b"\xe6\x97\xa5", b"u<![CDATA[c<d]]>")
_ATTRIBUTES = (b"", b"", b' i="1"', b' xmlns:x="u"', b" j='&lt;'", b' k="\xe3\x81\x82"')
_PROLOGS = (
    *([b""] * 4),
    b'<?xml version="1.0"?>',
    b'<?xml version="1.0" encoding="UTF-8"?>\n',
    b"\n",
    b"<!-- c -->",
    b"<!DOCTYPE a>",
)


class Messages:
    """The same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def _some(self, pieces: Sequence[bytes], most: int) -> bytes:
        return b"".join(self._random.choices(pieces, k=self._random.randrange(most)))

    def _maybe(self, share: float) -> bool:
        return self._random.random() < share

    def head(self) -> RequestFacts:
        """Odd targets, cookies, credentials, and a form that may be one."""
        pick = self._random.choice
        headers = [(b"Host", self._some(_HEAD, 4))]
        for _ in range(self._random.randrange(5)):
            headers.append(
                pick(
                    [
                        (b"Cookie", self._some(_COOKIE, 10)),
                        (b"Authorization", self._some(_CREDENTIALS, 5)),
                        (b"Content-Type", pick(_TYPES)),
                        (b"X-%d" % self._random.randrange(3), self._some(_HEAD, 8)),
                        (b"host", self._some(_HEAD, 3)),
                    ]
                )
            )
        return request(pick((b"", b"/", b"/")) + self._some(_HEAD, 10), headers, self._some(_HEAD, 20))

    def response(self) -> ResponseFacts:
        kinds = [(b"Content-Type", self._some(_HEAD, 5)), (b"content-type", b"text/html; c"), (b"A", b"b")]
        headers = self._random.choices(kinds, k=self._random.randrange(3))
        return ResponseFacts(status=self._random.choice((200, 404)), headers=headers, body=self._some(_HEAD, 5))

    def multipart(self) -> RequestFacts:
        """Content-Type and body, each well-formed more often than not."""
        content_type = b"multipart/form-data; boundary=B1"
        if self._maybe(0.3):
            content_type = self._random.choice(_CONTENT_TYPES)
            if self._maybe(0.3):
                content_type = b"multipart/form-data" + self._some(_CONTENT_TYPE_PIECES, 9)
        return request(b"/?q=1", [(b"Content-Type", content_type)], self._parts())

    def _parts(self) -> bytes:
        pick = self._random.choice
        pieces = [self._some(_DATA, 4) + pick(_ENDS)] if self._maybe(0.15) else []
        for _ in range(self._random.randrange(4)):
            pieces.append(b"--B1" + pick(_ENDS))
            pieces.extend(self._part_header() for _ in range(1 if self._maybe(0.6) else self._random.randrange(4)))
            pieces.append(pick(_ENDS) + self._some(_DATA, 5) + pick(_ENDS))
        last = [b"--B1--" + pick(_ENDS)] * 6 + [b"--B1" + pick(_ENDS), b"", b"--B1--\r\nafter", b"--B1--x"]
        body = b"".join([*pieces, pick(last)])
        if self._maybe(0.2) and body:
            at = self._random.randrange(len(body))
            body = body[:at] + pick((b"", b"\x00", b"\r", b"\n", b"-")) + body[at + self._random.randrange(3) :]
        return body

    def _part_header(self) -> bytes:
        pick = self._random.choice
        if self._maybe(0.4):
            return pick(_HEADERS) + pick(_ENDS)
        name = pick((b"Content-Disposition: ",) * 8 + (b"content-disposition:", b"Content-Disposition : "))
        value = pick(_DISPOSITIONS) if self._maybe(0.5) else b"form-data" + self._some(_DISPOSITION_PIECES, 10)
        return name + value + pick(_ENDS)

    def json(self) -> bytes:
        """A document, perhaps with something broken in it; or tokens in any order."""
        if self._maybe(0.3):
            return self._some(_JSON, 12)
        text = self._json_value(0)
        for _ in range(self._random.choice((0, 0, 1, 2))):
            at = self._random.randrange(len(text) + 1)
            text = text[:at] + self._random.choice((*_JSON, b"")) + text[at + self._random.randrange(2) :]
        return text

    def _json_value(self, depth: int) -> bytes:
        if self._maybe(0.4) or depth > 4:
            return self._random.choice(_SCALARS)
        count = range(self._random.randrange(4))
        if self._maybe(0.5):
            members = [self._random.choice(_KEYS) + b":" + self._json_value(depth + 1) for _ in count]
            return b"{" + b",".join(members) + b"}"
        return b"[" + self._random.choice((b",", b" , ")).join([self._json_value(depth + 1) for _ in count]) + b"]"

    def xml(self) -> bytes:
        """Well-formed, some prefixes not bound."""
        return self._random.choice(_PROLOGS) + self._element(0)

    def _element(self, depth: int) -> bytes:
        name = self._random.choice((b"a", b"b", b"c", b"x:y") if depth else (b"a", b"r"))
        start = b"<" + name + self._random.choice(_ATTRIBUTES)
        inner = b"".join(
            self._random.choice(_TEXTS) if self._maybe(0.5) or depth > 4 else self._element(depth + 1)
            for _ in range(self._random.randrange(4))
        )
        return start + b">" + inner + b"</" + name + b">" if inner or self._maybe(0.5) else start + b"/>"


def request(uri: bytes, headers: Sequence[tuple[bytes, bytes]] = (), body: bytes = b"") -> RequestFacts:
    """With the addresses that the comparison tells ModSecurity too."""
    return RequestFacts(
        method=b"POST",
        uri=uri,
        headers=headers,
        body=body,
        remote_port=1234,
        server_addr=b"127.0.0.2",
        server_port=443,
        unique_id=b"unique",
    )
