"""Structured lines on stderr: one JSON object per line, from fields that cannot carry what a citizen wrote (promise P7).

Rules
1. An event is a fixed word of our own code: lower-case letters, digits and `_`.
2. A field is declared in `FIELDS` with the form that its values have: a number, a member of a closed set, an id, an
   address, a name that the operator declared. There is no field for text, but for a `Problem`: what is wrong in a file of
   the operator's, which holds no requests. An undeclared field raises Misuse.
3. A value that does not have its field's form is written as `?`: the line is still there, the value is not.
4. An exception is logged as its class, its `errno` name and the place in our code; never its message.
5. Logging never waits and never fails a request: a line that stderr does not take at once is counted in `lost`.

Under systemd (`$JOURNAL_STREAM` names our stderr) each line begins with `<N>`, the syslog priority (sd-daemon(3)).
The journal is for operating; the record of transfers is the ledger's log.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Final

import msgspec

from relay.base.errors import Misuse, Problem
from relay.base.reasons import Reason, Stage
from relay.base.rfc3339 import format_time
from relay.ops import clock

_EVENT = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?\Z")
_TRANSFER = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")
_DIGEST = re.compile(r"[0-9a-f]{16,128}\Z")
_TLS_WORD = re.compile(r"[A-Za-z0-9_.:-]{1,48}\Z")
_PATH = re.compile(r"/[A-Za-z0-9._/@-]{0,255}\Z")
_SIGNATURE = re.compile(r"[A-Za-z0-9._-]{1,128}\Z")
_WITHHELD = "?"
_SETTING = re.compile(r"[a-z_]{1,40}(?:\.[a-z0-9_]{1,40})?\Z")
_PROBLEM_CHARS = 600  # a line that goes into one datagram of the journal with all its other fields
_PLACES = 3  # frames of our own code that tell where an exception came from

Value = str | int | float | bool | list[str] | None


def _number(value: object) -> Value:
    return value if isinstance(value, int | float) else _WITHHELD


def _matching(pattern: re.Pattern[str]) -> Callable[[object], Value]:
    def form(value: object) -> Value:
        return str(value) if isinstance(value, str) and pattern.match(value) else _WITHHELD

    return form


def _reason(value: object) -> Value:
    return value.value if isinstance(value, Reason) else _WITHHELD


def _stage(value: object) -> Value:
    return value.value if isinstance(value, Stage) else _WITHHELD


def _address(value: object) -> Value:
    try:
        return str(ipaddress.ip_address(str(value)))
    except ValueError:
        return _WITHHELD


def _error(value: object) -> Value:
    if not isinstance(value, BaseException):
        return _WITHHELD
    if isinstance(value, BaseExceptionGroup):
        return type(value).__name__ + "(" + ",".join(str(_error(inner)) for inner in value.exceptions[:_PLACES]) + ")"
    number = getattr(value, "errno", None)
    name = errno.errorcode.get(number) if isinstance(number, int) else None
    return f"{type(value).__name__}:{name}" if name else type(value).__name__


def _problem(value: object) -> Value:
    if not isinstance(value, Problem):
        return _WITHHELD
    text = " ".join(str(value).split())
    return text if len(text) <= _PROBLEM_CHARS else text[: _PROBLEM_CHARS - 1] + "…"


def _names(value: object) -> Value:
    if not isinstance(value, list | tuple):
        return _WITHHELD
    return [str(_matching(_EVENT)(item)) for item in value[:32]]


FIELDS: Final[Mapping[str, Callable[[object], Value]]] = {
    "transfer": _matching(_TRANSFER),
    "tenant": _matching(_NAME),
    "route": _matching(_NAME),
    "gate": _matching(_NAME),
    "application": _matching(_NAME),
    "credential": _matching(_NAME),
    "rule_set": _matching(_NAME),
    "user": _matching(_NAME),
    "peer_role": _matching(_NAME),
    "signature": _matching(_SIGNATURE),  # a virus scanner's name for what it found, from its own database
    "peer": _matching(_DIGEST),
    "digest": _matching(_DIGEST),
    "reason": _reason,
    "stage": _stage,
    "state": _matching(_EVENT),
    "result": _matching(_EVENT),
    "limit": _matching(_EVENT),
    "dependency": _matching(_EVENT),
    "walls": _names,
    "missing": _names,
    "source": _address,
    "address": _address,
    "port": _number,
    "tls_version": _matching(_TLS_WORD),
    "tls_group": _matching(_TLS_WORD),
    "path": _matching(_PATH),  # of our own files, from the configuration; never a URL
    "setting": _matching(_SETTING),  # a key of the configuration, never its value
    "problem": _problem,
    "error": _error,
    "status": _number,
    "index": _number,
    "size": _number,
    "count": _number,
    "problems": _number,
    "attempts": _number,
    "bytes": _number,
    "duration_ms": _number,
    "percent": _number,
    "done": _number,
    "total": _number,
    "pid": _number,
    "exit_code": _number,
    "landlock_abi": _number,
    "expires_in_s": _number,
}

# syslog severities, RFC 5424 section 6.2.1
_ERROR, _WARNING, _NOTICE, _INFO = 3, 4, 5, 6
_LEVELS = {_ERROR: "error", _WARNING: "warning", _NOTICE: "notice", _INFO: "info"}


class Log:
    """The log of one role's process."""

    def __init__(
        self, role: str, worker: int | None = None, fd: int = 2, environ: Mapping[str, str] = os.environ
    ) -> None:
        self.lost = 0
        self._fd = fd
        self._head: dict[str, Value] = {"role": role} if worker is None else {"role": role, "worker": worker}
        self._prefixed = _is_journal(fd, environ)

    def error(self, event: str, **fields: object) -> None:
        self._write(_ERROR, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        self._write(_WARNING, event, fields)

    def notice(self, event: str, **fields: object) -> None:
        self._write(_NOTICE, event, fields)

    def info(self, event: str, **fields: object) -> None:
        self._write(_INFO, event, fields)

    def fault(self, event: str, exc: BaseException, **fields: object) -> None:
        """An error with the class of `exc` and the last places in our own code; never its message."""
        self._write(_ERROR, event, {**fields, "error": exc}, where=places(exc.__traceback__))

    def _write(self, level: int, event: str, fields: Mapping[str, object], where: list[str] | None = None) -> None:
        line = format_line(self._head, _LEVELS[level], event, fields, clock.now_ms(), where)
        if self._prefixed:
            line = b"<%d>" % level + line
        try:
            if os.write(self._fd, line) != len(line):
                self.lost += 1
        except OSError:
            self.lost += 1


def format_line(
    head: Mapping[str, Value],
    level: str,
    event: str,
    fields: Mapping[str, object],
    unix_ms: int,
    where: list[str] | None = None,
) -> bytes:
    """One line with its end. Raises Misuse for an event or field that is not declared."""
    if not _EVENT.match(event):
        raise Misuse("a log event is a fixed word of a-z, 0-9 and _")
    entry: dict[str, Value] = {"time": format_time(unix_ms), "level": level, **head, "event": event}
    for name, value in fields.items():
        form = FIELDS.get(name)
        if form is None:
            raise Misuse(f"log field {name!r} is not declared in relay.ops.logs.FIELDS")
        if value is not None:
            entry[name] = form(value)
    if where:
        entry["where"] = where
    return msgspec.json.encode(entry) + b"\n"


def places(traceback: TracebackType | None) -> list[str]:
    """The innermost frames of our own packages, as `relay.front.pipeline:serve:42`."""
    found: list[str] = []
    while traceback is not None:
        frame = traceback.tb_frame
        module = str(frame.f_globals.get("__name__", ""))
        if module.split(".")[0] in ("relay", "policy", "certs", "__main__"):
            found.append(f"{module}:{frame.f_code.co_name}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    return found[-_PLACES:]


def _is_journal(fd: int, environ: Mapping[str, str]) -> bool:
    try:
        about = os.fstat(fd)
    except OSError:
        return False
    return environ.get("JOURNAL_STREAM") == f"{about.st_dev}:{about.st_ino}"
