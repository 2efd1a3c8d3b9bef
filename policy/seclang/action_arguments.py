"""The arguments of actions that have a form of their own, as records; every check of an argument starts here.

`parse_setvar`, `parse_expirevar`, `parse_initcol`, `parse_ctl` and `parse_severity` are what the engine calls at compile
time; a rule that was loaded never raises there.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass

from policy.seclang.action_words import BODY_PROCESSORS, CTLS, PHASE_NAMES, SEVERITIES
from policy.seclang.ast import ActionCall, Target
from policy.seclang.faults import WordError
from policy.seclang.macro import MacroRef, parse_macro
from policy.seclang.rule_ids import IdRange, parse_ids
from policy.seclang.rule_words import PERSISTENT, TRANSFORMATIONS
from policy.seclang.selectors import parse_target
from policy.seclang.word import Status, like

_NUMBER = re.compile(r"[0-9]{1,18}\Z")
_NAME = re.compile(r"(?:[^=%]|%(?!\{)|%\{[^}]*\}?)*")
_VARIABLE = re.compile(r"([A-Za-z]+)[.:](.+)\Z", re.DOTALL)
_OPTIONS: dict[str, tuple[str, ...]] = {
    "auditengine": ("On", "Off", "RelevantOnly"),
    "forcerequestbodyvariable": ("On", "Off"),
    "forceresponsebodyvariable": ("On", "Off"),
    "parsexmlintoargs": ("On", "Off", "OnlyArgs"),
    "requestbodyaccess": ("On", "Off"),
    "responsebodyaccess": ("On", "Off"),
    "requestbodyprocessor": BODY_PROCESSORS,
    "ruleengine": ("On", "Off", "DetectionOnly"),
}

Macro = tuple[bytes | MacroRef, ...]


class Change(enum.Enum):
    SET = "="
    ADD = "=+"
    SUBTRACT = "=-"
    UNSET = "!"


@dataclass(frozen=True, slots=True)
class SetVar:
    """`tx.score=+%{tx.critical}`: collection TX, key `score`, ADD, the value. Without `=` the value is `1`."""

    collection: str
    key: Macro
    change: Change
    value: Macro


@dataclass(frozen=True, slots=True)
class ExpireVar:
    collection: str
    key: Macro
    seconds: Macro


@dataclass(frozen=True, slots=True)
class InitCol:
    collection: str
    key: Macro


@dataclass(frozen=True, slots=True)
class Ctl:
    """One `ctl:`. `name` is lower case. Which of the fields mean anything depends on it:

    `ruleremovebyid` ids; `ruleremovebytag`, `ruleremovebymsg` text; `ruleremovetargetbyid` ids and target;
    `ruleremovetargetbytag`, `ruleremovetargetbymsg` text and target; all others text (of On, Off and their like lower case,
    a body processor upper case).
    """

    name: str
    text: str
    ids: tuple[IdRange, ...] = ()
    target: Target | None = None


def parse_setvar(argument: str) -> SetVar:
    """Raises WordError."""
    name, equals, value = _split(argument)
    unset = name.startswith("!")
    collection, key = _variable(name.removeprefix("!"), "setvar")
    if unset:
        if equals:
            raise WordError("setvar takes a variable away and gives it a value", "write either ! or =")
        return SetVar(collection, key, Change.UNSET, ())
    if not equals:
        return SetVar(collection, key, Change.SET, (b"1",))
    change = {"+": Change.ADD, "-": Change.SUBTRACT}.get(value[:1], Change.SET)
    return SetVar(collection, key, change, parse_macro(value if change is Change.SET else value[1:]))


def parse_expirevar(argument: str) -> ExpireVar:
    """Raises WordError."""
    name, equals, value = _split(argument)
    if not equals or not value:
        raise WordError("expirevar needs seconds", "write expirevar:ip.name=60")
    collection, key = _variable(name, "expirevar")
    if "%{" not in value:
        _number("expirevar", value)
    return ExpireVar(collection, key, parse_macro(value))


def parse_initcol(argument: str) -> InitCol:
    """Raises WordError."""
    name, equals, value = _split(argument)
    collection = name.upper()
    if not equals or not value or collection not in ("IP", "GLOBAL", "RESOURCE"):
        mend = (
            "write initcol:ip=..., initcol:global=... or initcol:resource=...; setsid and setuid open SESSION and USER"
        )
        raise WordError(f"initcol:{argument} opens no collection", mend)
    return InitCol(collection, parse_macro(value))


def parse_severity(argument: str) -> int:
    """0 (EMERGENCY) to 7 (DEBUG). Raises WordError."""
    if argument.lower() in SEVERITIES:
        return SEVERITIES.index(argument.lower())
    if _NUMBER.match(argument) and int(argument) < len(SEVERITIES):
        return int(argument)
    raise WordError(f"there is no severity {argument}", f"write 0 to 7, or one of {', '.join(SEVERITIES).upper()}")


def parse_phase(argument: str) -> int:
    """1 to 5. Raises WordError."""
    phase = PHASE_NAMES.get(argument.lower()) or (int(argument) if _NUMBER.match(argument) else 0)
    if not 1 <= phase <= 5:
        raise WordError(f"there is no phase {argument}", "write 1 to 5, or request, response or logging")
    return phase


def parse_ctl(argument: str) -> Ctl:
    """Raises WordError."""
    name, equals, value = argument.partition("=")
    word = CTLS.get(name.strip().lower())
    if word is None:
        raise WordError(f"there is no ctl:{name}", like(name.strip(), CTLS))
    if word.status is Status.REFUSED:
        raise WordError(f"ctl:{name} is refused: {word.note}", "take it out of the rule")
    key, value = name.strip().lower(), value.strip()
    if not equals or not value:
        raise WordError(f"ctl:{name} needs a value", f"write ctl:{name}=value")
    if key in _OPTIONS:
        return Ctl(key, _option(name, value, _OPTIONS[key]))
    if key.startswith("ruleremovetargetby"):
        return _remove_target(name, key, value)
    if key == "ruleremovebyid":
        return Ctl(key, value, parse_ids([value]))
    if key in ("requestbodylimit", "responsebodylimit", "debugloglevel"):
        _number(f"ctl:{name}", value)
    return Ctl(key, value)


def _option(name: str, value: str, options: tuple[str, ...]) -> str:
    for option in options:
        if option.lower() == value.lower():
            return option if options is BODY_PROCESSORS else option.lower()
    raise WordError(f"ctl:{name} does not know {value}", f"write one of {', '.join(options)}")


def _remove_target(name: str, key: str, value: str) -> Ctl:
    what, semicolon, selector = value.partition(";")
    if not semicolon or not what.strip() or not selector.strip():
        raise WordError(f"ctl:{name} needs a rule and a variable", f"write ctl:{name}=RULE;VARIABLE")
    target = parse_target(selector.strip())
    if target.exclude or target.count:
        raise WordError(f"ctl:{name} takes a variable away by itself", "write the variable without ! or &")
    ids = parse_ids([what.strip()]) if key == "ruleremovetargetbyid" else ()
    return Ctl(key, what.strip(), ids, target)


def _split(argument: str) -> tuple[str, str, str]:
    """Name, `=` or nothing, value. A `=` inside a macro of the name does not split."""
    end = next(_NAME.finditer(argument)).end()  # there is one: it may be empty
    return argument[:end].strip(), argument[end : end + 1], argument[end + 1 :]


def _variable(name: str, action: str) -> tuple[str, Macro]:
    found = _VARIABLE.match(name)
    collection = found.group(1).upper() if found else ""
    if found is None or (collection != "TX" and collection not in PERSISTENT):
        writable = ", ".join(sorted({"TX", *PERSISTENT}))
        raise WordError(f"{action} cannot write {name!r}", f"write {action}:tx.name; collections: {writable}")
    return collection, parse_macro(found.group(2))


def _number(what: str, argument: str) -> int:
    if not _NUMBER.match(argument):
        raise WordError(f"{what} needs a number, not {argument!r}", "write digits only")
    return int(argument)


def _status(argument: str) -> None:
    if not 100 <= _number("status", argument) <= 599:
        raise WordError(f"there is no status {argument}", "write a number from 100 to 599")


def _identifier(argument: str) -> None:
    if not 1 <= _number("id", argument) <= 2**63 - 1:
        raise WordError(f"there is no rule id {argument}", "write a number from 1 on")


def _transformation(argument: str) -> None:
    if argument.lower() not in TRANSFORMATIONS:
        raise WordError(f"there is no transformation {argument}", like(argument, TRANSFORMATIONS))


def _allow(argument: str) -> None:
    if argument and argument.lower() not in ("phase", "request"):
        raise WordError(f"allow does not know {argument}", "write allow, allow:phase or allow:request")


def _namespace(argument: str) -> None:
    prefix, equals, uri = argument.partition("=")
    if not prefix or not equals or not uri:
        raise WordError(
            "xmlns needs a prefix and its name space", "write xmlns:'soap=http://schemas.xmlsoap.org/soap/envelope/'"
        )


_CHECKS: dict[str, Callable[[str], object]] = {
    "accuracy": lambda argument: _number("accuracy", argument),
    "allow": _allow,
    "ctl": parse_ctl,
    "expirevar": parse_expirevar,
    "id": _identifier,
    "initcol": parse_initcol,
    "maturity": lambda argument: _number("maturity", argument),
    "phase": parse_phase,
    "setvar": parse_setvar,
    "severity": parse_severity,
    "skip": lambda argument: _number("skip", argument),
    "status": _status,
    "t": _transformation,
    "xmlns": _namespace,
} | dict.fromkeys(("logdata", "msg", "redirect", "setrsc", "setsid", "setuid", "tag"), parse_macro)


def check_argument(call: ActionCall) -> None:
    """Raises WordError where the argument is not what the action takes."""
    check = _CHECKS.get(call.name)
    if check is not None:
        check(call.argument or "")
