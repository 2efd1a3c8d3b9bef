"""`setvar`, `expirevar`, `initcol`, `setsid`, `setuid` and `setrsc`: what rules remember.

Numbers are read as C's `stoi` reads them: leading spaces, a sign and digits; anything else, and what 32 bits do not hold, is 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from policy.engine.macros import Text, as_function, compile_macro, compile_text
from policy.engine.state import State
from policy.seclang.action_arguments import Change, parse_expirevar, parse_initcol, parse_setvar

Effect = Callable[[State], None]

_NUMBER: Final = re.compile(rb"[ \t\n\v\f\r]*([+-]?[0-9]+)")
_DIGITS_MAX: Final = 16  # of a number that may fit in 32 bits, leading zeros included; a longer one is 0
_INT_MAX: Final = 2**31 - 1
_SHORT: Final = 10  # so many digits may not fit in 32 bits


def number(text: bytes) -> int:
    if len(text) < _SHORT and text.isdigit():  # as nearly always
        return int(text)
    found = _NUMBER.match(text)
    if found is None or len(found[1]) > _DIGITS_MAX:
        return 0
    value = int(found[1])
    return value if -_INT_MAX - 1 <= value <= _INT_MAX else 0


def compile_setvar(argument: str) -> Effect:
    call = parse_setvar(argument)
    name, value = compile_macro(call.key), compile_macro(call.value)
    if isinstance(name, bytes):
        return _named(call.collection, name, call.change, value)
    collection, change, written = call.collection, call.change, as_function(value)

    def named_late(run: State) -> None:
        _change(run, collection, name(run), change, written(run))

    return named_late


def _change(run: State, collection: str, name: bytes, change: Change, value: bytes) -> None:
    if change is Change.UNSET:
        run.remove(collection, name)
    elif change is Change.SET:
        run.set(collection, name, value)
    else:
        step = number(value) if change is Change.ADD else -number(value)
        run.set(collection, name, b"%d" % (number(run.first(collection, name)) + step))


def _named(collection: str, name: bytes, change: Change, value: bytes | Text) -> Effect:
    if change is Change.UNSET:
        return lambda run: run.remove(collection, name)
    if change is Change.SET:
        return _set(collection, name, value)
    return _add(collection, name, value, 1 if change is Change.ADD else -1)


def _set(collection: str, name: bytes, value: bytes | Text) -> Effect:
    if isinstance(value, bytes):
        constant = value
        return lambda run: run.set(collection, name, constant)
    text = value
    return lambda run: run.set(collection, name, text(run))


def _add(collection: str, name: bytes, value: bytes | Text, sign: int) -> Effect:
    if isinstance(value, bytes):
        step = sign * number(value)
        return lambda run: run.set(collection, name, b"%d" % (number(run.first(collection, name)) + step))
    text = value
    return lambda run: run.set(
        collection, name, b"%d" % (number(run.first(collection, name)) + sign * number(text(run)))
    )


def compile_expirevar(argument: str) -> Effect:
    """A number of seconds that is none does nothing, as in ModSecurity 3."""
    call = parse_expirevar(argument)
    collection = call.collection
    name, seconds = as_function(compile_macro(call.key)), as_function(compile_macro(call.seconds))

    def expire(run: State) -> None:
        written = seconds(run)
        if written.isdigit():
            run.expire(collection, name(run), number(written))

    return expire


def compile_initcol(argument: str) -> Effect:
    call = parse_initcol(argument)
    return _opens(call.collection, compile_macro(call.key))


def compile_setsid(argument: str) -> Effect:
    return _opens("SESSION", compile_text(argument))


def compile_setuid(argument: str) -> Effect:
    return _opens("USER", compile_text(argument))


def compile_setrsc(argument: str) -> Effect:
    return _opens("RESOURCE", compile_text(argument))


def _opens(collection: str, key: bytes | Text) -> Effect:
    text = as_function(key)
    return lambda run: run.open_record(collection, text(run))
