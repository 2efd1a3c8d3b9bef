"""A lab of real processes for one test: started in a fresh directory, used from outside, ended by SIGTERM and then seen to be gone.

What a client sees is seen through Python's ssl and raw bytes (`Client`): an end of the stream without close_notify, or a body
shorter than it was announced, is `Cut`, never an answer.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import h11

START_S = 60
END_S = 60
PATIENCE_S = 30.0  # for anything that must come; nothing is asserted of how fast it comes
_LOG_LINES = 40

T = TypeVar("T")


class Cut(Exception):
    """The connection ended before the answer was whole."""


def until(found: Callable[[], T], what: str, patience_s: float = PATIENCE_S) -> T:
    """The first true value of `found`. Fails after `patience_s`."""
    deadline = time.monotonic() + patience_s
    while not (value := found()):
        assert time.monotonic() < deadline, f"did not come within {patience_s} s: {what}"
        time.sleep(0.01)
    return value


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    interim: tuple[int, ...] = ()

    @property
    def transfer(self) -> str:
        return self.headers["sekisho-transfer"]

    @property
    def text(self) -> str:
        return self.body.decode()


class Client:
    """One TLS connection to the front; several requests on it, one after the other or pipelined."""

    def __init__(self, lab: Lab, timeout_s: float = PATIENCE_S) -> None:
        context = ssl.create_default_context(cafile=lab.about["ca_file"])
        self._tcp = socket.create_connection(("127.0.0.1", lab.front_port), timeout=timeout_s)
        try:
            self.tls = context.wrap_socket(self._tcp, server_hostname="localhost", suppress_ragged_eofs=False)
        except BaseException:
            self._tcp.close()
            raise
        self._received = b""

    def send(self, data: bytes) -> None:
        self.tls.sendall(data)

    def answer(self, method: str = "GET") -> Answer:
        """The next answer, whole. Raises Cut."""
        http = h11.Connection(h11.CLIENT)
        http.send(h11.Request(method=method, target="/", headers=[("host", "-"), ("content-length", "0")]))
        http.send(h11.EndOfMessage())
        received, self._received = self._received, b""
        if received:
            http.receive_data(received)
        interim: list[int] = []
        response: h11.Response | None = None
        body = b""
        while True:
            try:
                event = http.next_event()
                if event is h11.NEED_DATA:
                    http.receive_data(self.tls.recv(65536))
                    continue
            except (OSError, h11.RemoteProtocolError) as error:
                raise Cut(str(error)) from error
            if isinstance(event, h11.InformationalResponse):
                interim.append(event.status_code)
            elif isinstance(event, h11.Response):
                response = event
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage) and response is not None:
                break
            else:
                raise Cut("closed")
        self._received = http.trailing_data[0]
        headers = {name.decode(): value.decode() for name, value in response.headers}
        return Answer(response.status_code, headers, body, tuple(interim))

    def interim(self) -> int:
        """The status of an informational response that has come alone."""
        while b"\r\n\r\n" not in self._received:
            self._received += self.tls.recv(65536)
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        return int(head.split(b" ")[1])

    def at_end(self) -> bool:
        """Whether the server said close_notify after the last answer. Raises Cut when it just went away."""
        try:
            return not self._received and self.tls.recv(1) == b""
        except OSError as error:
            raise Cut(str(error)) from error

    def close(self) -> None:
        self.tls.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def head_of(
    method: str, path: str, headers: dict[str, str] | None = None, *, host: str = "localhost", length: int | None = None
) -> bytes:
    """A request head as bytes."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@dataclass
class Lab:
    """A lab that runs. `about` is lab.json as it is now."""

    directory: Path
    process: subprocess.Popen[bytes]
    seen_pids: set[int] = field(default_factory=set)
    about: dict[str, Any] = field(default_factory=dict)
    is_ending: bool = False
    is_killed: bool = False
    exit_code: int | None = None

    @property
    def front_port(self) -> int:
        return int(self.about["front_url"].rsplit(":", 1)[1])

    def refresh(self) -> dict[str, Any]:
        with suppress(FileNotFoundError):
            self.about = json.loads((self.directory / "lab.json").read_text("utf-8"))
            self.seen_pids |= set(_flat(self.about["pids"]))
        return self.about

    def pid(self, role: str, number: int = 0) -> int | None:
        found = self.refresh()["pids"].get(role)
        if isinstance(found, list):
            return found[number] if number < len(found) else None
        return found

    def kill(self, role: str, number: int = 0, how: int = signal.SIGKILL) -> int:
        pid = until(lambda: self.pid(role, number), f"{role} runs")
        os.kill(pid, how)
        return pid

    def wait_back(self, role: str, old: int) -> int:
        """The pid of the process that took the place of `old`."""
        return until(lambda: (now := self.pid(role)) and now != old and now, f"{role} is back")

    def client(self, timeout_s: float = PATIENCE_S) -> Client:
        return Client(self, timeout_s)

    def request(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """One request on a connection of its own."""
        with self.client() as client:
            client.send(head_of(method, path, headers, length=None if body is None else len(body)) + (body or b""))
            return client.answer(method)

    def get(self, path: str = "/status/2026-0415-000001", headers: dict[str, str] | None = None) -> Answer:
        return self.request("GET", path, headers)

    def sample(self, name: str) -> Answer:
        sample = next(sample for sample in self.about["samples"] if sample["name"] == name)
        body = None if sample["body_file"] is None else Path(sample["body_file"]).read_bytes()
        return self.request(
            sample["method"], sample["path"], {"Content-Type": sample["content_type"]} if body else None, body
        )

    def records(self, **wanted: object) -> list[dict[str, Any]]:
        """The records of the log's JSON copy with these field values."""
        text = Path(self.about["transfers_jsonl"]).read_bytes()
        records = [json.loads(line) for line in text[: text.rfind(b"\n") + 1].splitlines()]
        return [record for record in records if all(record.get(name) == value for name, value in wanted.items())]

    def record(self, **wanted: object) -> dict[str, Any]:
        """The one record with these values; waits for it."""
        found = until(lambda: self.records(**wanted), f"a record with {wanted}")
        assert len(found) == 1, found
        return found[0]

    def management(self, path: str) -> tuple[int, bytes]:
        with socket.create_connection(_address(self.about["metrics_url"]), timeout=PATIENCE_S) as sock:
            sock.sendall(f"GET {path} HTTP/1.1\r\nHost: management\r\n\r\n".encode())
            with sock.makefile("rb") as stream:
                head, _, body = stream.read().partition(b"\r\n\r\n")
        return int(head.split(b" ")[1]), body

    def metric(self, name: str, **labels: str) -> float:
        """The sum of the samples of `name` that have these labels."""
        total = 0.0
        for line in self.management("/metrics")[1].decode().splitlines():
            series, _, value = line.rpartition(" ")
            if series.partition("{")[0] == name and all(f'{key}="{text}"' in series for key, text in labels.items()):
                total += float(value)
        return total

    def wait_served(self) -> Answer:
        """A request that went all the way, after a fault was mended."""
        return until(lambda: (answer := self.try_get()) and answer.status == 200 and answer, "service is back")

    def try_get(self) -> Answer | None:
        with suppress(OSError, Cut):
            return self.get()
        return None

    def printed(self) -> str:
        """What supervisor and roles wrote on stdout and stderr."""
        return (self.directory.parent / f"{self.directory.name}.out").read_text("utf-8", "replace")

    def verify_log(self) -> None:
        """`sekisho log verify` finds nothing wrong."""
        done = sekisho("log", "verify", self.about["log_dir"], "--key", self.about["log_vkey"])
        assert done.returncode == 0, done.stdout + done.stderr

    def terminate(self) -> None:
        """SIGTERM to the supervisor, once."""
        if not self.is_ending:
            self.refresh()
            self.is_ending = True
            self.process.send_signal(signal.SIGTERM)

    def kill_supervisor(self) -> None:
        """SIGKILL to the supervisor alone; returns when every process of the lab is gone nevertheless."""
        self.refresh()
        self.is_killed = True
        self.process.kill()
        self.exit_code = self.process.wait(END_S)
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in self.seen_pids), "every process is gone")

    def stop(self, patience_s: float = END_S) -> int:
        """Have the lab end; the supervisor's exit code. Afterwards no process of the lab is there."""
        if self.exit_code is None:
            self.terminate()
            self.exit_code = self.process.wait(patience_s)
            for pid in self.seen_pids - {self.process.pid}:
                until(lambda pid=pid: not Path(f"/proc/{pid}").exists(), f"process {pid} is gone")
        return self.exit_code


def sekisho(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).parent / "sekisho"
    return subprocess.run([command, *arguments], capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def fill_disk(path: Path) -> None:
    """With one file, to the last byte."""
    with path.open("wb", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                file.write(bytes(size))
            except OSError:
                size //= 2


@contextmanager
def running_lab(
    directory: Path,
    *,
    app: str | None = None,
    config: str = "",
    workers: int = 1,
    gates: int = 1,
    open_routes: bool = False,
) -> Iterator[Lab]:
    """A lab that is ready; ended when the block ends, unless the test has ended it. `config`: TOML laid over."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    extra = directory.parent / f"{directory.name}.toml"
    extra.write_text(config, "utf-8")
    command = [str(Path(sys.executable).parent / "sekisho"), "lab", "--dir", str(directory), "--config", str(extra)]
    command += ["--workers", str(workers), "--gates", str(gates)]
    command += ["--app", app] if app else []
    command += ["--open-routes"] if open_routes else []
    with (directory.parent / f"{directory.name}.out").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
    lab = Lab(directory, process)
    try:
        until(lambda: (directory / "lab.json").exists() or process.poll() is not None, "lab.json", START_S)
        assert process.poll() is None, lab.printed()
        lab.refresh()
        until(lambda: lab.management("/readyz")[0] == 200, "the lab is ready")
        yield lab
    except BaseException:
        print("\n".join(lab.printed().splitlines()[-_LOG_LINES:]))
        raise
    finally:
        if lab.exit_code is None and process.poll() is None:
            lab.stop()
    assert process.wait(END_S) == 0 or lab.is_killed, lab.printed()


def _flat(pids: dict[str, int | list[int]]) -> list[int]:
    return [pid for value in pids.values() for pid in (value if isinstance(value, list) else [value])]


def _address(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("http://").partition("/")[0].partition(":")
    return host, int(port)
