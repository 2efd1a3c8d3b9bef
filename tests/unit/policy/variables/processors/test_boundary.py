"""policy/variables/processors/boundary.py: every way to write a boundary, and what ModSecurity thinks of it."""

from __future__ import annotations

import pytest

from policy.variables.processors.boundary import Boundary, read_boundary

PREFIX = b"multipart/form-data"
CASES = [
    (b"; boundary=B", Boundary(b"B")),
    (b";boundary=B", Boundary(b"B")),
    (b" boundary=B", Boundary(b"B", missing_semicolon=True)),
    (b'; boundary="B"', Boundary(b"B", quoted=True)),
    (b"; boundary =B", Boundary(b"B", whitespace=True)),
    (b"; boundary= B", Boundary(b" B", whitespace=True)),
    (b"; boundary=B; charset=x", Boundary(b"B")),
    (b"; boundary=", Boundary()),
    (b'; boundary=""', Boundary()),
    (b"", Boundary(error=b"Boundary not found in C-T.")),
    (b"; Boundary=B", Boundary(error=b"Invalid boundary in C-T (case sensitivity).")),
    (b"; boundary", Boundary(error=b"Invalid boundary in C-T (malformed).")),
    (b"; x; boundary=B", Boundary(error=b"Invalid boundary in C-T (malformed).")),
    (b"; boundaryx=B", Boundary(error=b"Invalid boundary in C-T (parameter name).")),
    (b"; boundary=B; boundary=C", Boundary(error=b"Multiple boundary parameters in C-T.")),
    (b'; boundary="B', Boundary(error=b"Invalid boundary in C-T (quote).")),
    (b'; boundary=B"', Boundary(error=b"Invalid boundary in C-T (quote).")),
    (b"; boundary=B,C ", Boundary(error=b"Invalid boundary in C-T (characters).")),
    (b"; boundary=\xff", Boundary(error=b"Invalid boundary in C-T (characters).")),
    (b"; boundary=;x", Boundary(error=b"Invalid boundary in C-T (empty).")),
    (b"; boundary=B\x00C", Boundary(b"B")),
]


def test_the_table_is_whole() -> None:
    assert len(CASES) == 21


@pytest.mark.parametrize(("rest", "expected"), CASES)
def test_boundaries(rest: bytes, expected: Boundary) -> None:
    found = read_boundary(PREFIX + rest)
    assert (found.value, found.error.removeprefix(b"Multipart: ")) == (expected.value, expected.error)
    if not found.error:
        assert found == expected


def test_other_content_types() -> None:
    assert read_boundary(b"").error == b"Multipart: Content-Type header not available."
    assert read_boundary(b"text/plain; boundary=B").error == b"Multipart: Invalid MIME type."
    assert read_boundary(PREFIX.upper() + b"; boundary=B").value == b"B"
