"""policy/variables/processors/multipart.py: parts, and every MULTIPART_* flag on and off."""

from __future__ import annotations

import pytest

from policy.variables.processors.multipart import Extraction, read_multipart
from policy.variables.processors.parts import Multipart

TYPE = b"multipart/form-data; boundary=B"
HEAD = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
FILE = b'--B\r\nContent-Disposition: form-data; name="f"; filename="x.txt"\r\n\r\n'
END = b"\r\n--B--\r\n"
SOUND = HEAD + b"v" + END

FLAGS: dict[str, tuple[bytes, bytes]] = {
    "boundary_quoted": (b'multipart/form-data; boundary="B"', SOUND),
    "boundary_whitespace": (b"multipart/form-data; boundary =B", SOUND),
    "missing_semicolon": (b"multipart/form-data boundary=B", SOUND),
    "data_before": (TYPE, b"x\r\n" + SOUND),
    "data_after": (TYPE, SOUND + b"x"),
    "header_folding": (TYPE, SOUND.replace(b"; name", b";\r\n name")),
    "invalid_header_folding": (TYPE, SOUND.replace(b"; name", b";\r\n\x0bname")),
    "invalid_quoting": (TYPE, SOUND.replace(b'"a"', b"'a'")),
    "invalid_part": (TYPE, HEAD + b"--B\r\n" + SOUND),
    "lf_line": (TYPE, SOUND.replace(b"\r\n\r\n", b"\n\r\n")),
    "crlf_line": (TYPE, SOUND),
    "unmatched_boundary": (TYPE, HEAD + b"x--B" + b"\r\n--B--"),
    "failed": (TYPE, HEAD + b"v\r\n--Bx\r\n"),
}
NOT_STRICT = {"crlf_line", "unmatched_boundary"}


def read(body: bytes, content_type: bytes | None = TYPE, extraction: Extraction | None = None) -> Multipart:
    return read_multipart(body, content_type, extraction or Extraction())


def test_the_table_of_flags_is_whole() -> None:
    assert len(FLAGS) == 13


@pytest.mark.parametrize("flag", FLAGS)
def test_flags(flag: str) -> None:
    content_type, body = FLAGS[flag]
    found = read(body, content_type)
    assert getattr(found, flag)
    assert found.strict_error is (flag not in NOT_STRICT)
    if flag != "crlf_line":
        assert not getattr(read(SOUND), flag) or flag == "unmatched_boundary"


def test_a_sound_body() -> None:
    found = read(HEAD + b"l1\r\nl2\n" + b"\r\n" + FILE + b"data" + END)
    assert (found.error, found.strict_error, found.unmatched_boundary) == (b"", False, 2)
    value, file = found.parts
    assert (value.name, value.content, value.is_file) == (b"a", b"l1\r\nl2\n", False)
    assert (file.name, file.filename, file.size, file.content) == (b"f", b"x.txt", 4, b"")
    assert (found.names, found.filenames) == ([b"a", b"f"], [b"x.txt"])


def test_the_strict_reading_loses_line_ends() -> None:
    found = read(HEAD + b"l1\r\nl2\nl3\r" + END, extraction=Extraction(strict=True))
    assert found.parts[0].content == b"l1l2l3\r"


def test_files_are_extracted_up_to_their_limit() -> None:
    body = FILE + b"one" + b"\r\n" + FILE + b"two" + END
    contents = [part.content for part in read(body, extraction=Extraction(files=True)).parts]
    assert contents == [b"one", b"two"]
    limited = read(body, extraction=Extraction(files=True, file_limit=1))
    assert [part.content for part in limited.parts] == [b"one", b""]
    assert limited.file_limit_exceeded and limited.strict_error
    assert [part.size for part in limited.parts] == [3, 3]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"x", b"No boundaries found in payload."),
        (b"x\r\n", b"No boundaries found in payload."),
        (HEAD + b"v", b"Final boundary missing."),
        (HEAD + b"v\r\n--B-", b"Final boundary missing."),
        (HEAD + b"v\r\n-- B\r\n", b"Final boundary missing."),
    ],
)
def test_a_body_without_its_end_has_no_parts(body: bytes, error: bytes) -> None:
    found = read(body)
    assert (found.error, found.parts) == (b"Multipart: " + error, [])


def test_an_empty_body_is_no_fault() -> None:
    assert (read(b"").error, read(b"").parts) == (b"", [])


def test_without_a_content_type_nothing_is_set() -> None:
    assert read(SOUND, None).read is False


@pytest.mark.parametrize("end", [b"\r\n--B--\r\n", b"\r\n--B--", b"\n--B--\n"])
def test_ways_to_end(end: bytes) -> None:
    assert [part.content for part in read(HEAD + b"v" + end).parts] == [b"v"]


def test_a_line_that_looks_like_a_boundary_is_data() -> None:
    found = read(HEAD + b"--\r\n--x\r\n-- y" + END)
    assert found.parts[0].content == b"--\r\n--x\r\n-- y"
    assert found.unmatched_boundary == 2
    assert read(HEAD + b"x\r\n--y\r\n--B--").unmatched_boundary == 1
