"""`sekisho run` passes SIGHUP on; a front with a user of its own reads its rules from inside its walls, and keeps what it compiled
at its start in a directory that is its own.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.walls.hosts import Hosts, Process, until

pytestmark = [pytest.mark.live, pytest.mark.netns, pytest.mark.slow]

RULES = """
SecRule REQUEST_HEADERS:X-Probe "@streq {word}" "id:101,phase:1,deny,status:403"
SecRule ARGS "@rx (?i)union\\s+select" "id:102,phase:2,deny"
"""


@pytest.fixture(scope="module")
def rules(hosts: Hosts) -> Path:
    directory = hosts.home / "rules"
    directory.mkdir()
    (directory / "probe.conf").write_text(RULES.format(word="one"))
    text = hosts.host_file.read_text()
    assert "open_routes = false" in text
    text = text.replace("open_routes = false", 'open_routes = false\nrule_set = "small"')
    hosts.host_file.write_text(f'{text}\n[[rule_set]]\nname = "small"\nrules = ["{directory}/*.conf"]\n')
    return directory


@pytest.fixture(scope="module")
def run(hosts: Hosts, rules: Path) -> Iterator[Process]:
    yield hosts.start_run()


def probe(hosts: Hosts, word: str) -> int:
    return hosts.ask("GET", "/status/2026-0415-000001", headers={"X-Probe": word}).status


def test_another_verdict_after_sighup(hosts: Hosts, rules: Path, run: Process) -> None:
    assert (probe(hosts, "one"), probe(hosts, "two")) == (403, 200)
    for number, (word, other) in enumerate((("two", "one"), ("one", "two")), 1):
        new = rules / "new"
        new.write_text(RULES.format(word=word))
        new.replace(rules / "probe.conf")
        os.kill(run.pid, signal.SIGHUP)
        until(lambda number=number: run.said().count('"event":"reloaded"') == number, "the front has reloaded")
        assert (probe(hosts, word), probe(hosts, other)) == (403, 200)
    assert "reload_refused" not in run.said()


def test_the_cache_is_the_fronts_own(hosts: Hosts, run: Process) -> None:
    assert '"rules_cache_not_written"' not in run.said()
    cache = hosts.host_file.parent / "cache"
    assert (cache.owner(), cache.stat().st_mode & 0o777) == (hosts.users["front"], 0o700)
    assert {path.owner() for path in cache.iterdir()} == {hosts.users["front"]}
