"""Sockets that wait: TCP and unix listeners, and socket activation. Connections outwards are in `relay.net.dial`.

Every socket is non-blocking and closed on exec. Addresses are literals, `192.0.2.1:443` or `[2001:db8::1]:443`: no name is
ever looked up. An address that cannot be used is ConfigInvalid and says what to mend; a peer that cannot be reached is
Unavailable. systemd hands sockets over as sd_listen_fds(3) says.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import stat
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Final

import trio

from relay.base.errors import ConfigInvalid, Problem

SO_BINDTODEVICE: Final = 25  # linux/socket.h; Python 3.11's socket module lacks it on some builds
FIRST_ACTIVATED_FD: Final = 3  # SD_LISTEN_FDS_START
EXHAUSTED_WAIT_S: Final = 0.1  # a pause without descriptors; some connection will have ended by then

_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_GONE = frozenset({errno.ECONNABORTED, errno.EPROTO, errno.EPERM, errno.ENETDOWN, errno.EHOSTUNREACH})
_MEND = {
    errno.EADDRINUSE: "end the other process that listens there, or choose another port",
    errno.EADDRNOTAVAIL: "choose an address that an interface of this host has (`ip address`)",
    errno.EACCES: "use a port from 1024, socket activation, or CAP_NET_BIND_SERVICE",
    errno.EPERM: "binding to an interface needs CAP_NET_RAW here",
    errno.ENODEV: "name an interface that exists (`ip link`)",
}


def parse_address(text: str) -> tuple[str, int]:
    """ValueError unless it is an IP literal and a port."""
    host, colon, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    host = str(ipaddress.IPv6Address(host[1:-1]) if bracketed else ipaddress.IPv4Address(host))
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{text}: the port must be a number up to 65535")
    return host, int(port)


def open_tcp_listener(address: str, *, interface: str | None = None, backlog: int) -> socket.socket:
    """A listening socket; port 0 lets the kernel choose. IPv6 listeners take IPv6 only."""
    try:
        host, port = parse_address(address)
    except ValueError as error:
        raise _invalid(address, str(error), "write it as 192.0.2.1:443 or [2001:db8::1]:443") from error
    listener = tcp_socket(host)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if listener.family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bind_to_interface(listener, interface)
        listener.bind((host, port))
        listener.listen(backlog)
    except OSError as error:
        listener.close()
        where = f"{address} on {interface}" if interface else address
        raise _invalid(where, f"cannot listen: {error.strerror}", _MEND.get(error.errno or 0, "")) from error
    return listener


def open_seqpacket_listener(path: str, *, mode: int, group: int | None = None, backlog: int = 128) -> socket.socket:
    """A unix socket that keeps message borders. Mode and group are set before anyone can connect."""
    _remove_stale(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
    try:
        listener.bind(path)
        if group is not None:
            os.chown(path, -1, group)
        Path(path).chmod(mode)
        listener.listen(backlog)  # until here a connect is refused, whatever the mode was
    except OSError as error:
        listener.close()
        raise _invalid(path, f"cannot listen: {error.strerror}", "check the directory and its owner") from error
    return listener


def activated_sockets(environ: MutableMapping[str, str], pid: int) -> dict[str, list[socket.socket]]:
    """The sockets that systemd opened for this process, by FileDescriptorName; the variables are taken out."""
    for_pid = environ.pop("LISTEN_PID", "")
    count = environ.pop("LISTEN_FDS", "")
    names = environ.pop("LISTEN_FDNAMES", "").split(":")
    if for_pid != str(pid) or not count.isdigit():
        return {}
    found: dict[str, list[socket.socket]] = {}
    for position in range(int(count)):
        name = names[position] if position < len(names) and names[position] else "unknown"
        sock = socket.socket(fileno=FIRST_ACTIVATED_FD + position)
        sock.set_inheritable(False)
        sock.setblocking(False)
        found.setdefault(name, []).append(sock)
    return found


async def accept_loop(
    listener: socket.socket,
    handle: Callable[[socket.socket, tuple[str, int]], None],
    *,
    on_exhausted: Callable[[], None] | None = None,
) -> None:
    """Hand every accepted connection to `handle`, which must not block, until cancelled.

    One connection per turn, so that workers on the same listener share the load. Without descriptors it
    pauses (and says so by `on_exhausted`) instead of spinning.
    """
    while True:
        try:
            sock, peer = listener.accept()
        except BlockingIOError:
            await trio.lowlevel.wait_readable(listener)
            continue
        except OSError as error:
            if error.errno in _EXHAUSTED:
                if on_exhausted is not None:
                    on_exhausted()
                await trio.sleep(EXHAUSTED_WAIT_S)
                continue
            if error.errno not in _GONE:
                raise
            await trio.lowlevel.checkpoint()
            continue
        sock.setblocking(False)
        if sock.family != socket.AF_UNIX:
            set_connection_options(sock)
        handle(sock, (peer[0], peer[1]) if sock.family != socket.AF_UNIX else ("", 0))
        await trio.lowlevel.checkpoint()


def set_connection_options(sock: socket.socket) -> None:
    """No Nagle (answers are written whole), and keep-alive probes, so that a dead path is noticed in the end."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def tcp_socket(host: str) -> socket.socket:
    """Unbound, of the family of the literal `host`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)


def bind_to_interface(sock: socket.socket, interface: str | None) -> None:
    """What `sock` does from now on goes by `interface` only; None: by any."""
    if interface is not None:
        sock.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, interface.encode("ascii"))


def _remove_stale(path: str) -> None:
    """Remove the socket of a process that is gone. Anything else there is a mistake that must not be deleted."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise _invalid(path, "something that is no socket is there", "move it away, or choose another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            Path(path).unlink()
            return
        except OSError as error:
            raise _invalid(path, f"in use: {error.strerror}", "end the process that listens there") from error
    raise _invalid(path, "in use: another process listens there", "end it, or choose another run_dir")


def _invalid(where: str, message: str, mend: str) -> ConfigInvalid:
    return ConfigInvalid([Problem(where, 0, message, mend or "see the system's message")])
