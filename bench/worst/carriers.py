"""Where a text can stand in an exchange, and how it is written there: URL, headers, cookies, every kind of body, an answer.

A carrier changes no more than it must for the text to arrive: what costs the sender three bytes costs the engine one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bench.rules.requests import FORM, Request, form_encoded, multipart, part, post


class Exchange(NamedTuple):
    request: bytes
    response: bytes | None = None

    @property
    def size(self) -> int:
        return len(self.request) + len(self.response or b"")


@dataclass(frozen=True, slots=True)
class Carrier:
    """`make(texts, named, depth)` of escaped texts. `overhead`: bytes that each of them takes beside itself, at most."""

    escape: Callable[[bytes], bytes]
    make: Callable[[Sequence[bytes], bool, int], Exchange]
    overhead: int


_FORM = re.compile(rb"[^!-$'-*,-<>-~\x80-\xff]+")  # all but what a parser would take for its own
_URL = re.compile(rb"[^!-\"$'-*,-<>-~]+")
_PATH = re.compile(rb"[^!-\"$-&'->@-~]+")
_COOKIE = re.compile(rb"[\0-\x1f;\x7f]")
_FIELD = re.compile(rb"[\0-\x08\x0a-\x1f\x7f]")
_MARKUP = re.compile(rb"[&<>\"]")
_NOT_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_TOKEN = re.compile(rb"[^!#$%&'*+.^_`|~0-9A-Za-z-]")
_ENTITIES = {b"&": b"&amp;", b"<": b"&lt;", b">": b"&gt;", b'"': b"&quot;"}


def _percent(characters: re.Pattern[bytes], blank: bytes = b"+") -> Callable[[bytes], bytes]:
    return lambda data: characters.sub(lambda found: form_encoded(found[0]).replace(b"+", blank), data)


def _quoted(data: bytes) -> bytes:
    return data.replace(b'"', b"%22").replace(b"\r", b"%0D").replace(b"\n", b"%0A")


def _json(data: bytes) -> bytes:
    return json.dumps(data.decode("utf-8", "replace"), ensure_ascii=False).encode()[1:-1]


def _xml(data: bytes) -> bytes:
    data = _NOT_XML.sub(" ", data.decode("utf-8", "replace")).encode()
    return _MARKUP.sub(lambda found: _ENTITIES[found[0]], data)


def _pairs(texts: Sequence[bytes], named: bool) -> bytes:
    """`0=text&1=text`; named: `text0=1&text1=1` with the number behind, since names would otherwise be the same."""
    if named:
        return b"&".join([b"%b%d=1" % (text, number) for number, text in enumerate(texts)])
    return b"&".join([b"a%d=%b" % (number, text) for number, text in enumerate(texts)])


def _query(texts: Sequence[bytes], named: bool, _depth: int) -> Exchange:
    return Exchange(Request(b"/a?" + _pairs(texts, named)).raw())


def _path(texts: Sequence[bytes], named: bool, _depth: int) -> Exchange:
    return Exchange(Request(b"/" + b"/".join(texts) + (b".php" if named else b"")).raw())


def _form(texts: Sequence[bytes], named: bool, _depth: int) -> Exchange:
    return Exchange(post(FORM, _pairs(texts, named)).raw())


def _multipart(texts: Sequence[bytes], named: bool, _depth: int) -> Exchange:
    if named:
        return Exchange(
            multipart([part(b"%b%d" % (text.translate(None, b'"\r\n'), n), b"1") for n, text in enumerate(texts)]).raw()
        )
    return Exchange(multipart([part(b"a%d" % number, text) for number, text in enumerate(texts)]).raw())


def _files(texts: Sequence[bytes], named: bool, _depth: int) -> Exchange:
    """In the file names, or (named) in the part's own header lines."""
    if named:
        lines = b"\r\n".join([b"X-%d: %b" % (number, text) for number, text in enumerate(texts)])
        parts = [b'Content-Disposition: form-data; name="a"; filename="a"\r\n%b\r\n\r\n1' % lines]
    else:
        parts = [part(b"a%d" % number, b"1", text, b"text/plain") for number, text in enumerate(texts)]
    return Exchange(multipart(parts).raw())


def _json_body(texts: Sequence[bytes], named: bool, depth: int) -> Exchange:
    """The texts as an array, or (named) as keys, below `depth` objects."""
    if named:
        inner = b"{%b}" % b",".join([b'"%b%d":1' % (text, number) for number, text in enumerate(texts)])
    else:
        inner = b"[%b]" % b",".join([b'"%b"' % text for text in texts])
    body = b'{"a":' * (depth - 1) + inner + b"}" * (depth - 1)
    return Exchange(post(b"application/json", body, b"/api").raw())


def _xml_body(texts: Sequence[bytes], named: bool, depth: int) -> Exchange:
    """The texts as elements, or (named) as attributes, below `depth` elements."""
    row = b'<b c="%b"/>' if named else b"<b>%b</b>"
    inner = b"".join([row % text for text in texts])
    body = b'<?xml version="1.0"?>' + b"<a>" * depth + inner + b"</a>" * depth
    return Exchange(post(b"text/xml", body, b"/soap").raw())


def _cookie(texts: Sequence[bytes], named: bool, _depth: int) -> Exchange:
    pairs = [(b"%b%d=1" if named else b"%ba%d=") % (text if named else b"", n) for n, text in enumerate(texts)]
    value = b"; ".join(pairs if named else [pair + text for pair, text in zip(pairs, texts, strict=True)])
    return Exchange(Request(b"/a").with_header(b"Cookie", value).raw())


def _header(texts: Sequence[bytes], named: bool, _depth: int) -> Exchange:
    """In fields that rules know, then in others; named: in the fields' names."""
    known = (b"User-Agent", b"Referer", b"Accept", b"X-Forwarded-For", b"Accept-Language", b"Range", b"If-None-Match")
    request = Request(b"/a")
    kept = tuple(pair for pair in request.headers if pair[0] not in known[: len(texts)])
    if named:
        added = [(_TOKEN.sub(b"-", text) + b"%d" % number, b"1") for number, text in enumerate(texts)]
    else:
        names = [*known, *(b"X-%d" % number for number in range(len(texts)))]
        added = list(zip(names, texts, strict=False))
    return Exchange(Request(b"/a", headers=(*kept, *added)).raw())


def _raw(texts: Sequence[bytes], named: bool, _depth: int) -> Exchange:
    """A body that no processor reads; named: one that is said to be a form."""
    return Exchange(post(FORM if named else b"text/plain", b"\n".join(texts)).raw())


def _response(texts: Sequence[bytes], named: bool, _depth: int) -> Exchange:
    head = b"HTTP/1.1 %b\r\nContent-Type: text/html\r\n\r\n" % (b"500 Oops" if named else b"200 OK")
    return Exchange(Request(b"/a").raw(), head + b"\n".join(texts))


def _same(data: bytes) -> bytes:
    return data


CARRIERS: Mapping[str, Carrier] = {
    "query": Carrier(_percent(_URL), _query, 8),
    "path": Carrier(_percent(_PATH, b"%20"), _path, 1),
    "form": Carrier(_percent(_FORM), _form, 8),
    "multipart": Carrier(_same, _multipart, 120),
    "files": Carrier(_quoted, _files, 150),
    "json": Carrier(_json, _json_body, 9),
    "xml": Carrier(_xml, _xml_body, 11),
    "cookie": Carrier(lambda data: _COOKIE.sub(b"%3B", data), _cookie, 9),
    "header": Carrier(lambda data: _FIELD.sub(b" ", data), _header, 20),
    "raw": Carrier(_same, _raw, 1),
    "response": Carrier(_same, _response, 1),
}
NESTING = ("json", "xml")
"""Carriers for which `depth` means something."""
