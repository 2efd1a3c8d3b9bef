"""What is read of the files that an operator named, and what is not even waited for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from policy.regular_file import FILE_BYTES_MAX, read_regular


def test_a_file_is_read_up_to_its_bound(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(bytes(FILE_BYTES_MAX))
    assert len(read_regular(file)) == FILE_BYTES_MAX
    link = tmp_path / "link"
    link.symlink_to(file)
    assert len(read_regular(link)) == FILE_BYTES_MAX
    file.write_bytes(bytes(FILE_BYTES_MAX + 1))
    with pytest.raises(OSError, match="more than 33554432 bytes"):
        read_regular(file)


def test_what_might_never_end_is_not_begun(no_descriptor_is_left: None, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero")):
        with pytest.raises(OSError, match="no regular file"):
            read_regular(path)
    for path, error in ((tmp_path, IsADirectoryError), (tmp_path / "none", FileNotFoundError)):
        with pytest.raises(error):
            read_regular(path)
    with pytest.raises(ValueError, match="null"):
        read_regular(Path("a\0b"))
