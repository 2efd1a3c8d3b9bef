"""Both ends of a TLS link with a small PKI, for tests: identities, profiles, contexts, and two engines back to back."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from certs.issue import Issued, PrivateAuthority
from certs.profile import PeerProfile, spki_sha256
from relay.base.errors import Refused, Unavailable
from relay.tls.contexts import ClientContext, ServerContext, TlsIdentity, client_context, server_context
from relay.tls.engine import TlsEngine

GATE = "gate.example"
RELAY = "relay.example"
HOST = "www.town.example"


def now() -> datetime:
    return datetime.now(UTC)


def identity(issued: Issued, names: Iterable[str] = ()) -> TlsIdentity:
    return TlsIdentity(issued.chain, issued.key, frozenset(names))  # type: ignore[arg-type]  # tests may give any key


@dataclass
class Link:
    """One CA, a gate's server certificate and a relay's client certificate, and the profiles that accept them."""

    authority: PrivateAuthority = field(default_factory=lambda: PrivateAuthority.create("Test CA"))

    def __post_init__(self) -> None:
        self.gate = self.authority.issue([GATE], "server")
        self.relay = self.authority.issue([RELAY], "client")
        self.public = self.authority.issue([HOST], "server")

    def gate_profile(self, **changes: Any) -> PeerProfile:
        return self._profile(self.gate, GATE, "server", changes)

    def relay_profile(self, **changes: Any) -> PeerProfile:
        return self._profile(self.relay, RELAY, "client", changes)

    def _profile(self, issued: Issued, name: str, usage: str, changes: dict[str, Any]) -> PeerProfile:
        values: dict[str, Any] = {
            "anchors": (self.authority.certificate,),
            "names": frozenset({name}),
            "pins": frozenset({spki_sha256(issued.certificate)}),
            "usage": usage,
            "crls": (self.authority.crl(),),
        }
        return PeerProfile(**(values | changes))

    def gate_context(self, **changes: Any) -> ServerContext:
        """A gate: mutual TLS."""
        return server_context(identity(self.gate), client_profile=self.relay_profile(**changes), now=now)

    def relay_context(self, **changes: Any) -> ClientContext:
        return client_context(identity(self.relay), self.gate_profile(**changes), now=now, server_name=GATE)

    def front_context(self, **settings: Any) -> ServerContext:
        """A front: anyone may connect."""
        return server_context(identity(self.public), **settings)

    def engines(self) -> tuple[TlsEngine, TlsEngine]:
        """Relay and gate, connected."""
        client, server = TlsEngine(self.relay_context()), TlsEngine(self.gate_context())
        shake_hands(client, server)
        return client, server


def carry(source: TlsEngine, target: TlsEngine) -> int:
    """Move what one engine has to say to the other; the number of bytes."""
    data = source.outgoing()
    if data:
        target.feed(data)
    return len(data)


def shake_hands(client: TlsEngine, server: TlsEngine) -> None:
    """Until both are established. Raises what the first of them raises."""
    for _ in range(10):
        client.handshake_step()
        carry(client, server)
        server.handshake_step()
        carry(server, client)
        if client.established and server.established:
            return
    raise AssertionError("the handshake does not end")


def failure_of(client: TlsEngine, server: TlsEngine) -> Refused | Unavailable:
    """The error that ends the handshake."""
    try:
        shake_hands(client, server)
    except (Refused, Unavailable) as error:
        return error
    raise AssertionError("the handshake was to fail")


class PythonPeer:
    """The other end of an engine, by Python's ssl module over memory BIOs."""

    def __init__(self, context: ssl.SSLContext, *, server_side: bool = False, server_name: str | None = None) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(
            self._incoming, self._outgoing, server_side=server_side, server_hostname=server_name
        )

    def hello(self) -> bytes:
        self._handshake_step()
        return self._outgoing.read()

    def shake_hands(self, engine: TlsEngine) -> None:
        """Raises what either end raises; ours first, after the peer has been given its alert."""
        for _ in range(10):
            done = self._handshake_step()
            sent = self._outgoing.read()
            if sent:
                engine.feed(sent)
            try:
                ours = engine.handshake_step()
            finally:
                self.take(engine)
            if done and ours:
                return
        raise AssertionError("the handshake does not end")

    def _handshake_step(self) -> bool:
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def take(self, engine: TlsEngine) -> None:
        self._incoming.write(engine.outgoing())

    def give(self, engine: TlsEngine) -> None:
        data = self._outgoing.read()
        if data:
            engine.feed(data)

    def alert(self) -> str:
        """The words of the alert that waits for the peer, in lower case with spaces."""
        try:
            self.tls.do_handshake()
            self.tls.read(1)
        except ssl.SSLWantReadError:
            return ""
        except ssl.SSLError as error:
            return str(error).lower().replace("_", " ")
        return ""


def python_client(*, alpn: list[str] | None = None, newest: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """A client that verifies nothing: what it presents is the subject, not what it thinks of us."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if alpn is not None:
        context.set_alpn_protocols(alpn)
    if newest is not None:
        context.maximum_version = newest
    return context
