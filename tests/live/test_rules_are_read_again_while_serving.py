"""SIGHUP changes what the rules say, without a request that fails; what is wrong leaves the old rules in force and is told."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.live.labs import Lab, head_of, running_lab, sekisho, until

pytestmark = pytest.mark.live

PROBE = 'SecRule REQUEST_HEADERS:X-Probe "@streq {word}" "id:101,phase:1,deny,status:403,msg:\'Probe\'"\n'
# what a set of rules brings into a front that it has not used before: patterns, phrases, injections, bodies
MORE = r"""
SecRule ARGS|REQUEST_HEADERS "@rx (?i)union\s+select\s+[0-9]{3,9}" "id:201,phase:2,deny,t:urlDecodeUni,t:lowercase"
SecRule ARGS "@pmFromFile words.data" "id:202,phase:2,deny"
SecRule ARGS "@detectSQLi" "id:203,phase:2,deny"
SecRule ARGS "@detectXSS" "id:204,phase:2,deny"
SecRule REQUEST_HEADERS:Content-Type "@contains xml" "id:205,phase:1,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule XML:/* "@contains marked" "id:206,phase:2,deny"
"""
SETS = """
[policy]
rule_set = "small"

[[rule_set]]
name = "small"
rules = ["{rules}/*.conf"]
"""


class Rules:
    """A lab whose rules are files of the test."""

    def __init__(self, lab: Lab, directory: Path) -> None:
        self.lab = lab
        self.file = directory / "probe.conf"
        self.config = Path(lab.about["config"])

    def hang_up(self, result: str, workers: int = 1) -> list[dict[str, Any]]:
        """SIGHUP to the supervisor; the records of the reload, one of each worker."""
        before = len(self._reloads())
        os.kill(self.lab.process.pid, signal.SIGHUP)
        until(lambda: len(self._reloads()) == before + workers, "the reload is recorded")
        new = self._reloads()[before:]
        assert {record["result"] for record in new} == {result}
        assert {record["subject"] for record in new} == {f"worker-{number}" for number in range(workers)}
        return new

    def _reloads(self) -> list[dict[str, Any]]:
        return self.lab.records(kind="operation", role="front", operation="reload")

    def edit(self, old: str, new: str) -> None:
        text = self.config.read_text()
        assert old in text
        self.config.write_text(text.replace(old, new, 1))

    def probe(self, word: str) -> int:
        return self.lab.get(headers={"X-Probe": word}).status

    def events(self, event: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.lab.printed().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event and line["role"] == "front"]


@contextmanager
def lab_with_rules(directory: Path, workers: int = 1) -> Iterator[Rules]:
    rules = directory / "rules"
    rules.mkdir()
    (rules / "probe.conf").write_text(PROBE.format(word="one"))
    (rules / "words.data").write_text("forbidden\n")
    with running_lab(directory / "lab", config=SETS.format(rules=rules), workers=workers) as lab:
        yield Rules(lab, rules)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rules]:
    with lab_with_rules(tmp_path_factory.mktemp("rules")) as rules:
        yield rules


@pytest.fixture
def rules(shared: Rules) -> Iterator[Rules]:
    """As it was at the start, whatever the test before left behind."""
    config = shared.config.read_text()
    yield shared
    shared.config.write_text(config)
    for file in shared.file.parent.glob("*.conf"):
        if file != shared.file:
            file.unlink()
    shared.file.write_text(PROBE.format(word="one"))
    shared.hang_up("done")


@contextmanager
def load(lab: Lab) -> Iterator[list[int]]:
    """Requests, one after the other, until the block ends: their statuses."""
    statuses: list[int] = []
    failed: list[BaseException] = []
    ended = threading.Event()

    def ask() -> None:
        try:
            with lab.client() as client:
                while not ended.is_set():
                    client.send(head_of("GET", "/status/2026-0415-000001"))
                    statuses.append(client.answer().status)
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert failed == []


def test_another_verdict_without_a_request_that_fails(rules: Rules) -> None:
    assert (rules.probe("one"), rules.probe("two")) == (403, 200)
    with load(rules.lab) as statuses:
        until(lambda: len(statuses) > 20, "requests are answered")
        for word, other in (("two", "one"), ("three", "two")):
            rules.file.write_text(PROBE.format(word=word) + MORE)
            (record,) = rules.hang_up("done")
            assert (rules.probe(word), rules.probe(other)) == (403, 200)
        seen = len(statuses)
        until(lambda: len(statuses) > seen + 20, "requests go on being answered")
    assert set(statuses) == {200}
    digest = record["detail"].removeprefix("rules ").replace("-", "")
    assert rules.events("rules_loaded")[-1]["digest"] == digest
    assert rules.events("reloaded")


def test_the_start_says_which_rules_are_in_force(shared: Rules) -> None:
    record = shared.lab.record(kind="operation", role="front", operation="rules")
    assert (record["subject"], record["result"]) == ("worker-0", "in-force")
    digest = record["detail"].removeprefix("rules ").replace("-", "")
    assert digest == shared.events("rules_loaded")[0]["digest"]


def test_broken_rules_leave_the_old_in_force_and_are_told(rules: Rules) -> None:
    refused = rules.lab.metric("sekisho_rules_reloads_total", result="rules_invalid")
    loaded = rules.lab.metric("sekisho_rules_loaded_timestamp_seconds")
    (before,) = rules.hang_up("done")
    said = len(rules.events("problem"))
    broken = rules.file.with_name("broken.conf")
    broken.write_text('# a remark\nSecNonsense On\nSecRule ARGS "@rx a" "id:1,phase:9,deny"\n')
    (record,) = rules.hang_up("rules_invalid")
    assert record["detail"] == before["detail"]
    assert (rules.probe("one"), rules.probe("two")) == (403, 200)
    until(lambda: rules.events("reload_refused"), "the log says so")
    problems = until(lambda: rules.events("problem")[said:], "the log says what is wrong")
    texts = [problem["problem"] for problem in problems]
    assert any(text.startswith(f"{broken}:2: ") and "SecNonsense" in text and "mend: " in text for text in texts), texts
    assert rules.lab.metric("sekisho_rules_reloads_total", result="rules_invalid") == refused + 1
    assert rules.lab.metric("sekisho_rules_loaded_timestamp_seconds") >= loaded
    broken.unlink()
    rules.hang_up("done")


def test_a_broken_configuration_leaves_the_old_in_force(rules: Rules) -> None:
    for old, new in (('name = "small"', 'name = "Small!"'), ("[host]", "[host")):
        kept = rules.config.read_text()
        rules.edit(old, new)
        rules.hang_up("rules_invalid")
        assert (rules.probe("one"), rules.probe("two")) == (403, 200)
        rules.config.write_text(kept)


def test_the_kill_switch_goes_off_and_on(rules: Rules) -> None:
    def in_mode(mode: str) -> float:
        return rules.lab.metric("sekisho_rule_set_workers", rule_set="small", mode=mode)

    would = rules.lab.metric("sekisho_rules_would_refuse_total")
    assert (rules.probe("one"), in_mode("enforce")) == (403, 1)
    rules.edit('name = "small"', 'name = "small"\nmode = "detect"')
    rules.hang_up("done")
    assert (rules.probe("one"), in_mode("detect"), in_mode("enforce")) == (200, 1, 0)
    assert rules.lab.metric("sekisho_rules_would_refuse_total") == would + 1
    rules.edit('mode = "detect"', 'mode = "off"')
    rules.hang_up("done")
    assert (rules.probe("one"), in_mode("off")) == (200, 1)
    assert rules.lab.metric("sekisho_rules_would_refuse_total") == would + 1
    rules.edit('mode = "off"\n', "")
    rules.hang_up("done")
    assert (rules.probe("one"), in_mode("enforce"), in_mode("off")) == (403, 1, 0)


def test_an_exclusion_holds_at_once(rules: Rules) -> None:
    rules.config.write_text(
        rules.config.read_text()
        + '\n[[rule_exclusion]]\nrule_set = "small"\nrule = 101\nreason = "harmless in this test"\nexpires = "2999-12-31"\n'
    )
    rules.hang_up("done")
    assert rules.probe("one") == 200


def test_what_else_has_changed_waits_for_a_restart(rules: Rules) -> None:
    said = len(rules.events("restart_needed"))
    rules.edit("workers = 1", "workers = 2")
    rules.hang_up("done")
    named = until(lambda: rules.events("restart_needed")[said:], "the log names it")
    assert [event["setting"] for event in named] == ["front.workers"]


def test_a_file_that_the_walls_keep_out_of_reach_is_told(rules: Rules) -> None:
    """Keys lie beside a lab's configuration, so that the walls open only the file that was there."""
    replaced = rules.config.with_suffix(".new")
    kept = rules.config.with_suffix(".kept")
    replaced.write_text(rules.config.read_text())
    os.link(rules.config, kept)
    said = len(rules.events("problem"))
    replaced.replace(rules.config)
    rules.hang_up("rules_invalid")
    problems = until(lambda: rules.events("problem")[said:], "the log says what is wrong")
    assert "write into the file instead" in problems[0]["problem"]
    assert (rules.probe("one"), rules.probe("two")) == (403, 200)
    kept.replace(rules.config)
    rules.hang_up("done")


def test_rules_in_a_directory_that_was_not_named_at_the_start_take_a_restart(rules: Rules, tmp_path: Path) -> None:
    (tmp_path / "new.conf").write_text(PROBE.format(word="two"))
    for pattern in ("new.conf", "*.conf"):
        kept = rules.config.read_text()
        said = len(rules.events("problem"))
        rules.edit('/*.conf"]', f'/*.conf", "{tmp_path}/{pattern}"]')
        rules.hang_up("rules_invalid")
        (problem,) = until(lambda said=said: rules.events("problem")[said:], "the log says what is wrong")
        assert str(tmp_path) in problem["problem"]
        assert "mend: restart the front" in problem["problem"]
        assert (rules.probe("one"), rules.probe("two")) == (403, 200)
        rules.config.write_text(kept)


def test_every_worker_reloads(tmp_path: Path) -> None:
    with lab_with_rules(tmp_path, workers=2) as rules:
        rules.file.write_text(PROBE.format(word="two"))
        records = rules.hang_up("done", workers=2)
        assert len({record["detail"] for record in records}) == 1
        assert rules.lab.metric("sekisho_rule_set_workers", rule_set="small", mode="enforce") == 2
        assert [rules.probe("two") for _ in range(8)] == [403] * 8
        pids = [rules.lab.pid("front", number) for number in range(2)]
        assert [rules.lab.pid("front", number) for number in range(2)] == pids
        rules.lab.verify_log()


def test_rules_that_were_wrong_at_the_start_do_not_start(tmp_path: Path) -> None:
    broken = tmp_path / "broken.conf"
    broken.write_text("SecNonsense On\n")
    extra = tmp_path / "extra.toml"
    extra.write_text(SETS.format(rules=tmp_path))
    done = sekisho("lab", "--dir", str(tmp_path / "lab"), "--config", str(extra))
    assert done.returncode == 78
    assert f"{broken}:1: there is no directive SecNonsense" in done.stderr


def test_what_a_reload_compiles_is_not_kept(rules: Rules) -> None:
    """The walls of a front that serves let it write nothing; the next start compiles what is new and keeps it."""
    cache = rules.lab.directory / "cache"
    before = sorted(cache.iterdir())
    rules.file.write_text(PROBE.format(word="one") + MORE.replace("union", "another"))
    rules.hang_up("done")
    assert sorted(cache.iterdir()) == before
    old = rules.lab.kill("front")
    rules.lab.wait_back("front", old)
    rules.lab.wait_served()
    assert len(sorted(cache.iterdir())) > len(before)


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    (tmp_path / "probe.conf").write_text(PROBE.format(word="one"))
    config = SETS.format(rules=tmp_path) + f'\n[host]\ncache_dir = "{tmp_path}/cache/below"\n'
    with running_lab(tmp_path / "lab", config=config) as lab:
        assert lab.get(headers={"X-Probe": "one"}).status == 403
        assert '"event":"rules_cache_not_written"' in lab.printed()
