"""P1 and P7: 200 requests carry a secret in every place where a request has room for one, admitted and refused; meanwhile, and
afterwards, the memory of egress, ledger and exporter is read, and at the end everything that was written.

The Core Rule Set judges all of them, and so does a rule that puts what it matched wherever a rule can: into the text of its finding,
its tag, and variables that outlive the request.

The control: the front and the gate, whose work it is, are read in the same way, and there it is found.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from policy.samples import samples
from relay.settings.load import load_host
from relay.settings.rules import load_rule_sets
from tests.live.labs import Lab, running_lab
from tests.walls.hosts import DMZ_ROLES, MANAGEMENT_PORT, ROLES, SEKISHO, Hosts, until
from tests.walls.secret_requests import KANJI, KINDS, Secrets
from tests.walls.traces import Traces, forms

pytestmark = [pytest.mark.live, pytest.mark.slow]

REQUESTS = 200
BLIND = ("egress", "ledger", "exporter")
SEEING = ("front", "gate")
INDISCREET = 990  # id of the rule that keeps all it can of what it matched
_INDISCREET = rf"""
SecAction "id:{INDISCREET - 1},phase:1,pass,nolog,initcol:global=%{{REQUEST_HEADERS.User-Agent}}"
SecRule ARGS|ARGS_NAMES|REQUEST_COOKIES|REQUEST_COOKIES_NAMES|REQUEST_HEADERS|REQUEST_URI|REQUEST_BODY "@rx hidden\w+|[{KANJI}]+" \
    "id:{INDISCREET},phase:2,pass,log,auditlog,capture,msg:'%{{MATCHED_VAR}}',logdata:'%{{MATCHED_VAR_NAME}} %{{TX.0}}',\
    tag:'%{{MATCHED_VAR}}',setvar:'tx.%{{MATCHED_VAR}}=1',setvar:'global.kept=%{{MATCHED_VAR}}'"
"""
_RULE_SET = """
[[rule_set]]
name = "crs"
setup = ["/etc/modsecurity/crs/crs-setup.conf"]
rules = ["/usr/share/modsecurity-crs/rules/*.conf", "{indiscreet}"]
paranoia_level = 1
"""


@pytest.fixture(scope="module")
def relay(hosts: Hosts) -> Iterator[Hosts]:
    _with_rules(hosts)
    for role in DMZ_ROLES:
        hosts.start_role(role)
    yield hosts


def _with_rules(hosts: Hosts) -> None:
    """Compiled here already, so that the front need not be waited for."""
    indiscreet = hosts.home / "indiscreet.conf"
    indiscreet.write_text(_INDISCREET)
    text = hosts.host_file.read_text()
    assert "open_routes = false" in text
    text = text.replace("open_routes = false", 'open_routes = false\nrule_set = "crs"')
    hosts.host_file.write_text(text + _RULE_SET.format(indiscreet=indiscreet))
    settings = load_host(hosts.host_file)
    cache = Path(settings.host.cache_dir or "")
    cache.mkdir()
    load_rule_sets(settings)
    for file in cache.iterdir():
        shutil.chown(file, hosts.users["front"])


class Watch:
    """Reads the memory of processes again and again while the block lasts, and once more at its end."""

    def __init__(self, traces: Traces, pids: dict[str, int]) -> None:
        self.found: dict[str, set[str]] = {role: set() for role in pids}
        self.rounds = 0
        self._traces, self._pids = traces, pids
        self._failure: BaseException | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        done = threading.Event()
        thread = threading.Thread(target=self._until, args=(done,))
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
        assert self._failure is None, self._failure
        self._round()

    def _until(self, done: threading.Event) -> None:
        try:
            while not done.is_set():
                self._round()
        except BaseException as failure:  # shown by the test, not by the thread
            self._failure = failure

    def _round(self) -> None:
        for role, pid in self._pids.items():
            self.found[role] |= self._traces.of_process(pid)
        self.rounds += 1


@dataclass(frozen=True)
class Passed:
    """200 requests, and what was seen of them."""

    hidden: Secrets
    traces: Traces
    watch: Watch
    answers: Counter[tuple[str, int]]  # by kind and status


@pytest.fixture(scope="module")
def passed(relay: Hosts) -> Passed:
    hidden = Secrets()
    traces = Traces(hidden.all)
    path = next(sample.path for sample in samples() if sample.name == "form-urlencoded")
    watch = Watch(traces, {role: relay.running[role].pid for role in ROLES})
    answers: Counter[tuple[str, int]] = Counter()
    with watch.watching():
        for number in range(REQUESTS):
            kind = list(KINDS)[number % len(KINDS)]
            answers[kind, KINDS[kind][1](relay, hidden, path)] += 1
    return Passed(hidden, traces, watch, answers)


@pytest.mark.netns
def test_each_request_was_admitted_or_refused_as_it_should_be(passed: Passed) -> None:
    answers = passed.answers
    assert set(answers) == {(kind, status) for kind, (status, _) in KINDS.items()}
    assert len(answers) == len(KINDS) == 19
    assert answers.total() == REQUESTS


@pytest.mark.netns
@pytest.mark.parametrize("role", [*BLIND, "scanner"])  # files are all that the scanner is given
def test_its_memory_never_holds_it(passed: Passed, role: str) -> None:
    assert passed.watch.rounds >= 3
    assert passed.watch.found[role] == set()


@pytest.mark.netns
@pytest.mark.parametrize("role", SEEING)
def test_the_control_finds_it_where_it_has_to_be(passed: Passed, role: str) -> None:
    found = {name.partition(",")[0] for name in passed.watch.found[role]}
    assert found == {f"{text[:2]}…" for text in passed.hidden.all}


@pytest.mark.netns
def test_nothing_that_was_written_holds_it(passed: Passed, relay: Hosts) -> None:
    """Log, JSON copy, run_dir, compiled rules, what every role said; and after the end, what the ledger wrote last."""
    traces = passed.traces
    assert traces.of_files(relay.home) == {}
    metrics = _management(relay, "/metrics")
    assert b"sekisho_" in metrics
    assert traces.of(metrics + _management(relay, "/readyz")) == set()
    relay.stop_all()
    assert traces.of_files(relay.home) == {}
    written = {path.name for path in relay.home.rglob("*") if path.is_file()}
    assert {"journal", "checkpoint", "transfers.jsonl", "delivered.sqlite"} <= written
    assert any(name.endswith(".hsdb") for name in written)


@pytest.mark.netns
def test_what_the_rules_found_is_told_without_it(passed: Passed, relay: Hosts) -> None:
    """Of admitted requests, too; and what an operator is told of a refusal."""
    records = _records(relay)
    admitted = [record for record in records if record["kind"] == "intent"]
    assert admitted
    for record in admitted:
        assert {finding["rule"]["id"] for finding in record["findings"]} == {INDISCREET}
    attacks = [record for record in records if record.get("reason") == "rules_matched"]
    assert len(attacks) == sum(count for (_, status), count in passed.answers.items() if status == 403)
    one_of_each = {record["route"]: record["transfer"] for record in attacks}
    assert len(one_of_each) == 2
    for transfer in one_of_each.values():
        command = [SEKISHO, "policy", "explain", transfer, "--config", str(relay.host_file)]
        said = subprocess.run(command, capture_output=True, check=True).stdout
        assert b"941110" in said
        assert passed.traces.of(said) == set()


@pytest.mark.netns
def test_the_log_tells_of_every_one_of_them(passed: Passed, relay: Hosts) -> None:
    """So that nothing holds it because nothing was logged."""
    records = _records(relay)
    admitted = sum(count for (_, status), count in passed.answers.items() if status == 200)
    assert sum(record["kind"] == "outcome" and record["result"] == "delivered" for record in records) == admitted
    assert sum(record["kind"] == "refusal" for record in records) == REQUESTS - admitted


def _records(hosts: Hosts) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(hosts.config.host.ledger.jsonl).read_bytes().splitlines()]


def _management(hosts: Hosts, path: str) -> bytes:
    with hosts.networks.connect("dmz", ("127.0.0.1", MANAGEMENT_PORT)) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: management\r\nConnection: close\r\n\r\n".encode())
        with sock.makefile("rb") as stream:
            return stream.read()


@pytest.fixture(scope="module")
def open_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    config = "[limits]\nbody_bytes = 4194304\nroute_body_bytes = 4194304\n"
    with running_lab(tmp_path_factory.mktemp("eyes") / "lab", open_routes=True, config=config) as lab:
        yield lab


def test_large_bodies_are_sealed_before_they_leave_the_front(open_lab: Lab) -> None:
    """Those travel in memfds, which the egress has open; they are read as well."""
    hidden = Secrets()
    traces = Traces(hidden.all)
    pids = {role: open_lab.pid(role) for role in BLIND} | {"front": open_lab.pid("front"), "gate": open_lab.pid("gate")}
    watch = Watch(traces, pids)
    body = f"{hidden.japanese}{hidden.ascii}{hidden.number}\n".encode() * 20_000
    assert len(body) > 1024 * 1024
    with watch.watching():
        until(lambda: _upload(open_lab, body) and watch.rounds >= 2, "two rounds while bodies pass")
    assert {role: watch.found[role] for role in BLIND} == {role: set() for role in BLIND}
    assert all(watch.found[role] for role in SEEING)
    assert traces.of_files(open_lab.directory) == {}
    assert traces.of(open_lab.printed().encode()) == set()


def _upload(lab: Lab, body: bytes) -> bool:
    answer = lab.request("POST", "/upload", {"Content-Type": "application/octet-stream"}, body)
    assert answer.status == 200, answer
    return True


@pytest.mark.parametrize("text", ["愛悪握圧扱", "hidden0123", "2026-0417-123456"])
def test_the_search_finds_every_form(text: str) -> None:
    traces = Traces([text])
    assert len(forms(text)) >= 8
    for form in forms(text).values():
        assert traces.of(b"before" + form + b"after")
    for before in ("", "x", "xx"):
        encodings = [f"{before}{text}".encode()]
        encodings.append(base64.b64encode(f"{before}{text}tail".encode()))
        assert all(traces.of(encoded) for encoded in encodings)
    assert traces.of(text[:-1].encode()) == set()
