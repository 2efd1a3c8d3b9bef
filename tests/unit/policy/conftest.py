"""Requests and procedure files for the policy tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from policy.load import load_policy
from policy.pipeline import Policy
from policy.request import RequestHead

TENANT = "example"
NOW_MS = 1_795_392_000_000  # 2026-11-23 00:00:00 UTC


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy([], {TENANT: ("example.jp",)}, open_routes=False)


@pytest.fixture
def head() -> Callable[..., RequestHead]:
    def make(method: str = "GET", path: str = "/health", **more: object) -> RequestHead:
        values: dict[str, object] = {
            "tenant": TENANT,
            "method": method,
            "path": path,
            "query": (),
            "raw_query": None,
            "headers": (),
            "body_kind": None,
            "content_type": None,
            "content_length": None,
            "received_ms": NOW_MS,
        } | more
        return RequestHead(**values)  # type: ignore[arg-type]  # checked by the dataclass's own signature

    return make


PROCEDURE = """\
format = 1

[procedure]
number = 1
name = "見本の手続"
department = "見本課"
version = 1
effective_from = 2026-04-01

[route]
id = "sample"
mode = "exchange"
method = "POST"
path = "/procedures/sample"
body = ["urlencoded", "multipart", "json"]

[[field]]
name = "applicant_name"
label_ja = "氏名"
label_en = "Name"
class = "name"
max_chars = 20
required = true

[[field]]
name = "kind"
label_ja = "種類"
label_en = "Kind"
class = "choice"
choices = ["新規", "変更"]
repeat = 2

[[field]]
name = "copies"
label_ja = "枚数"
label_en = "Copies"
class = "number"
minimum = 1
maximum = 20

[[field]]
name = "agreed"
label_ja = "同意"
label_en = "Agreed"
class = "checkbox"

[[field]]
name = "notes"
label_ja = "備考"
label_en = "Notes"
class = "free_text"
max_chars = 100
"""


@pytest.fixture
def procedure() -> str:
    """A procedure file with one field of each shape."""
    return PROCEDURE


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write procedure files; the directory that holds them."""

    def make(*texts: str) -> Path:
        for number, text in enumerate(texts):
            (tmp_path / f"{number:02}.toml").write_text(text, encoding="utf-8")
        return tmp_path

    return make


@pytest.fixture
def sample_policy(write: Callable[..., Path], procedure: str) -> Policy:
    return load_policy([write(procedure)], {TENANT: ()}, open_routes=False)
