"""P1 and P7: 200 requests carry a secret in every place where a request has room for one, admitted and refused; meanwhile, and
afterwards, the memory of egress, ledger and exporter is read, and at the end everything that was written.

The control: the front and the gate, whose work it is, are read in the same way, and there it is found.
"""

from __future__ import annotations

import base64
import json
import secrets
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from policy.samples import CARE_PLAN_NOTICE, as_document, samples
from tests.live.labs import Lab, running_lab
from tests.walls.hosts import DMZ_ROLES, HOST, MANAGEMENT_PORT, ROLES, Hosts, until
from tests.walls.traces import Traces, forms

pytestmark = [pytest.mark.live, pytest.mark.slow]

REQUESTS = 200
BLIND = ("egress", "ledger", "exporter")
SEEING = ("front", "gate")
_KANJI = "亜哀愛悪握圧扱安暗案以位依偉囲委威尉意慰易為異移維緯胃衣違遺"


class Secrets:
    """Two secrets of this run. Both are new, so that whatever is found was written by the requests of this test."""

    def __init__(self) -> None:
        self.japanese = "".join(secrets.choice(_KANJI) for _ in range(10))
        self.ascii = f"hidden{secrets.token_hex(8)}"
        serial = secrets.randbelow(900_000) + 100_000
        self.number = f"20{secrets.randbelow(10) + 10}-0{secrets.randbelow(9) + 1}17-{serial}"

    @property
    def all(self) -> list[str]:
        return [self.japanese, self.ascii, self.number]


def _fields(hidden: Secrets) -> tuple[tuple[str, str], ...]:
    """The care plan notice, with secrets in six of its fields."""
    changed = {
        "change_reason": f"{hidden.japanese}、{hidden.ascii}",
        "applicant_name": hidden.japanese,
        "address": hidden.japanese,
        "office_name": hidden.japanese,
        "login_id": hidden.ascii,
        "email": f"{hidden.ascii}@example.jp",
    }
    assert set(changed) <= {name for name, _ in CARE_PLAN_NOTICE}
    return tuple((name, changed.get(name, value)) for name, value in CARE_PLAN_NOTICE)


def _multipart(parts: list[tuple[str, str]]) -> bytes:
    """Parts as (what follows `form-data; `, content)."""
    body = "".join(f"--b\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n" for head, content in parts)
    return body.encode() + b"--b--\r\n"


URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}
MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}
JSON = {"Content-Type": "application/json"}

Send = Callable[[Hosts, Secrets, str], int]  # the status of the answer; the string is the path of the form


def _ask(hosts: Hosts, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> int:
    return hosts.ask(method, path, body, headers).status


def _unknown_name(hosts: Hosts, server_name: str) -> int:
    """No status: the front ends the handshake."""
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        hosts.tls(server_name)
    return 0


# how: (the status of the answer, and how it is sent)
KINDS: dict[str, tuple[int, Send]] = {
    "form": (200, lambda h, s, path: _ask(h, "POST", path, urlencode(_fields(s)).encode(), URLENCODED)),
    "multipart form": (
        200,
        lambda h, s, path: _ask(
            h, "POST", path, _multipart([(f'name="{name}"', value) for name, value in _fields(s)]), MULTIPART
        ),
    ),
    "JSON form": (
        200,
        lambda h, s, path: _ask(h, "POST", path, json.dumps(as_document(_fields(s))).encode(), JSON),
    ),
    "arrival number and header fields": (
        200,
        lambda h, s, _: _ask(
            h,
            "GET",
            f"/status/{s.number}",
            headers={
                "Cookie": f"session={s.ascii}",
                "User-Agent": s.ascii,
                "Referer": f"https://{HOST}/{quote(s.japanese)}",
                "X-Note": s.ascii,
                "Authorization": f"Bearer {s.ascii}",
            },
        ),
    ),
    "undeclared field": (
        422,
        lambda h, s, path: _ask(
            h, "POST", path, urlencode([*_fields(s), (s.japanese, s.ascii), (s.ascii, s.japanese)]).encode(), URLENCODED
        ),
    ),
    "value out of its class": (
        422,
        lambda h, s, path: _ask(
            h,
            "POST",
            path,
            urlencode([*CARE_PLAN_NOTICE, ("phone", s.japanese), ("postal_code", s.ascii)]).encode(),
            URLENCODED,
        ),
    ),
    "undeclared query": (
        400,
        lambda h, s, _: _ask(h, "GET", f"/status/{s.number}?{s.ascii}={quote(s.japanese)}&lang={s.ascii}"),
    ),
    "undeclared path": (404, lambda h, s, _: _ask(h, "GET", f"/{s.ascii}/{quote(s.japanese)}")),
    "file with a name": (
        422,
        lambda h, s, path: _ask(
            h,
            "POST",
            path,
            _multipart([(f'name="{s.ascii}"; filename="{s.japanese}.pdf"', f"%PDF-1.7 {s.japanese}{s.ascii}")]),
            MULTIPART,
        ),
    ),
    "malformed multipart": (
        400,
        lambda h, s, path: _ask(
            h, "POST", path, f"--b\r\nContent-Disposition: {s.ascii}\r\n\r\n{s.japanese}\r\n--b--".encode(), MULTIPART
        ),
    ),
    "malformed JSON": (400, lambda h, s, path: _ask(h, "POST", path, f'{{"{s.ascii}": "{s.japanese}'.encode(), JSON)),
    "body too large": (
        413,
        lambda h, s, path: _ask(h, "POST", path, f"reason={s.ascii}{s.japanese}".encode() * 4000, URLENCODED),
    ),
    "body of another type": (
        415,
        lambda h, s, path: _ask(
            h, "POST", path, f"{s.ascii}{s.japanese}".encode(), {"Content-Type": f"text/{s.ascii}"}
        ),
    ),
    "another host": (421, lambda h, s, _: _ask(h, "GET", "/", headers={"Host": f"{s.ascii}.example"})),
    "another TLS name": (0, lambda h, s, _: _unknown_name(h, f"{s.ascii}.example")),
    "another method": (
        501,
        lambda h, s, _: h.send(f"{s.ascii.upper()} /{s.ascii} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()),
    ),
    "malformed head": (
        400,
        lambda h, s, _: h.send(f"GET /{s.ascii} HTTP/1.1\r\nHost: {HOST}\r\nX {s.ascii}: {s.ascii}\r\n\r\n".encode()),
    ),
}


@pytest.fixture(scope="module")
def relay(hosts: Hosts) -> Iterator[Hosts]:
    for role in DMZ_ROLES:
        hosts.start_role(role)
    yield hosts


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
    assert len(answers) == len(KINDS) == 17
    assert answers.total() == REQUESTS


@pytest.mark.netns
@pytest.mark.parametrize("role", BLIND)
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
    """Log, JSON copy, run_dir, what every role said; and after the end, what the ledger wrote last."""
    traces = passed.traces
    assert traces.of_files(relay.home) == {}
    metrics = _management(relay, "/metrics")
    assert b"sekisho_" in metrics
    assert traces.of(metrics + _management(relay, "/readyz")) == set()
    relay.stop_all()
    assert traces.of_files(relay.home) == {}
    written = {path.name for path in relay.home.rglob("*") if path.is_file()}
    assert {"journal", "checkpoint", "transfers.jsonl", "delivered.sqlite"} <= written


@pytest.mark.netns
def test_the_log_tells_of_every_one_of_them(passed: Passed, relay: Hosts) -> None:
    """So that nothing holds it because nothing was logged."""
    records = [json.loads(line) for line in Path(relay.config.host.ledger.jsonl).read_bytes().splitlines()]
    admitted = sum(count for (_, status), count in passed.answers.items() if status == 200)
    assert sum(record["kind"] == "outcome" and record["result"] == "delivered" for record in records) == admitted
    assert sum(record["kind"] == "refusal" for record in records) == REQUESTS - admitted


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
