"""Macros: the first value, the last of a key, empty where there is none, any variable."""

from __future__ import annotations

import pytest

from policy.engine.macros import as_function, compile_text, references
from policy.seclang.macro import parse_macro
from tests.unit.policy.engine.test_state import state

TEXTS = [
    ("plain", b"plain"),
    ("%{tx.start}", b"0"),
    ("%{TX.START}-%{tx.none}-", b"0--"),
    ("a%{REQUEST_METHOD}", b"aGET"),
    ("%{ARGS.a}%{args.B}", b"1"),
    ("%{REQUEST_HEADERS.hOST}|%{ARGS_NAMES}", b"h|a"),
    ("%{MATCHED_VAR}%{MATCHED_VAR_NAME}%{MATCHED_VARS}", b""),
    ("%{HIGHEST_SEVERITY}%{RULE.id}%{IP.x}%{XML./*}%{ENV.HOME}", b"255"),
    ("あ%{tx.start}", "あ0".encode()),
]


@pytest.mark.parametrize(("text", "value"), TEXTS)
def test_a_text_with_macros(text: str, value: bytes) -> None:
    assert as_function(compile_text(text))(state()) == value


def test_every_text_was_expanded() -> None:
    assert len(TEXTS) == 9


def test_text_without_macros_is_ready() -> None:
    assert compile_text("plain") == b"plain"
    assert compile_text("") == b""


def test_what_a_text_reads() -> None:
    assert references(parse_macro("a%{tx.A}%{REMOTE_ADDR}")) == (("TX", b"a"), ("REMOTE_ADDR", None))
