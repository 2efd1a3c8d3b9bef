"""What lies below pyOpenSSL's public interface is there, and does what its callers rely on."""

from __future__ import annotations

from OpenSSL import SSL

from relay.tls import native
from tests.links import Link


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


def test_errors_are_forgotten() -> None:
    native._lib.SSL_CTX_use_certificate(SSL.Context(SSL.TLS_METHOD)._context, native._ffi.NULL)
    assert native._lib.ERR_peek_error() != 0
    native.forget_errors()
    assert native._lib.ERR_peek_error() == 0
