"""ZIP archives, read so that every reader would see the same files in them, and unpacked under bounds.

Rules:
1. The directory, the local headers and the data must say the same thing. Where readers in the field choose differently
   (ZIP64, prefixes, comments, gaps, overlaps, two entries of one name), the archive is refused.
2. The entries tile the file: from its first byte to the directory there is no gap and no overlap.
3. What is unpacked comes in pieces; no more is unpacked than an entry declares, and no more than the budget has left. The
   budget is one for an archive and all that are in it.

PKWARE APPNOTE 6.3.10; section numbers are its.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from content.cursor import number, piece
from content.faults import Fault, Unfit

ARCHIVE_DEPTH_MAX: Final = 2  # archives; a zip in a zip, which mail programs and file shares make
ARCHIVE_ENTRIES_MAX: Final = 1_000  # entries, over all depths; a docx with pictures has under 200
ARCHIVE_BYTES_MAX: Final = 200 * 2**20  # bytes unpacked, over all depths; ten times an application's usual 20 MiB
ARCHIVE_MEMBER_BYTES_MAX: Final = (
    100 * 2**20
)  # bytes of one entry; what one examination holds in memory at once, per depth
ARCHIVE_RATIO_MAX: Final = 100  # unpacked / packed; office XML has up to 50, deflate can have 1,032
ARCHIVE_RATIO_FREE_BYTES: Final = 2**20  # bytes unpacked of one entry that have any ratio: blank pages, small XML
UNPACKED_PIECE_BYTES: Final = 64 * 2**10  # bytes; pipe-sized pieces

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_DESCRIPTOR, _ZIP64_LOCATOR = b"PK\x07\x08", b"PK\x06\x07"
_END_BYTES, _CENTRAL_BYTES, _LOCAL_BYTES = 22, 46, 30  # 4.3.16, 4.3.12, 4.3.7
_ENCRYPTED_FLAGS: Final = 1 << 0 | 1 << 6 | 1 << 13  # 4.4.4
_STREAMED, _UTF8 = 1 << 3, 1 << 11
_KNOWN_FLAGS: Final = _ENCRYPTED_FLAGS | 1 << 1 | 1 << 2 | _STREAMED | _UTF8
_STORED, _DEFLATED, _AES = 0, 8, 99
_ZIP64_EXTRA, _UNICODE_PATH_EXTRA, _AES_EXTRA = 0x0001, 0x7075, 0x9901
_UNIX: Final = (3, 19)  # hosts whose attributes hold a file's mode: Unix and macOS
_REGULAR, _DIRECTORY = 0o100000, 0o040000


@dataclass(frozen=True, slots=True)
class Member:
    """One file. `start`, `packed`: where its data are; `size`, `crc`: what they unpack to."""

    name: str
    method: int
    start: int
    packed: int
    size: int
    crc: int


@dataclass(slots=True)
class Budget:
    """What is left for an archive and everything in it."""

    entries: int = ARCHIVE_ENTRIES_MAX
    unpacked: int = ARCHIVE_BYTES_MAX
    depth: int = ARCHIVE_DEPTH_MAX


@dataclass(frozen=True, slots=True)
class _Entry:
    raw_name: bytes
    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    header: int


def read_archive(data: bytes, budget: Budget) -> tuple[Member, ...]:
    """The files, without directories. Takes its entries off the budget; unpacks nothing."""
    if budget.depth < 1:
        raise Unfit(Fault.ARCHIVE_DEPTH)
    directory, count = _end_record(data)
    if count > budget.entries:
        raise Unfit(Fault.ARCHIVE_ENTRIES)
    budget.entries -= count
    entries = _directory(data, directory, count)
    if sum([entry.size for entry in entries]) > budget.unpacked:
        raise Unfit(Fault.ARCHIVE_SIZE)
    names = {unicodedata.normalize("NFKC", entry.name).casefold().rstrip("/") for entry in entries}
    if len(names) != len(entries):
        raise Unfit(Fault.ARCHIVE_DUPLICATE)
    members = []
    before = 0
    for entry in sorted(entries, key=lambda entry: entry.header):
        if entry.header != before:
            raise Unfit(Fault.ARCHIVE_OVERLAP if entry.header < before else Fault.ARCHIVE_GAP)
        member, before = _member(data, entry)
        if before > directory:
            raise Unfit(Fault.ARCHIVE_OVERLAP)
        if not entry.name.endswith("/"):
            members.append(member)
        elif entry.size or entry.packed > 2:  # an empty deflate stream has two bytes
            raise Unfit(Fault.ARCHIVE_DISAGREES)
    if before != directory:
        raise Unfit(Fault.ARCHIVE_GAP)
    return tuple(members)


def unpacked(data: bytes, member: Member, budget: Budget) -> Iterator[bytes]:
    """The content in pieces. Raises Unfit as soon as it is more than the member declares, or than the budget has left."""
    if member.size > ARCHIVE_MEMBER_BYTES_MAX or member.size > budget.unpacked:
        raise Unfit(Fault.ARCHIVE_SIZE)
    crc = done = 0
    for out in _inflated(data, member) if member.method == _DEFLATED else _stored(data, member):
        done += len(out)
        if done > member.size:
            raise Unfit(Fault.ARCHIVE_DISAGREES)
        budget.unpacked -= len(out)
        crc = zlib.crc32(out, crc)
        yield out
    if done != member.size or crc != member.crc:
        raise Unfit(Fault.ARCHIVE_DISAGREES)


def content(data: bytes, member: Member, budget: Budget) -> bytes:
    """All of it, at most ARCHIVE_MEMBER_BYTES_MAX."""
    return b"".join(unpacked(data, member, budget))


def _stored(data: bytes, member: Member) -> Iterator[bytes]:
    end = member.start + member.packed
    for at in range(member.start, end, UNPACKED_PIECE_BYTES):
        yield data[at : min(end, at + UNPACKED_PIECE_BYTES)]


def _inflated(data: bytes, member: Member) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    for packed in _stored(data, member):
        rest = packed
        while rest:
            if inflater.eof:  # bytes behind the end of the stream
                raise Unfit(Fault.ARCHIVE_DISAGREES)
            try:
                out = inflater.decompress(rest, UNPACKED_PIECE_BYTES)
            except zlib.error as error:
                raise Unfit(Fault.DAMAGED) from error
            if out:
                yield out
            rest = inflater.unconsumed_tail or inflater.unused_data
    while not inflater.eof:  # what the bound above held back of the last piece
        try:
            out = inflater.decompress(b"", UNPACKED_PIECE_BYTES)
        except zlib.error as error:
            raise Unfit(Fault.DAMAGED) from error
        if not out and not inflater.eof:
            raise Unfit(Fault.ARCHIVE_DISAGREES)
        if out:
            yield out


def _end_record(data: bytes) -> tuple[int, int]:
    """(where the directory begins, how many entries it has)."""
    at = len(data) - _END_BYTES
    if not data.startswith(_LOCAL) or at < 0:
        raise Unfit(Fault.DAMAGED)
    if data[at : at + 4] != _END:
        raise Unfit(Fault.TRAILING_DATA if _END in data[-65_557:] else Fault.DAMAGED)
    disk, first_disk, here, count = (number(data, at + offset, 2, "little") for offset in (4, 6, 8, 10))
    size, start = number(data, at + 12, 4, "little"), number(data, at + 16, 4, "little")
    if _ends_in_zip64(data, at) or 0xFFFF in (disk, first_disk, here, count) or 0xFFFFFFFF in (size, start):
        raise Unfit(Fault.ARCHIVE_ZIP64)
    if disk or first_disk or here != count or not count or start + size != at or number(data, at + 20, 2, "little"):
        raise Unfit(Fault.ARCHIVE_DISAGREES)
    return start, count


def _ends_in_zip64(data: bytes, end: int) -> bool:
    return data[max(0, end - 20) : end].startswith(_ZIP64_LOCATOR)


def _directory(data: bytes, start: int, count: int) -> list[_Entry]:
    entries = []
    at = start
    for _ in range(count):
        if piece(data, at, 4) != _CENTRAL:
            raise Unfit(Fault.ARCHIVE_DISAGREES)
        lengths = [number(data, at + offset, 2, "little") for offset in (28, 30, 32)]
        entries.append(_entry(data, at, lengths))
        at += _CENTRAL_BYTES + sum(lengths)
    if at != len(data) - _END_BYTES:
        raise Unfit(Fault.ARCHIVE_DISAGREES)
    return entries


def _entry(data: bytes, at: int, lengths: list[int]) -> _Entry:
    flags, method = number(data, at + 8, 2, "little"), number(data, at + 10, 2, "little")
    crc, packed, size = (number(data, at + offset, 4, "little") for offset in (16, 20, 24))
    header = number(data, at + 42, 4, "little")
    extra = piece(data, at + _CENTRAL_BYTES + lengths[0], lengths[1])
    piece(data, at + _CENTRAL_BYTES, sum(lengths))
    _extras(extra)
    if 0xFFFFFFFF in (packed, size, header):
        raise Unfit(Fault.ARCHIVE_ZIP64)
    if flags & _ENCRYPTED_FLAGS or method == _AES:
        raise Unfit(Fault.ARCHIVE_ENCRYPTED)
    if method not in (_STORED, _DEFLATED) or flags & ~_KNOWN_FLAGS:
        raise Unfit(Fault.ARCHIVE_METHOD)
    if number(data, at + 34, 2, "little") or (method == _STORED and packed != size):
        raise Unfit(Fault.ARCHIVE_DISAGREES)
    mode = number(data, at + 40, 2, "little") if data[at + 5] in _UNIX else 0
    if mode & 0o170000 not in (0, _REGULAR, _DIRECTORY):
        raise Unfit(Fault.ARCHIVE_LINK)
    if size > ARCHIVE_MEMBER_BYTES_MAX:
        raise Unfit(Fault.ARCHIVE_SIZE)
    if size > ARCHIVE_RATIO_FREE_BYTES and size > ARCHIVE_RATIO_MAX * packed:
        raise Unfit(Fault.ARCHIVE_RATIO)
    raw_name = piece(data, at + _CENTRAL_BYTES, lengths[0])
    return _Entry(raw_name, _decoded(raw_name, flags), flags, method, crc, packed, size, header)


def _extras(extra: bytes) -> None:
    """4.5: refuses those that say another size, another name or another protection than the header."""
    at = 0
    while at < len(extra):
        kind, length = number(extra, at, 2, "little"), number(extra, at + 2, 2, "little")
        piece(extra, at + 4, length)
        if kind == _ZIP64_EXTRA:
            raise Unfit(Fault.ARCHIVE_ZIP64)
        if kind == _AES_EXTRA:
            raise Unfit(Fault.ARCHIVE_ENCRYPTED)
        if kind == _UNICODE_PATH_EXTRA:
            raise Unfit(Fault.ARCHIVE_NAME)
        at += 4 + length


def _decoded(raw: bytes, flags: int) -> str:
    """UTF-8 where the flag says so, and where macOS does not set it; otherwise what Japanese Windows writes."""
    for encoding in ("utf-8",) if flags & _UTF8 else ("utf-8", "cp932"):
        try:
            name = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        parts = name.removesuffix("/").split("/")
        if any(part in ("", ".", "..") for part in parts) or any(mark in name for mark in "\\:\0"):
            raise Unfit(Fault.ARCHIVE_NAME)
        return name
    raise Unfit(Fault.ARCHIVE_NAME)


def _member(data: bytes, entry: _Entry) -> tuple[Member, int]:
    """The file behind a local header that says what the directory says, and the end of all that belongs to it."""
    at = entry.header
    if piece(data, at, 4) != _LOCAL:
        raise Unfit(Fault.ARCHIVE_DISAGREES)
    flags, method = number(data, at + 6, 2, "little"), number(data, at + 8, 2, "little")
    told = tuple([number(data, at + offset, 4, "little") for offset in (14, 18, 22)])
    lengths = [number(data, at + offset, 2, "little") for offset in (26, 28)]
    name = piece(data, at + _LOCAL_BYTES, lengths[0])
    _extras(piece(data, at + _LOCAL_BYTES + lengths[0], lengths[1]))
    agreed = (entry.crc, entry.packed, entry.size)
    if (flags, method, name) != (entry.flags, entry.method, entry.raw_name):
        raise Unfit(Fault.ARCHIVE_DISAGREES)
    streamed = bool(flags & _STREAMED)
    if told != agreed and not (streamed and told == (0, 0, 0)):
        raise Unfit(Fault.ARCHIVE_DISAGREES)
    start = at + _LOCAL_BYTES + sum(lengths)
    end = start + entry.packed
    if end > len(data):
        raise Unfit(Fault.ARCHIVE_OVERLAP)
    member = Member(entry.name, entry.method, start, entry.packed, entry.size, entry.crc)
    return member, end + (_descriptor(data, end, agreed) if streamed else 0)


def _descriptor(data: bytes, at: int, agreed: tuple[int, int, int]) -> int:
    """4.3.9: how long it is. Its signature is optional."""
    signed = 4 if piece(data, at, 4) == _DESCRIPTOR else 0
    if tuple([number(data, at + signed + offset, 4, "little") for offset in (0, 4, 8)]) != agreed:
        raise Unfit(Fault.ARCHIVE_DISAGREES)
    return signed + 12
