"""What Sekisho needs of OpenSSL and pyOpenSSL does not offer: the only module that reaches below its public interface.

`SSL._lib` is the cffi layer that pyOpenSSL itself is written on. Each function says why the public one will not do.
A pyOpenSSL that renames any of this fails at import or in tests/unit/tls, never silently.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from cryptography import x509
from OpenSSL import SSL

_lib: Final[Any] = SSL._lib  # type: ignore[attr-defined]  # see the header
_ffi: Final[Any] = SSL._ffi  # type: ignore[attr-defined]  # see the header

ChooseContext = Callable[[SSL.Connection], bool]
JudgeChain = Callable[[SSL.Connection, Callable[[], list[x509.Certificate]]], int]


def set_groups(context: SSL.Context, groups: str) -> None:
    """Key exchange groups in order of preference. pyOpenSSL only has `set_tmp_ecdh`, one curve and no hybrid group."""
    if _lib.SSL_CTX_set1_curves_list(context._context, groups.encode("ascii")) != 1:
        _lib.ERR_clear_error()
        raise ValueError(f"this OpenSSL does not know all of the groups {groups}")


def refuse_early_data(context: SSL.Context) -> None:
    """0-RTT can be replayed. OpenSSL's default is off already; this keeps it so. pyOpenSSL has no call for it."""
    _lib.SSL_CTX_set_max_early_data(context._context, 0)


class Scratch:
    """Fixed memory that OpenSSL fills and Python reads. Between two awaits any number of connections may share one."""

    __slots__ = ("_memory", "view")

    def __init__(self, size: int) -> None:
        self.view: Final = memoryview(bytearray(size))
        self._memory: Final[Any] = _ffi.from_buffer("char[]", self.view)


def read_into(connection: SSL.Connection, scratch: Scratch, start: int, end: int) -> int:
    """Decrypt at most one record into `scratch[start:end]`. pyOpenSSL's calls allocate and copy once more for each record."""
    count: int = _lib.SSL_read(connection._ssl, scratch._memory + start, end - start)
    if count <= 0:
        connection._raise_ssl_error(connection._ssl, count)
    return count


def write(connection: SSL.Connection, data: bytes | bytearray | memoryview) -> int:
    """Encrypt `data`; how much of it. pyOpenSSL's `send` copies a memoryview, and looks for the error of every success."""
    count: int = _lib.SSL_write(connection._ssl, _ffi.from_buffer(data), len(data))
    if count <= 0:
        connection._raise_ssl_error(connection._ssl, count)
    return count


def put_input(connection: SSL.Connection, scratch: Scratch, start: int, end: int) -> None:
    """What has come from the peer, in `scratch[start:end]`. pyOpenSSL's `bio_write` wraps a buffer anew for every call."""
    if _lib.BIO_write(connection._into_ssl, scratch._memory + start, end - start) != end - start:
        raise MemoryError  # a memory BIO takes all or has no room


def take_output(connection: SSL.Connection, scratch: Scratch, start: int, end: int) -> int:
    """Move what waits to be sent into `scratch[start:end]`; how much. pyOpenSSL's `bio_read` allocates and copies once more."""
    count: int = _lib.BIO_read(connection._from_ssl, scratch._memory + start, end - start)
    return max(count, 0)


def pending_output(connection: SSL.Connection) -> int:
    """Bytes that wait to be sent. pyOpenSSL tells "none" only by an exception, once for every read."""
    waiting: int = _lib.BIO_get_mem_data(connection._from_ssl, _ffi.NULL)
    return waiting


def pending_input(connection: SSL.Connection) -> bool:
    """Whether a read could give something without new bytes. pyOpenSSL's `pending` leaves out what waits undecrypted."""
    return bool(_lib.BIO_get_mem_data(connection._into_ssl, _ffi.NULL) or _lib.SSL_pending(connection._ssl))


def forget_errors() -> None:
    """Empty OpenSSL's error queue, which `cryptography` shares: what another operation left there would be told as ours.

    OpenSSL 4 no longer takes such a leftover for a failure of the connection; its words would still name our failures.
    """
    _lib.ERR_clear_error()


def on_server_name(context: SSL.Context, choose: ChooseContext) -> object:
    """Call `choose` for every ClientHello, with or without SNI; False ends the handshake with unrecognized_name.

    pyOpenSSL's own callback can refuse only by raising, which prints a traceback for whatever the Internet sends.
    The result must be kept as long as the context.
    """

    def wrapper(ssl: Any, _alert: Any, _argument: Any) -> int:
        return int(
            _lib.SSL_TLSEXT_ERR_OK if choose(_connection_of(ssl)) else _lib.SSL_TLSEXT_ERR_ALERT_FATAL
        )  # the alert is unrecognized_name unless set

    callback = _ffi.callback("int (*)(SSL *, int *, void *)", wrapper, error=_lib.SSL_TLSEXT_ERR_ALERT_FATAL)
    _lib.SSL_CTX_set_tlsext_servername_callback(context._context, callback)
    return callback


def on_peer_chain(context: SSL.Context, mode: int, judge: JudgeChain) -> object:
    """Call `judge` once, with the peer's chain, after OpenSSL has put it in order; it answers an X509_V code.

    OpenSSL's own findings on the chain are passed over, because `judge` repeats and exceeds them; so a handshake
    counts as verified only by what `judge` leaves behind. pyOpenSSL's callback gives single certificates, and
    cannot choose the error, which chooses the alert that the peer gets.
    The result must be kept as long as the context.
    """

    def wrapper(ok: int, store: Any) -> int:
        if ok != 1 or _lib.X509_STORE_CTX_get_error_depth(store) != 0:
            _lib.X509_STORE_CTX_set_error(store, _lib.X509_V_OK)
            return 1
        index = _lib.SSL_get_ex_data_X509_STORE_CTX_idx()
        connection = _connection_of(_lib.X509_STORE_CTX_get_ex_data(store, index))
        error = judge(connection, lambda: _chain_of(store))
        _lib.X509_STORE_CTX_set_error(store, error)
        return int(error == _lib.X509_V_OK)

    callback = _ffi.callback("int (*)(int, X509_STORE_CTX *)", wrapper, error=0)
    _lib.SSL_CTX_set_verify(context._context, mode, callback)
    return callback


def _connection_of(ssl: Any) -> SSL.Connection:
    connection: SSL.Connection = SSL.Connection._reverse_mapping[ssl]
    return connection


def _chain_of(store: Any) -> list[x509.Certificate]:
    """Leaf first. UNREADABLE (certs.mismatch) where `cryptography`, whose parser is stricter, cannot read one."""
    stack = _lib.X509_STORE_CTX_get1_chain(store)
    try:
        found: list[x509.Certificate] = SSL.Connection._cert_stack_to_cryptography_list(stack)
        return found
    finally:
        for position in range(_lib.sk_X509_num(stack)):
            _lib.X509_free(_lib.sk_X509_value(stack, position))
        _lib.sk_X509_free(stack)
