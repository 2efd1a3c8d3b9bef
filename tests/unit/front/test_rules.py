"""The rule sets of a worker while it serves: progress, reloads, and what they leave behind."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import trio

from policy.pipeline import Policy
from policy.rule_book import RuleBook
from relay.base.errors import ConfigInvalid
from relay.front import rules as module
from relay.front.measure import Measure
from relay.front.rules import Progress, Rules, detail_of, places_of, rules_at_start
from relay.ops.lifecycle import Notifier
from relay.ops.logs import Log
from relay.ops.metrics import Registry
from relay.settings.load import load_host
from relay.settings.pki import LabConfig
from relay.tree.record import Operation, encode_record
from tests.unit.settings.lab import edit, make
from tests.unit.settings.test_rules import write_rules


class World:
    """A worker's rules, without the worker."""

    def __init__(self, directory: Path) -> None:
        self.lab: LabConfig
        _, self.lab = make(directory / "lab")
        write_rules(self.config)
        self.said = directory / "said"
        self._out = self.said.open("wb")
        self.log = Log("front", 0, self._out.fileno(), {})
        self.registry = Registry("front", {})
        self.records: list[tuple[str, str, str]] = []
        settings = load_host(self.config)
        loaded = rules_at_start(settings, self.log, Notifier({}))
        self.policy = Policy((), frozenset({"city-a"}), open_routes=True, rules=RuleBook(loaded.choice))
        measure = Measure(self.registry)
        self.rules = Rules(self.config, settings, loaded, self.policy, measure, self.log, Notifier({}))

    @property
    def config(self) -> Path:
        return self.lab.host_file

    async def record(self, operation: str, result: str, detail: str) -> None:
        self.records.append((operation, result, detail))

    async def reload(self) -> None:
        await self.rules.reload(self.record)

    def events(self, event: str) -> list[dict[str, object]]:
        lines = [json.loads(line) for line in self.said.read_text().splitlines()]
        return [line for line in lines if line["event"] == event]

    def metric(self, name: str) -> dict[tuple[str, ...], float]:
        return {series.labels: series.value for series in self.registry.snapshot() if series.metric == name}

    def close(self) -> None:
        self._out.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


async def test_a_changed_mode_is_in_force_and_told(world: World) -> None:
    assert world.policy.rules.choice.sets["one"].mode == "enforce"
    edit(world.config, 'name = "one"', 'name = "one"\nmode = "off"')
    await world.reload()
    assert world.policy.rules.choice.sets["one"].mode == "off"
    assert world.records == [("reload", "done", detail_of(world.rules.loaded))]
    assert world.metric("sekisho_rules_reloads_total") == {("done",): 1}
    workers = {labels: value for labels, value in world.metric("sekisho_rule_set_workers").items() if value}
    assert workers == {("one", "off"): 1, ("two", "detect"): 1}
    assert [line["digest"] for line in world.events("rules_loaded")][-1] == world.rules.loaded.digest
    assert world.events("restart_needed") == []


async def test_what_is_wrong_leaves_everything_as_it_was(world: World) -> None:
    before, choice = world.rules.loaded, world.policy.rules.choice
    loaded_at = world.metric("sekisho_rules_loaded_timestamp_seconds")
    wrong = [
        ("rules/one.conf", "SecNonsense 1\n"),
        ("rules/two.conf", 'SecRule ARGS "@rx (" "id:2,phase:2,deny"\n'),
        ("sekisho.toml", "[host"),
        ("sekisho.toml", None),
    ]
    for name, text in wrong:
        path = world.config.parent / name
        kept = path.read_text()
        path.unlink()
        if text is not None:
            path.write_text(text)
        with pytest.raises(ConfigInvalid):
            await world.reload()
        path.write_text(kept)
    assert world.rules.loaded is before and world.policy.rules.choice is choice
    assert world.records == [("reload", "rules_invalid", detail_of(before))] * 4
    assert world.metric("sekisho_rules_reloads_total") == {("rules_invalid",): 4}
    assert world.metric("sekisho_rules_loaded_timestamp_seconds") == loaded_at
    await world.reload()
    assert world.records[-1] == ("reload", "done", detail_of(before))


async def test_what_else_differs_is_named_and_not_put_into_force(world: World) -> None:
    edit(world.config, "workers = 1", "workers = 2")
    await world.reload()
    assert [line["setting"] for line in world.events("restart_needed")] == ["front.workers"]


async def test_a_tenant_that_is_served_keeps_its_rule_set_until_a_restart(world: World) -> None:
    edit(world.config, 'sealing_key = "', 'rule_set = "two"\nsealing_key = "')
    await world.reload()
    assert world.policy.rules.choice.by_tenant == {"city-a": "two"}
    edit(world.config, 'name = "city-a"', 'name = "city-b"')
    edit(world.config, 'rule_set = "two"\nsealing_key', "sealing_key")
    await world.reload()
    assert world.policy.rules.choice.by_tenant == {"city-a": "two"}
    text = world.config.read_text()
    world.config.write_text(text[: text.index('[[rule_set]]\nname = "two"')])
    with pytest.raises(ConfigInvalid, match='"city-a" is served until a restart'):
        await world.reload()


async def test_rule_sets_come_and_go(world: World) -> None:
    text = world.config.read_text()
    at = text.index("\n[[rule_set]]")
    world.config.write_text(text[:at].replace('\nrule_set = "one"', ""))
    await world.reload()
    assert world.policy.rules.choice.sets == {}
    assert not any(world.metric("sekisho_rule_set_workers").values())
    world.config.write_text(
        text.replace('name = "one"', 'name = "three"').replace('rule_set = "one"', 'rule_set = "three"')
    )
    await world.reload()
    assert set(world.policy.rules.choice.sets) == {"two", "three"}
    assert world.metric("sekisho_rule_set_workers")[("three", "enforce")] == 1


async def test_threads_take_turns_as_before_afterwards(world: World) -> None:
    before = sys.getswitchinterval()
    await world.reload()
    world.config.unlink()
    with pytest.raises(ConfigInvalid):
        await world.reload()
    assert sys.getswitchinterval() == before


async def test_a_bug_is_counted_and_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    choice = world.policy.rules.choice

    def fail(*_: object, **__: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(module, "load_rule_sets", fail)
    with pytest.raises(KeyError):
        await world.reload()
    assert world.metric("sekisho_rules_reloads_total") == {("other",): 1}
    assert world.policy.rules.choice is choice


async def test_the_service_goes_on_while_rules_are_compiled(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop runs while the thread does: each waits for a word of the other."""
    asked, answered = trio.Event(), threading.Event()
    token = trio.lowlevel.current_trio_token()
    load = module.load_rule_sets

    def slowly(*arguments: object, **named: object) -> object:
        token.run_sync_soon(asked.set)
        assert answered.wait(30)
        return load(*arguments, **named)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(module, "load_rule_sets", slowly)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.reload)
        await asked.wait()
        answered.set()
    assert world.records[-1][1] == "done"


def test_a_record_takes_every_digest(world: World) -> None:
    detail = detail_of(world.rules.loaded)
    assert detail.replace("-", "") == f"rules {world.rules.loaded.digest}"
    grouped = "-".join(["12345678"] * 8)
    for text in (detail, f"rules {grouped}"):
        encode_record(
            Operation(time="2026-01-31T09:30:00.000Z", role="front", operation="reload", subject="worker-0", result="done", detail=text)
        )  # fmt: skip


def test_progress_is_said_every_tenth_and_not_too_often(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(module, "monotonic", lambda: now)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as manager:
        manager.bind(str(tmp_path / "notify"))
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        progress = Progress(world.log, notifier)
        heard: list[bytes] = []
        for done in range(100):
            now += 0.5
            progress("one", done, 100)
            with suppress(BlockingIOError):
                heard.append(manager.recv(4096))
        notifier.close()
    assert len(heard) == 50
    assert heard[1] == "EXTEND_TIMEOUT_USEC=180000000\nSTATUS=ルールの準備 compiling rule set one: 2/100".encode()
    told = [
        (line["rule_set"], line["done"], line["total"], line["percent"]) for line in world.events("rules_compiling")
    ]
    assert told == [("one", done, 100, done) for done in range(10, 100, 10)]


def test_rules_from_the_cache_are_not_told_step_by_step(world: World) -> None:
    progress = Progress(world.log, Notifier({}))
    for done in range(100):
        progress("one", done, 100)
    assert world.events("rules_compiling") == []


def test_a_cache_that_cannot_be_written_is_said_and_done_without(world: World) -> None:
    cache = world.config.parent / "cache"
    assert world.events("rules_cache_not_written") == []
    for file in cache.iterdir():
        file.unlink()
    cache.rmdir()
    cache.write_text("in the way")
    assert set(rules_at_start(load_host(world.config), world.log, Notifier({})).sets) == {"one", "two"}
    assert [line["path"] for line in world.events("rules_cache_not_written")] == [str(cache)]


def test_what_a_user_cannot_reach_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a user whom modes keep out: the test may be root, who is kept out of nothing. tests/systemd has such a user."""
    (tmp_path / "there").mkdir()
    assert [module._is_closed(tmp_path / name) for name in ("there", "none", "there/none")] == [False, False, False]
    monkeypatch.setattr(module.os, "access", lambda *_, **__: False)
    assert [module._is_closed(tmp_path / name) for name in ("there", "none")] == [True, False]

    def unreachable(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat", unreachable)
    assert module._is_closed(tmp_path / "there/below") is True


def test_the_walls_let_the_worker_read_its_rules(world: World) -> None:
    places = places_of(world.config, load_host(world.config), world.rules.loaded)
    assert {world.config.parent / "rules", world.config.parent / "cache"} <= set(places)
    assert world.config.parent not in places
