"""What unit tests of several packages ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.descriptors import none_left


@pytest.fixture
def no_descriptor_is_left() -> Iterator[None]:
    """Before whatever else a test opens, so that it ends after it."""
    with none_left():
        yield
