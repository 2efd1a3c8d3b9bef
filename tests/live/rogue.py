"""A front (or an egress) that was taken over: it has the role's own keys and sockets, and says whatever it likes.

What it sends is sealed and signed as a front would do it, for an Admitted of the real policy, so that nothing but the permit
and the gate's own checks stands between it and the municipality.
"""

from __future__ import annotations

import array
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import trio

from certs.issue import Issued
from policy.request import RequestHead
from policy.verdict import Admitted
from relay.base.ids import TransferId, new_transfer_id, transfer_id_to_bytes
from relay.base.rfc3339 import format_time
from relay.egress.exchange import GateConnection
from relay.envelope.bhttp import RequestEncoder
from relay.envelope.format import Header
from relay.envelope.keys import RecipientPublicKey, SenderPrivateKey
from relay.envelope.seal import Sealer
from relay.envelope.wrapping import KeyWrapper
from relay.front.settings import policy_of
from relay.ipc.link import ALPN
from relay.ipc.messages import Answer, Exchange, Message, Permit, Permitted, RecordIntent, decode_answers, encode
from relay.net.tls_stream import TlsStream
from relay.ops.clock import boottime_ms, now_ms
from relay.settings import certificates, keys
from relay.settings.authority import open_authorities
from relay.settings.load import load_host
from relay.settings.rules import load_rule_sets
from relay.tls.contexts import TlsIdentity, client_context
from relay.tls.engine import TlsEngine
from relay.tree.record import Intent
from tests.live.labs import PATIENCE_S, Lab

PATH = "/status/2026-0415-000001"
TENANT = "lab"
_PACKET_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Sealed:
    """An envelope as it would be sent."""

    transfer: TransferId
    digest: bytes
    raw: bytes

    @property
    def raw_id(self) -> bytes:
        return transfer_id_to_bytes(self.transfer)


class Line:
    """One connection to a role's socket."""

    def __init__(self, path: Path) -> None:
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._sock.settimeout(PATIENCE_S)
        self._sock.connect(str(path))
        self._calls = 0

    def next_call(self) -> int:
        self._calls += 1
        return self._calls

    def send(self, packet: bytes, descriptors: Sequence[int] = ()) -> None:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        self._sock.sendmsg([packet], rights)

    def ask(self, message: Message, descriptors: Sequence[int] = ()) -> Answer:
        self.send(encode(message), descriptors)
        (answer,) = decode_answers(self._sock.recv(_PACKET_BYTES))
        assert answer.call == message.call
        return answer

    def is_closed(self) -> bool:
        """Whether the other end closes without another word; waits for it."""
        try:
            return self._sock.recv(_PACKET_BYTES) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self._sock.close()

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Rogue:
    """What a taken-over role of this lab can do."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.settings = load_host(Path(lab.about["config"]))
        self._keys_dir = self.settings.host.keys_dir
        self._policy = policy_of(self.settings, load_rule_sets(self.settings))
        self.sender = keys.private_key(self.settings.front.signing_key, self._keys_dir, SenderPrivateKey.from_text)
        recipient = keys.public_key(self.settings.tenant[0].sealing_key, RecipientPublicKey.from_text)
        self._wrapper = KeyWrapper(recipient, boottime_ms)

    @property
    def permit_key(self) -> bytes:
        """Of ledger and egress; a front does not have it. For permits that the ledger would have issued at another time."""
        return keys.permit_key(self.settings.ledger.permit_key, self._keys_dir)

    def egress(self) -> Line:
        return Line(self.lab.directory / "run/egress/front.sock")

    def ledger(self, role: str = "front") -> Line:
        return Line(self.lab.directory / f"run/ledger/{role}.sock")

    def admitted(self) -> Admitted:
        request = RequestHead(TENANT, "GET", PATH, (), None, (), None, None, None, now_ms())
        verdict = self._policy.open(request).finish()  # type: ignore[union-attr]  # the route exists
        assert isinstance(verdict, Admitted)
        return verdict

    def seal(
        self, *, sender: SenderPrivateKey | None = None, age_ms: int = 0, lifetime_ms: int = 60_000, padding: int = 0
    ) -> Sealed:
        """A status query, whole and signed. `age_ms`: how long ago; `padding`: bytes of a header, to make it large."""
        signer = sender or self.sender
        transfer = new_transfer_id(now_ms())
        header = Header(transfer, TENANT, "exchange", self._wrapper.key_id, signer.key_id)
        pieces: list[bytes] = []
        sealer = Sealer(header, self._wrapper, signer, pieces.append)
        headers = [(b"sekisho-transfer", transfer.encode()), *([(b"x-padding", b"p" * padding)] if padding else [])]
        request = RequestEncoder(b"GET", b"localhost", PATH.encode(), tuple(headers))
        sealer.write(request.start())
        sealer.write(request.end())
        created_ms = now_ms() - age_ms
        made = sealer.finish(self.admitted(), created_ms=created_ms, expires_ms=created_ms + lifetime_ms)
        return Sealed(transfer, made.digest, b"".join(pieces))

    def intent_of(self, sealed: Sealed) -> Intent:
        return Intent(
            time=format_time(now_ms()),
            transfer=sealed.transfer,
            tenant=TENANT,
            route="status",
            mode="exchange",
            method="GET",
            source="127.0.0.1",
            tls_version="TLSv1.3",
            tls_group="x25519",
            envelope_digest=sealed.digest.hex(),
            envelope_bytes=len(sealed.raw),
            recipient=self._wrapper.key_id.hex(),
            sender=self.sender.key_id.hex(),
            verdict="admitted",
            findings=(),
            fields=0,
            files=0,
            request_bytes=0,
            worker=0,
        )

    def permit_for(self, sealed: Sealed) -> Permit:
        """The ledger's own permit, for an intent that is logged."""
        with self.ledger() as line:
            answer = line.ask(RecordIntent(line.next_call(), sealed.raw_id, sealed.digest, self.intent_of(sealed)))
        assert isinstance(answer, Permitted)
        return answer.permit

    def exchange(
        self, line: Line, sealed: Sealed, permit: Permit | None, *, raw: bytes | None = None, claimed: bytes = b""
    ) -> Exchange:
        """The message that would send `raw` (default: the envelope) under `permit`."""
        inline = sealed.raw if raw is None else raw
        return Exchange(line.next_call(), sealed.raw_id, TENANT, claimed or sealed.digest, permit, inline)

    def issue(self, names: Sequence[str]) -> Issued:
        """Another client certificate of the same CA: valid, but not the pinned one."""
        return open_authorities(self.lab.directory / "ca").issue("egress", list(names))

    async def link(self, issued: Issued | None = None, gate: int = 0) -> GateConnection:
        """A verified connection to a gate, with the egress's certificate or another."""
        now, egress = datetime.now(UTC), self.settings.egress
        own = (
            certificates.identity(egress.certificate, egress.key, self._keys_dir, "client", (), now)
            if issued is None
            else TlsIdentity(issued.chain, issued.key, frozenset())
        )
        to = self.settings.gate[gate]
        profile = certificates.peer_profile(to, "server", now)
        host, _, port = to.address.rpartition(":")
        tcp = await trio.open_tcp_stream(host, int(port))
        sock = tcp.socket._sock.dup()
        await tcp.aclose()
        stream = TlsStream(sock, TlsEngine(client_context(own, profile, now=lambda: now, alpn=(ALPN,))))
        try:
            await stream.handshake()
        except BaseException:
            stream.close()
            raise
        return GateConnection(stream)
