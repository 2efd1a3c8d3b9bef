"""File names, as a citizen's program sent them or an archive holds them: docs/spec/content.md section 1.

Rules:
1. A name is composed (NFC) first, because macOS sends kana in pieces. That is the only change; nothing else is mended.
2. Every character is one that Japanese Windows or JIS X 0213 has, and shows something. A space is U+0020 or U+3000.
3. The name means one file in the folder where it is put, on Windows and on Linux, and shows its kind at its end.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from content.faults import Fault, Unfit

NAME_BYTES_MAX: Final = 255  # bytes of UTF-8; NAME_MAX of Linux (linux/limits.h)
NAME_CHARACTERS_MAX: Final = 128  # characters; half of Windows' MAX_PATH (260), so that a folder has room before it
NAME_ENCODINGS: Final = ("cp932", "euc_jis_2004")  # Windows-31J, and JIS X 0213:2004

_SEPARATORS: Final = frozenset("/\\:")
_NOT_ON_WINDOWS: Final = frozenset('<>"|?*')  # Microsoft, "Naming Files, Paths, and Namespaces"
_SPACES: Final = frozenset(" \u3000")
_BIDI_CONTROLS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_FILLERS: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800")  # letters and a symbol that show nothing
# The same page of Microsoft; the superscript digits count as digits there
_RESERVED: Final = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"]
    + [device + digit for device in ("com", "lpt") for digit in "0123456789¹²³"]
)
# What a web server or Windows would run. In the middle of a name too: Apache's mod_mime takes every extension for one.
# `com` is not here: a printed page is called www.example.com.pdf, and no server runs it
_ACTIVE: Final = frozenset((
    "asp", "aspx", "bat", "cer", "cgi", "chm", "cmd", "cpl", "exe", "gadget", "hta", "htm", "html", "inf", "jar", "js",
    "jse", "jsp", "jspx", "lnk", "mht", "mhtml", "msc", "msi", "msp", "phar", "php", "php3", "php4", "php5", "phtml",
    "pif", "pl", "ps1", "ps1xml", "psm1", "py", "rb", "reg", "scf", "scr", "sct", "sh", "shtml", "svg", "url", "vb",
    "vbe", "vbs", "ws", "wsc", "wsf", "wsh", "xht", "xhtml",
))  # fmt: skip
_USUAL: Final = frozenset((
    "csv", "doc", "docx", "gif", "jpeg", "jpg", "pdf", "png", "ppt", "pptx", "tif", "tiff", "txt", "xls", "xlsx",
    "zip",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Name:
    """`text` is what may go on; `extension` is folded to lower case and has no dot ("" if there is none)."""

    text: str
    extension: str


def faults_of(name: str) -> tuple[Fault, ...]:
    """Everything that is wrong with a name, each once, in the order of the rules."""
    text = unicodedata.normalize("NFC", name)
    if not text.strip(". \u3000"):
        return (Fault.NAME_EMPTY,)
    found: dict[Fault, None] = {}
    if len(text) > NAME_CHARACTERS_MAX or len(text.encode(errors="surrogatepass")) > NAME_BYTES_MAX:
        return (Fault.NAME_TOO_LONG,)
    for character in text:
        fault = _fault_of(character)
        if fault is not None:
            found[fault] = None
    if text[0] in ". \u3000" or text[-1] in ". \u3000":
        found[Fault.NAME_EDGE] = None
    if _device(text):
        found[Fault.NAME_RESERVED] = None
    if _double(text):
        found[Fault.NAME_DOUBLE_EXTENSION] = None
    return tuple(found)


def read_name(name: str) -> Name:
    """Raises Unfit for the first fault."""
    faults = faults_of(name)
    if faults:
        raise Unfit(faults[0])
    text = unicodedata.normalize("NFC", name)
    _, dot, extension = text.rpartition(".")
    return Name(text, _folded(extension) if dot else "")


def _fault_of(character: str) -> Fault | None:
    category = unicodedata.category(character)
    if character in _SEPARATORS:
        return Fault.NAME_PATH
    if character in _BIDI_CONTROLS:
        return Fault.NAME_BIDI
    if category in ("Cc", "Zl", "Zp"):
        return Fault.NAME_CONTROL
    if category == "Cf" or character in _FILLERS or _is_variation_selector(character):
        return Fault.NAME_INVISIBLE
    if category == "Zs":
        return None if character in _SPACES else Fault.NAME_INVISIBLE
    if character in _NOT_ON_WINDOWS or category[0] in "MC" or not _is_japanese(character):
        return Fault.NAME_REPERTOIRE
    return None


def _is_variation_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _is_japanese(character: str) -> bool:
    for encoding in NAME_ENCODINGS:
        try:
            character.encode(encoding)
        except UnicodeEncodeError:
            continue
        return True
    return False


def _folded(extension: str) -> str:
    """As a reader that takes full-width letters for letters would see it."""
    return unicodedata.normalize("NFKC", extension).strip().casefold()


def _device(text: str) -> bool:
    """Windows takes what stands before the first dot, without spaces at its end, for the device."""
    return text.partition(".")[0].rstrip(" \u3000").casefold() in _RESERVED


def _double(text: str) -> bool:
    """An extension that something would run before the last one, or a usual one before one that is not."""
    parts = [_folded(part) for part in text.split(".")[1:]]
    if any(part in _ACTIVE for part in parts[:-1]):
        return True
    return len(parts) > 1 and parts[-1] not in _USUAL and any(part in _USUAL for part in parts[:-1])
