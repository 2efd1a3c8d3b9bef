"""Plain texts and CSV: characters that show something, no other format in disguise, no formula that a spreadsheet would run."""

from __future__ import annotations

import csv
import re
import unicodedata
from typing import Final

from content.faults import Fault, Unfit

TEXT_BYTES_MAX: Final = 10 * 2**20  # bytes; five million characters of Japanese, all in memory at once
CSV_ROWS_MAX: Final = 100_000  # rows; a tenth of what Excel shows (1,048,576)
CSV_COLUMNS_MAX: Final = 1_000  # columns; of Excel's 16,384
_CELL_CHARACTERS_MAX: Final = 131_072  # characters; the default of Python's csv module. Excel: 32,767

_BOM: Final = b"\xef\xbb\xbf"
_LAYOUT: Final = frozenset("\t\r\n")
_NOT_SHOWN: Final = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_VARIATION_SELECTORS: Final = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
# Beginnings that some program takes for its own, whatever the file is called
_CODE: Final = re.compile(
    r"\s*(?:#!|<\?|<%|<!doctype|<!--|<html|<head|<body|<script|<svg|<iframe|\{\\rtf|%!ps|@echo|mime-version:|content-type:"
    r"|from -|return-path:|\[internetshortcut\]|\[autorun\]|windows registry editor|regedit4)",
    re.IGNORECASE,
)
# A cell is a formula if it begins with one of these (OWASP, "CSV Injection"). Numbers, telephone numbers and remarks begin
# with + and - and names with @: those are formulas only where they call something
_CELL: Final = r"(?:^|[,;\t\"])[ 　]*"
_FORMULA: Final = re.compile(_CELL + r"(?:[=＝]|[+\-@＋－＠][^,;\t\"\r\n]*[(|!])", re.MULTILINE)


def read_text(data: bytes) -> str:
    if len(data) > TEXT_BYTES_MAX:
        raise Unfit(Fault.FILE_TOO_LARGE)
    text = _decoded(data.removeprefix(_BOM))
    if any(_is_hidden(character) for character in set(text)):
        raise Unfit(Fault.TEXT_CHARACTER)
    if _CODE.match(text):
        raise Unfit(Fault.TEXT_IS_CODE)
    return text


def read_csv(data: bytes) -> str:
    text = read_text(data)
    if _FORMULA.search(re.sub(r"\r\n?", "\n", text)):
        raise Unfit(Fault.CSV_FORMULA)
    rows = 0
    try:
        for row in csv.reader(text.splitlines(keepends=True), strict=True):
            rows += 1
            if rows > CSV_ROWS_MAX or len(row) > CSV_COLUMNS_MAX:
                raise Unfit(Fault.CSV_TOO_LARGE)
            if any(len(cell) > _CELL_CHARACTERS_MAX for cell in row):
                raise Unfit(Fault.CSV_TOO_LARGE)
    except csv.Error as error:
        raise Unfit(Fault.DAMAGED) from error
    return text


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8", "cp932"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unfit(Fault.TEXT_ENCODING)


def _is_hidden(character: str) -> bool:
    if character in _LAYOUT:
        return False
    return unicodedata.category(character) in _NOT_SHOWN or character in _VARIATION_SELECTORS
