"""Certificates with one fault each, for both ends of a link, and the processes that must refuse them.

`Faults.issue` makes the certificate and `Faults.declaration` what the other side's configuration says of its owner, so that
the fault is the only thing wrong. Roles refuse to start with some of them (`certs.load.check_own`), and a gate has only its own name
to show: those are shown by a peer of the test (`by_gate`, `by_egress`: whether the real role shows it).
"""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from certs.issue import Issued, IssuedUsage, PrivateAuthority, self_signed
from certs.profile import spki_pin
from relay.base.reasons import Reason
from relay.settings.toml_write import to_toml
from tests.live.labs import END_S, PATIENCE_S, until

ALPN = "sekisho-link/1"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Fault:
    name: str
    reason: Reason
    by_gate: bool = False
    by_egress: bool = False


SOUND = Fault("sound", Reason.ADMITTED, by_gate=True, by_egress=True)
FAULTS = (
    Fault("expired", Reason.CERT_EXPIRED),
    Fault("expired-issuer", Reason.CERT_EXPIRED),
    Fault("not-yet-valid", Reason.CERT_NOT_YET_VALID),
    Fault("other-ca", Reason.CERT_UNTRUSTED, by_gate=True, by_egress=True),
    Fault("self-signed", Reason.CERT_SELF_SIGNED, by_gate=True, by_egress=True),
    Fault("other-name", Reason.CERT_NAME_MISMATCH, by_egress=True),
    Fault("no-name", Reason.CERT_NAME_MISMATCH, by_egress=True),
    Fault("other-usage", Reason.CERT_USAGE_MISMATCH),
    Fault("no-usage", Reason.CERT_USAGE_MISMATCH),
    Fault("other-key", Reason.CERT_PIN_MISMATCH, by_gate=True, by_egress=True),
    Fault("revoked", Reason.CERT_REVOKED, by_gate=True, by_egress=True),
    Fault("stale-list", Reason.CRL_STALE, by_gate=True, by_egress=True),
    Fault("issuer-without-list", Reason.CRL_STALE, by_gate=True, by_egress=True),
    Fault("rsa-1024", Reason.CERT_KEY_WEAK),
)


@dataclass
class Faults:
    """The CA of one side of a link. `usage` is what its certificates are for."""

    directory: Path
    authority: PrivateAuthority
    usage: IssuedUsage
    issued: dict[str, Issued] = field(default_factory=dict)

    def issue(self, fault: Fault, server_name: str) -> Issued:
        """The certificate of the peer that is declared as `server_name`."""
        made = self._issue(fault, server_name)
        self.issued[fault.name] = made
        self.directory.mkdir(exist_ok=True)
        (self.directory / f"{fault.name}.crt").write_bytes(made.chain_pem)
        (self.directory / f"{fault.name}.key").write_bytes(made.key_pem)
        (self.directory / f"{fault.name}.crl").write_bytes(self._list(fault))
        return made

    def declaration(self, fault: Fault) -> dict[str, Any]:
        """Anchor, pins and revocation list, as [[gate]] or [[relay]] has them."""
        pinned = self.authority.certificate if fault.name == "other-key" else self.issued[fault.name].certificate
        anchor = self.directory / "anchor.crt"
        anchor.write_bytes(self.authority.anchor_pem)
        return {
            "anchor": str(anchor),
            "pins": [spki_pin(pinned)],
            "crl": str(self.directory / f"{fault.name}.crl"),
            "crl_max_age_hours": 24,
        }

    def _issue(self, fault: Fault, name: str) -> Issued:
        now, usage, authority = datetime.now(UTC), self.usage, self.authority
        match fault.name:
            case "expired":
                return authority.issue([name], usage, not_before=now - 9 * DAY, not_after=now - DAY)
            case "expired-issuer":
                issuer = authority.intermediate("Issuer", not_before=now - 9 * DAY, not_after=now - DAY)
                return issuer.issue([name], usage, not_before=now - 9 * DAY)
            case "not-yet-valid":
                return authority.issue([name], usage, not_before=now + DAY)
            case "other-ca":
                return PrivateAuthority.create("Another CA").issue([name], usage)
            case "self-signed":
                return self_signed([name], usage=usage)
            case "other-name":
                return authority.issue(["elsewhere.example"], usage)
            case "no-name":
                return authority.issue([], usage)
            case "other-usage":
                return authority.issue([name], "client" if usage == "server" else "server")
            case "no-usage":
                return authority.issue([name], "none")
            case "issuer-without-list":
                return authority.intermediate("Issuer").issue([name], usage)
            case "rsa-1024":
                return authority.issue([name], usage, key=rsa.generate_private_key(65537, 1024))
        return authority.issue([name], usage)

    def _list(self, fault: Fault) -> bytes:
        now = datetime.now(UTC)
        revoked = [self.issued[fault.name].certificate.serial_number] if fault.name == "revoked" else []
        made = now - 2 * DAY if fault.name == "stale-list" else now - timedelta(minutes=5)
        return self.authority.crl(revoked, this_update=made).public_bytes(serialization.Encoding.PEM)

    def context(self, fault: Fault | None) -> ssl.SSLContext:
        """For a peer of the test that shows the certificate, whatever is wrong with it; None: shows none."""
        server = self.usage == "server"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # or OpenSSL itself would not show weak ones
        context.set_alpn_protocols([ALPN])
        if server:
            context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=self.authority.anchor_pem.decode())
        if fault is not None:
            context.load_cert_chain(self.directory / f"{fault.name}.crt", self.directory / f"{fault.name}.key")
        return context


class FaultyGate:
    """A TLS server that shows a certificate with a fault; `seen` has how each handshake ended. No context: it hangs up."""

    def __init__(self, context: ssl.SSLContext | None, port: int) -> None:
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", port))
        self.seen: list[str] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> FaultyGate:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            if self._context is None:
                sock.close()
                continue
            sock.settimeout(PATIENCE_S)
            try:
                with self._context.wrap_socket(sock, server_side=True) as tls:
                    self.seen.append(f"accepted: {tls.recv(64)!r}")
            except OSError as error:
                self.seen.append(str(error))
            finally:
                sock.close()


class Process:
    """A `sekisho` command; `ready` waits for the READY=1 that it sends to its service manager."""

    _count = 0

    def __init__(self, out: Path, *arguments: str) -> None:
        Process._count += 1
        address = f"sekisho-test-{os.getpid()}-{Process._count}"
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(f"\0{address}")
        self._notify.settimeout(PATIENCE_S)
        self.out = out
        with out.open("wb") as stream:
            self._process = subprocess.Popen(
                [str(Path(sys.executable).parent / "sekisho"), *arguments],
                env={**os.environ, "NOTIFY_SOCKET": f"@{address}"},
                stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
            )  # fmt: skip

    def ready(self) -> None:
        try:
            while b"READY=1" not in self._notify.recv(4096).split(b"\n"):
                pass
        except TimeoutError:
            raise AssertionError(self.out.read_text("utf-8", "replace")) from None

    def lines(self, event: str, **wanted: object) -> list[dict[str, Any]]:
        """The log lines of this event with these fields."""
        found = []
        for line in self.out.read_text("utf-8", "replace").splitlines():
            with suppress(ValueError):
                found.append(json.loads(line))
        wanted["event"] = event
        return [line for line in found if all(line.get(name) == value for name, value in wanted.items())]

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(END_S)
        finally:
            self._process.kill()
            self._process.wait()
            self._notify.close()


@contextmanager
def started(directory: Path, commands: Sequence[Sequence[str]]) -> Iterator[list[Process]]:
    """All of them, started at once and ready; ended in reverse order."""
    with ExitStack() as ending:
        processes = []
        for position, command in enumerate(commands):
            process = Process(directory / f"{command[0]}-{position}.out", *command)
            ending.callback(process.stop)
            processes.append(process)
        for process in processes:
            process.ready()
        yield processes


def edit_toml(source: Path, target: Path, **changes: object) -> Path:
    """Write `source` to `target` with whole tables replaced, or, given a dict, with its keys changed."""
    tree = tomllib.loads(source.read_text("utf-8"))
    for table, change in changes.items():
        tree[table] = {**tree[table], **change} if isinstance(change, dict) else change
    target.write_text(to_toml(tree), "utf-8")
    return target


def free_ports(count: int) -> list[int]:
    with ExitStack() as open_sockets:
        made = [open_sockets.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [sock.getsockname()[1] for sock in made]


def management(port: int, path: str) -> str:
    """The body that a management address answers with."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: management\r\n\r\n".encode())
        with sock.makefile("rb") as stream:
            return stream.read().partition(b"\r\n\r\n")[2].decode()


def metric(port: int, name: str, **labels: str) -> float:
    """The sum of the samples of `name` that have these labels."""
    total = 0.0
    for line in management(port, "/metrics").splitlines():
        series, _, value = line.rpartition(" ")
        if series.partition("{")[0] == name and all(f'{key}="{text}"' in series for key, text in labels.items()):
            total += float(value)
    return total


def recorded(jsonl: Path, **wanted: object) -> dict[str, Any]:
    """The one record with these values; waits for it."""

    def found() -> list[dict[str, Any]]:
        text = jsonl.read_bytes()
        records = [json.loads(line) for line in text[: text.rfind(b"\n") + 1].splitlines()]
        return [record for record in records if all(record.get(name) == value for name, value in wanted.items())]

    (record,) = until(found, f"a record with {wanted}")
    return record
