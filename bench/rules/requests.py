"""Raw requests put together: a browser's head, and a body of each type that an application takes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote_plus

_HOST = b"www.city.example.jp"
_BOUNDARY = b"----WebKitFormBoundary7MA4YWxkTrZu0gW"
_BROWSER = (
    (b"Host", _HOST),
    (b"User-Agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    (b"Accept", b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    (b"Accept-Language", b"ja,en-US;q=0.7,en;q=0.3"),
    (b"Accept-Encoding", b"gzip, deflate"),
    (b"Connection", b"keep-alive"),
)
FORM = b"application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be sent. `raw` adds Content-Length where there is a body and none was given."""

    target: bytes = b"/"
    method: bytes = b"GET"
    headers: Sequence[tuple[bytes, bytes]] = field(default=_BROWSER)
    body: bytes = b""
    protocol: bytes = b"HTTP/1.1"

    def with_header(self, name: bytes, value: bytes) -> Request:
        """The header is set: others of this name go."""
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=(*kept, (name, value)))

    def without(self, name: bytes) -> Request:
        return replace(self, headers=tuple(pair for pair in self.headers if pair[0].lower() != name.lower()))

    def raw(self) -> bytes:
        headers = list(self.headers)
        if self.body and not any(name.lower() == b"content-length" for name, _ in headers):
            headers.append((b"Content-Length", str(len(self.body)).encode()))
        lines = [b"%s %s %s" % (self.method, self.target, self.protocol)]
        lines += [b"%s: %s" % pair for pair in headers]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


def post(content_type: bytes, body: bytes, target: bytes = b"/shinsei") -> Request:
    return replace(Request(target), method=b"POST", body=body).with_header(b"Content-Type", content_type)


def multipart(parts: Sequence[bytes], *, boundary: bytes = _BOUNDARY, target: bytes = b"/upload") -> Request:
    """Parts are their own heads and bodies, without the delimiters."""
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts) + b"--%s--\r\n" % boundary
    return post(b"multipart/form-data; boundary=" + boundary, body, target)


def part(name: bytes, value: bytes, filename: bytes | None = None, content_type: bytes | None = None) -> bytes:
    head = b'Content-Disposition: form-data; name="%s"' % name
    if filename is not None:
        head += b'; filename="%s"' % filename
    if content_type is not None:
        head += b"\r\nContent-Type: " + content_type
    return head + b"\r\n\r\n" + value


def form(fields: Sequence[tuple[str, str]], target: bytes = b"/shinsei") -> Request:
    """As a browser sends it."""
    pairs = (form_encoded(as_bytes(name)) + b"=" + form_encoded(as_bytes(value)) for name, value in fields)
    return post(FORM, b"&".join(pairs), target)


def json_request(value: object) -> Request:
    return post(b"application/json", json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"), b"/api")


def as_bytes(text: str) -> bytes:
    """UTF-8; a lone surrogate, as some packaged strings have, as the three bytes that it would take."""
    return text.encode("utf-8", "surrogatepass")


def form_encoded(data: bytes) -> bytes:
    """As a browser encodes a form's value."""
    return quote_plus(data, safe="*-._").encode()
