"""detectSQLi, detectXSS: libinjection, version 3.9.2 as in libmodsecurity 3.0.15.

Rules:
- detectSQLi captures the fingerprint as TX.0, detectXSS the value.
- The package `libinjection-python` takes text only, which it encodes; a value that is no UTF-8 cannot be given to it as it is. Its
  extension module exports libinjection's own functions, which take bytes and a length: these are called.
- libinjection is linear and keeps no state. Bytes from 0x80 on are letters of a word to it, so both readings are one.
"""

from __future__ import annotations

import ctypes
from typing import Final

import libinjection  # type: ignore[import-not-found, unused-ignore]  # an extension module without stubs

from policy.operators.base import Match, whole

# libinjection's fingerprint: at most 8 characters with the 0 at the end (libinjection.h).
FINGERPRINT_BYTES: Final = 8

_library = ctypes.CDLL(libinjection.__file__)
_sqli = _library.libinjection_sqli
_sqli.argtypes = (ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p)
_sqli.restype = ctypes.c_int
_xss = _library.libinjection_xss
_xss.argtypes = (ctypes.c_char_p, ctypes.c_size_t)
_xss.restype = ctypes.c_int


class DetectSqli:
    __slots__ = ()

    def match(self, value: bytes, characters: bool) -> Match | None:
        del characters
        fingerprint = ctypes.create_string_buffer(FINGERPRINT_BYTES)
        if not _sqli(value, len(value), fingerprint):
            return None
        return Match(0, len(value), (fingerprint.value,))


class DetectXss:
    __slots__ = ()

    def match(self, value: bytes, characters: bool) -> Match | None:
        del characters
        return whole(value)._replace(groups=(value,)) if _xss(value, len(value)) else None
