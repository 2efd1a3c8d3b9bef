"""relay/http/disposition.py beyond the rows of body_cases.py: what the header of a part becomes."""

from __future__ import annotations

import pytest

from relay.base.errors import Refused
from relay.base.limits import DEFAULTS
from relay.http.disposition import PartHead, parse_part_head


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'Content-Disposition: form-data; name="a"', PartHead("a", None, "text/plain")),
        (
            b'Content-Type: Image/PNG\r\nContent-Disposition: form-data; name=a; filename=""',
            PartHead("a", "", "image/png"),
        ),
        (
            'content-disposition:form-data;filename="写真";name="a;b=c"'.encode(),
            PartHead("a;b=c", "写真", "text/plain"),
        ),
        (
            b"Content-Disposition: form-data; name=a; filename*=UTF-8'ja'%E5%86%99%22",
            PartHead("a", '写"', "text/plain"),
        ),
    ],
)
def test_parts(raw: bytes, expected: PartHead) -> None:
    assert parse_part_head(raw, DEFAULTS) == expected


@pytest.mark.parametrize("byte", [*range(0x20), 0x22, 0x5C, 0x7F])
def test_no_control_quote_or_backslash_in_a_quoted_name(byte: int) -> None:
    with pytest.raises(Refused):
        parse_part_head(b'Content-Disposition: form-data; name="a%bb"' % bytes([byte]), DEFAULTS)
