"""The bench's own requests are what the table says they are."""

import re
import zlib

import pytest

from bench.workloads import MIB, pdf, workloads


def test_names_and_sizes() -> None:
    found = {workload.name: workload for workload in workloads()}
    assert list(found) == ["get", "form", "multipart", "handshake"]
    assert 2_500 < len(found["form"].body) < 4_000
    assert MIB < len(found["multipart"].body) < MIB + 4_096
    assert found["handshake"].closes
    assert found["multipart"].open_route


@pytest.mark.parametrize("size", [10_000, MIB - 1, MIB, MIB + 1])
def test_pdf_has_the_size_and_its_xref_points_at_the_objects(size: int) -> None:
    data = pdf(size)
    assert len(data) == size
    assert data.startswith(b"%PDF-1.7\n")
    start = int(re.findall(rb"startxref\n(\d+)\n%%EOF\n\Z", data)[0])
    assert data[start:].startswith(b"xref\n0 6\n")
    offsets = [int(offset) for offset in re.findall(rb"(\d{10}) 00000 n ", data[start:])]
    assert len(offsets) == 5
    for number, offset in enumerate(offsets, 1):
        assert data[offset:].startswith(b"%d 0 obj\n" % number)


def test_pdf_does_not_compress() -> None:
    data = pdf(MIB)
    assert len(zlib.compress(data)) > 0.98 * len(data)
