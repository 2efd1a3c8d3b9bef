"""The real ModSecurity 3, in this process, asked about operators: many rules at once, one value after the other."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote_from_bytes

import libmodsecurity  # type: ignore[import-untyped, unused-ignore]

_OFFSET = re.compile(r"o(\d+),(\d+)")


class Refused(Exception):
    """ModSecurity does not load it."""


class Asked:
    """Rules with one operator each, over the argument `x` as it was sent."""

    def __init__(self, operators: Sequence[tuple[str, bytes]], before: bytes = b"") -> None:
        lines = [b"SecRuleEngine DetectionOnly", before]
        for number, (name, argument) in enumerate(operators):
            written = argument.replace(b'"', b'\\"')
            lines.append(
                b'SecRule ARGS:x "@%b %b" "id:%d,phase:1,pass,log,t:none,capture"'
                % (name.encode(), written, number + 1)
            )
        lines.append(
            b'SecRule TX:0 "@unconditionalMatch" "id:999999,phase:1,pass,log,t:none,t:hexEncode,logdata:\'%{MATCHED_VAR}\'"'
        )
        self._messages: dict[int, tuple[str, str]] = {}
        self._engine = libmodsecurity.ModSecurity()
        self._engine.set_rule_message_callback(self._note)
        self._rules = libmodsecurity.RulesSet()
        with tempfile.NamedTemporaryFile(suffix=".conf") as file:
            Path(file.name).write_bytes(b"\n".join(lines) + b"\n")
            if self._rules.load_from_uri(file.name) < 0:
                raise Refused(self._rules.get_parser_error())

    def _note(self, message: libmodsecurity.RuleMessage) -> None:
        self._messages[message.rule_id] = (message.reference, message.data if message.rule_id == 999999 else "")

    def spans(self, value: bytes) -> dict[int, tuple[tuple[int, int], ...]]:
        """Which of the operators match, by their place in the list, and the offsets that each wrote down."""
        self._messages.clear()
        transaction = libmodsecurity.Transaction(self._engine, self._rules, None)
        transaction.process_connection("192.0.2.1", 1, "192.0.2.2", 80)
        transaction.process_uri("/?x=" + quote_from_bytes(value, safe=""), "GET", "1.1")
        transaction.process_request_headers()
        return {
            number - 1: tuple(
                (int(start), int(start) + int(size)) for start, size in _OFFSET.findall(reference.partition("v")[0])
            )
            for number, (reference, _) in self._messages.items()
            if number != 999999
        }

    def captured(self) -> bytes | None:
        """TX.0 after the last value, with one operator only."""
        note = self._messages.get(999999)
        return None if note is None else bytes.fromhex(note[1])


def ask(name: str, argument: bytes, value: bytes, before: bytes = b"") -> tuple[bool, bytes | None]:
    """Whether it matches, and TX.0."""
    asked = Asked([(name, argument)], before)
    return bool(asked.spans(value)), asked.captured()
