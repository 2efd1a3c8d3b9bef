"""Content-Disposition of a part, as ModSecurity 3 reads it: form-data with name, filename and filename*, nothing else.

The codes of what is wrong are ModSecurity's, where they can be seen at all (in REQBODY_ERROR_MSG).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

_COMMON: Final = re.compile(rb'form-data; name="([^"\\]+)"(?:; filename="([^"\\]*)")?')
_BLANK: Final = re.compile(rb"[\t ]*")
_NAME: Final = re.compile(rb"[^=\t ]*")
_TOKEN: Final = re.compile(rb"[^\x00-\x20\x7f-\xff()<>@,;:\\\"/\[\]?=]*")
_CHARSET: Final = re.compile(rb"[0-9A-Za-z!#$%&+\-^_`{}~]+'[^']*'")
_CHARSET_ONLY: Final = re.compile(rb"[0-9A-Za-z!#$%&+\-^_`{}~]+'")
_EXTENDED: Final = re.compile(rb"(?:%[0-9A-Fa-f]{2}|[0-9A-Za-z!#$&+\-.^_`~])*")
_QUOTED: Final = {
    quote: re.compile(rb"[^\\%b]*(?:\\.[^\\%b]*)*" % (quote, quote), re.DOTALL)  # a backslash takes any byte with it
    for quote in (b'"', b"'")
}


@dataclass(slots=True)
class Disposition:
    """`code` is 1, or what is wrong. `names` and `filenames`: all that were met (MULTIPART_NAME, MULTIPART_FILENAME)."""

    name: bytes
    filename: bytes
    code: int = 1
    invalid_quoting: bool = False
    names: list[bytes] = field(default_factory=list)
    filenames: list[bytes] = field(default_factory=list)
    extended: bytes = b""

    def fail(self, code: int) -> Disposition:
        self.code = code
        return self


class _Wrong(Exception):  # carries a code from the inside of one parameter to the loop, never further
    def __init__(self, code: int) -> None:
        self.code = code


def read_disposition(value: bytes, name: bytes = b"", filename: bytes = b"") -> Disposition:
    """`name`, `filename`: what an earlier reading of the same part has found. Any bytes have a reading."""
    found = Disposition(name, filename)
    common = _COMMON.fullmatch(value)
    if common is not None and not name and not filename:
        found.name = common[1]
        found.names.append(common[1])
        if common[2] is not None:
            found.filename = common[2]
            found.filenames.append(common[2])
        return found
    if not value.startswith(b"form-data"):
        return found.fail(-1)
    at = _skip(value, 9)
    if at == len(value):
        return found
    if value[at : at + 1] != b";":
        return found.fail(-2)
    try:
        _parameters(found, value, at + 1)
    except _Wrong as wrong:
        return found.fail(wrong.code)
    return found.fail(-21) if found.extended and not found.filename else found


def _skip(value: bytes, at: int) -> int:
    blank = _BLANK.match(value, at)
    return at if blank is None else blank.end()


def _parameters(found: Disposition, value: bytes, at: int) -> None:
    end = len(value)
    while at < end:
        at = _skip(value, at)
        if at == end:
            raise _Wrong(-3)
        name, at = _parameter_name(value, at)
        if name == b"filename*":
            content, at = _extended(value, at)
            quote = b""
        else:
            content, quote, at = _content(found, value, at)
        _take(found, name, content, quote)
        if at < end:
            at = _skip(value, at)
            if at == end:
                return
            if value[at : at + 1] != b";":
                found.invalid_quoting = found.invalid_quoting or value[at - 1 : at] in (b"'", b'"')
                raise _Wrong(-12)
            at += 1


def _parameter_name(value: bytes, at: int) -> tuple[bytes, int]:
    """The name and where its value begins."""
    end = len(value)
    match = _NAME.match(value, at)
    name = match[0] if match else b""
    at += len(name)
    if at == end:
        raise _Wrong(-4)
    at = _skip(value, at)
    if at == end:
        raise _Wrong(-5)
    if value[at : at + 1] != b"=":
        raise _Wrong(-13)
    at = _skip(value, at + 1)
    if at == end:
        raise _Wrong(-6)
    return name, at


def _extended(value: bytes, at: int) -> tuple[bytes, int]:
    """charset'language'text (RFC 8187)."""
    charset = _CHARSET.match(value, at)
    if charset is None:
        raise _Wrong(-17 if _CHARSET_ONLY.match(value, at) else -16)
    text = _EXTENDED.match(value, charset.end())
    at = charset.end() if text is None else text.end()
    if at < len(value) and value[at : at + 1] != b";":
        raise _Wrong(-18 if value[at : at + 1] == b"%" else -19)
    return value[charset.end() : at], at


def _content(found: Disposition, value: bytes, at: int) -> tuple[bytes, bytes, int]:
    """(text, quote or b"", where it ends)."""
    quote = value[at : at + 1]
    if quote not in _QUOTED:
        token = _TOKEN.match(value, at)
        text = token[0] if token else b""
        return text, b"", at + len(text)
    if quote == b"'":
        found.invalid_quoting = True
    at += 1
    if at == len(value):
        raise _Wrong(-7)
    match = _QUOTED[quote].match(value, at)
    text = match[0] if match else b""
    at += len(text)
    if value[at : at + 1] == b"\\":
        raise _Wrong(-8)
    if at == len(value):
        found.invalid_quoting = True
        raise _Wrong(-15)
    return _unescaped(text, quote), quote, at + 1


def _take(found: Disposition, name: bytes, content: bytes, quote: bytes) -> None:
    if name in (b"name", b"filename") and quote != b'"' and b"'" in content:
        found.invalid_quoting = True
    if name == b"name":
        found.names.append(content)
        if found.name:
            raise _Wrong(-14)
        found.name = content
    elif name == b"filename":
        found.filenames.append(content)
        if found.filename:
            raise _Wrong(-15)
        found.filename = content
    elif name == b"filename*":
        if found.extended:
            raise _Wrong(-20)
        found.extended = content
    else:
        raise _Wrong(-11)


def _unescaped(text: bytes, quote: bytes) -> bytes:
    """Only the quote and the backslash can be escaped; there is no NUL in a header line."""
    if b"\\" not in text:
        return text
    return text.replace(b"\\\\", b"\0").replace(b"\\" + quote, quote).replace(b"\0", b"\\")
