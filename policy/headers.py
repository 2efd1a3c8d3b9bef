"""Which header fields of a request go on.

Declared routes have an allow-list: what it does not name is dropped, in silence, because browsers send much that no
application needs. Open routes (the lab) have a deny-list: everything end-to-end goes on. Host, framing and the type of a
body that is written anew belong to whoever writes the request on the LGWAN side.
"""

from __future__ import annotations

import re

Headers = tuple[tuple[bytes, bytes], ...]

DEFAULT_FORWARDED = frozenset({b"accept", b"accept-language", b"user-agent"})
# What a route may add. `cookie` and `authorization` carry credentials: only for an application that has its own log-in.
MAY_BE_FORWARDED = DEFAULT_FORWARDED | {
    b"authorization",
    b"cookie",
    b"if-modified-since",
    b"if-none-match",
    b"origin",
    b"referer",
    b"x-csrf-token",
    b"x-requested-with",
}
_LISTS = {b"accept": b", ", b"accept-language": b", ", b"if-none-match": b", ", b"cookie": b"; "}  # may be joined

# RFC 9110 section 7.6.1; what Sekisho says itself about the request; and the type, which who writes the body adds.
_NOT_END_TO_END = frozenset(
    {
        b"connection",
        b"content-length",
        b"content-type",
        b"expect",
        b"forwarded",
        b"host",
        b"http2-settings",
        b"keep-alive",
        b"proxy",  # httpoxy: CGI calls it HTTP_PROXY (CVE-2016-5385)
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_NOT_END_TO_END_PREFIXES = (b"proxy-", b"x-forwarded-", b"sekisho-")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")


def _is_clean(value: bytes) -> bool:
    """Visible text: UTF-8, no C0 control, DEL or C1 control."""
    if value.isascii():
        return _CONTROL.search(value) is None
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(ord(character) >= 0xA0 or 0x20 <= ord(character) < 0x7F for character in text)


def forwarded(headers: Headers, allowed: frozenset[bytes]) -> Headers:
    """Those of `headers` that `allowed` names, each once, in order of first appearance.

    A repeated field is joined where its grammar is a list; elsewhere the field is dropped: two values are no value.
    """
    kept: dict[bytes, bytes] = {}
    ambiguous: set[bytes] = set()
    for name, value in headers:
        if name not in allowed or not _is_clean(value):
            continue
        if name not in kept:
            kept[name] = value
        elif name in _LISTS:
            kept[name] += _LISTS[name] + value
        else:
            ambiguous.add(name)
    return tuple((name, value) for name, value in kept.items() if name not in ambiguous)


def end_to_end(headers: Headers) -> Headers:
    """All of `headers` but the hop-by-hop ones, those that `Connection` names, and our own.

    Values go on as they are: what no value may hold has been refused by the framing check.
    """
    dropped = set(_NOT_END_TO_END)
    for name, value in headers:
        if name == b"connection":
            dropped.update(option.strip().lower() for option in value.split(b","))
    return tuple(
        (name, value)
        for name, value in headers
        if name not in dropped and not name.startswith(_NOT_END_TO_END_PREFIXES)
    )
