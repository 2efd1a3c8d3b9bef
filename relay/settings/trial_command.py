"""`sekisho policy test`: what the policy says of one request from a file, with everything that its rules matched."""

from __future__ import annotations

import argparse
from pathlib import Path

from policy.rule_set import RuleSet
from relay.base.errors import ConfigInvalid, Problem
from relay.ops.clock import now_ms
from relay.settings.report import EX_CONFIG, EX_OK, Subparsers, add_command, failed, say_json
from relay.settings.rule_source import RuleSource, add_choice_of_rules, compiled, rule_source
from relay.settings.trial import Tried, try_alone, try_as_the_front
from relay.settings.trial_words import as_object, say_tried

EX_REFUSED = 1
EX_USAGE = 2
FILE_BYTES = 64 << 20  # of one file: more than any limit on bodies lets in

_EPILOG = """\
FILE.http holds a request as it is sent: request line, headers, an empty line, body. With a configuration it is judged as the
front would judge it, on the route that its path leads to; with --rules or --rule-set by the rules alone, its bytes as they are.
Matched values are shown: they are in your own file. Offsets are bytes of the value after the rule's transformations.

examples:
  sekisho policy test request.http                           as the front of /etc/sekisho/sekisho.toml would judge it
  sekisho policy test request.http --route care-plan-notice  on this route and no other
  sekisho policy test request.http --rule-set crs            by the rules alone
  sekisho policy test request.http --response answer.http --rules crs-setup.conf 'rules/*.conf'
  printf 'GET /?q=<script> HTTP/1.1\\nHost: a\\n\\n' | sekisho policy test /dev/stdin --rule-set crs

exit codes: 0 admitted, 1 refused, 2 wrong usage, 78 the configuration or the rules have problems
"""


def add_commands(commands: Subparsers) -> None:
    parser = add_command(
        commands, "test", "say what the policy says of a request in a file, and why (要求の試し)", _EPILOG, _run
    )
    parser.add_argument("request", metavar="FILE.http", type=Path, help="a request as it is sent")
    parser.add_argument("--response", metavar="FILE", type=Path, help="the answer behind it, as it is sent")
    parser.add_argument("--route", metavar="ID", help="the route that it is for; its exclusions are in effect")
    add_choice_of_rules(parser)


def _run(arguments: argparse.Namespace) -> int:
    try:
        request = _content(arguments.request)
        response = None if arguments.response is None else _content(arguments.response)
    except _Unreadable as unreadable:
        return failed([unreadable.problem], EX_USAGE, as_json=arguments.json)
    try:
        tried = _tried(arguments, rule_source(arguments), request, response)
    except ConfigInvalid as invalid:
        return failed(invalid.problems, EX_CONFIG, as_json=arguments.json)
    if arguments.json:
        say_json(as_object(tried))
    else:
        say_tried(tried)
    return EX_OK if tried.reason is None else EX_REFUSED


def _tried(arguments: argparse.Namespace, source: RuleSource, request: bytes, response: bytes | None) -> Tried:
    """Raises ConfigInvalid."""

    def compile_set(name: str) -> RuleSet:
        return compiled(source, source.named(name))[1]

    settings, now = source.settings, now_ms()
    if settings is None or arguments.rule_set is not None or settings.policy.open_routes:
        name = arguments.rule_set or source.default().name
        return try_alone(compile_set(name), request, response, arguments.route, now)
    return try_as_the_front(settings, compile_set, request, response, arguments.route, now)


class _Unreadable(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def _content(path: Path) -> bytes:
    """Raises _Unreadable."""
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES + 1)
    except OSError as error:
        mend = "name a file that holds a request (or an answer) as it is sent"
        raise _Unreadable(Problem(str(path), 0, f"cannot be read: {error.strerror}", mend)) from error
    if len(content) > FILE_BYTES:
        raise _Unreadable(Problem(str(path), 0, f"has more than {FILE_BYTES} bytes", "try a smaller request"))
    return content
