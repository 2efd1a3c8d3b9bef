"""What a ZIP may be, and that it is never unpacked beyond its bounds."""

from __future__ import annotations

import struct
import tracemalloc
import zipfile
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content import archives
from content.archives import ARCHIVE_ENTRIES_MAX, ARCHIVE_RATIO_FREE_BYTES, Budget, content, read_archive, unpacked
from content.faults import Fault, Unfit
from tests.unit.content.zips import Entry, by_hand, local, sharing_one_body, zipped


def unpack(data: bytes) -> dict[str, bytes]:
    budget = Budget()
    return {member.name: content(data, member, budget) for member in read_archive(data, budget)}


def fault_of(data: bytes) -> Fault | None:
    try:
        unpack(data)
    except Unfit as unfit:
        return unfit.fault
    return None


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_files_come_out_as_they_went_in(method: int) -> None:
    files = {"申請書.txt": "氏名".encode(), "写真/一.jpg": bytes(200_000), "empty.txt": b""}
    assert unpack(zipped(files, method)) == files


def test_a_streamed_archive_has_its_sizes_behind_the_data() -> None:
    class Pipe(BytesIO):
        def seekable(self) -> bool:
            return False

    out = Pipe()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", b"hello")
    assert unpack(out.getvalue()) == {"a.txt": b"hello"}


def test_directories_are_no_files() -> None:
    assert unpack(by_hand(Entry(b"d/", b""), Entry(b"d/a.txt"))) == {"d/a.txt": b"hello"}
    assert fault_of(by_hand(Entry(b"d/", b"hidden"))) is Fault.ARCHIVE_DISAGREES


def test_names_of_japanese_windows_and_of_macos() -> None:
    assert list(unpack(by_hand(Entry("申請書.txt".encode("cp932"))))) == ["申請書.txt"]
    assert list(unpack(by_hand(Entry("申請書.txt".encode())))) == ["申請書.txt"]
    assert fault_of(by_hand(Entry("申請書.txt".encode("cp932"), flags=1 << 11))) is Fault.ARCHIVE_NAME


@pytest.mark.parametrize(
    "name", [b"../a", b"/a", b"a/../b", b"a//b", b"a\\b", b"C:a", b"", b"a\0b", b".", b"\x81\x20", b"a/./b", b"//"]
)
def test_names_that_lead_elsewhere(name: bytes) -> None:
    assert fault_of(by_hand(Entry(name))) is Fault.ARCHIVE_NAME


def test_the_most_entries() -> None:
    entries = [Entry(b"%d" % index, b"") for index in range(ARCHIVE_ENTRIES_MAX + 1)]
    assert len(unpack(by_hand(*entries[:-1]))) == ARCHIVE_ENTRIES_MAX
    assert fault_of(by_hand(*entries)) is Fault.ARCHIVE_ENTRIES


def test_one_budget_is_for_all() -> None:
    data = by_hand(Entry())
    budget = Budget(entries=3, unpacked=9)
    (member,) = read_archive(data, budget)
    assert content(data, member, budget) == b"hello"
    assert (budget.entries, budget.unpacked) == (2, 4)
    with pytest.raises(Unfit, match="archive_size"):
        read_archive(data, budget)
    with pytest.raises(Unfit, match="archive_size"):
        content(data, member, budget)


def test_the_depth() -> None:
    assert read_archive(by_hand(Entry()), Budget(depth=1))
    with pytest.raises(Unfit, match="archive_depth"):
        read_archive(by_hand(Entry()), Budget(depth=0))


def test_the_most_bytes_in_all() -> None:
    data = by_hand(Entry(b"a"), Entry(b"b"))
    assert len(read_archive(data, Budget(unpacked=10))) == 2
    with pytest.raises(Unfit, match="archive_size"):
        read_archive(data, Budget(unpacked=9))


def test_the_most_bytes_of_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "ARCHIVE_MEMBER_BYTES_MAX", 5)
    assert unpack(by_hand(Entry(data=b"12345"))) == {"a.txt": b"12345"}
    assert fault_of(by_hand(Entry(data=b"123456"))) is Fault.ARCHIVE_SIZE


def test_the_ratio() -> None:
    assert unpack(zipped({"a": bytes(ARCHIVE_RATIO_FREE_BYTES)}))
    assert fault_of(zipped({"a": bytes(ARCHIVE_RATIO_FREE_BYTES + 1)})) is Fault.ARCHIVE_RATIO


def test_exactly_the_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "ARCHIVE_RATIO_FREE_BYTES", 0)
    packed = zlib.compressobj(wbits=-15)
    plain = bytes(1_000)
    body = packed.compress(plain) + packed.flush()
    entry = Entry(data=body, method=8, crc=zlib.crc32(plain), size=len(plain))
    monkeypatch.setattr(archives, "ARCHIVE_RATIO_MAX", -(-1_000 // len(body)))
    assert unpack(by_hand(entry)) == {"a.txt": plain}
    monkeypatch.setattr(archives, "ARCHIVE_RATIO_MAX", 999 // len(body))
    assert fault_of(by_hand(entry)) is Fault.ARCHIVE_RATIO


def bomb(declared: int) -> bytes:
    """Sixty megabytes of nothing, of which the directory tells what it likes."""
    packer = zlib.compressobj(9, wbits=-15)
    body = packer.compress(bytes(60 * 2**20)) + packer.flush()
    return by_hand(Entry(data=body, method=8, crc=0, size=declared))


def test_a_bomb_that_says_it_is_small_is_left_at_its_word() -> None:
    data = bomb(100)
    budget = Budget()
    (member,) = read_archive(data, budget)
    tracemalloc.start()
    try:
        with pytest.raises(Unfit, match="archive_disagrees"):
            content(data, member, budget)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()
    assert budget.unpacked > Budget().unpacked - 2 * archives.UNPACKED_PIECE_BYTES


def test_pieces_are_bounded() -> None:
    data = zipped({"a": bytes(2**20)})
    budget = Budget()
    (member,) = read_archive(data, budget)
    sizes = [len(part) for part in unpacked(data, member, budget)]
    assert sum(sizes) == 2**20 and max(sizes) <= archives.UNPACKED_PIECE_BYTES


def test_files_that_share_their_bytes() -> None:
    assert fault_of(sharing_one_body(2, 10)) is Fault.ARCHIVE_OVERLAP
    one, two = Entry(b"a", b"x" * 60), Entry(b"b", b"y")
    inside = Entry(b"a", local(two))
    assert fault_of(by_hand(inside, Entry(b"b", b"y", at=31))) is Fault.ARCHIVE_OVERLAP
    assert fault_of(by_hand(one, two)) is None


def test_data_that_the_directory_does_not_name() -> None:
    assert fault_of(by_hand(Entry(), gap=b"x")) is Fault.ARCHIVE_GAP
    assert fault_of(by_hand(Entry(), gap=local(Entry(b"hidden")))) is Fault.ARCHIVE_GAP
    assert fault_of(b"MZ" + by_hand(Entry())) is Fault.DAMAGED
    assert fault_of(local(Entry(b"hidden")) + by_hand(Entry())) is Fault.ARCHIVE_DISAGREES


def test_data_behind_the_end() -> None:
    assert fault_of(by_hand(Entry()) + b"\0") is Fault.TRAILING_DATA
    assert fault_of(by_hand(Entry(), comment=b"c")) is Fault.TRAILING_DATA
    assert fault_of(by_hand(Entry()) + by_hand(Entry())) is Fault.ARCHIVE_DISAGREES


LIES = [
    Entry(b"b.txt"),
    Entry(flags=2),
    Entry(method=8),
    Entry(crc=1),
    Entry(packed=4),
    Entry(size=6),
]


@pytest.mark.parametrize("lie", LIES)
def test_the_two_headers_say_the_same(lie: Entry) -> None:
    assert fault_of(by_hand(Entry(), locals_=[lie])) in (Fault.ARCHIVE_DISAGREES, Fault.ARCHIVE_GAP)


def test_the_content_is_what_the_headers_say() -> None:
    assert fault_of(by_hand(Entry(crc=1))) is Fault.ARCHIVE_DISAGREES
    body = zlib.compress(b"hello", wbits=-15)
    good = {"method": 8, "crc": zlib.crc32(b"hello"), "size": 5}
    assert fault_of(by_hand(Entry(data=body, **good))) is None
    for changed in (body + b"x", body[:-1], b"\xff" + body):
        assert fault_of(by_hand(Entry(data=changed, **good))) in (Fault.ARCHIVE_DISAGREES, Fault.DAMAGED)
    for size in (4, 6):
        assert fault_of(by_hand(Entry(data=body, **{**good, "size": size}))) is Fault.ARCHIVE_DISAGREES


@pytest.mark.parametrize("flag", [1 << 0, 1 << 6, 1 << 13])
def test_encrypted_members(flag: int) -> None:
    assert fault_of(by_hand(Entry(flags=flag))) is Fault.ARCHIVE_ENCRYPTED


def test_encrypted_by_other_means() -> None:
    assert fault_of(by_hand(Entry(method=99))) is Fault.ARCHIVE_ENCRYPTED
    assert fault_of(by_hand(Entry(extra=b"\x01\x99\x02\0AE"))) is Fault.ARCHIVE_ENCRYPTED


@pytest.mark.parametrize("method", [1, 6, 9, 12, 14, 93, 95])
def test_other_methods(method: int) -> None:
    assert fault_of(by_hand(Entry(method=method))) is Fault.ARCHIVE_METHOD


def test_patched_data_are_not_read() -> None:
    assert fault_of(by_hand(Entry(flags=1 << 5))) is Fault.ARCHIVE_METHOD


def test_zip64_is_not_taken() -> None:
    extra = struct.pack("<HHQ", 1, 8, 5)
    assert fault_of(by_hand(Entry(extra=extra))) is Fault.ARCHIVE_ZIP64
    assert fault_of(by_hand(Entry(), locals_=[Entry(extra=extra)])) is Fault.ARCHIVE_ZIP64
    assert fault_of(by_hand(Entry(size=0xFFFFFFFF))) is Fault.ARCHIVE_ZIP64
    data = by_hand(Entry())
    assert fault_of(data[:-14] + b"\xff\xff" + data[-12:]) is Fault.ARCHIVE_ZIP64
    assert fault_of(data[:-22] + b"PK\6\7" + bytes(16) + data[-22:]) is Fault.ARCHIVE_ZIP64


def test_an_extra_field_must_be_whole_and_name_no_other_file() -> None:
    assert fault_of(by_hand(Entry(extra=b"\x55\x54\x01\0\0"))) is None
    assert fault_of(by_hand(Entry(extra=b"\x55\x54\x02\0\0"))) is Fault.DAMAGED
    assert fault_of(by_hand(Entry(extra=b"\x75\x70\x06\0\x01abcde"))) is Fault.ARCHIVE_NAME


@pytest.mark.parametrize("mode", [0o120777, 0o020666, 0o010644, 0o140755])
def test_links_and_devices(mode: int) -> None:
    assert fault_of(by_hand(Entry(mode=mode))) is Fault.ARCHIVE_LINK
    assert fault_of(by_hand(Entry(mode=0o100644))) is None


@pytest.mark.parametrize("twin", ["a.txt", "A.TXT", "ａ.txt", "a.txt/"])
def test_two_files_of_one_name(twin: str) -> None:
    second = Entry(twin.encode(), b"" if twin.endswith("/") else b"other")
    assert fault_of(by_hand(Entry(), second)) is Fault.ARCHIVE_DUPLICATE


def test_a_descriptor_says_what_the_directory_says() -> None:
    told = struct.pack("<III", zlib.crc32(b"hello"), 5, 5)
    early = Entry(flags=8, crc=0, packed=0, size=0)
    for descriptor, fault in (
        (b"PK\7\x08" + told, None),
        (told, None),
        (b"PK\7\x08" + told[:-1] + b"\1", Fault.ARCHIVE_DISAGREES),
        (b"", Fault.ARCHIVE_DISAGREES),
        (told + b"x", Fault.ARCHIVE_GAP),
    ):
        early.descriptor = descriptor
        assert fault_of(by_hand(Entry(flags=8, descriptor=descriptor), locals_=[early])) is fault


def test_no_part_of_an_archive_is_one() -> None:
    whole = zipped({"a.txt": b"hello", "b.txt": b"world" * 100})
    for length in range(len(whole)):
        assert fault_of(whole[:length]) is not None, length


@given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 255))
def test_any_change_is_refused_or_changes_nothing_that_is_read(body: bytes, at: int, byte: int) -> None:
    files = {"a.txt": body, "b.txt": b"b"}
    data = bytearray(zipped(files))
    data[at % len(data)] = byte
    budget = Budget()
    try:
        found = [content(bytes(data), member, budget) for member in read_archive(bytes(data), budget)]
    except Unfit:
        return
    assert found == list(files.values())
