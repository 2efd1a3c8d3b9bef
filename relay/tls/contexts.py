"""TLS settings for both sides, from an identity and the profile of the peer. Nothing here can be configured downwards.

Versions: 1.3; a server may also be told to take 1.2, with ECDHE and AEAD only. Groups: X25519MLKEM768 first, so that what
is recorded today stays closed to a quantum computer later. No renegotiation, compression, early data, and no session
resumption: a ticket key would have to be shared by the workers and would outlive forward secrecy; the price is one full
handshake for each connection (about 0.25 ms of a server's CPU), which keep-alive spreads over its requests. Known limit: in 1.3
OpenSSL still sends two tickets, which refer to nothing; the call that stops it is out of pyOpenSSL's reach.
The server's certificate is chosen by SNI; an unknown or missing name gets unrecognized_name and no certificate at all.
A client that offers ALPN must offer http/1.1 (RFC 7301: no_application_protocol otherwise); without ALPN is fine.
Peers are judged by `certs.profile` inside the handshake, so that a refused one gets an alert and no application byte.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from OpenSSL import SSL
from OpenSSL.SSL import X509VerificationCodes as Codes

from certs.mismatch import UNREADABLE, alternative_names
from certs.profile import Mismatch, Peer, PeerProfile, PeerRejected, verify_any
from relay.base.reasons import Reason
from relay.tls import native

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
MinVersion = Literal["1.2", "1.3"]
Now = Callable[[], datetime]

GROUPS: Final = "X25519MLKEM768:X25519:P-256:P-384"
SUITES_13: Final = b"TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"
SUITES_12: Final = b"ECDHE+AESGCM:ECDHE+CHACHA20"
ALPN: Final = (b"http/1.1",)

_VERSIONS = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}
_OPTIONS = (
    SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_COMPRESSION | SSL.OP_NO_TICKET | SSL.OP_CIPHER_SERVER_PREFERENCE
)  # the last decides about groups, too
_ACCEPTED: Final[int] = Codes.OK
_REJECTED: Final[int] = Codes.ERR_CERT_REJECTED
# the alert that a refused peer gets follows from the X509_V code
_CODES: Final[dict[Mismatch, int]] = {
    Mismatch.EXPIRED: Codes.ERR_CERT_HAS_EXPIRED,
    Mismatch.NOT_YET_VALID: Codes.ERR_CERT_NOT_YET_VALID,
    Mismatch.UNTRUSTED: Codes.ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
    Mismatch.SELF_SIGNED: Codes.ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
    Mismatch.NAME: Codes.ERR_HOSTNAME_MISMATCH,
    Mismatch.USAGE: Codes.ERR_INVALID_PURPOSE,
    Mismatch.REVOKED: Codes.ERR_CERT_REVOKED,
}


@dataclass(frozen=True, slots=True)
class TlsIdentity:
    """A certificate chain (leaf first, anchor left out), its key, and for a server the host names it answers to."""

    chain: tuple[x509.Certificate, ...]
    key: PrivateKey
    names: frozenset[str] = frozenset()  # empty: the names in the certificate


@dataclass(slots=True)
class Handshake:
    """What the callbacks of one handshake found out. Belongs to the connection and never refers back to it."""

    server_name: str = ""
    peer: Peer | None = None
    refusal: tuple[Reason, str] | None = None


class NoCommonProtocol(Exception):
    """Raised inside the ALPN callback, which turns it into the alert and hands it on."""


class ServerContext:
    """Makes connections for one listener. Immutable; a reload makes a new one."""

    server_side = True

    def __init__(
        self,
        identities: Sequence[TlsIdentity],
        min_version: MinVersion,
        profiles: Sequence[PeerProfile],
        now: Now | None,
        alpn: Sequence[bytes],
        default: TlsIdentity | None,
        any_name: bool,
    ) -> None:
        if not identities:
            raise ValueError("a server needs an identity")
        if profiles and now is None:
            raise ValueError("judging client certificates needs the time")
        self.judges_peer = bool(profiles)
        self._by_name: dict[str, SSL.Context] = {}
        self._default: SSL.Context | None = None
        self._any_name = any_name
        for identity in identities:
            context = _context(SSL.TLS_SERVER_METHOD, min_version, identity)
            for name in identity.names or alternative_names(identity.chain[0]):
                self._by_name[name.lower()] = context
            if identity is default:
                self._default = context
        # the first context has no certificate: without a known name there is none to show
        self._context = _context(SSL.TLS_SERVER_METHOD, min_version, None)
        self._kept = [native.on_server_name(self._context, self._choose)]
        for context in (self._context, *self._by_name.values()):
            context.set_alpn_select_callback(_alpn_selector(tuple(alpn)))
        if now is not None and profiles:
            mode = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
            self._kept.append(native.on_peer_chain(self._context, mode, _judge(profiles, now)))

    def connection(self) -> tuple[SSL.Connection, Handshake]:
        connection = SSL.Connection(self._context, None)
        connection.set_accept_state()
        return connection, _handshake_of(connection)

    def _choose(self, connection: SSL.Connection) -> bool:
        state: Handshake = connection.get_app_data()
        offered = connection.get_servername()
        name = "" if offered is None else offered.decode("ascii", "replace").lower()
        context = self._by_name.get(name)
        if context is None and (offered is None or self._any_name):
            context = self._default
        if context is None:
            state.refusal = (Reason.TLS_NAME_UNKNOWN, "no server name" if offered is None else "an unknown server name")
            return False
        state.server_name = name
        connection.set_context(context)
        return True


class ClientContext:
    """Makes connections to one peer: TLS 1.3, always with our certificate, always judged."""

    server_side = False
    judges_peer = True

    def __init__(
        self, identity: TlsIdentity, profiles: Sequence[PeerProfile], server_name: str, now: Now, alpn: Sequence[bytes]
    ) -> None:
        self._context = _context(SSL.TLS_CLIENT_METHOD, "1.3", identity)
        self._context.set_alpn_protos(list(alpn))
        self._server_name = server_name
        self._kept = native.on_peer_chain(self._context, SSL.VERIFY_PEER, _judge(profiles, now))

    def connection(self) -> tuple[SSL.Connection, Handshake]:
        connection = SSL.Connection(self._context, None)
        connection.set_tlsext_host_name(self._server_name.encode("ascii"))
        connection.set_connect_state()
        state = _handshake_of(connection)
        state.server_name = self._server_name
        return connection, state


def server_context(
    identities: TlsIdentity | Sequence[TlsIdentity],
    *,
    min_version: MinVersion = "1.3",
    client_profile: PeerProfile | Sequence[PeerProfile] | None = None,
    now: Now | None = None,
    alpn: Sequence[bytes] = ALPN,
    default: TlsIdentity | None = None,
    any_name: bool = False,
) -> ServerContext:
    """With client profiles, a client certificate that fits one of them is demanded; `now` is then needed.

    A sequence of profiles is looked at anew in every handshake, so that its owner may replace entries (revocation lists).

    `default`, one of `identities`: for clients that send no server name; with `any_name` also for unknown ones.
    """
    own = (identities,) if isinstance(identities, TlsIdentity) else tuple(identities)
    match client_profile:
        case None:
            profiles: Sequence[PeerProfile] = ()
        case PeerProfile():
            profiles = (client_profile,)
        case _:
            profiles = client_profile
            if not profiles:
                raise ValueError("an empty list of client profiles would mean that anyone may connect")
    return ServerContext(own, min_version, profiles, now, alpn, default, any_name)


def client_context(
    identity: TlsIdentity,
    profile: PeerProfile | Sequence[PeerProfile],
    *,
    now: Now,
    server_name: str | None = None,
    alpn: Sequence[bytes] = ALPN,
) -> ClientContext:
    """For one gate. `server_name` is the SNI, the profile's only name unless given. A sequence is as in `server_context`."""
    profiles = (profile,) if isinstance(profile, PeerProfile) else profile
    if server_name is None:
        (server_name,) = profiles[0].names
    return ClientContext(identity, profiles, server_name, now, alpn)


def _context(method: int, min_version: MinVersion, identity: TlsIdentity | None) -> SSL.Context:
    context = SSL.Context(method)
    context.set_min_proto_version(_VERSIONS[min_version])
    context.set_max_proto_version(SSL.TLS1_3_VERSION)
    context.set_options(_OPTIONS)
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_tls13_ciphersuites(SUITES_13)
    context.set_cipher_list(SUITES_12)
    native.set_groups(context, GROUPS)
    native.refuse_early_data(context)
    if identity is not None:
        context.use_certificate(identity.chain[0])
        for certificate in identity.chain[1:]:
            context.add_extra_chain_cert(certificate)
        context.use_privatekey(identity.key)
        context.check_privatekey()
    return context


def _handshake_of(connection: SSL.Connection) -> Handshake:
    state = Handshake()
    connection.set_app_data(state)
    return state


def _alpn_selector(spoken: tuple[bytes, ...]) -> Callable[[SSL.Connection, list[bytes]], bytes]:
    def select(_connection: SSL.Connection, offered: list[bytes]) -> bytes:
        for protocol in spoken:
            if protocol in offered:
                return protocol
        raise NoCommonProtocol

    return select


def _judge(profiles: Sequence[PeerProfile], now: Now) -> native.JudgeChain:
    def judge(connection: SSL.Connection, chain: Callable[[], list[x509.Certificate]]) -> int:
        state: Handshake = connection.get_app_data()
        try:
            presented = chain()
        except UNREADABLE as error:
            state.refusal = (Reason.CERT_INVALID, str(error))
            return _REJECTED
        try:
            state.peer = verify_any(presented, profiles, now())
        except PeerRejected as refusal:
            state.refusal = (Reason(refusal.mismatch.value), refusal.detail)
            return _CODES.get(refusal.mismatch, _REJECTED)
        return _ACCEPTED

    return judge
