"""What the reader of archives says of what was written."""

from __future__ import annotations

from content.archive_writer import archive
from content.archives import ARCHIVE_RATIO_FREE_BYTES, Budget, content, read_archive


def test_the_same_files_are_the_same_archive_and_no_bomb() -> None:
    files = {
        "a": b"",
        "日本": b"x" * 300,
        "b": bytes(ARCHIVE_RATIO_FREE_BYTES + 1),
        "c": bytes(ARCHIVE_RATIO_FREE_BYTES),
    }
    data = archive(files)
    assert archive(files) == data
    budget = Budget()
    members = read_archive(data, budget)
    assert {member.name: content(data, member, budget) for member in members} == files
    assert {member.name: member.method for member in members} == {"a": 0, "日本": 8, "b": 0, "c": 8}
