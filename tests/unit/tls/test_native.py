"""What lies below pyOpenSSL's public interface is there, and does what its callers rely on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from cryptography import x509
from OpenSSL import SSL

from certs.issue import PrivateAuthority
from relay.tls import native
from relay.tls.engine import TlsEngine
from tests.links import HOST, Link


def test_pending_output_counts_what_waits() -> None:
    client, server = Link().engines()
    assert native.pending_output(client._ssl) == 0
    client.write(b"x" * 1000)
    waiting = native.pending_output(client._ssl)
    assert len(client.outgoing()) == waiting > 1000
    assert native.pending_output(client._ssl) == 0
    assert not native.pending_input(server._ssl)


def test_pending_input_sees_bytes_before_and_after_decryption() -> None:
    client, server = Link().engines()
    client.write(b"abc")
    server.feed(client.outgoing())
    assert native.pending_input(server._ssl)  # as a record
    assert server.read(1) == b"a"
    assert native.pending_input(server._ssl)  # as plaintext
    assert server.read() == b"bc"
    assert not native.pending_input(server._ssl)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_what_is_written_comes_out_of_what_was_put_in(kind: Callable[[bytes], bytes | bytearray | memoryview]) -> None:
    client, server = Link().engines()
    assert native.write(client._ssl, kind(b"abc")) == 3
    scratch = native.Scratch(4096)
    end = native.take_output(client._ssl, scratch, 7, 4096) + 7
    native.put_input(server._ssl, scratch, 7, end)
    assert server.read() == b"abc"


def test_a_write_after_the_end_fails() -> None:
    client, _ = Link().engines()
    client.close()
    with pytest.raises(SSL.Error):
        native.write(client._ssl, b"abc")
    native.forget_errors()


def test_the_judge_is_asked_once_and_sees_the_whole_chain() -> None:
    link = Link(PrivateAuthority.create("Root").intermediate("Middle").intermediate("Lowest"))
    seen: list[list[x509.Certificate]] = []

    def judge(_connection: SSL.Connection, chain: Callable[[], list[x509.Certificate]]) -> int:
        seen.append(chain())
        return int(SSL.X509VerificationCodes.OK)

    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    kept = native.on_peer_chain(context, SSL.VERIFY_PEER, judge)
    client = SSL.Connection(context, None)
    client.set_tlsext_host_name(HOST.encode())
    client.set_connect_state()
    server = TlsEngine(link.front_context())
    for _ in range(2):
        with contextlib.suppress(SSL.WantReadError):
            client.do_handshake()
        server.feed(client.bio_read(native.pending_output(client)))
        server.handshake_step()
        client.bio_write(server.outgoing() or b"\0")
    assert seen == [list(link.public.chain)]
    assert len(seen[0]) == 3
    assert kept is not None


def test_errors_are_forgotten() -> None:
    native._lib.SSL_CTX_use_certificate(SSL.Context(SSL.TLS_METHOD)._context, native._ffi.NULL)
    assert native._lib.ERR_peek_error() != 0
    native.forget_errors()
    assert native._lib.ERR_peek_error() == 0
