"""The places in a request where a string can go. Each takes the string and the randomness, and gives a request."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from xml.sax.saxutils import escape, quoteattr

from bench.rules.requests import FORM, Request, as_bytes, form_encoded, json_request, multipart, part, post
from tests.differential.encodings import percent

_NAMES = (
    "name",
    "notes",
    "address",
    "q",
    "id",
    "page",
    "file",
    "url",
    "cmd",
    "data",
    "氏名",
    "住所[番地]",
    "a.b",
    "x-y",
)
_PATHS = ("/", "/index.php", "/shinsei/kodomo", "/app/%E7%94%B3%E8%AB%8B", "/api/v1/items", "/a/b.html", "/search.asp")
_HEADERS = (
    b"User-Agent", b"Referer", b"X-Forwarded-For", b"X-Custom", b"Accept-Language", b"Origin", b"Authorization",
    b"X-Requested-With", b"Cookie", b"Accept", b"Content-Type", b"X-Filename", b"X_Filename", b"Range", b"If-None-Match",
)  # fmt: skip


def _in_query(text: str, rng: random.Random) -> Request:
    name = form_encoded(as_bytes(rng.choice(_NAMES)))
    return Request(rng.choice(_PATHS).encode() + b"?" + name + b"=" + percent(as_bytes(text), rng) + b"&b=2")


def _in_query_name(text: str, rng: random.Random) -> Request:
    return Request(b"/search?" + percent(as_bytes(text), rng) + rng.choice((b"=1", b"", b"=", b"[]=x")))


def _in_path(text: str, rng: random.Random) -> Request:
    return Request(rng.choice((b"/", b"/files/", b"/a/b/")) + percent(as_bytes(text), rng) + rng.choice((b"", b"?a=1")))


def _in_form(text: str, rng: random.Random) -> Request:
    name = form_encoded(as_bytes(rng.choice(_NAMES)))
    body = b"lang=ja&" + name + b"=" + percent(as_bytes(text), rng) + b"&send=%E9%80%81%E4%BF%A1"
    content_type = rng.choice((FORM, FORM, FORM, FORM + b"; charset=utf-8", FORM + b";charset=Shift_JIS"))
    return post(content_type, body)


def _in_form_name(text: str, rng: random.Random) -> Request:
    return post(FORM, b"a=1&" + percent(as_bytes(text), rng) + b"=x")


def _in_multipart(text: str, rng: random.Random) -> Request:
    fields = [
        part(b"a", b"1"),
        part(as_bytes(rng.choice(_NAMES)), as_bytes(text)),
        part(b"\xe5\x82\x99\xe8\x80\x83", b""),
    ]
    return multipart(fields)


def _in_file(text: str, rng: random.Random) -> Request:
    """In the file's name, its content or the name of its field."""
    data = as_bytes(text)
    clean = data.replace(b"\r", b"").replace(b"\n", b"").replace(b'"', b"%22")
    return multipart(
        [
            part(b"a", b"1"),
            rng.choice(
                (
                    part(b"file", b"PNG", clean, b"image/png"),
                    part(b"file", data, b"\xe7\x94\xb3\xe8\xab\x8b.pdf", b"application/pdf"),
                    part(clean, b"x"),
                    part(clean, b"x", b"a.txt", b"text/plain"),
                )
            ),
        ]
    )


def _in_json(text: str, rng: random.Random) -> Request:
    shapes: tuple[Callable[[], object], ...] = (
        lambda: {"a": 1, rng.choice(_NAMES): text},
        lambda: {"list": ["x", text, {"deep": {"er": text}}], "n": 1.5, "t": True, "z": None},
        lambda: [text, "申請"],
        lambda: {text: "value"},
        lambda: {"outer": {text: [1, {"inner": "x"}]}},
        lambda: text,
    )
    request = json_request(rng.choice(shapes)())
    return replace(request, body=_ascii_json(request.body, rng))


def _ascii_json(body: bytes, rng: random.Random) -> bytes:
    if rng.random() < 0.7:
        return body
    return json.dumps(json.loads(body.decode("utf-8", "replace"))).encode()


def _in_xml(text: str, rng: random.Random) -> Request:
    clean = "".join(character for character in text if character >= " " and not 0xD800 <= ord(character) < 0xE000)
    shapes = (
        f'<?xml version="1.0" encoding="UTF-8"?><a><b>{escape(clean)}</b><c>申請</c></a>',
        f"<a b={quoteattr(clean)}>x</a>",
        f"<a xmlns:n='urn:x'><n:b n:c={quoteattr(clean)}><![CDATA[{clean.replace(']]>', '')}]]></n:b></a>",
        f"<a><!-- {clean.replace('-', ' ')} --><b/></a>",
        f"<a>{text}</a>",
    )
    return post(rng.choice((b"text/xml", b"application/xml", b"application/soap+xml")), as_bytes(rng.choice(shapes)))


def _in_cookie(text: str, rng: random.Random) -> Request:
    data = _one_line(as_bytes(text))
    value = rng.choice((b"id=1; x=" + data, data + b"=1", b"x=" + percent(data, rng), b'x="' + data + b'"; y=2'))
    return Request().with_header(b"Cookie", value)


def _in_header(text: str, rng: random.Random) -> Request:
    return Request().with_header(rng.choice(_HEADERS), _one_line(as_bytes(text)))


def _in_two(text: str, rng: random.Random) -> Request:
    """Cut in two halves that arrive as two arguments of one name, or as query and body."""
    at = rng.randrange(len(text) + 1)
    first, second = (percent(as_bytes(half), rng) for half in (text[:at], text[at:]))
    return rng.choice((Request(b"/?a=" + first + b"&a=" + second), post(FORM, b"a=" + second, b"/?a=" + first)))


def _in_raw_body(text: str, rng: random.Random) -> Request:
    kinds = (
        b"text/plain",
        b"application/octet-stream",
        b"application/x-unknown",
        b"text/html",
        b"application/csp-report",
    )
    request = post(rng.choice(kinds), as_bytes(text))
    return request if rng.random() < 0.8 else request.without(b"Content-Type")


def _one_line(data: bytes) -> bytes:
    return data.replace(b"\r", b" ").replace(b"\n", b" ").strip()


Place = Callable[[str, random.Random], Request]
PLACES: Sequence[Place] = (
    _in_query, _in_query, _in_query, _in_query_name, _in_path, _in_form, _in_form, _in_form, _in_form_name,
    _in_multipart, _in_multipart, _in_file, _in_json, _in_json, _in_xml, _in_cookie, _in_header, _in_header, _in_two,
    _in_raw_body,
)  # fmt: skip
