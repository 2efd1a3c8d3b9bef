"""Each module of the pure packages has a test file of its own, at the place that its path tells."""

from __future__ import annotations

import pytest

from tests.arch.sources import ROOT, sources

PURE = (
    "relay/base/", "relay/http/", "relay/tls/", "relay/envelope/", "relay/tree/", "relay/ipc/", "policy/", "certs/", "content/",
)  # fmt: skip

# Modules that others' tests try: which ones, and why that is enough. An entry whose module got a partner must go.
ELSEWHERE: dict[str, tuple[str, str]] = {
    "content/icap_answer.py": ("tests/unit/content/test_icap.py", "every answer of the exchange goes through it"),
    "content/cursor.py": ("tests/unit/content/test_images.py", "no part of a picture or an archive is one"),
    "content/disarmed.py": (
        "tests/unit/content/test_disarm.py",
        "records; what disarms a file makes them, and all of it is tried there",
    ),
    "content/faults.py": ("tests/unit/policy/test_file_words.py", "words and an exception"),
    "policy/__main__.py": ("tests/unit/policy/test_commands.py", "five lines that call the commands"),
    "policy/bilingual.py": ("tests/unit/policy/test_fault_words.py", "a record without behaviour"),
    "policy/faults.py": ("tests/unit/policy/test_schema.py", "words and an exception; every word is met there"),
    "policy/fields/field_class.py": ("tests/unit/policy/test_classes.py", "a record without behaviour"),
    "policy/problems.py": ("tests/unit/policy/test_load.py", "an exception that carries what the loader found"),
    "policy/procedure_file.py": ("tests/unit/policy/test_load.py", "what the loader reads files with"),
    "policy/request.py": ("tests/unit/policy/test_pipeline.py", "a record without behaviour"),
}


def partner(name: str) -> str:
    """`relay/http/framing.py` ▸ `tests/unit/http/test_framing.py`; `policy/route.py` ▸ `tests/unit/policy/test_route.py`."""
    parts = name.removeprefix("relay/").split("/")
    return "/".join(["tests", "unit", *parts[:-1], f"test_{parts[-1]}"])


MODULES = [
    source.name for source in sources() if source.name.startswith(PURE) and not source.name.endswith("__init__.py")
]


def test_every_package_was_looked_at() -> None:
    assert len(MODULES) > 60
    assert {prefix for prefix in PURE for name in MODULES if name.startswith(prefix)} == set(PURE)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_its_partner(name: str) -> None:
    has_one = (ROOT / partner(name)).is_file()
    if name in ELSEWHERE:
        instead, reason = ELSEWHERE[name]
        assert not has_one, f"{name} has a partner now: take it out of ELSEWHERE"
        assert (ROOT / instead).is_file() and reason
    else:
        assert has_one, f"{partner(name)} is missing"


def test_no_exception_is_left_behind() -> None:
    assert set(ELSEWHERE) <= set(MODULES)
