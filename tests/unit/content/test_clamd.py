"""What is sent to clamd, what its answers mean, and which configurations of it would let something pass unseen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.clamd import (
    CHUNK_BYTES_MAX,
    COMMAND,
    END,
    REPLY_BYTES_MAX,
    SETTINGS_BYTES_MAX,
    SIZE_MAX,
    Instream,
    Settings,
    SettingsInvalid,
    chunks,
    read_reply,
    read_settings,
)
from content.verdicts import Scanned, Verdict

WIDE = Settings(2**20, 2**20, 2**22)
CONF = """# Debian's, shortened
LocalSocket /run/clamav/clamd.ctl
StreamMaxLength 25M
MaxFileSize 26214400
MaxScanSize 204800K
AlertExceedsMax yes
AlertEncrypted true
AlertEncryptedArchive yes
AlertEncryptedDoc yes
ScanPDF yes
"""


def asked(*replies: bytes, sent: bytes = b"data", unpacked: int = 0) -> Scanned:
    scan = Instream(WIDE)
    scan.send(sent)
    scan.finish(unpacked)
    for reply in replies:
        scan.receive(reply)
    return scan.closed()


def test_a_file_in_chunks() -> None:
    scan = Instream(WIDE)
    assert COMMAND == b"zINSTREAM\0"
    assert scan.send(b"hello") == b"\0\0\0\x05hello"
    assert scan.send(b"") == b""  # an empty chunk would end the stream
    assert scan.finish() == END == b"\0\0\0\0"


def test_the_longest_chunk() -> None:
    assert [len(part) for part in chunks(bytes(CHUNK_BYTES_MAX))] == [CHUNK_BYTES_MAX + 4]
    assert [len(part) for part in chunks(bytes(CHUNK_BYTES_MAX + 1))] == [CHUNK_BYTES_MAX + 4, 5]


@given(st.binary(max_size=300_000))
def test_chunks_hold_the_file(data: bytes) -> None:
    stream, at, out = b"".join(chunks(data)), 0, b""
    while at < len(stream):
        length = int.from_bytes(stream[at : at + 4], "big")
        assert length
        out += stream[at + 4 : at + 4 + length]
        at += 4 + length
    assert out == data


def test_only_the_exact_answer_is_clean() -> None:
    assert asked(b"stream: OK\0") == Scanned(Verdict.CLEAN)
    assert asked(b"str", b"eam: O", b"K", b"\0") == Scanned(Verdict.CLEAN)


@pytest.mark.parametrize(
    "reply",
    [
        b"", b"stream: OK", b"stream: OK\n", b"stream: OK\r\n\0", b" stream: OK\0", b"stream: OK \0", b"stream: ok\0", b"OK\0",
        b"stream:OK\0", b"stream: OK\0x", b"stream: OK\0stream: OK\0", b"\0stream: OK\0", b"1: stream: OK\0",
        b"/tmp/x: OK\0", b"stream: OK\0stream: X FOUND\0", b"UNKNOWN COMMAND\0", b"stream: Can't allocate memory ERROR\0",
        b"stream:  FOUND\0", b"stream: a b FOUND\0", b"stream: X FOUN\0", "stream: 漢 FOUND\0".encode(), b"\xff" * 10 + b"\0",
        b"INSTREAM size limit exceeded\0", b"COMMAND READ TIMED OUT\0",
    ],
)  # fmt: skip
def test_every_other_answer_is_an_error(reply: bytes) -> None:
    assert asked(reply) == Scanned(Verdict.ERROR)


def test_what_was_found_is_named() -> None:
    assert asked(b"stream: Win.Test.EICAR_HDB-1 FOUND\0") == Scanned(Verdict.INFECTED, "Win.Test.EICAR_HDB-1")
    assert asked(b"stream: OK FOUND\0") == Scanned(Verdict.INFECTED, "OK")
    assert asked(b"stream: " + b"a" * 200 + b" FOUND\0") == Scanned(Verdict.INFECTED)


@pytest.mark.parametrize(
    "name",
    ["Heuristics.Limits.Exceeded.MaxFileSize", "Heuristics.Limits.Exceeded", "Heuristics.Encrypted.Zip",
     "Heuristics.Encrypted.PDF", "Heuristics.Broken.Media.PNG"],
)  # fmt: skip
def test_what_clamd_did_not_see_is_unscannable(name: str) -> None:
    assert asked(f"stream: {name} FOUND\0".encode()) == Scanned(Verdict.UNSCANNABLE, name)


def test_clamd_s_own_limit() -> None:
    assert asked(b"INSTREAM size limit exceeded. ERROR\0") == Scanned(Verdict.UNSCANNABLE)


def test_the_longest_answer() -> None:
    name = b"a" * (REPLY_BYTES_MAX - len(b"stream:  FOUND\0"))
    assert asked(b"stream: " + name + b" FOUND\0").verdict is Verdict.INFECTED
    assert asked(b"stream: " + name + b"a FOUND\0").verdict is Verdict.ERROR


def test_an_answer_before_the_end_is_believed_only_if_it_refuses() -> None:
    for reply, verdict in (
        (b"stream: OK\0", Verdict.ERROR),
        (b"stream: X FOUND\0", Verdict.INFECTED),
        (b"INSTREAM size limit exceeded. ERROR\0", Verdict.UNSCANNABLE),
    ):
        scan = Instream(WIDE)
        scan.receive(reply)
        assert scan.result is not None and scan.result.verdict is verdict
        assert scan.send(b"more") == b"" and scan.finish() == b""
        assert scan.closed().verdict is verdict


def test_a_result_does_not_change() -> None:
    scan = Instream(WIDE)
    scan.finish()
    scan.receive(b"stream: X FOUND\0")
    scan.receive(b"stream: OK\0")
    assert scan.closed() == Scanned(Verdict.INFECTED, "X")


def test_a_second_answer_takes_the_first_back() -> None:
    assert asked(b"stream: OK\0", b"stream: X FOUND\0").verdict is Verdict.ERROR
    assert asked(b"stream: OK\0", b"\0").verdict is Verdict.ERROR


def test_calls_out_of_order_are_errors() -> None:
    for again in (lambda scan: scan.finish(), lambda scan: scan.send(b"late")):
        scan = Instream(WIDE)
        scan.finish()
        again(scan)
        scan.receive(b"stream: OK\0")
        assert scan.closed().verdict is Verdict.ERROR


@pytest.mark.parametrize("limits", [Settings(5, 9, 9), Settings(9, 5, 9), Settings(9, 9, 5)])
def test_what_is_larger_than_a_limit_is_not_asked(limits: Settings) -> None:
    for size, sees in ((5, True), (6, False)):
        assert limits.sees_all(size, 0) is sees
        scan = Instream(limits)
        assert (scan.send(bytes(size)) != b"") is sees
        scan.finish()
        scan.receive(b"stream: OK\0")
        assert scan.closed().verdict is (Verdict.CLEAN if sees else Verdict.UNSCANNABLE)


def test_what_unpacks_to_more_than_the_limit_is_unscannable() -> None:
    room = WIDE.scan_max - 4
    assert asked(b"stream: OK\0", unpacked=room).verdict is Verdict.CLEAN
    assert asked(b"stream: OK\0", unpacked=room + 1).verdict is Verdict.UNSCANNABLE


def test_the_limits_of_a_configuration() -> None:
    assert read_settings(CONF) == Settings(25 * 2**20, 25 * 2**20, 200 * 2**20)


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("StreamMaxLength 25M\n", ""),
        ("MaxFileSize 26214400\n", ""),
        ("MaxScanSize 204800K\n", ""),
        ("StreamMaxLength 25M", "StreamMaxLength 0"),
        ("StreamMaxLength 25M", "StreamMaxLength 25G"),
        ("StreamMaxLength 25M", "StreamMaxLength -1"),
        ("StreamMaxLength 25M", "StreamMaxLength"),
        ("StreamMaxLength 25M", "StreamMaxLength 25M\nStreamMaxLength 1M"),
        ("AlertExceedsMax yes", "AlertExceedsMax no"),
        ("AlertExceedsMax yes\n", ""),
        ("AlertEncrypted true\n", ""),
        ("AlertEncryptedArchive yes\n", ""),
        ("AlertEncryptedDoc yes\n", ""),
        ("ScanPDF yes", "ScanPDF no"),
        ("ScanPDF yes", "ScanArchive false"),
        ("ScanPDF yes", "Example"),
    ],
)
def test_a_configuration_that_lets_something_pass(line: str, instead: str) -> None:
    assert line in CONF
    with pytest.raises(SettingsInvalid, match=r"clamd\.conf"):
        read_settings(CONF.replace(line, instead))


def test_all_that_is_missing_is_said_at_once() -> None:
    bare = "".join(line for line in CONF.splitlines(keepends=True) if not line.startswith("Alert"))
    with pytest.raises(SettingsInvalid) as told:
        read_settings(bare)
    lines = ("AlertExceedsMax yes", "AlertEncrypted yes", "AlertEncryptedArchive yes", "AlertEncryptedDoc yes")
    assert str(told.value) == f"clamd.conf must say: {', '.join(lines)}"
    assert read_settings(bare + "\n" + "\n".join(lines)) == read_settings(CONF)


def test_the_bounds_of_a_configuration() -> None:
    def with_size(size: int) -> str:
        return CONF.replace("StreamMaxLength 25M", f"StreamMaxLength {size}")

    assert read_settings(with_size(SIZE_MAX)).stream_max == SIZE_MAX
    with pytest.raises(SettingsInvalid, match="between"):
        read_settings(with_size(SIZE_MAX + 1))
    assert read_settings(CONF.ljust(SETTINGS_BYTES_MAX))
    with pytest.raises(SettingsInvalid, match="longer"):
        read_settings(CONF.ljust(SETTINGS_BYTES_MAX + 1))


@given(st.binary(max_size=60), st.integers(0, 60))
def test_no_bytes_in_whatever_pieces_pass_for_clean(data: bytes, at: int) -> None:
    whole = asked(data)
    assert asked(data[:at], data[at:]) == whole
    assert (whole.verdict is Verdict.CLEAN) == (data == b"stream: OK\0")
    assert read_reply(data).verdict is not Verdict.TIMEOUT
