"""Real ModSecurity 3 in this process, asked what each variable holds: one rule for each variable, its values as log data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import libmodsecurity

from policy.variables.facts import RequestFacts, ResponseFacts

Values = dict[str, Counter[bytes]]
DIRECTIVES = "SecRuleEngine DetectionOnly\nSecRequestBodyAccess On\nSecResponseBodyAccess On\n"
_RULE = (
    'SecRule %s "@unconditionalMatch" "id:%d,phase:%d,pass,log,multiMatch,t:none,'
    "logdata:'%%{MATCHED_VAR_NAME}|%%{MATCHED_VAR}'%s\"\n"
)


class ModSecurity:
    """`values` says what the variables hold in `phase`: name ▸ how often b"NAME|VALUE" was met."""

    def __init__(self, variables: Sequence[str], phase: int, directives: str = "", actions: str = "") -> None:
        self._variables = variables
        self._engine = libmodsecurity.ModSecurity()
        self._engine.set_rule_message_callback(lambda _: None)
        self._rules = libmodsecurity.RulesSet()
        text = DIRECTIVES + directives + "\n"
        text += "".join(_RULE % (name, 1000 + at, phase, actions) for at, name in enumerate(variables))
        if self._rules.load(text) < 0:
            raise AssertionError(self._rules.get_parser_error())

    def close(self) -> None:
        """Take the callback out again, as its documentation asks."""
        self._engine.set_rule_message_callback(None)

    def values(self, facts: RequestFacts, response: ResponseFacts | None = None) -> Values:
        transaction = libmodsecurity.Transaction(self._engine, self._rules, "unique")
        transaction.process_connection("127.0.0.1", 1234, "127.0.0.2", 443)
        transaction.process_uri(facts.uri, facts.method, facts.protocol.removeprefix(b"HTTP/"))
        for name, value in facts.headers:
            transaction.add_request_header(name, value)
        transaction.process_request_headers()
        if facts.body:
            transaction.append_request_body(facts.body)
        transaction.process_request_body()
        if response is not None:
            for name, value in response.headers:
                transaction.add_response_header(name, value)
            transaction.process_response_headers(response.status, response.protocol.decode())
            if response.body:
                transaction.append_response_body(response.body)
            transaction.process_response_body()
        found: Values = {name: Counter() for name in self._variables}
        for message in transaction.get_rule_messages():
            if message.rule_id >= 1000:
                found[self._variables[message.rule_id - 1000]][_data(message)] += 1
        return found


def _data(message: libmodsecurity.RuleMessage) -> bytes:
    """The log data's bytes; the binding decodes them, and where that fails its error holds them."""
    try:
        return message.data.encode()
    except UnicodeDecodeError as error:
        return error.object
