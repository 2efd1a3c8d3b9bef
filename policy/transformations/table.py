"""Every transformation of the ModSecurity v3 reference manual, by lower-case name, and chains of them.

Each is a total function from bytes to bytes, linear in its input, in two readings (docs/spec/rules.md): `strict` is ModSecurity 3
byte for byte; `characters` respects UTF-8 where a value is valid UTF-8, and equals `strict` where it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from policy.transformations import comments, encodings, escapes, paths, spacing, urls, utf8
from policy.transformations.changes import REPORTED, by_value
from policy.transformations.code_points import UnicodeMap, is_utf8

Function = Callable[[bytes], bytes]

SEPARATOR: Final = (
    b"\x1e"  # for many values as one: no white space, no sign of any transformation, and in no text that is written
)


@dataclass(frozen=True, slots=True)
class Transformation:
    """One transformation.

    `active`: a value without any of these bytes stays as it is in both readings; None: any value may change.
    `signs`: the same, said more exactly: a value that has none of these in it, a SEPARATOR put behind it, stays as it is.
    `joins`: what it makes of values that are joined by a SEPARATOR is what it makes of each, joined, as long as they are text without
    a NUL and without that byte.
    `text_safe`: valid UTF-8 stays valid UTF-8 in the characters reading.
    `alphabet`: a value without a NUL that has any other byte in it stays as it is.
    `after_utf8_to_unicode`: in the characters reading, what utf8toUnicode and then this one make of a value;
    `active_after_utf8_to_unicode`: valid UTF-8 without any of these bytes stays as it is then.
    """

    name: str
    strict: Function
    characters: Function
    active: bytes | None
    signs: tuple[bytes, ...] | None
    joins: bool
    text_safe: bool
    alphabet: bytes | None = None
    after_utf8_to_unicode: Function | None = None
    active_after_utf8_to_unicode: bytes = b""


class UnknownTransformation(Exception):
    """No transformation has this name."""


def _row(
    name: str,
    strict: Function,
    characters: Function | None = None,
    *,
    active: bytes | None,
    signs: tuple[bytes, ...] | None,
    text_safe: bool,
    joins: bool = False,
    alphabet: bytes | None = None,
) -> Transformation:
    return Transformation(name, strict, characters or strict, active, signs, joins, text_safe, alphabet)


def _same(value: bytes) -> bytes:
    return value


def _url_decode_uni(unicode_map: UnicodeMap | None) -> Transformation:
    decode = urls.UrlDecodeUni(unicode_map)
    return Transformation(
        "urldecodeuni",
        decode.strict,
        decode.characters,
        active=b"+%",
        signs=(b"+", b"%"),
        joins=True,
        text_safe=False,
        after_utf8_to_unicode=decode.after_utf8_to_unicode,
        active_after_utf8_to_unicode=decode.active_after_utf8_to_unicode,
    )


_UPPER: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOWER: Final = _UPPER.lower()
_DIGITS: Final = b"0123456789"
_SPACE: Final = b" \t\n\r\x0b\x0c"
_BLANKS: Final = (b"\t", b"\n", b"\r", b"\x0b", b"\x0c")
_HIGH: Final = bytes(range(0x80, 0x100))
_ANY: Final = bytes(range(0x100))
_NOT_ENCODED: Final = b"*" + _DIGITS + _UPPER + _LOWER
_DOT_SEGMENT: Final = (b"//", b"./", b"." + SEPARATOR)


def _paths() -> tuple[Transformation, ...]:
    """Both spellings of the manual."""
    rows = []
    for name in ("normalisepath", "normalizepath"):
        rows.append(_row(name, paths.normalise_path, active=b"/.", signs=_DOT_SEGMENT, text_safe=True))
        windows = paths.normalise_path_win
        rows.append(_row(name + "win", windows, active=b"/.\\", signs=(*_DOT_SEGMENT, b"\\"), text_safe=True))
    return tuple(rows)


_ROWS: Final = (
    *_paths(),
    _url_decode_uni(None),
    _row(
        "base64decode",
        encodings.base64_decode,
        active=b"+/= \r\n\0" + _DIGITS + _UPPER + _LOWER,
        signs=None,
        text_safe=False,
        alphabet=encodings.BASE64,
    ),
    _row("base64decodeext", encodings.base64_decode_ext, active=None, signs=None, text_safe=False),
    _row("base64encode", encodings.base64_encode, active=None, signs=None, text_safe=True),
    _row(
        "cmdline",
        spacing.cmd_line,
        active=b"\"'\\^,;\t\r\n " + _UPPER,
        signs=None,
        joins=True,
        text_safe=True,
    ),
    _row(
        "compresswhitespace",
        spacing.compress_whitespace,
        active=_SPACE,
        signs=(*_BLANKS, b"  "),
        joins=True,
        text_safe=True,
    ),
    _row("cssdecode", escapes.css_decode, escapes.css_decode_characters, active=b"\\", signs=(b"\\",), text_safe=False),
    _row("escapeseqdecode", escapes.escape_seq_decode, active=b"\\", signs=(b"\\",), text_safe=False),
    _row("hexdecode", encodings.hex_decode, active=None, signs=None, text_safe=False),
    _row("hexencode", encodings.hex_encode, active=None, signs=None, text_safe=True),
    _row(
        "htmlentitydecode",
        escapes.html_entity_decode,
        escapes.html_entity_decode_characters,
        active=b"&",
        signs=(b"&",),
        joins=True,
        text_safe=False,
    ),
    _row(
        "jsdecode",
        escapes.js_decode,
        escapes.js_decode_characters,
        active=b"\\",
        signs=(b"\\",),
        text_safe=False,
    ),
    _row("length", encodings.length, active=None, signs=None, text_safe=True),
    _row("lowercase", spacing.lowercase, active=_UPPER, signs=None, joins=True, text_safe=True),
    _row("md5", encodings.md5, active=None, signs=None, text_safe=False),
    _row("none", _same, active=b"", signs=(), joins=True, text_safe=True),
    _row("parityeven7bit", encodings.parity_even_7bit, active=_ANY, signs=None, text_safe=False),
    _row("parityodd7bit", encodings.parity_odd_7bit, active=_ANY, signs=None, text_safe=False),
    _row("parityzero7bit", encodings.parity_zero_7bit, active=_HIGH, signs=None, text_safe=True),
    _row("removecomments", comments.remove_comments, active=b"/-#", signs=(b"#", b"--", b"/*"), text_safe=True),
    _row(
        "removecommentschar",
        comments.remove_comments_char,
        active=b"*-#",
        signs=(b"#", b"--", b"*"),
        text_safe=True,
    ),
    _row("removenulls", spacing.remove_nulls, active=b"\0", signs=(b"\0",), text_safe=True),
    _row(
        "removewhitespace",
        spacing.remove_whitespace,
        spacing.remove_whitespace_characters,
        active=_SPACE + b"\xc2\xa0",
        signs=None,
        joins=True,
        text_safe=True,
    ),
    _row("replacecomments", comments.replace_comments, active=b"*", signs=(b"/*",), text_safe=True),
    _row("replacenulls", spacing.replace_nulls, active=b"\0", signs=(b"\0",), text_safe=True),
    _row("sha1", encodings.sha1, active=None, signs=None, text_safe=False),
    _row("sqlhexdecode", escapes.sql_hex_decode, active=b"0", signs=(b"0x", b"0X"), text_safe=False),
    _row("trim", spacing.trim, active=_SPACE, signs=(b" ", *_BLANKS), text_safe=True),
    _row("trimleft", spacing.trim_left, active=_SPACE, signs=(b" ", *_BLANKS), text_safe=True),
    _row("trimright", spacing.trim_right, active=_SPACE, signs=(b" ", *_BLANKS), text_safe=True),
    _row("uppercase", spacing.uppercase, active=_LOWER, signs=None, joins=True, text_safe=True),
    _row("urldecode", urls.url_decode, active=b"+%", signs=(b"+", b"%"), joins=True, text_safe=False),
    _row(
        "urlencode",
        urls.url_encode,
        active=bytes(set(_ANY) - set(_NOT_ENCODED)),
        signs=None,
        text_safe=True,
    ),
    _row(
        "utf8tounicode",
        utf8.utf8_to_unicode,
        utf8.utf8_to_unicode_characters,
        active=b"\0" + _HIGH,
        signs=None,
        joins=True,
        text_safe=True,
    ),
)

TRANSFORMATIONS: Final[Mapping[str, Transformation]] = {row.name: row for row in _ROWS}


def find(name: str, unicode_map: UnicodeMap | None = None) -> Transformation:
    """The transformation of a name in any case; raises UnknownTransformation."""
    row = TRANSFORMATIONS.get(name.lower())
    if row is None:
        raise UnknownTransformation(name)
    if unicode_map is not None and row.name == "urldecodeuni":
        return _url_decode_uni(unicode_map)
    return row


class Chain:
    """Transformations one after the other.

    `name`: their lower-case names joined by commas, without `none`; chains of one name and one Unicode map are interchangeable.
    """

    __slots__ = ("_characters", "_inert", "_inert_in_text", "_only_text", "_strict", "name", "steps")

    def __init__(self, steps: Sequence[Transformation]) -> None:
        self.steps = tuple(step for step in steps if step.name != "none")
        self.name = ",".join(step.name for step in self.steps)
        self._strict = tuple(step.strict for step in self.steps)
        self._characters = _characters(self.steps)
        self._inert = _inert([step.active for step in self.steps])
        self._inert_in_text = _inert(_active_in_text(self.steps))
        self._only_text = self._inert_in_text != self._inert

    def apply(self, value: bytes, characters: bool) -> bytes:
        """The value at the end of the chain: the same object where it equals what came in."""
        if self.leaves(value, characters):
            return value
        functions = self._characters if characters else self._strict
        result = value
        for function in functions:
            result = function(result)
        return value if result == value else result

    def leaves(self, value: bytes, characters: bool) -> bool:
        """Whether it is certain, at a glance, that no step of the chain changes the value."""
        inert = self._inert_in_text if characters else self._inert
        return (
            inert is not None
            and not value.translate(None, inert)
            and not (characters and self._only_text and not value.isascii() and not is_utf8(value))
        )

    def stages(self, value: bytes, characters: bool) -> Iterator[bytes]:
        """What `multiMatch` looks at: the value, then each result that counts as a change (`changes.py`)."""
        yield value
        for step in self.steps:
            result = step.characters(value) if characters else step.strict(value)
            changed = by_value if characters else REPORTED.get(step.name, by_value)
            if changed(value, result):
                yield result
            value = result

    @property
    def text_safe(self) -> bool:
        return all(step.text_safe for step in self.steps)


def chain(names: Sequence[str], unicode_map: UnicodeMap | None = None) -> Chain:
    """A chain by names in any case, with the map of SecUnicodeMapFile for %uXXXX; raises UnknownTransformation."""
    return Chain([find(name, unicode_map) for name in names])


def _inert(active: Sequence[bytes | None]) -> bytes | None:
    """The bytes that no step cares for: a value of these alone stays as it is. None: there is no such value."""
    if None in active:
        return None
    return bytes(set(_ANY) - set(b"".join(filter(None, active))))


def _pairs(steps: Sequence[Transformation]) -> Iterator[tuple[Transformation, bool]]:
    """Each step, but for a utf8toUnicode whose work the next step takes over, and whether it did so."""
    for at, step in enumerate(steps):
        after = steps[at + 1] if at + 1 < len(steps) else None
        if step.name == "utf8tounicode" and after is not None and after.after_utf8_to_unicode is not None:
            continue
        yield step, at > 0 and steps[at - 1].name == "utf8tounicode" and step.after_utf8_to_unicode is not None


def _characters(steps: Sequence[Transformation]) -> tuple[Function, ...]:
    return tuple(
        step.after_utf8_to_unicode if both and step.after_utf8_to_unicode else step.characters
        for step, both in _pairs(steps)
    )


def _active_in_text(steps: Sequence[Transformation]) -> list[bytes | None]:
    return [step.active_after_utf8_to_unicode if both else step.active for step, both in _pairs(steps)]
