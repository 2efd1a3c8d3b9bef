"""clamd's INSTREAM, without the socket: what to send, and what its answer means. docs/spec/content.md section 7; clamd(8).

Rules:
1. Only the exact answer `stream: OK`, ended by NUL, after everything was sent, is clean.
2. clamd says OK too for what it skipped because a limit of its own was reached. Its limits are therefore read from its
   configuration, in which each must be set, and what is larger is never sent; AlertExceedsMax must be on, so that a limit that
   is reached inside a file is an alert, and no alert of that kind counts as infected or clean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from content.verdicts import Scanned, Verdict, signature_of

COMMAND: Final = b"zINSTREAM\0"
CHUNK_BYTES_MAX: Final = 64 * 2**10  # bytes of one chunk; a quarter of a Linux socket's default buffer
REPLY_BYTES_MAX: Final = 1_024  # bytes; `stream: NAME FOUND` with a name of any length that ClamAV takes (under 200)
SETTINGS_BYTES_MAX: Final = 2**20  # bytes of clamd.conf; Debian's has 3 KiB
SIZE_MAX: Final = 4 * 2**30 - 1  # bytes; StreamMaxLength and MaxFileSize stop there (clamd.conf(5))

_FOUND: Final = re.compile(rb"stream: ([!-~]+) FOUND")
# Alerts of ClamAV that say that it did not look at everything (clamd.conf(5): AlertExceedsMax, AlertEncrypted, AlertBroken...)
_NOT_SEEN: Final = re.compile(r"Heuristics\.(?:Limits\.|Encrypted\.|Broken\.)")
_TOO_LARGE: Final = b"INSTREAM size limit exceeded. ERROR"
_SIZES: Final = ("StreamMaxLength", "MaxFileSize", "MaxScanSize")
_MUST_BE_ON: Final = ("AlertExceedsMax", "AlertEncrypted", "AlertEncryptedArchive", "AlertEncryptedDoc")
# On unless the file says otherwise (clamd.conf(5))
_MUST_NOT_BE_OFF: Final = (
    "ScanArchive", "ScanPDF", "ScanOLE2", "ScanXMLDOCS", "ScanHTML", "ScanMail", "ScanPE", "ScanELF", "ScanSWF", "ScanImage",
)  # fmt: skip
_UNITS: Final = {"": 1, "K": 2**10, "M": 2**20}


class SettingsInvalid(Exception):
    """clamd's configuration would let something pass unseen, or cannot be read. The words are for its operator."""


@dataclass(frozen=True, slots=True)
class Settings:
    """In bytes, as in clamd.conf."""

    stream_max: int
    file_max: int
    scan_max: int

    def sees_all(self, size: int, unpacked: int) -> bool:
        """Whether clamd looks at all of a file of `size` bytes that holds `unpacked` bytes in its archives."""
        return size <= min(self.stream_max, self.file_max) and size + unpacked <= self.scan_max


def read_settings(text: str) -> Settings:
    """Of clamd.conf. A limit that is not set, or switched off, is a fault: its default differs between versions."""
    if len(text) > SETTINGS_BYTES_MAX:
        raise SettingsInvalid("clamd.conf is longer than SETTINGS_BYTES_MAX")
    found: dict[str, str] = {}
    for line in text.splitlines():
        words = line.split(None, 1)
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "Example":
            raise SettingsInvalid("clamd.conf still has its line Example")
        if words[0] in found and words[0] in (*_SIZES, *_MUST_BE_ON, *_MUST_NOT_BE_OFF):
            raise SettingsInvalid(f"clamd.conf sets {words[0]} twice")
        found[words[0]] = words[1].strip() if len(words) > 1 else ""
    missing = [f"{name} yes" for name in _MUST_BE_ON if not _is_on(found, name)]
    if missing:
        raise SettingsInvalid(f"clamd.conf must say: {', '.join(missing)}")
    for name in _MUST_NOT_BE_OFF:
        if name in found and not _is_on(found, name):
            raise SettingsInvalid(f"clamd.conf must not switch off {name}")
    sizes = [_size(found, name) for name in _SIZES]
    return Settings(*sizes)


def _is_on(found: Mapping[str, str], name: str) -> bool:
    return found.get(name, "").lower() in ("yes", "true", "1")


def _size(found: Mapping[str, str], name: str) -> int:
    match = re.fullmatch(r"([0-9]{1,10})([KkMm]?)", found.get(name, ""))
    if match is None:
        raise SettingsInvalid(f"clamd.conf must say {name} as a number with K or M")
    size = int(match[1]) * _UNITS[match[2].upper()]
    if not 0 < size <= SIZE_MAX:  # 0 is "no limit", which for some versions is "the default"
        raise SettingsInvalid(f"clamd.conf must say {name} between 1 and {SIZE_MAX} bytes")
    return size


def chunks(data: bytes) -> Iterator[bytes]:
    """A piece of the file as chunks: a length of four bytes, most significant first, and that many bytes. None is empty."""
    for at in range(0, len(data), CHUNK_BYTES_MAX):
        part = data[at : at + CHUNK_BYTES_MAX]
        yield len(part).to_bytes(4, "big") + part


END: Final = bytes(4)  # a chunk of nothing ends the stream


class Instream:
    """One scan: COMMAND, then `send` for each piece, then `finish`; `receive` for what comes, `closed` when no more does."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sent = 0
        self._finished = False
        self._reply = b""
        self.result: Scanned | None = (
            None  # set once and for all; a clean one only when clamd has closed the connection
        )

    def send(self, data: bytes) -> bytes:
        """What to write for a piece of the file; nothing once there is a result."""
        if self._finished:
            self._settle(Verdict.ERROR)
        self._sent += len(data)
        if not self._settings.sees_all(self._sent, 0):
            self._settle(Verdict.UNSCANNABLE)
        return b"" if self.result else b"".join(chunks(data))

    def finish(self, unpacked: int = 0) -> bytes:
        """The end of the stream. `unpacked`: how much the file's archives hold, as counted here."""
        if self._finished:
            self._settle(Verdict.ERROR)
        if not self._settings.sees_all(self._sent, unpacked):
            self._settle(Verdict.UNSCANNABLE)
        self._finished = True
        return b"" if self.result else END

    def receive(self, data: bytes) -> None:
        if self.result:
            return
        self._reply += data
        line, ended, rest = self._reply.partition(b"\0")
        if len(line) >= REPLY_BYTES_MAX:
            self._settle(Verdict.ERROR)
        if self.result or not ended:
            return
        scanned = read_reply(line)
        if scanned.verdict is not Verdict.CLEAN:
            self.result = scanned
        elif rest or not self._finished:  # more than one answer, or one about what clamd has not seen
            self._settle(Verdict.ERROR)

    def closed(self) -> Scanned:
        """clamd has closed the connection, as it does behind its one answer. Half an answer is none."""
        if self.result is None:
            self.result = read_reply(self._reply.removesuffix(b"\0")) if self._reply.endswith(b"\0") else None
        return self.result or Scanned(Verdict.ERROR)

    def _settle(self, verdict: Verdict) -> None:
        if self.result is None:
            self.result = Scanned(verdict)


def read_reply(line: bytes) -> Scanned:
    """The answer without its NUL."""
    if line == b"stream: OK":
        return Scanned(Verdict.CLEAN)
    if line == _TOO_LARGE:
        return Scanned(Verdict.UNSCANNABLE)
    match = _FOUND.fullmatch(line)
    if match is None:
        return Scanned(Verdict.ERROR)
    signature = signature_of(match[1])
    seen = not _NOT_SEEN.match(match[1].decode("ascii"))
    return Scanned(Verdict.INFECTED if seen else Verdict.UNSCANNABLE, signature)
