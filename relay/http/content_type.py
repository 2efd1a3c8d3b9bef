"""Content-Type values: docs/spec/http.md section 6; RFC 9110 section 8.3.

Stricter than the RFC: a parameter may stand once, and none may be empty (no ";;" and no ";" at the end).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from relay.base.errors import Refused
from relay.base.reasons import Reason
from relay.http import grammar

_media_type = re.compile(rb"(" + grammar.TOKEN + rb"/" + grammar.TOKEN + rb")")
_parameter = re.compile(
    rb"[ \t]*+;[ \t]*+(" + grammar.TOKEN + rb")=(?:(" + grammar.TOKEN + rb")|(" + grammar.QUOTED_STRING + rb"))"
)
_quoted_pair = re.compile(rb"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ContentType:
    """`media_type` and the names of `params` are in lower case; the values are as they came, without their quotes."""

    media_type: str
    params: tuple[tuple[str, str], ...]

    def param(self, name: str) -> str | None:
        return dict(self.params).get(name)


def parse_content_type(value: bytes) -> ContentType:
    media_type = _media_type.match(value)
    if media_type is None:
        raise Refused(Reason.CONTENT_TYPE_UNSUPPORTED, "not type '/' subtype")
    params: dict[str, str] = {}
    position = media_type.end()
    while position < len(value):
        match = _parameter.match(value, position)
        if match is None:
            raise Refused(Reason.CONTENT_TYPE_UNSUPPORTED, "parameter")
        name, plain, quoted = match.groups()
        text = plain if plain is not None else _quoted_pair.sub(rb"\1", quoted[1:-1])
        key = name.decode().lower()
        if key in params:
            raise Refused(Reason.CONTENT_TYPE_UNSUPPORTED, "parameter given twice")
        params[key] = text.decode()
        position = match.end()
    return ContentType(media_type[1].decode().lower(), tuple(params.items()))
