from __future__ import annotations

import pytest

from policy.seclang.faults import WordError
from policy.seclang.macro import MacroRef, has_macro, parse_macro

CASES: list[tuple[str, list[bytes | MacroRef]]] = [
    ("", []),
    ("plain", [b"plain"]),
    ("%{MATCHED_VAR}", [MacroRef("MATCHED_VAR", None)]),
    ("%{matched_var}", [MacroRef("MATCHED_VAR", None)]),
    ("%{TX.0}", [MacroRef("TX", b"0")]),
    ("%{tx.Ab}", [MacroRef("TX", b"Ab")]),
    ("%{ARGS:x}", [MacroRef("ARGS", b"x")]),
    ("%{ARGS./x/}", [MacroRef("ARGS", b"/x/")]),
    ("%{request_headers.user-agent}", [MacroRef("REQUEST_HEADERS", b"user-agent")]),
    ("a %{TX.0} in %{RULE.id}.", [b"a ", MacroRef("TX", b"0"), b" in ", MacroRef("RULE", b"id"), b"."]),
    ("%{TX.1}%{TX.2}", [MacroRef("TX", b"1"), MacroRef("TX", b"2")]),
    ("100%", [b"100%"]),
    ("%%{TX.1}", [b"%", MacroRef("TX", b"1")]),
    ("a\\%{TX.1}", [b"a\\%{TX.1}"]),
    ("a\\\\%{TX.1}", [b"a\\\\", MacroRef("TX", b"1")]),
    ("a%{2}", [b"a%{2}"]),
    ("%{}", [b"%{}"]),
    ("[%{]", [b"[%{]"]),
    ("\udcff%{TX.\udcff}", [b"\xff", MacroRef("TX", b"\xff")]),
    ("日%{TX.本}", ["日".encode(), MacroRef("TX", "本".encode())]),
]


@pytest.mark.parametrize(("text", "wanted"), CASES)
def test_text_becomes_parts(text: str, wanted: list[bytes | MacroRef]) -> None:
    assert list(parse_macro(text)) == wanted
    assert has_macro(text) is any(isinstance(part, MacroRef) for part in wanted)


def test_the_cases_are_all_there() -> None:
    assert len({text for text, _ in CASES}) == 20


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("%{foo}", "names no variable"),
        ("%{foo.bar}", "names no variable"),
        ("%{TX.1", "never ends"),
        ("%{SCRIPT_UID}", "is refused"),
        ("%{REMOTE_ADDR.x}", "single value"),
        ("%{ARGS x}", "never ends"),
    ],
)
def test_what_names_no_variable_is_refused(text: str, message: str) -> None:
    with pytest.raises(WordError) as raised:
        parse_macro(text)
    assert message in raised.value.message
    assert raised.value.mend
