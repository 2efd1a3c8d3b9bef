"""The rule sets of one worker: in force from its start, and read again while it serves (SIGHUP, docs/spec/config.md section 11).

Rules
1. What is new is read and compiled in a thread beside the service, and takes effect by one assignment (`RuleBook.replace`): requests
   under way end by what they began with. Hyperscan lets other threads run while it compiles; Python's own work is interrupted
   every `_TURN_S`, so that requests go on being answered.
2. Whatever is wrong leaves everything as it was.
3. Each change, and each attempt that failed, is an operation record, a metric and a line in the log.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Final, Protocol

import trio

from policy.load import rules_missing
from policy.operators.injection import library
from policy.operators.match import OperatorInvalid
from policy.pipeline import Policy
from policy.scan.database import platform
from relay.base.errors import ConfigInvalid, Problem
from relay.front.measure import Measure
from relay.ops.lifecycle import Notifier
from relay.ops.logs import Log
from relay.ops.metrics import OTHER
from relay.ops.sandbox.privileges import acting_as
from relay.ops.start import own_directory
from relay.settings.load import load_host_again
from relay.settings.model import HostFile
from relay.settings.rule_reload import cache_fault, differences, readable_again, with_walls_in_mind
from relay.settings.rules import LoadedRules, load_rule_sets

EXTENSION_S: Final = 180  # of the service manager, at each step; the longest of CRS 3 at level 2 took 15 s when busy
_STEP_S: Final = 1.0  # between two lines, or two messages to the service manager, about one compilation
_TURN_S: Final = 0.0005  # Python's default of 5 ms would come on top of every system call of a request
_CACHE_MODE: Final = 0o700  # Hyperscan trusts what it loads
_GROUP: Final = 8  # characters of a digest that stand together: no record takes ten digits in a row


class Record(Protocol):
    async def __call__(self, operation: str, result: str, detail: str) -> None:
        """Write an operation record of this worker; returns when it is in the log."""


class Progress:
    """Says how far a compilation is, every 10 % and not more than once a second, so that one from the cache says nothing."""

    def __init__(self, log: Log, notifier: Notifier) -> None:
        self._log = log
        self._notifier = notifier
        self._extended = -_STEP_S
        self._said = monotonic()
        self._tenth = 0

    def __call__(self, name: str, done: int, total: int) -> None:
        now = monotonic()
        if now - self._extended >= _STEP_S:
            self._extended = now
            self._notifier.extend(EXTENSION_S, f"ルールの準備 compiling rule set {name}: {done}/{total}")
        tenth = 10 * done // total
        if tenth != self._tenth and now - self._said >= _STEP_S:
            self._said = now
            self._log.info("rules_compiling", rule_set=name, done=done, total=total, percent=10 * tenth)
        self._tenth = tenth


def rules_at_start(settings: HostFile, log: Log, notifier: Notifier) -> LoadedRules:
    """Before the walls go up, as the worker's user: nobody else writes into the cache. Raises ConfigInvalid, WallMissing."""
    began = monotonic()
    cache = None if settings.host.cache_dir is None or not settings.rule_set else Path(settings.host.cache_dir)
    if cache is not None:
        with suppress(ConfigInvalid):  # then it cannot be written either, which is said below
            own_directory(cache, _CACHE_MODE, settings.front.user)
    _load_ahead()
    with acting_as(settings.front.user):
        fault = None if cache is None else cache_fault(cache)
        if fault is not None:
            log.warning("rules_cache_not_written", path=str(cache), error=fault)
        rules = load_rule_sets(settings, progress=Progress(log, notifier))
    if rules.sets:
        _say_loaded(log, rules, monotonic() - began)
    return rules


def _load_ahead() -> None:
    """What rules load at their first use: neither the walls nor, where Python is root's alone, the worker's user lets them later."""
    platform()
    with suppress(OperatorInvalid):  # what is not installed is a problem of the rules that ask for it
        library()


def places_of(config: Path, settings: HostFile, rules: LoadedRules) -> tuple[Path, ...]:
    """What the worker's walls leave readable for a reload."""
    with acting_as(settings.front.user):
        return readable_again(config, settings, rules, _is_closed)


def detail_of(rules: LoadedRules) -> str:
    """What an operation record says of the rules in force."""
    digest = rules.digest
    return "rules " + "-".join(digest[start : start + _GROUP] for start in range(0, len(digest), _GROUP))


class Rules:
    """What is in force. `reload` is the hook of `relay.ops.lifecycle`; one runs at a time."""

    def __init__(
        self,
        config: Path,
        settings: HostFile,
        rules: LoadedRules,
        policy: Policy,
        measure: Measure,
        log: Log,
        notifier: Notifier,
    ) -> None:
        self._config = config
        self._settings = settings
        self.loaded = rules
        self._policy = policy
        self._measure = measure
        self._log = log
        self._notifier = notifier
        measure.rules_in_force(_modes(rules))

    async def reload(self, record: Record) -> None:
        """Raises ConfigInvalid, and then what was in force still is."""
        try:
            settings, rules, duration_s = await self._new()
        except ConfigInvalid:
            await record("reload", "rules_invalid", detail_of(self.loaded))
            raise
        self._policy.rules.replace(rules.choice)
        self.loaded = rules
        self._measure.rules_in_force(_modes(rules))
        self._log.info("rules_loaded", digest=rules.digest, count=len(rules.sets), duration_ms=round(1000 * duration_s))
        for setting in differences(self._settings, settings):
            self._log.warning("restart_needed", setting=setting)
        await record("reload", "done", detail_of(rules))
        gc.freeze()  # as at the start: what is compiled need not be looked at for cycles

    async def _new(self) -> tuple[HostFile, LoadedRules, float]:
        """Counted by how it ends. Raises ConfigInvalid."""
        result = OTHER
        try:
            read = await trio.to_thread.run_sync(self._read, abandon_on_cancel=True)
            result = "done"
        except ConfigInvalid:
            result = "rules_invalid"
            raise
        finally:
            self._measure.rules_reloaded(result)
        return read

    def _read(self) -> tuple[HostFile, LoadedRules, float]:
        began = monotonic()
        with _sharing():
            _readable(self._config)
            settings = load_host_again(self._config)
            try:
                rules = load_rule_sets(settings, before=self.loaded, progress=Progress(self._log, self._notifier))
            except ConfigInvalid as invalid:
                raise ConfigInvalid(with_walls_in_mind(invalid.problems)) from invalid
            rules = replace(rules, by_tenant={**self._of_tenants_gone(settings), **rules.by_tenant})
        tenants = [tenant.name for tenant in self._settings.tenant]
        missing = rules_missing(self._policy.routes, tenants, rules.choice)
        problems = [Problem(*problem) for problem in missing]
        problems += [
            Problem(
                str(self._config), 0, f'the tenant "{tenant}" is served until a restart, and its rule set "{name}" is gone',
                "restart the front, or declare the rule set until then",
            )
            for tenant, name in rules.by_tenant.items()
            if name not in rules.sets
        ]  # fmt: skip
        if problems:
            raise ConfigInvalid(problems)
        return settings, rules, monotonic() - began

    def _of_tenants_gone(self, settings: HostFile) -> dict[str, str]:
        """A tenant that the configuration no longer has goes on as it is: to leave it out takes a restart."""
        named = {tenant.name for tenant in settings.tenant}
        return {tenant: name for tenant, name in self.loaded.by_tenant.items() if tenant not in named}


def _say_loaded(log: Log, rules: LoadedRules, duration_s: float) -> None:
    log.info("rules_loaded", digest=rules.digest, count=len(rules.sets), duration_ms=round(1000 * duration_s))


def _modes(rules: LoadedRules) -> dict[str, str]:
    return {name: one.files.mode for name, one in rules.sets.items()}


@contextmanager
def _sharing() -> Iterator[None]:
    """Threads take turns more often: the one that serves waits for its turn after every system call."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _readable(config: Path) -> None:
    """A file that took the place of the one that the walls were made for may be out of reach. Raises ConfigInvalid."""
    try:
        config.open("rb").close()
    except PermissionError as error:
        raise ConfigInvalid(
            [
                Problem(
                    str(config),
                    0,
                    "cannot be read from inside the front's walls: keys or the log lie in the same directory",
                    "write into the file instead of putting another in its place, or restart the front",
                )
            ]
        ) from error
    except OSError:
        return  # what reads it says what is wrong


def _is_closed(place: Path) -> bool:
    """Whether file modes keep this user out of something that is there, or from looking whether it is."""
    try:
        place.stat()
    except PermissionError:
        return True
    except OSError:
        return False
    return not any(os.access(place, mode, effective_ids=True) for mode in (os.R_OK, os.X_OK))
