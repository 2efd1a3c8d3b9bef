"""Parcels: docs/spec/ipc.md section 6. In memory up to INLINE_BYTES, beyond it in a memfd that nobody can change."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import tempfile
from collections.abc import Iterator

import pytest

from relay.base.errors import Misuse, Unavailable
from relay.base.reasons import Reason
from relay.ipc.messages import INLINE_BYTES, ProtocolViolation
from relay.net.parcel import PIECE_BYTES, Parcel, ParcelWriter
from tests.descriptors import none_left

LARGE = os.urandom(INLINE_BYTES + 1)
SEALS = {
    "write": fcntl.F_SEAL_WRITE,
    "grow": fcntl.F_SEAL_GROW,
    "shrink": fcntl.F_SEAL_SHRINK,
    "seal": fcntl.F_SEAL_SEAL,
}


@pytest.fixture(autouse=True)
def nothing_is_left_open() -> Iterator[None]:
    with none_left():
        yield


def memfd(data: bytes = b"sealed", seals: int = sum(SEALS.values())) -> int:
    descriptor = os.memfd_create("test", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(descriptor, data)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    return descriptor


def violation(inline: bytes | None, descriptors: list[int], most_bytes: int = 1 << 30) -> str:
    """What is wrong with it; its descriptors are closed."""
    with pytest.raises(ProtocolViolation) as caught:
        Parcel.received(inline, descriptors, most_bytes)
    for descriptor in descriptors:
        with pytest.raises(OSError) as closed:
            os.fstat(descriptor)
        assert closed.value.errno == errno.EBADF
    return str(caught.value)


@pytest.mark.parametrize("size", [0, 1, INLINE_BYTES - 1, INLINE_BYTES, INLINE_BYTES + 1, PIECE_BYTES, PIECE_BYTES + 1])
def test_what_goes_in_comes_out(size: int) -> None:
    data = os.urandom(size)
    with Parcel.of(data) as parcel:
        assert parcel.size == size
        assert (parcel.inline is None) is (size > INLINE_BYTES) is bool(parcel.descriptors)
        assert b"".join(parcel.pieces()) == b"".join(parcel.pieces()) == data  # any number of times
        assert all(len(piece) <= PIECE_BYTES for piece in parcel.pieces())
        assert parcel.read(0, size) == data
        assert parcel.read(size // 2, 10) == data[size // 2 : size // 2 + 10]
        assert parcel.read(size, 10) == b""


@pytest.mark.parametrize("step", [1000, INLINE_BYTES, INLINE_BYTES + 1])
def test_it_is_written_piece_by_piece(step: int) -> None:
    writer = ParcelWriter()
    for at in range(0, len(LARGE), step):
        writer.write(LARGE[at : at + step])
    assert writer.size == len(LARGE)
    with writer.freeze() as parcel:
        assert b"".join(parcel.pieces()) == LARGE


def test_a_frozen_parcel_cannot_be_changed_by_who_made_it() -> None:
    with Parcel.of(LARGE) as parcel:
        (descriptor,) = parcel.descriptors
        for change in (
            lambda: os.pwrite(descriptor, b"x", 0),
            lambda: os.ftruncate(descriptor, 0),
            lambda: os.ftruncate(descriptor, len(LARGE) + 1),
            lambda: fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, 0),
        ):
            with pytest.raises(PermissionError):
                change()
        assert b"".join(parcel.pieces()) == LARGE


def test_a_parcel_that_was_passed_is_read() -> None:
    with Parcel.received(b"sealed", [], 6) as parcel:
        assert b"".join(parcel.pieces()) == b"sealed"
    with Parcel.received(None, [memfd()], 6) as parcel:
        assert (parcel.size, b"".join(parcel.pieces())) == (6, b"sealed")


def test_a_parcel_over_the_limit() -> None:
    assert "over the limit" in violation(b"sealed", [], 5)
    assert "over the limit" in violation(None, [memfd()], 5)


def test_a_message_has_exactly_one_parcel() -> None:
    assert "exactly one parcel" in violation(None, [])
    assert "exactly one parcel" in violation(b"", [memfd()])
    assert "exactly one parcel" in violation(None, [memfd(), memfd()])


@pytest.mark.parametrize("missing", SEALS)
def test_a_parcel_that_its_sender_could_still_change(missing: str) -> None:
    assert "can still be changed" in violation(None, [memfd(seals=sum(SEALS.values()) - SEALS[missing])])


def test_what_is_no_memfd() -> None:
    with tempfile.TemporaryFile() as file:
        assert "not a memfd" in violation(None, [os.dup(file.fileno())])
    read_end, write_end = os.pipe()
    os.close(write_end)
    assert "not a memfd" in violation(None, [read_end])
    assert "not a memfd" in violation(None, [os.open("/", os.O_RDONLY)])


@pytest.mark.parametrize("flags", [os.O_WRONLY, os.O_PATH])
def test_a_memfd_that_the_receiver_cannot_read(flags: int) -> None:
    """Opened anew by /proc for writing only: seals and size are right, and every read would fail."""
    descriptor = memfd(seals=0)
    closed_to_reading = os.open(f"/proc/self/fd/{descriptor}", flags)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, sum(SEALS.values()))
    os.close(descriptor)
    assert violation(None, [closed_to_reading]) in ("a parcel cannot be read", "a parcel is not a memfd")


def test_a_closed_parcel_cannot_be_read() -> None:
    for data in (b"small", LARGE):
        parcel = Parcel.of(data)
        parcel.close()
        parcel.close()
        with pytest.raises(Misuse):
            parcel.read(0, 1)


def test_a_writer_that_is_given_up_leaves_nothing() -> None:
    for data in (b"small", LARGE):
        with ParcelWriter() as writer:
            writer.write(data)


def test_without_memory_or_descriptors_it_is_unavailable() -> None:
    """EMFILE is no bug of ours: the transfer is refused as one too many, and the service goes on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        with pytest.raises(Unavailable) as caught:
            Parcel.of(LARGE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert caught.value.reason is Reason.OVERLOADED
    assert caught.value.detail == os.strerror(errno.EMFILE)
