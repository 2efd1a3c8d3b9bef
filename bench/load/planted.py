"""Planted requests: sent one at a time beside the load, each with the answer that it must get."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterable

from bench.cores import BenchRefused
from bench.ports import LOOPBACK
from bench.systems import Origin, Probe
from bench.workloads import BROWSER


def send(origin: Origin, probes: Iterable[Probe]) -> int:
    """How many of them the backend must have seen. Raises BenchRefused at the first wrong answer."""
    reached = 0
    for probe in probes:
        status = _status(origin, probe)
        if status not in probe.expected:
            raise BenchRefused(f"planted {probe.name}: answered {status}, not {sorted(probe.expected)}")
        reached += probe.reaches_backend
    return reached


def check_full_handshakes(origin: Origin) -> None:
    """A session that is offered again must not be resumed: `new connection` means a full handshake for every system."""
    context = ssl.create_default_context(cafile=str(origin.anchor))
    session = None
    for _ in range(2):
        connection = _Connection(origin, context, session)
        try:
            connection.request("GET", "/")
            if connection.tls.session_reused:
                raise BenchRefused("the server resumes sessions; handshakes would not all be full ones")
            answer = connection.getresponse()  # tickets of TLS 1.3 arrive after the handshake, ahead of the answer
            session = connection.tls.session
            answer.read()
        finally:
            connection.close()


def negotiated(origin: Origin) -> str:
    connection = _Connection(origin, ssl.create_default_context(cafile=str(origin.anchor)), None)
    try:
        connection.connect()
        name, version, _ = connection.tls.cipher() or ("?", "?", 0)
        return f"{version} {name}"
    finally:
        connection.close()


class _Connection(http.client.HTTPConnection):
    """HTTPS to the loopback address, whatever the host's name resolves to."""

    def __init__(self, origin: Origin, context: ssl.SSLContext, session: ssl.SSLSession | None) -> None:
        super().__init__(origin.host, origin.port, timeout=30)
        self._context = context
        self._session = session

    def connect(self) -> None:
        self.host, name = LOOPBACK, self.host
        super().connect()
        self.host = name
        self.tls = self._context.wrap_socket(self.sock, server_hostname=name, session=self._session)
        self.sock = self.tls


def _status(origin: Origin, probe: Probe) -> int:
    connection = _Connection(origin, ssl.create_default_context(cafile=str(origin.anchor)), None)
    try:
        connection.request(probe.method, probe.path, probe.body or None, {**dict(BROWSER), **dict(probe.headers)})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()
