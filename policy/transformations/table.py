"""Every transformation of the ModSecurity v3 reference manual, by lower-case name, and chains of them.

Each is a total function from bytes to bytes, linear in its input, in two readings (docs/spec/rules.md): `strict` is ModSecurity 3
byte for byte; `characters` respects UTF-8 where a value is valid UTF-8, and equals `strict` where it is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from policy.transformations import comments, encodings, escapes, paths, spacing, urls, utf8
from policy.transformations.code_points import UnicodeMap

Function = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Transformation:
    """`triggers`: where a search finds nothing, the result equals the value in both readings; None: it may always differ.

    `text_safe`: valid UTF-8 stays valid UTF-8 in the characters reading.
    """

    name: str
    strict: Function
    characters: Function
    triggers: re.Pattern[bytes] | None
    text_safe: bool


class UnknownTransformation(Exception):
    """No transformation has this name."""


def _row(
    name: str,
    strict: Function,
    characters: Function | None = None,
    *,
    triggers: bytes | None,
    text_safe: bool,
) -> Transformation:
    pattern = None if triggers is None else re.compile(triggers)
    return Transformation(name, strict, characters or strict, pattern, text_safe)


def _same(value: bytes) -> bytes:
    return value


_NEVER: Final = rb"(?!)"
_DOT_SEGMENTS: Final = rb"//|\./|\.\Z"
_PERCENT: Final = rb"\+|%[0-9A-Fa-f]{2}"
_PERCENT_OR_U: Final = rb"\+|%(?:[0-9A-Fa-f]{2}|[uU][0-9A-Fa-f]{4})"
_ENTITY: Final = rb"&(?:#(?:[xX][0-9A-Fa-f]|[0-9])|(?i:quot|amp|lt|gt)(?![0-9A-Za-z])|(?i:nbsp))"
_URL_DECODE_UNI: Final = urls.UrlDecodeUni()

_ROWS: Final = (
    _row("base64decode", encodings.base64_decode, triggers=rb"\A[A-Za-z0-9+/= \r\n]*(?:\x00|\Z)", text_safe=False),
    _row("base64decodeext", encodings.base64_decode_ext, triggers=None, text_safe=False),
    _row("base64encode", encodings.base64_encode, triggers=None, text_safe=True),
    _row("cmdline", spacing.cmd_line, triggers=rb"[A-Z\"'\\^,;\t\r\n]| [ /(]", text_safe=True),
    _row("compresswhitespace", spacing.compress_whitespace, triggers=rb"[\t-\r]|  ", text_safe=True),
    _row("cssdecode", escapes.css_decode, escapes.css_decode_characters, triggers=rb"\\", text_safe=False),
    _row("escapeseqdecode", escapes.escape_seq_decode, triggers=rb"\\(?s:.)", text_safe=False),
    _row("hexdecode", encodings.hex_decode, triggers=None, text_safe=False),
    _row("hexencode", encodings.hex_encode, triggers=None, text_safe=True),
    _row(
        "htmlentitydecode",
        escapes.html_entity_decode,
        escapes.html_entity_decode_characters,
        triggers=_ENTITY,
        text_safe=False,
    ),
    _row("jsdecode", escapes.js_decode, escapes.js_decode_characters, triggers=rb"\\(?s:.)", text_safe=False),
    _row("length", encodings.length, triggers=None, text_safe=True),
    _row("lowercase", spacing.lowercase, triggers=rb"[A-Z]", text_safe=True),
    _row("md5", encodings.md5, triggers=None, text_safe=False),
    _row("none", _same, triggers=_NEVER, text_safe=True),
    _row("normalisepath", paths.normalise_path, triggers=_DOT_SEGMENTS, text_safe=True),
    _row("normalisepathwin", paths.normalise_path_win, triggers=_DOT_SEGMENTS + rb"|\\", text_safe=True),
    _row("normalizepath", paths.normalise_path, triggers=_DOT_SEGMENTS, text_safe=True),
    _row("normalizepathwin", paths.normalise_path_win, triggers=_DOT_SEGMENTS + rb"|\\", text_safe=True),
    _row("parityeven7bit", encodings.parity_even_7bit, triggers=rb"(?s:.)", text_safe=False),
    _row("parityodd7bit", encodings.parity_odd_7bit, triggers=rb"(?s:.)", text_safe=False),
    _row("parityzero7bit", encodings.parity_zero_7bit, triggers=rb"[\x80-\xff]", text_safe=True),
    _row("removecomments", comments.remove_comments, triggers=rb"/\*|<!--|--|#", text_safe=True),
    _row("removecommentschar", comments.remove_comments_char, triggers=rb"/\*|\*/|<!--|--|#", text_safe=True),
    _row("removenulls", spacing.remove_nulls, triggers=rb"\x00", text_safe=True),
    _row(
        "removewhitespace",
        spacing.remove_whitespace,
        spacing.remove_whitespace_characters,
        triggers=rb"[\t-\r \xc2\xa0]",
        text_safe=True,
    ),
    _row("replacecomments", comments.replace_comments, triggers=rb"/\*", text_safe=True),
    _row("replacenulls", spacing.replace_nulls, triggers=rb"\x00", text_safe=True),
    _row("sha1", encodings.sha1, triggers=None, text_safe=False),
    _row("sqlhexdecode", escapes.sql_hex_decode, triggers=rb"0[xX][0-9A-Fa-f]{2}", text_safe=False),
    _row("trim", spacing.trim, triggers=rb"\A[\t-\r ]|[\t-\r ]\Z", text_safe=True),
    _row("trimleft", spacing.trim_left, triggers=rb"\A[\t-\r ]", text_safe=True),
    _row("trimright", spacing.trim_right, triggers=rb"[\t-\r ]\Z", text_safe=True),
    _row("uppercase", spacing.uppercase, triggers=rb"[a-z]", text_safe=True),
    _row("urldecode", urls.url_decode, triggers=_PERCENT, text_safe=False),
    _row("urldecodeuni", _URL_DECODE_UNI.strict, _URL_DECODE_UNI.characters, triggers=_PERCENT_OR_U, text_safe=False),
    _row("urlencode", urls.url_encode, triggers=rb"[^*0-9A-Za-z]", text_safe=True),
    _row(
        "utf8tounicode",
        utf8.utf8_to_unicode,
        utf8.utf8_to_unicode_characters,
        triggers=rb"\x00|[\xc0-\xf7]",
        text_safe=True,
    ),
)

TRANSFORMATIONS: Final[Mapping[str, Transformation]] = MappingProxyType({row.name: row for row in _ROWS})


class Chain:
    """Transformations one after the other.

    `name`: their lower-case names joined by commas, without `none`; chains of one name and one Unicode map are interchangeable.
    """

    __slots__ = ("_characters", "_strict", "name", "steps")

    def __init__(self, steps: Sequence[Transformation]) -> None:
        self.steps = tuple(step for step in steps if step.name != "none")
        self.name = ",".join(step.name for step in self.steps)
        self._strict = tuple(step.strict for step in self.steps)
        self._characters = tuple(step.characters for step in self.steps)

    def apply(self, value: bytes, characters: bool) -> bytes:
        """The value at the end of the chain: the same object where it equals what came in."""
        result = value
        for function in self._characters if characters else self._strict:
            result = function(result)
        return value if result == value else result

    def stages(self, value: bytes, characters: bool) -> Iterator[bytes]:
        """The value, then the result of each transformation that changed it (what `multiMatch` looks at)."""
        yield value
        for function in self._characters if characters else self._strict:
            result = function(value)
            if result != value:
                value = result
                yield value

    @property
    def text_safe(self) -> bool:
        return all(step.text_safe for step in self.steps)


def find(name: str, unicode_map: UnicodeMap | None = None) -> Transformation:
    """The transformation of a name in any case; raises UnknownTransformation."""
    row = TRANSFORMATIONS.get(name.lower())
    if row is None:
        raise UnknownTransformation(name)
    if unicode_map is None or row.name != "urldecodeuni":
        return row
    mapped = urls.UrlDecodeUni(unicode_map)
    return Transformation(row.name, mapped.strict, mapped.characters, row.triggers, row.text_safe)


def chain(names: Sequence[str], unicode_map: UnicodeMap | None = None) -> Chain:
    """A chain by names in any case, with the map of SecUnicodeMapFile for %uXXXX; raises UnknownTransformation."""
    return Chain([find(name, unicode_map) for name in names])
