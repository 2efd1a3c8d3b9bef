"""How an attacker changes a string before it is sent: on the text, and on its bytes in a URL.

`disguise` changes the text (case, comments, white space, entities, full-width forms); `percent` writes it into a URL.
"""

from __future__ import annotations

import base64
import html
import random
from collections.abc import Callable, Sequence

_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_SPACES = ("\t", "\n", "\r\n", "/**/", "\x0b", "\x0c", "\u3000", "\u00a0", "  ", "\x00", "%09", "+")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

Disguise = Callable[[str, random.Random], str]


def _cases(text: str, rng: random.Random) -> str:
    return "".join(rng.choice((character.lower(), character.upper())) for character in text)


def _spaces(text: str, rng: random.Random) -> str:
    return text.replace(" ", rng.choice(_SPACES))


def _entities(text: str, rng: random.Random) -> str:
    forms = (
        lambda c: f"&#{ord(c)};",
        lambda c: f"&#x{ord(c):x};",
        lambda c: f"&#{ord(c):07d}",
        lambda c: html.escape(c),
    )
    return "".join(rng.choice(forms)(c) if rng.random() < 0.3 else c for c in text)


def _escapes(text: str, rng: random.Random) -> str:
    forms = (lambda c: f"\\x{ord(c) & 255:02x}", lambda c: f"\\u{ord(c) & 0xFFFF:04x}", lambda c: f"\\{ord(c) & 255:o}")
    return "".join(rng.choice(forms)(c) if rng.random() < 0.2 else c for c in text)


def _css(text: str, rng: random.Random) -> str:
    return "".join(f"\\{ord(c):x} " if rng.random() < 0.2 else c for c in text)


def _full_width(text: str, rng: random.Random) -> str:
    return (
        text.translate(_FULL_WIDTH)
        if rng.random() < 0.5
        else "".join(c.translate(_FULL_WIDTH) if rng.random() < 0.3 else c for c in text)
    )


def _comments(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice(("/**/", "/*x*/", "<!-- -->", "--\n", "#\n", "/*!", "\\\n")) + text[at:]


def _noise(text: str, rng: random.Random) -> str:
    letters = list(text)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(letters) + 1)
        if letters and rng.random() < 0.5:
            letters.pop(min(at, len(letters) - 1))
        else:
            letters.insert(
                at, chr(rng.choice((0, 1, 9, 10, 13, 0x22, 0x27, 0x3C, 0x5C, 0x60, 0x7F, 0xAD, 0xFF, 0x202E)))
            )
    return "".join(letters)


def _base64(text: str, _: random.Random) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()


def _hex(text: str, _: random.Random) -> str:
    return "0x" + text.encode("utf-8", "surrogatepass").hex()


def _twice(text: str, _: random.Random) -> str:
    return text + text


def _cut(text: str, rng: random.Random) -> str:
    return text[: rng.randrange(1, len(text) + 1)]


def _double(text: str, _: random.Random) -> str:
    return "".join(f"%{byte:02x}" if byte not in _UNRESERVED else chr(byte) for byte in text.encode("utf-8", "replace"))


def _plain(text: str, _: random.Random) -> str:
    return text


DISGUISES: Sequence[Disguise] = (
    _plain, _plain, _plain, _plain, _plain, _plain,
    _cases, _spaces, _entities, _escapes, _css, _full_width, _comments, _noise, _base64, _hex, _twice, _cut, _double,
)  # fmt: skip


def disguise(text: str, rng: random.Random) -> str:
    """One or, rarely, two changes; about a third of the strings stay as they are. Never empty if `text` is not."""
    changed = rng.choice(DISGUISES)(text, rng)
    return rng.choice(DISGUISES)(changed, rng) if rng.random() < 0.15 and changed else changed or text


def percent(data: bytes, rng: random.Random) -> bytes:
    """URL-encoded in one of the ways that clients and attackers use."""
    style = rng.choice(("form", "form", "form", "minimal", "all", "upper", "unicode", "overlong", "broken"))
    return b"".join(_percent_byte(byte, style, rng) for byte in data)


def _percent_byte(byte: int, style: str, rng: random.Random) -> bytes:
    one = bytes((byte,))
    if style == "minimal":
        return one if byte > 0x20 and one not in b"&#+%= ?" and byte != 0x7F else b"%%%02x" % byte
    if style == "all":
        return b"%%%02x" % byte
    if byte in _UNRESERVED:
        return one
    if style == "unicode" and byte < 0x80:
        return b"%%u%04x" % byte
    if style == "overlong" and byte in b"/.<>'\"":
        return b"%%%02x%%%02x" % (0xC0 | byte >> 6, 0x80 | byte & 0x3F)
    if style == "broken" and rng.random() < 0.2:
        return rng.choice((b"%", b"%%", b"%zz", b"%2", b"%u12")) + (one if byte > 0x20 else b"")
    if byte == 0x20:
        return b"+"
    return (b"%%%02X" if style != "upper" else b"%%%02x") % byte
