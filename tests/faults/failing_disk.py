"""Disks that fail at one chosen system call, and forget what was never made durable.

`Failure`: FAILS: the call did nothing. PERSISTED: it did its work and reported an error all the same. TORN: a write did half of
its work (other calls: nothing). After the failure the disk is dead, as for a process that crashed; `power_loss` then
takes away whatever no fsync had made durable: data, names, and removals.
"""

from __future__ import annotations

import enum
import errno
import os
from collections.abc import Callable
from pathlib import Path

from relay.ledger.disk import Disk


class Failure(enum.Enum):
    FAILS = "fails"
    PERSISTED = "fails but persisted"
    TORN = "torn"


class QuickDisk(Disk):
    """The real disk without the waiting: here durability is simulated, by `MortalDisk`."""

    def fsync(self, descriptor: int) -> None:
        pass

    def fdatasync(self, descriptor: int) -> None:
        pass

    def fsync_directory(self, path: str) -> None:
        pass


class File:
    """One file through all its names."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.key = str(id(self))


class MortalDisk(QuickDisk):
    """Dies at call number `at`; with `at` None it only counts. `calls` is the list of the calls so far."""

    def __init__(self, at: int | None = None, failure: Failure = Failure.FAILS) -> None:
        self.calls: list[str] = []
        self._at = at
        self._failure = failure
        self._dead = False
        self._undo: list[tuple[tuple[str, str], Callable[[], object]]] = []  # what becomes durable with which key
        self._files: dict[int, File] = {}  # by descriptor
        self._names: dict[str, File] = {}

    def _step(self, name: str, work: Callable[[], int | None], half: Callable[[], object] | None = None) -> int:
        if self._dead:
            raise OSError(errno.EIO, f"dead before {name}")
        self.calls.append(name)
        if len(self.calls) - 1 != self._at:
            return work() or 0
        self._dead = True
        if self._failure is Failure.PERSISTED:
            work()
        elif self._failure is Failure.TORN and half is not None:
            half()
        raise OSError(errno.EIO, f"{self._failure.value}: {name}")

    def _until(self, kind: str, path: str, undo: Callable[[], object]) -> None:
        self._undo.append(((kind, path), undo))

    def _durable(self, kind: str, path: str) -> None:
        self._undo = [entry for entry in self._undo if entry[0] != (kind, path)]

    def power_loss(self) -> None:
        for _, undo in reversed(self._undo):
            undo()
        self._undo.clear()

    def create(self, path: str) -> int:
        def work() -> int:
            old = Path(path).read_bytes() if Path(path).exists() else None
            descriptor = super(MortalDisk, self).create(path)
            file = self._opened(descriptor, path, is_new=old is None)
            if old is None:
                self._until("name", str(Path(path).parent), lambda: Path(file.path).unlink(missing_ok=True))
            else:
                self._until("data", file.key, lambda: Path(file.path).write_bytes(old))
            return descriptor

        return self._step("create", work)

    def _opened(self, descriptor: int, path: str, *, is_new: bool) -> File:
        file = File(path) if is_new or path not in self._names else self._names[path]
        self._files[descriptor] = self._names[path] = file
        return file

    def open_journal(self, path: str) -> int:
        descriptor = super().open_journal(path)
        self._opened(descriptor, path, is_new=False)
        return descriptor

    def write(self, descriptor: int, data: bytes | memoryview) -> int:
        file = self._files[descriptor]

        def work() -> int:
            before = os.fstat(descriptor).st_size
            self._until("data", file.key, lambda: os.truncate(file.path, before) if Path(file.path).exists() else None)
            return os.write(descriptor, data)

        return self._step("write", work, lambda: os.write(descriptor, data[: len(data) // 2]))

    def pwrite(self, descriptor: int, data: bytes | memoryview, offset: int) -> int:
        file = self._files[descriptor]

        def put_back(old: bytes) -> None:
            again = os.open(file.path, os.O_WRONLY)
            os.pwrite(again, old, offset)
            os.close(again)

        def work() -> int:
            old = os.pread(descriptor, len(data), offset)
            self._until("data", file.key, lambda: put_back(old))
            return os.pwrite(descriptor, data, offset)

        return self._step("pwrite", work, lambda: os.pwrite(descriptor, data[: len(data) // 2], offset))

    def fsync(self, descriptor: int) -> None:
        self._step("fsync", lambda: self._durable("data", self._files[descriptor].key))

    def fdatasync(self, descriptor: int) -> None:
        self._step("fdatasync", lambda: self._durable("data", self._files[descriptor].key))

    def fsync_directory(self, path: str) -> None:
        self._step("fsync_directory", lambda: self._durable("name", str(Path(path))))

    def mkdir(self, path: str) -> None:
        def work() -> None:
            super(MortalDisk, self).mkdir(path)
            self._until("name", str(Path(path).parent), lambda: Path(path).rmdir())

        self._step("mkdir", work)

    def rename(self, old: str, new: str) -> None:
        def work() -> None:
            before = Path(new).read_bytes() if Path(new).exists() else None

            file = self._names.pop(old)

            def undo() -> None:
                Path(new).rename(old)
                file.path = old
                if before is not None:
                    Path(new).write_bytes(before)

            super(MortalDisk, self).rename(old, new)
            file.path = new
            self._names[new] = file
            self._until("name", str(Path(new).parent), undo)

        self._step("rename", work)

    def unlink(self, path: str) -> None:
        def work() -> None:
            before = Path(path).read_bytes()
            super(MortalDisk, self).unlink(path)

            def undo() -> None:
                if Path(path).parent.exists():  # else its removal is durable, and with it that of all within
                    Path(path).write_bytes(before)

            self._until("name", str(Path(path).parent), undo)

        self._step("unlink", work)

    def rmdir(self, path: str) -> None:
        def work() -> None:
            super(MortalDisk, self).rmdir(path)
            self._until("name", str(Path(path).parent), lambda: Path(path).mkdir())

        self._step("rmdir", work)


class StumblingDisk(QuickDisk):
    """Call number `at` fails with `number` as errno, and everything after it works again."""

    def __init__(self, at: int | None, number: int) -> None:
        self.calls: list[str] = []
        self._at = at
        self._number = number

    def _step(self, name: str) -> None:
        self.calls.append(name)
        if len(self.calls) - 1 == self._at:
            raise OSError(self._number, os.strerror(self._number))

    def create(self, path: str) -> int:
        self._step("create")
        return super().create(path)

    def write(self, descriptor: int, data: bytes | memoryview) -> int:
        self._step("write")
        return super().write(descriptor, data)

    def pwrite(self, descriptor: int, data: bytes | memoryview, offset: int) -> int:
        self._step("pwrite")
        return super().pwrite(descriptor, data, offset)

    def fsync(self, descriptor: int) -> None:
        self._step("fsync")

    def fdatasync(self, descriptor: int) -> None:
        self._step("fdatasync")

    def fsync_directory(self, path: str) -> None:
        self._step("fsync_directory")

    def mkdir(self, path: str) -> None:
        self._step("mkdir")
        super().mkdir(path)

    def rename(self, old: str, new: str) -> None:
        self._step("rename")
        super().rename(old, new)

    def unlink(self, path: str) -> None:
        self._step("unlink")
        super().unlink(path)


class ShortDisk(QuickDisk):
    """Writes at most 1,000 bytes at a call, as the kernel may."""

    def write(self, descriptor: int, data: bytes | memoryview) -> int:
        return super().write(descriptor, data[:1000])

    def pwrite(self, descriptor: int, data: bytes | memoryview, offset: int) -> int:
        return super().pwrite(descriptor, data[:1000], offset)
