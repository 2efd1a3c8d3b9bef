"""One TLS connection without a socket: ciphertext in, plaintext out, and the reverse, over memory BIOs.

Order of use: `handshake_step` until it is True, then `read` and `write`; after every call `outgoing` is to be sent, and
after an exception too (it holds the alert). A server raises Refused and a client Unavailable, with the same reasons.
Bulk data goes through a `native.Scratch` of the caller, by `feed_from`, `fill` and `drain`: one call for many records.
Where a peer must be judged, no call gives out or takes plaintext before it was: `handshake_step` makes sure of it.
An end without close_notify is PEER_CLOSED, never a clean end (truncation, RFC 8446 6.1).
Known limit: in TLS 1.3 a client's handshake is complete before the server has judged the client's certificate; the
refusal then arrives as an alert in `read`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NoReturn

from OpenSSL import SSL

from certs.profile import Peer
from relay.base.errors import Misuse, Refused, Unavailable
from relay.base.reasons import Reason
from relay.tls import native
from relay.tls.contexts import ClientContext, NoCommonProtocol, ServerContext
from relay.tls.native import Scratch

RECORD_BYTES: Final = 16 * 1024  # RFC 8446 5.1: plaintext of one record

Buffer = bytes | bytearray | memoryview

_plaintext = Scratch(RECORD_BYTES)


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """What was negotiated, for the log and the metrics. Before the end of the handshake the fields may be empty."""

    version: str
    group: str
    cipher: str
    server_name: str
    alpn: str
    peer: Peer | None


class TlsEngine:
    """Sans-IO. Not re-entrant, but calls from a reading and a writing task may alternate freely."""

    __slots__ = ("_closed", "_context", "_end", "_ended", "_established", "_facts", "_handshake", "_ssl", "server_side")

    def __init__(self, context: ServerContext | ClientContext) -> None:
        self._context = context  # its callbacks must outlive the handshake
        self._ssl, self._handshake = context.connection()
        self._established = False
        self._ended = False  # the peer's direction, by its end of file
        self._closed = False  # ours, by our close_notify
        self._end: SSL.Error | None = None  # what OpenSSL said after the last plaintext, until `read` tells it
        self._facts: TlsFacts | None = None
        self.server_side = context.server_side

    @property
    def established(self) -> bool:
        return self._established

    @property
    def facts(self) -> TlsFacts:
        if self._facts is not None:
            return self._facts
        ssl, handshake = self._ssl, self._handshake
        facts = TlsFacts(
            version=ssl.get_protocol_version_name(),
            group=ssl.get_group_name() or "" if self._established else "",
            cipher=ssl.get_cipher_name() or "",
            server_name=handshake.server_name,
            alpn=ssl.get_alpn_proto_negotiated().decode("ascii", "replace"),
            peer=handshake.peer,
        )
        if self._established:
            self._facts = facts
        return facts

    @property
    def buffered(self) -> bool:
        """Whether `read` could give something without being fed first."""
        return self._end is not None or native.pending_input(self._ssl)

    @property
    def waiting(self) -> int:
        """Bytes that `outgoing` would give."""
        return native.pending_output(self._ssl)

    def feed(self, ciphertext: Buffer) -> None:
        """Bytes from the peer; none at all mean that the peer will send no more."""
        if len(ciphertext) == 0:
            self._ended = True
            return
        self._ssl.bio_write(ciphertext)

    def feed_from(self, scratch: Scratch, start: int, end: int) -> None:
        """As `feed`, of what is in `scratch[start:end]`, which is something."""
        native.put_input(self._ssl, scratch, start, end)

    def handshake_step(self) -> bool:
        """True when the handshake is complete and the peer, if one must be, is accepted. False wants more bytes."""
        if self._established:
            return True
        native.forget_errors()
        try:
            self._ssl.do_handshake()
        except SSL.WantReadError:
            if self._ended:
                self._fail(Reason.PEER_CLOSED, "during the handshake")
            return False
        except NoCommonProtocol:
            self._fail(Reason.TLS_HANDSHAKE_FAILED, "no common application protocol")
        except SSL.Error as error:
            self._fail_handshake(error)
        if self._context.judges_peer and self._handshake.peer is None:
            raise Misuse("a handshake ended without a judgement of the peer")
        self._established = True
        return True

    def read(self, max_bytes: int = RECORD_BYTES) -> bytes | None:
        """Plaintext, at most `max_bytes` and RECORD_BYTES; None wants more ciphertext; b"" is the peer's close_notify."""
        count = self.fill(_plaintext, 0, min(max_bytes, RECORD_BYTES))
        if count:
            return bytes(_plaintext.view[:count])
        if self._end is not None and not isinstance(self._end, SSL.ZeroReturnError):
            self._fail_record(self._end)
        if self._end is None and self._ended:
            self._fail(Reason.PEER_CLOSED, "without close_notify")
        return None if self._end is None else b""

    def fill(self, scratch: Scratch, start: int, end: int) -> int:
        """Plaintext of all records that are here into `scratch[start:end]`; where it then ends.

        An end of the connection, and a record that is not what it must be, are kept for the next `read` to tell.
        """
        if not self._established:
            raise Misuse("read before the end of the handshake")
        if self._end is not None:
            return start
        native.forget_errors()
        try:
            while start < end:
                start += native.read_into(self._ssl, scratch, start, end)
                if not native.pending_input(self._ssl):
                    break
        except SSL.WantReadError:
            pass
        except SSL.Error as error:
            self._end = error
        return start

    def write(self, data: Buffer) -> None:
        """Encrypt all of it. The caller bounds its size: the ciphertext waits in memory until it is taken."""
        if not self._established:
            raise Misuse("write before the end of the handshake")
        if self._closed:
            raise Misuse("write after close")
        if self._end is not None and not isinstance(self._end, SSL.ZeroReturnError):
            self._fail_record(self._end)
        size = len(data)
        if size == 0:
            return
        native.forget_errors()
        try:
            sent = native.write(self._ssl, data)
            while sent < size:
                sent += native.write(self._ssl, memoryview(data)[sent:])
        except SSL.Error as error:
            self._fail_record(error)

    def outgoing(self) -> bytes:
        """Take what is to be sent; b"" if nothing is."""
        waiting = native.pending_output(self._ssl)
        return self._ssl.bio_read(waiting) if waiting else b""

    def drain(self, scratch: Scratch, start: int, end: int) -> int:
        """As `outgoing`, into `scratch[start:end]`, as far as that has room; where it then ends."""
        return start + native.take_output(self._ssl, scratch, start, end)

    def close(self) -> None:
        """Put a close_notify into `outgoing`. Harmless where the handshake is not done or the connection has failed."""
        if not self._established or self._closed:
            return
        self._closed = True
        native.forget_errors()
        try:
            self._ssl.shutdown()
        except SSL.Error:
            return  # already failed: there is nobody to say goodbye to

    def _fail_handshake(self, error: SSL.Error) -> NoReturn:
        if self._handshake.refusal is not None:
            reason, detail = self._handshake.refusal
            self._fail(reason, detail, error)
        words = _words(error)
        if "peer did not return a certificate" in words:
            self._fail(Reason.CERT_MISSING, "", error)
        self._fail(Reason.TLS_HANDSHAKE_FAILED, words, error)

    def _fail_record(self, error: SSL.Error) -> NoReturn:
        """After the handshake: an alert is the peer's refusal of us; all else is a record that is not what it must be."""
        words = _words(error)
        reason = Reason.TLS_HANDSHAKE_FAILED if "alert" in words else Reason.TLS_RECORD_INVALID
        self._fail(reason, words, error)

    def failure(self, reason: Reason, detail: str) -> Refused | Unavailable:
        """The error of the family that fits our side: a client's fault or a dependency's."""
        return Refused(reason, detail) if self.server_side else Unavailable(reason, detail)

    def _fail(self, reason: Reason, detail: str, cause: Exception | None = None) -> NoReturn:
        raise self.failure(reason, detail) from cause


def _words(error: SSL.Error) -> str:
    """The reasons that OpenSSL gives; all of them are texts of its own."""
    queue = error.args[0] if error.args else ()
    if isinstance(queue, list):
        return "; ".join(reason for _, _, reason in queue)
    return str(error)
