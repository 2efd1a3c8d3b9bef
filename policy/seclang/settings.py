"""Directives that set one value of Settings. Raises WordError; the reader of the directive adds the position."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from policy.seclang.ast import EngineMode, LimitAction, ParseXml, Settings, UnicodeMap
from policy.seclang.faults import WordError

_NUMBER = re.compile(r"[0-9]{1,18}\Z")
_E = TypeVar("_E", bound=enum.Enum)
Reader = Callable[[Sequence[str]], Any]


def _one(arguments: Sequence[str]) -> str:
    if len(arguments) != 1:
        raise WordError(
            f"one argument is expected, not {len(arguments)}", "put quotation marks around an argument with blanks"
        )
    return arguments[0]


def _text(arguments: Sequence[str]) -> str:
    text = _one(arguments)
    if not text:
        raise WordError("the argument is empty", "write a value, or take the directive out")
    return text


def _number(least: int = 0) -> Reader:
    def read(arguments: Sequence[str]) -> int:
        text = _one(arguments)
        if not _NUMBER.match(text) or int(text) < least:
            raise WordError(f"a number is expected, not {text!r}", f"write a number from {least} on, in digits only")
        return int(text)

    return read


def _switch(arguments: Sequence[str]) -> bool:
    text = _one(arguments).lower()
    if text not in ("on", "off"):
        raise WordError(f"{text!r} is neither On nor Off", "write On or Off")
    return text == "on"


def _choice(kind: type[_E]) -> Reader:
    def read(arguments: Sequence[str]) -> _E:
        text = _one(arguments).lower()
        for member in kind:
            if member.value.lower() == text:
                return member
        raise WordError(f"{text!r} is not known here", f"write one of {', '.join(member.value for member in kind)}")

    return read


def _character(arguments: Sequence[str]) -> str:
    text = _one(arguments)
    if len(text) != 1 or not text.isascii():
        raise WordError(f"one character is expected, not {text!r}", "write the separator alone, such as &")
    return text


def _cookie_format(arguments: Sequence[str]) -> int:
    if _one(arguments) != "0":
        raise WordError("cookies are read as version 0 only", "write SecCookieFormat 0")
    return 0


def _cookie_separator(arguments: Sequence[str]) -> str:
    if _one(arguments) != ";":
        raise WordError("cookies are separated by ; only", 'write SecCookieV0Separator ";"')
    return ";"


def _no_entities(arguments: Sequence[str]) -> bool:
    if _switch(arguments):
        raise WordError("external entities are never loaded", "write SecXmlExternalEntity Off")
    return False


_VALUES: dict[str, tuple[str, Reader]] = {
    "secargumentseparator": ("argument_separator", _character),
    "secargumentslimit": ("arguments_limit", _number()),
    "seccollectiontimeout": ("collection_timeout_s", _number()),
    "seccookieformat": ("cookie_format", _cookie_format),
    "seccookiev0separator": ("cookie_v0_separator", _cookie_separator),
    "secparsexmlintoargs": ("parse_xml_into_args", _choice(ParseXml)),
    "secrequestbodyaccess": ("request_body_access", _switch),
    "secrequestbodyjsondepthlimit": ("request_body_json_depth", _number()),
    "secrequestbodylimit": ("request_body_limit", _number()),
    "secrequestbodylimitaction": ("request_body_limit_action", _choice(LimitAction)),
    "secrequestbodynofileslimit": ("request_body_no_files_limit", _number()),
    "secresponsebodyaccess": ("response_body_access", _switch),
    "secresponsebodylimit": ("response_body_limit", _number()),
    "secresponsebodylimitaction": ("response_body_limit_action", _choice(LimitAction)),
    "secruleengine": ("rule_engine", _choice(EngineMode)),
    "sectmpsaveuploadedfiles": ("upload_extract", _switch),
    "secuploadfilelimit": ("upload_file_limit", _number()),
    "secwebappid": ("web_app_id", _text),
    "secxmlexternalentity": ("xml_external_entity", _no_entities),
}


def _mime_types(settings: Settings, arguments: Sequence[str]) -> Settings:
    types = frozenset(piece.lower() for argument in arguments for piece in argument.split())
    if not types:
        raise WordError("no media type is given", "write SecResponseBodyMimeType text/html text/plain")
    return replace(settings, response_body_mime_types=types | (settings.response_body_mime_types or frozenset()))


def _clear_mime_types(settings: Settings, arguments: Sequence[str]) -> Settings:
    if arguments:
        raise WordError("no argument is expected", "write SecResponseBodyMimeTypesClear alone")
    return replace(settings, response_body_mime_types=frozenset())


def _unicode_map(settings: Settings, arguments: Sequence[str]) -> Settings:
    if len(arguments) == 1:
        arguments = arguments[0].split()
    if len(arguments) != 2 or not _NUMBER.match(arguments[1]):
        raise WordError(
            "a file and the number of a code page are expected", "write SecUnicodeMapFile unicode.mapping 20127"
        )
    return replace(settings, unicode_map=UnicodeMap(arguments[0], int(arguments[1])))


_OTHERS: dict[str, Callable[[Settings, Sequence[str]], Settings]] = {
    "secresponsebodymimetype": _mime_types,
    "secresponsebodymimetypesclear": _clear_mime_types,
    "secunicodemapfile": _unicode_map,
}

KEYS = frozenset(_VALUES) | frozenset(_OTHERS)
"""The directives, lower case, that `with_directive` knows."""


def with_directive(settings: Settings, key: str, arguments: Sequence[str]) -> Settings:
    """`settings` with what the directive says; a file as it is named there. Raises WordError."""
    if key in _OTHERS:
        return _OTHERS[key](settings, arguments)
    field, read = _VALUES[key]
    return replace(settings, **{field: read(arguments)})


def without_effect(settings: Settings, name: str) -> Settings:
    if name in settings.without_effect:
        return settings
    return replace(settings, without_effect=(*settings.without_effect, name))
