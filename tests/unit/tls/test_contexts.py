"""What a server and a client negotiate, and what they refuse to: versions, suites, groups, names, ALPN, tickets."""

from __future__ import annotations

import ssl

import pytest
from OpenSSL import SSL

from certs.issue import PrivateAuthority
from relay.base.errors import Refused, Unavailable
from relay.base.reasons import Reason
from relay.tls import native
from relay.tls.contexts import GROUPS, client_context, server_context
from relay.tls.engine import TlsEngine
from tests.links import (
    GATE,
    HOST,
    RELAY,
    Link,
    PythonPeer,
    carry,
    failure_of,
    identity,
    now,
    python_client,
    shake_hands,
)


@pytest.fixture(scope="module")
def link() -> Link:
    return Link()


def raw_client(
    groups: str = GROUPS, newest: int = SSL.TLS1_3_VERSION, name: bytes | None = HOST.encode()
) -> SSL.Connection:
    """A client whose settings the test chooses; pyOpenSSL, because its OpenSSL knows the hybrid groups."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_max_proto_version(newest)
    native.set_groups(context, groups)
    connection = SSL.Connection(context, None)
    if name is not None:
        connection.set_tlsext_host_name(name)
    connection.set_connect_state()
    return connection


def drive(client: SSL.Connection, server: TlsEngine) -> int:
    """Handshake; the number of flights of the client (two mean no HelloRetryRequest)."""
    flights = 0
    for _ in range(10):
        done = True
        try:
            client.do_handshake()
        except SSL.WantReadError:
            done = False
        waiting = native.pending_output(client)
        if waiting:
            flights += 1
            server.feed(client.bio_read(waiting))
        ours = server.handshake_step()
        data = server.outgoing()
        if data:
            client.bio_write(data)
        if done and ours:
            return flights
    raise AssertionError("the handshake does not end")


def test_our_ends_speak_13_with_the_hybrid_group(link: Link) -> None:
    for engine in link.engines():
        assert engine.facts.version == "TLSv1.3"
        assert engine.facts.group == "X25519MLKEM768"
        assert engine.facts.cipher == "TLS_AES_256_GCM_SHA384"
        assert engine.facts.server_name == GATE
        assert engine.facts.alpn == "http/1.1"


def test_our_ends_know_each_other(link: Link) -> None:
    client, server = link.engines()
    assert client.facts.peer is not None
    assert server.facts.peer is not None
    assert (client.facts.peer.name, client.facts.peer.serial) == (GATE, link.gate.certificate.serial_number)
    assert (server.facts.peer.name, server.facts.peer.serial) == (RELAY, link.relay.certificate.serial_number)


@pytest.mark.parametrize(
    ("groups", "negotiated", "flights"),
    [
        ("*X25519MLKEM768:*X25519", "X25519MLKEM768", 2),  # as browsers do: both key shares
        ("*X25519:*X25519MLKEM768", "X25519MLKEM768", 2),  # our preference counts
        ("X25519:P-256", "x25519", 2),
        ("P-256:X25519", "secp256r1", 2),  # no extra round trip where the client has sent a share that will do
        ("P-384", "secp384r1", 2),
    ],
)
def test_group(link: Link, groups: str, negotiated: str, flights: int) -> None:
    server = TlsEngine(link.front_context())
    assert drive(raw_client(groups), server) == flights
    assert server.facts.group.lower() == negotiated.lower()


def test_a_client_without_a_common_group_is_refused(link: Link) -> None:
    with pytest.raises(Refused) as refusal:
        drive(raw_client("P-521"), TlsEngine(link.front_context()))
    assert refusal.value.reason is Reason.TLS_HANDSHAKE_FAILED


def test_an_old_client_still_gets_in_by_x25519(link: Link) -> None:
    engine = TlsEngine(link.front_context())
    PythonPeer(python_client(), server_name=HOST).shake_hands(engine)
    assert engine.facts.version == "TLSv1.3"
    assert engine.facts.group.lower() == "x25519"
    assert engine.facts.alpn == ""
    assert engine.facts.peer is None


def test_12_is_refused_unless_configured(link: Link) -> None:
    peer = PythonPeer(python_client(newest=ssl.TLSVersion.TLSv1_2), server_name=HOST)
    with pytest.raises(Refused) as refusal:
        peer.shake_hands(TlsEngine(link.front_context()))
    assert refusal.value.reason is Reason.TLS_HANDSHAKE_FAILED
    assert "alert protocol version" in peer.alert()


def test_12_by_configuration(link: Link) -> None:
    engine = TlsEngine(link.front_context(min_version="1.2"))
    PythonPeer(python_client(newest=ssl.TLSVersion.TLSv1_2), server_name=HOST).shake_hands(engine)
    assert engine.facts.version == "TLSv1.2"
    assert engine.facts.cipher.startswith("ECDHE-ECDSA-")
    assert "GCM" in engine.facts.cipher or "CHACHA20" in engine.facts.cipher


def test_13_is_preferred_where_12_is_allowed(link: Link) -> None:
    engine = TlsEngine(link.front_context(min_version="1.2"))
    PythonPeer(python_client(), server_name=HOST).shake_hands(engine)
    assert engine.facts.version == "TLSv1.3"


@pytest.mark.parametrize("suites", ["ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA", "AES128-GCM-SHA256", "DHE"])
def test_12_only_with_ecdhe_and_aead(link: Link, suites: str) -> None:
    context = python_client(newest=ssl.TLSVersion.TLSv1_2)
    context.set_ciphers(suites)
    with pytest.raises(Refused) as refusal:
        PythonPeer(context, server_name=HOST).shake_hands(TlsEngine(link.front_context(min_version="1.2")))
    assert refusal.value.reason is Reason.TLS_HANDSHAKE_FAILED


def test_our_client_does_not_go_below_13(link: Link) -> None:
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    context.use_certificate(link.gate.certificate)
    context.use_privatekey(identity(link.gate).key)
    server = SSL.Connection(context, None)
    server.set_accept_state()
    client = TlsEngine(link.relay_context())
    client.handshake_step()
    server.bio_write(client.outgoing())
    with pytest.raises(SSL.Error):
        server.do_handshake()
    client.feed(server.bio_read(1000))
    with pytest.raises(Unavailable) as failure:
        client.handshake_step()
    assert failure.value.reason is Reason.TLS_HANDSHAKE_FAILED


class TestServerName:
    def test_it_chooses_the_certificate(self) -> None:
        link = Link()
        other = link.authority.issue(["www.village.example"], "server")
        context = server_context(
            [identity(link.public, [HOST]), identity(other, ["www.village.example", "village.example"])]
        )
        for name, issued in ((HOST, link.public), ("www.village.example", other), ("VILLAGE.example", other)):
            engine = TlsEngine(context)
            peer = PythonPeer(python_client(), server_name=name)
            peer.shake_hands(engine)
            shown = ssl.DER_cert_to_PEM_cert(peer.tls.getpeercert(binary_form=True) or b"")
            assert shown.encode() == issued.chain_pem
            assert engine.facts.server_name == name.lower()

    @pytest.mark.parametrize("name", ["stranger.example", "example", "x." + HOST, HOST + "x", "127.0.0.1", None])
    def test_an_unknown_or_missing_one_is_refused_without_a_certificate(self, link: Link, name: str | None) -> None:
        engine = TlsEngine(link.front_context())
        engine.feed(PythonPeer(python_client(), server_name=name).hello())
        with pytest.raises(Refused) as refusal:
            engine.handshake_step()
        assert refusal.value.reason is Reason.TLS_NAME_UNKNOWN
        assert engine.outgoing() == bytes([21, 3, 3, 0, 2, 2, 112])  # a fatal alert, unrecognized_name, and no more

    @pytest.mark.parametrize("name", [b"\xff\xfe", b".", b"." * 200, b"*.town.example"])
    def test_nonsense_is_refused(self, link: Link, name: bytes) -> None:
        with pytest.raises(Refused) as refusal:
            drive(raw_client(name=name), TlsEngine(link.front_context()))
        assert refusal.value.reason in {Reason.TLS_NAME_UNKNOWN, Reason.TLS_HANDSHAKE_FAILED}

    def test_12_is_refused_alike(self, link: Link) -> None:
        peer = PythonPeer(python_client(newest=ssl.TLSVersion.TLSv1_2), server_name="stranger.example")
        with pytest.raises(Refused) as refusal:
            peer.shake_hands(TlsEngine(link.front_context(min_version="1.2")))
        assert refusal.value.reason is Reason.TLS_NAME_UNKNOWN


class TestAlpn:
    @pytest.mark.parametrize("offered", [["http/1.1"], ["h2", "http/1.1"], ["http/1.1", "h2"]])
    def test_http_11_is_chosen(self, link: Link, offered: list[str]) -> None:
        engine = TlsEngine(link.front_context())
        peer = PythonPeer(python_client(alpn=offered), server_name=HOST)
        peer.shake_hands(engine)
        assert engine.facts.alpn == peer.tls.selected_alpn_protocol() == "http/1.1"

    @pytest.mark.parametrize("offered", [["h2"], ["h2", "http/1.0"], ["http/1.1x"], ["HTTP/1.1"]])
    def test_without_http_11_there_is_no_handshake(self, link: Link, offered: list[str]) -> None:
        peer = PythonPeer(python_client(alpn=offered), server_name=HOST)
        with pytest.raises(Refused) as refusal:
            peer.shake_hands(TlsEngine(link.front_context()))
        assert refusal.value.reason is Reason.TLS_HANDSHAKE_FAILED
        assert "no application protocol" in peer.alert()

    def test_a_refusal_does_not_reach_another_connection(self, link: Link) -> None:
        context = link.front_context()
        with pytest.raises(Refused):
            PythonPeer(python_client(alpn=["h2"]), server_name=HOST).shake_hands(TlsEngine(context))
        engine = TlsEngine(context)
        PythonPeer(python_client(), server_name=HOST).shake_hands(engine)
        assert engine.established


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_no_session_can_be_resumed(link: Link, newest: ssl.TLSVersion) -> None:
    context = link.front_context(min_version="1.2")
    client = python_client(newest=newest)
    first, second = PythonPeer(client, server_name=HOST), PythonPeer(client, server_name=HOST)
    engine = TlsEngine(context)
    first.shake_hands(engine)
    engine.write(b"x")
    first.take(engine)
    assert first.tls.read(1) == b"x"  # a ticket, if any, has come before it
    second.tls.session = first.tls.session
    second.shake_hands(TlsEngine(context))
    assert second.tls.session_reused is False


def test_renegotiation_is_refused(link: Link) -> None:
    client = raw_client("P-256", SSL.TLS1_2_VERSION)
    server = TlsEngine(link.front_context(min_version="1.2"))
    drive(client, server)
    client.renegotiate()
    with pytest.raises(SSL.WantReadError):
        client.do_handshake()
    server.feed(client.bio_read(native.pending_output(client)))
    assert server.read() is None
    client.bio_write(server.outgoing())
    with pytest.raises(SSL.Error, match="no renegotiation"):
        client.do_handshake()


class TestGateWithSeveralRelays:
    def test_each_is_known_by_its_own_profile(self) -> None:
        link = Link()
        second = Link(PrivateAuthority.create("Second CA"))
        profiles = (link.relay_profile(), second.relay_profile(names=frozenset({RELAY})))
        gate = server_context(identity(link.gate), client_profile=profiles, now=now)
        for one in (link, second):
            client = TlsEngine(client_context(identity(one.relay), link.gate_profile(), now=now))
            server = TlsEngine(gate)
            shake_hands(client, server)
            assert server.facts.peer is not None
            assert server.facts.peer.serial == one.relay.certificate.serial_number

    def test_what_fits_none_gets_the_closest_refusal(self) -> None:
        link = Link()
        stranger = Link(PrivateAuthority.create("Second CA"))
        profiles = (stranger.relay_profile(), link.relay_profile(pins=frozenset({bytes(32)})))
        server = TlsEngine(server_context(identity(link.gate), client_profile=profiles, now=now))
        assert failure_of(TlsEngine(link.relay_context()), server).reason is Reason.CERT_PIN_MISMATCH


def test_a_refused_client_learns_why_by_alert(link: Link) -> None:
    client, server = TlsEngine(link.relay_context()), TlsEngine(link.gate_context(pins=frozenset({bytes(32)})))
    assert failure_of(client, server).reason is Reason.CERT_PIN_MISMATCH
    carry(server, client)
    with pytest.raises(Unavailable) as failure:
        client.read()
    assert failure.value.reason is Reason.TLS_HANDSHAKE_FAILED
    assert "bad certificate" in failure.value.detail


def test_a_server_that_judges_needs_someone_to_accept_and_a_clock(link: Link) -> None:
    with pytest.raises(ValueError, match="anyone may connect"):
        server_context(identity(link.gate), client_profile=(), now=now)
    with pytest.raises(ValueError, match="needs the time"):
        server_context(identity(link.gate), client_profile=link.relay_profile())
    with pytest.raises(ValueError, match="identity"):
        server_context([])


def test_unknown_groups_are_an_error_and_not_ignored() -> None:
    with pytest.raises(ValueError, match="does not know"):
        native.set_groups(SSL.Context(SSL.TLS_METHOD), "X25519MLKEM768:NO-SUCH-GROUP")
