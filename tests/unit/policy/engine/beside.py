"""Small rules through this engine and through ModSecurity 3 in the same process."""

from __future__ import annotations

import libmodsecurity

from bench.rules.messages import split_request, split_response
from policy import offline
from policy.engine.evaluate import Run

ON = "SecRuleEngine On\nSecRequestBodyAccess On\nSecResponseBodyAccess On\n"
GET = b"GET /a/b?x=abc&y=1 HTTP/1.1\r\nHost: a.example\r\nUser-Agent: test\r\nCookie: c=d\r\n\r\n"
POST = b"POST /a HTTP/1.1\r\nHost: a.example\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\nz=1"
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>found it</p>"


def run(rules: str, request: bytes = GET, response: bytes | None = None, *, reading: str = "strict") -> Run:
    loaded = offline.load([offline.Source("rules", ON + rules)], reading=reading)  # type: ignore[arg-type]
    return offline.evaluate(loaded, request, response)


def ours(rules: str, request: bytes = GET, response: bytes | None = None) -> tuple[int, list[tuple[int, str, str]]]:
    """Status; id, message and logdata of what fired."""
    done = run(rules, request, response)
    fired = [(one.id, one.message.decode(), one.logdata.decode()) for one in done.fired]
    if done.decision is not None:
        return done.decision.status, fired
    return 200, fired


def theirs(rules: str, request: bytes = GET, response: bytes | None = None) -> tuple[int, list[tuple[int, str, str]]]:
    """The same of ModSecurity. Raises AssertionError where it does not load the rules."""
    engine, loaded = libmodsecurity.ModSecurity(), libmodsecurity.RulesSet()
    assert loaded.load(ON + rules) >= 0, loaded.get_parser_error()
    transaction = libmodsecurity.Transaction(engine, loaded, None)
    status = _phases(transaction, request, response)
    transaction.process_logging()
    return status, [(one.rule_id, one.message, one.data) for one in transaction.get_rule_messages()]


def _phases(transaction: libmodsecurity.Transaction, request: bytes, response: bytes | None) -> int:
    raw = split_request(request)
    transaction.process_connection("127.0.0.1", 1234, "127.0.0.1", 80)
    transaction.process_uri(raw.uri, raw.method, raw.version)
    for name, value in raw.headers:
        transaction.add_request_header(name, value)
    steps = [transaction.process_request_headers, transaction.process_request_body]
    if raw.body:
        transaction.append_request_body(raw.body)
    if response is not None:
        answer = split_response(response)
        for name, value in answer.headers:
            transaction.add_response_header(name, value)
        steps.append(lambda: transaction.process_response_headers(answer.status, "HTTP/1.1"))
        steps.append(lambda: transaction.append_response_body(answer.body) and transaction.process_response_body())
    for step in steps:
        step()
        intervention = transaction.intervention()
        if intervention is not None and intervention.disruptive:
            return int(intervention.status)
    return 200
