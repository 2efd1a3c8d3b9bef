"""`ctl:`: what one exchange changes about its own evaluation. Options without effect here compile to nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from policy.engine.exceptions import Exceptions, Subject, by_ids, by_message, by_tag, removed_target
from policy.engine.state import State
from policy.engine.variables import Effect
from policy.seclang.action_arguments import Ctl, parse_ctl
from policy.seclang.action_words import CTLS
from policy.seclang.ast import EngineMode, Target, raw
from policy.seclang.faults import WordError
from policy.seclang.rule_ids import IdRange
from policy.seclang.word import Status

_MODES: Final = {"on": EngineMode.ON, "off": EngineMode.OFF, "detectiononly": EngineMode.DETECTION_ONLY}


def compile_ctl(argument: str) -> Effect | None:
    """None where the option has no effect here. Raises WordError, OperatorInvalid."""
    call = parse_ctl(argument)
    if CTLS[call.name].status is Status.WITHOUT_EFFECT:
        return None
    make = _OPTIONS.get(call.name)
    if make is None:
        raise WordError(f"ctl:{call.name} is not known to the engine", "take it out of the rule")
    return make(call)


def exceptions_of(run: State) -> Exceptions:
    if run.exceptions is None:
        run.exceptions = Exceptions()
    return run.exceptions


def _rule_engine(call: Ctl) -> Effect:
    mode = _MODES[call.text]

    def set_mode(run: State) -> None:
        run.mode = mode

    return set_mode


def _request_body_access(call: Ctl) -> Effect:
    access = call.text == "on"

    def set_access(run: State) -> None:
        run.body_access = access

    return set_access


def _response_body_access(call: Ctl) -> Effect:
    access = call.text == "on"

    def set_access(run: State) -> None:
        run.response_access = access

    return set_access


def _processor(call: Ctl) -> Effect:
    return lambda run: run.transaction.set_processor(call.text)


def _body_variable(call: Ctl) -> Effect:
    return lambda run: run.transaction.force_body_variable(call.text == "on")


def _request_body_limit(call: Ctl) -> Effect:
    limit = int(call.text)
    return lambda run: run.set_option(request_body_limit=limit)


def _response_body_limit(call: Ctl) -> Effect:
    limit = int(call.text)
    return lambda run: run.set_option(response_body_limit=limit)


def _xml_into_args(call: Ctl) -> Effect:
    return lambda run: run.set_option(xml_into_args=call.text)


def _remove_ids(call: Ctl) -> Effect:
    def remove(run: State) -> None:
        for ids in call.ids:
            exceptions_of(run).remove_ids(ids)

    return remove


def _remove_tag(call: Ctl) -> Effect:
    return lambda run: exceptions_of(run).remove_tag(call.text)


def _remove_message(call: Ctl) -> Effect:
    message = raw(call.text)
    return lambda run: exceptions_of(run).remove_message(message)


Whose = Callable[[Subject, State], bool]


def _ids(call: Ctl) -> Whose:
    ranges: Sequence[IdRange] = call.ids
    return by_ids(ranges)


def _tag(call: Ctl) -> Whose:
    return by_tag(call.text)


def _message(call: Ctl) -> Whose:
    return by_message(raw(call.text))


def _remove_target(whose: Callable[[Ctl], Whose]) -> Callable[[Ctl], Effect]:
    def make(call: Ctl) -> Effect:
        target: Target | None = call.target
        if target is None:
            raise WordError(f"ctl:{call.name} names no target", "write the rule, ; and the target")
        chosen, removed = whose(call), removed_target(target)
        return lambda run: exceptions_of(run).remove_target(chosen, removed)

    return make


_OPTIONS: Final[Mapping[str, Callable[[Ctl], Effect]]] = {
    "ruleengine": _rule_engine,
    "forcerequestbodyvariable": _body_variable,
    "requestbodyaccess": _request_body_access,
    "responsebodyaccess": _response_body_access,
    "requestbodyprocessor": _processor,
    "requestbodylimit": _request_body_limit,
    "responsebodylimit": _response_body_limit,
    "parsexmlintoargs": _xml_into_args,
    "ruleremovebyid": _remove_ids,
    "ruleremovebytag": _remove_tag,
    "ruleremovebymsg": _remove_message,
    "ruleremovetargetbyid": _remove_target(_ids),
    "ruleremovetargetbytag": _remove_target(_tag),
    "ruleremovetargetbymsg": _remove_target(_message),
}
