"""Looking for what somebody wrote: in the memory of a process, in files that only it has open, and below a directory.

Text leaves its trace in more forms than one: as it was sent, percent-encoded, as Python or a browser holds it, in base64 or hexadecimal
digits. `forms` makes all of them; a trace is any of them.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

_PIECE_BYTES = 8 * 1024 * 1024
_UNREADABLE = (["[vvar]"], ["[vvar_vclock]"], ["[vsyscall]"])  # of the kernel, the same in every process


def forms(text: str) -> dict[str, bytes]:
    """The text in each form, by name. Forms that are the same bytes stand once."""
    encoded = text.encode()
    made = {
        "UTF-8": encoded,
        "percent-encoded": quote(text).encode(),
        "percent-encoded, lower": quote(text).lower().encode(),
        "percent-encoded twice": quote(quote(text)).encode(),
        "UTF-16": text.encode("utf-16-le"),
        "UTF-16, big-endian": text.encode("utf-16-be"),
        "UTF-32": text.encode("utf-32-le"),
        "JSON": text.encode("ascii", "backslashreplace"),
        "JSON, upper": b"".join(_escaped(character) for character in text),
        "Shift_JIS": text.encode("cp932"),
        "EUC-JP": text.encode("euc-jp"),
        "hexadecimal": encoded.hex().encode(),
    }
    for shift in range(3):
        made[f"base64, {shift}"] = _base64(encoded, shift)
        made[f"base64, {shift}, of URLs"] = _base64(encoded, shift).translate(bytes.maketrans(b"+/", b"-_"))
    by_bytes = {form: name for name, form in reversed(made.items())}
    return {name: form for form, name in by_bytes.items()}


def _escaped(character: str) -> bytes:
    return character.encode() if character.isascii() else b"\\u%04X" % ord(character)


def _base64(data: bytes, shift: int) -> bytes:
    """The digits that `data` alone decides, when it begins `shift` bytes into a group of three."""
    digits = base64.b64encode(bytes(shift) + data).rstrip(b"=")
    return digits[(shift * 8 + 5) // 6 : (shift + len(data)) * 8 // 6]


class Traces:
    """What to look for, and what was found: `found` has the place and the form of each trace."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.forms = {f"{text[:2]}…, {name}": form for text in texts for name, form in forms(text).items()}
        self._overlap = max(len(form) for form in self.forms.values())

    def of(self, data: bytes) -> set[str]:
        return {name for name, form in self.forms.items() if form in data}

    def of_files(self, directory: Path) -> dict[str, set[str]]:
        """By the name of the file. A file's own name counts as well."""
        looked = {path: path.read_bytes() if path.is_file() else b"" for path in directory.rglob("*")}
        assert looked, directory
        found = {str(path): self.of(data) | self.of(path.name.encode()) for path, data in looked.items()}
        return {path: traces for path, traces in found.items() if traces}

    def of_process(self, pid: int) -> set[str]:
        """In every readable mapping, and in every memfd that the process has open. It may go on meanwhile."""
        found: set[str] = set()
        looked = 0
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
                span, rights, _, _, _, *name = line.split(maxsplit=5)
                if rights.startswith("r") and name[:1] not in _UNREADABLE:
                    start, _, end = span.partition("-")
                    looked += self._of_span(memory.fileno(), int(start, 16), int(end, 16), found)
        assert looked > 10 * 1024 * 1024, f"only {looked} bytes of {pid} were read"
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):
                if os.readlink(descriptor).startswith("/memfd:"):
                    found |= self.of(descriptor.read_bytes())
        return found

    def _of_span(self, memory: int, start: int, end: int, found: set[str]) -> int:
        """Bytes read; a mapping that goes away while it is read is read as far as it was there."""
        looked = 0
        rest = b""
        for at in range(start, end, _PIECE_BYTES):
            with suppress(OSError):
                piece = os.pread(memory, min(_PIECE_BYTES, end - at), at)
                looked += len(piece)
                data = rest + piece
                found |= self.of(data)
                rest = data[-self._overlap :]
        return looked
