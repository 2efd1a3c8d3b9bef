"""ModSecurity 3 itself, in this process (PyPI package `libmodsecurity`), behind the interface of `policy/offline.py`.

Known limits of the binding: only rules that log are reported (`nolog` and `noauditlog` rules are not), and a rule that
matched several variables is reported once, with the data of the last. It is built without GeoIP, so that it cannot load
CRS's file on the reputation of addresses, none of whose rules can fire unless an operator has set it up.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import libmodsecurity

from bench.rules.messages import split_request, split_response

_CLIENT = ("192.0.2.10", 40000)
_SERVER = ("192.0.2.80", 80)
_NEEDS_GEOIP = "REQUEST-910-IP-REPUTATION.conf"


class RulesRefused(Exception):
    """ModSecurity does not load a file; the text is its own."""


class ModSecurity3:
    """One rule set. `grade` may be called any number of times; nothing is kept between requests."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._engine = libmodsecurity.ModSecurity()
        self._log: list[str] = []
        self._engine.set_log_callback(self._log.append)
        self._rules = libmodsecurity.RulesSet()
        for file in files:
            if file.name == _NEEDS_GEOIP:
                continue
            if self._rules.load_from_uri(str(file)) < 0:
                raise RulesRefused(f"{file}: {self._rules.get_parser_error()}")

    def close(self) -> None:
        self._engine.set_log_callback(None)

    def grade(self, request: bytes, response: bytes | None = None) -> tuple[int, list[int], list[str]]:
        """(status that it would answer with, 200 if it lets the request pass; ids of the rules that fired; log)."""
        self._log.clear()
        transaction = libmodsecurity.Transaction(self._engine, self._rules, None)
        status = self._phases(transaction, request, response)
        transaction.process_logging()
        fired = sorted({message.rule_id for message in transaction.get_rule_messages()})
        return status, fired, list(self._log)

    def _phases(self, transaction: libmodsecurity.Transaction, request: bytes, response: bytes | None) -> int:
        raw = split_request(request)
        transaction.process_connection(*_CLIENT, *_SERVER)
        transaction.process_uri(raw.uri, raw.method, raw.version)
        for name, value in raw.headers:
            transaction.add_request_header(name, value)
        transaction.process_request_headers()
        if (status := _stopped(transaction)) is not None:
            return status
        if raw.body:
            transaction.append_request_body(raw.body)
        transaction.process_request_body()
        if (status := _stopped(transaction)) is not None:
            return status
        return 200 if response is None else self._response(transaction, response)

    @staticmethod
    def _response(transaction: libmodsecurity.Transaction, response: bytes) -> int:
        raw = split_response(response)
        for name, value in raw.headers:
            transaction.add_response_header(name, value)
        transaction.process_response_headers(raw.status, "HTTP/1.1")
        if (status := _stopped(transaction)) is not None:
            return status
        if raw.body:
            transaction.append_response_body(raw.body)
        transaction.process_response_body()
        if (status := _stopped(transaction)) is not None:
            return status
        return raw.status


def _stopped(transaction: libmodsecurity.Transaction) -> int | None:
    intervention = transaction.intervention()
    return intervention.status if intervention is not None and intervention.disruptive else None
