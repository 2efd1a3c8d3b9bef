"""Every way in which a peer's certificate can be wrong, through real TLS over loopback TCP, on both sides of a link.

Our end is a TlsStream. The other is Python's ssl module, which presents what it is told to and verifies nothing.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
import trio
from cryptography.hazmat.primitives.asymmetric import rsa

from certs.issue import Issued, PrivateAuthority, self_signed
from relay.base.errors import Refused, Unavailable
from relay.base.reasons import Reason
from relay.net.dial import connect_tcp_from
from relay.net.listen import open_tcp_listener
from relay.net.tls_stream import TlsStream
from relay.tls.engine import TlsEngine
from tests.links import GATE, RELAY, Link, now

Usage = Literal["server", "client"]
SECRET = b"not for the unverified"


@dataclass(frozen=True)
class Case:
    """`peer` makes what the peer presents, `profile` what our end's profile says otherwise than usual."""

    reason: Reason
    peer: Callable[[Link, str, Usage], Issued | None]
    profile: Callable[[Link, Issued], dict[str, Any]]
    alert: str  # what the peer is told, in the words of its OpenSSL


def plain(link: Link, name: str, usage: Usage) -> Issued:
    return link.authority.issue([name], usage)


def unchanged(_link: Link, _peer: Issued) -> dict[str, Any]:
    return {}


def stale(link: Link, _peer: Issued) -> dict[str, Any]:
    long_ago = now() - timedelta(days=30)
    return {"crls": (link.authority.crl(this_update=long_ago, next_update=long_ago + timedelta(days=7)),)}


CASES = {
    "expired": Case(
        Reason.CERT_EXPIRED,
        lambda link, name, usage: link.authority.issue(
            [name], usage, not_before=now() - timedelta(days=9), not_after=now() - timedelta(seconds=2)
        ),
        unchanged,
        "CERTIFICATE_EXPIRED",
    ),
    "not yet valid": Case(
        Reason.CERT_NOT_YET_VALID,
        lambda link, name, usage: link.authority.issue([name], usage, not_before=now() + timedelta(hours=1)),
        unchanged,
        "BAD_CERTIFICATE",
    ),
    "wrong CA": Case(
        Reason.CERT_UNTRUSTED,
        lambda _link, name, usage: PrivateAuthority.create("Another CA").issue([name], usage),
        unchanged,
        "UNKNOWN_CA",
    ),
    "wrong CA of the same name": Case(
        Reason.CERT_UNTRUSTED,
        lambda _link, name, usage: PrivateAuthority.create("Test CA").issue([name], usage),
        unchanged,
        "UNKNOWN_CA",
    ),
    "wrong SAN": Case(
        Reason.CERT_NAME_MISMATCH,
        lambda link, _name, usage: link.authority.issue(["stranger.example"], usage),
        unchanged,
        "BAD_CERTIFICATE",
    ),
    "no SAN": Case(
        Reason.CERT_NAME_MISMATCH,
        lambda link, _name, usage: link.authority.issue([], usage),
        unchanged,
        "BAD_CERTIFICATE",
    ),
    "wrong EKU": Case(
        Reason.CERT_USAGE_MISMATCH,
        lambda link, name, usage: link.authority.issue([name], "client" if usage == "server" else "server"),
        unchanged,
        "UNSUPPORTED_CERTIFICATE",
    ),
    "no EKU": Case(
        Reason.CERT_USAGE_MISMATCH,
        lambda link, name, _usage: link.authority.issue([name], "none"),
        unchanged,
        "UNSUPPORTED_CERTIFICATE",
    ),
    "wrong pin": Case(
        Reason.CERT_PIN_MISMATCH, plain, lambda _link, _peer: {"pins": frozenset({bytes(32)})}, "BAD_CERTIFICATE"
    ),
    "revoked": Case(
        Reason.CERT_REVOKED,
        plain,
        lambda link, peer: {"crls": (link.authority.crl([peer.certificate.serial_number]),)},
        "CERTIFICATE_REVOKED",
    ),
    "stale CRL": Case(Reason.CRL_STALE, plain, stale, "BAD_CERTIFICATE"),
    "no CRL of the issuer": Case(
        Reason.CRL_STALE,
        plain,
        lambda _link, _peer: {"crls": (PrivateAuthority.create("Another CA").crl(),)},
        "BAD_CERTIFICATE",
    ),
    "self-signed": Case(
        Reason.CERT_SELF_SIGNED, lambda _link, name, usage: self_signed([name], usage=usage), unchanged, "UNKNOWN_CA"
    ),
    "weak key": Case(
        Reason.CERT_KEY_WEAK,
        lambda link, name, usage: link.authority.issue([name], usage, key=rsa.generate_private_key(65537, 1024)),
        unchanged,
        "BAD_CERTIFICATE",
    ),
    "not a leaf": Case(
        Reason.CERT_INVALID,
        lambda link, name, usage: link.authority.issue([name], usage, as_authority=True),
        unchanged,
        "BAD_CERTIFICATE",
    ),
}
MISSING = Case(Reason.CERT_MISSING, lambda _link, _name, _usage: None, unchanged, "CERTIFICATE_REQUIRED")


def python_context(side: Usage, issued: Issued | None, directory: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if side == "server" else ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # so that it presents a weak key
    if issued is not None:
        chain, key = directory / "chain.pem", directory / "key.pem"
        chain.write_bytes(issued.chain_pem)
        key.write_bytes(issued.key_pem)
        context.load_cert_chain(chain, key)
    return context


@dataclass
class Ending:
    """What became of both ends."""

    ours: Refused | Unavailable | None = None
    peer_alert: str = ""
    peer_received: bytes = b""


async def tcp_pair() -> tuple[socket.socket, socket.socket]:
    """The end that connected and the one that was accepted."""
    listener = open_tcp_listener("127.0.0.1:0", backlog=1)
    connected = await connect_tcp_from(f"127.0.0.1:{listener.getsockname()[1]}")
    accepted, _ = listener.accept()
    accepted.setblocking(False)
    listener.close()
    return connected, accepted


async def talk(ours: TlsEngine, ours_listens: bool, theirs: ssl.SSLContext, server_name: str) -> Ending:
    """Connect both ends over loopback and let each send what it must not send to a refused peer."""
    ending = Ending()
    connected, accepted = await tcp_pair()
    our_socket, their_socket = (accepted, connected) if ours_listens else (connected, accepted)

    async def run_ours() -> None:
        stream = TlsStream(our_socket, ours)
        try:
            await stream.handshake()
            await stream.send_all(SECRET)
            await stream.receive_some()
        except (Refused, Unavailable) as error:
            ending.ours = error
        finally:
            await stream.aclose()

    async def run_theirs() -> None:
        transport = trio.SocketStream(trio.socket.from_stdlib_socket(their_socket))
        stream = trio.SSLStream(
            transport,
            theirs,
            server_side=not ours_listens,
            server_hostname=None if not ours_listens else server_name,
        )
        try:
            await stream.do_handshake()
            await stream.send_all(b"hello")
            ending.peer_received = await stream.receive_some(100)
        except trio.BrokenResourceError as error:
            ending.peer_alert = str(error.__cause__)
        finally:
            await trio.aclose_forcefully(stream)

    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run_ours)
            nursery.start_soon(run_theirs)
    return ending


@pytest.fixture(scope="module")
def link() -> Link:
    return Link()


def test_both_tables_are_whole() -> None:
    assert len(CASES) * 2 + 1 == 31
    reached = {case.reason for case in (*CASES.values(), MISSING)}
    assert reached == {reason for reason in Reason if reason.value.startswith(("cert_", "crl_"))}


@pytest.mark.parametrize("name", [*CASES, "missing"])
async def test_our_server_refuses_the_client(name: str, link: Link, tmp_path: Path) -> None:
    case = MISSING if name == "missing" else CASES[name]
    peer = case.peer(link, RELAY, "client")
    changes: dict[str, Any] = {"pins": frozenset()} | ({} if peer is None else case.profile(link, peer))
    engine = TlsEngine(link.gate_context(**changes))
    ending = await talk(engine, True, python_context("client", peer, tmp_path), GATE)
    assert isinstance(ending.ours, Refused)
    assert ending.ours.reason is case.reason
    assert ending.peer_received == b""
    assert case.alert in ending.peer_alert.upper().replace(" ", "_")


@pytest.mark.parametrize("name", CASES)
async def test_our_client_refuses_the_server(name: str, link: Link, tmp_path: Path) -> None:
    case = CASES[name]
    peer = case.peer(link, GATE, "server")
    assert peer is not None
    engine = TlsEngine(link.relay_context(**({"pins": frozenset()} | case.profile(link, peer))))
    ending = await talk(engine, False, python_context("server", peer, tmp_path), GATE)
    assert isinstance(ending.ours, Unavailable)
    assert ending.ours.reason is case.reason
    assert ending.peer_received == b""
    assert case.alert in ending.peer_alert.upper().replace(" ", "_")


async def test_a_fitting_peer_is_accepted_on_both_sides(link: Link, tmp_path: Path) -> None:
    """So that the refusals above are not those of a link that never works."""
    as_server = await talk(TlsEngine(link.gate_context()), True, python_context("client", link.relay, tmp_path), GATE)
    assert as_server.peer_received == SECRET
    as_client = await talk(TlsEngine(link.relay_context()), False, python_context("server", link.gate, tmp_path), GATE)
    assert as_client.peer_received == SECRET
