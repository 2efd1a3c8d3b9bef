"""What ModSecurity 3 itself makes of a value: one rule for each transformation, all asked in one transaction.

A value goes in as a percent-encoded argument, comes out in `logdata`, and passes t:hexEncode on the way, because messages are text.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import libmodsecurity

_SETTINGS = """
SecRuleEngine DetectionOnly
SecRequestBodyAccess On
SecRequestBodyLimit 10000000
SecRequestBodyNoFilesLimit 10000000
"""


class Oracle:
    """Asked about names, or chains of names joined by commas."""

    def __init__(self, names: Sequence[str], unicode_map: Path | None = None, *, stages: bool = False) -> None:
        self.names = tuple(names)
        rules = [_SETTINGS]
        if unicode_map is not None:
            rules.append(f"SecUnicodeMapFile {unicode_map} 20127\n")
        last = "multiMatch" if stages else "t:hexEncode"
        for number, name in enumerate(self.names, 1):
            data = "." if stages else "%{MATCHED_VAR}."
            steps = ",".join(f"t:{step}" for step in name.split(","))
            rules.append(
                f'SecRule ARGS:x "@unconditionalMatch" '
                f"\"id:{number},phase:2,pass,log,t:none,{steps},{last},logdata:'{data}'\"\n"
            )
        self._engine = libmodsecurity.ModSecurity()
        self._engine.set_log_callback(lambda _: None)
        self._rules = libmodsecurity.RulesSet()
        if self._rules.load("".join(rules)) < 0:
            raise ValueError(self._rules.get_parser_error())

    def results(self, value: bytes) -> dict[str, bytes]:
        return {self.names[number]: bytes.fromhex(data[:-1]) for number, data in self._ask(value)}

    def counts(self, value: bytes) -> dict[str, int]:
        """How many values each rule looked at (with `stages`)."""
        counts = dict.fromkeys(self.names, 0)
        for number, _ in self._ask(value):
            counts[self.names[number]] += 1
        return counts

    def _ask(self, value: bytes) -> list[tuple[int, str]]:
        transaction = libmodsecurity.Transaction(self._engine, self._rules)
        transaction.process_connection("192.0.2.1", 1, "192.0.2.2", 80)
        transaction.process_uri("/", "POST", "1.1")
        transaction.add_request_header("Content-Type", "application/x-www-form-urlencoded")
        transaction.process_request_headers()
        transaction.append_request_body(b"x=%" + value.hex("%").encode() if value else b"x=")
        transaction.process_request_body()
        return [(message.rule_id - 1, message.data) for message in transaction.get_rule_messages()]
