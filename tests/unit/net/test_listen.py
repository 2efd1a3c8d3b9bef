"""Listeners, socket activation, and what their failures tell to mend."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import pytest
import trio
import trio.testing

from relay.base.errors import ConfigInvalid
from relay.net import listen
from relay.net.listen import (
    accept_loop,
    activated_sockets,
    open_seqpacket_listener,
    open_tcp_listener,
    parse_address,
)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1:443", ("192.0.2.1", 443)),
        ("[2001:db8::1]:443", ("2001:db8::1", 443)),
        ("0.0.0.0:0", ("0.0.0.0", 0)),
        ("127.0.0.1:65535", ("127.0.0.1", 65535)),
    ],
)
def test_addresses(text: str, address: tuple[str, int]) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text",
    ["", "192.0.2.1", "localhost:443", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1:x", "2001:db8::1:443",
     "[192.0.2.1]:443", "192.0.2.01:443", "192.0.2.1:４", ":443", "[::1]", "example.com:443"],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_address(text)
    with pytest.raises(ConfigInvalid) as invalid:
        open_tcp_listener(text, backlog=1)
    assert invalid.value.problems[0].mend


class TestTcpListener:
    @pytest.mark.parametrize("address", ["127.0.0.1:0", "[::1]:0"])
    def test_it_listens(self, address: str) -> None:
        listener = open_tcp_listener(address, backlog=5)
        with listener, socket.create_connection(listener.getsockname()[:2]):
            assert not listener.getblocking()
            assert not listener.get_inheritable()
            listener.accept()[0].close()

    def test_a_used_port_is_named(self) -> None:
        with open_tcp_listener("127.0.0.1:0", backlog=1) as first:
            address = f"127.0.0.1:{first.getsockname()[1]}"
            with pytest.raises(ConfigInvalid) as invalid:
                open_tcp_listener(address, backlog=1)
        problem = invalid.value.problems[0]
        assert problem.path == address
        assert "another port" in problem.mend

    def test_a_foreign_address_is_named(self) -> None:
        with pytest.raises(ConfigInvalid) as invalid:
            open_tcp_listener("192.0.2.1:0", backlog=1)
        assert "ip address" in invalid.value.problems[0].mend

    def test_an_interface_that_does_not_exist(self) -> None:
        with pytest.raises(ConfigInvalid) as invalid:
            open_tcp_listener("127.0.0.1:0", interface="nosuch0", backlog=1)
        assert "nosuch0" in invalid.value.problems[0].path

    def test_it_is_bound_to_the_interface(self) -> None:
        with open_tcp_listener("127.0.0.1:0", interface="lo", backlog=1) as listener:
            assert listener.getsockopt(socket.SOL_SOCKET, listen.SO_BINDTODEVICE, 16).rstrip(b"\0") == b"lo"


def connected(path: str) -> socket.socket:
    client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    client.connect(path)
    return client


class TestSeqpacketListener:
    def test_messages_keep_their_borders(self, tmp_path: Path) -> None:
        path = str(tmp_path / "ledger.sock")
        with (
            open_seqpacket_listener(path, mode=0o660) as listener,
            connected(path) as client,
        ):
            accepted, _ = listener.accept()
            with accepted:
                client.send(b"one")
                client.send(b"two")
                assert (accepted.recv(100), accepted.recv(100)) == (b"one", b"two")

    def test_mode_and_owner(self, tmp_path: Path) -> None:
        path = tmp_path / "ledger.sock"
        with open_seqpacket_listener(str(path), mode=0o620, group=os.getgid()):
            assert path.stat().st_mode & 0o777 == 0o620
            assert (path.stat().st_uid, path.stat().st_gid) == (os.getuid(), os.getgid())

    def test_the_socket_of_a_dead_process_is_replaced(self, tmp_path: Path) -> None:
        path = str(tmp_path / "ledger.sock")
        open_seqpacket_listener(path, mode=0o600).close()
        with open_seqpacket_listener(path, mode=0o600):
            connected(path).close()

    def test_the_socket_of_a_living_process_is_not(self, tmp_path: Path) -> None:
        path = str(tmp_path / "ledger.sock")
        with open_seqpacket_listener(path, mode=0o600):
            with pytest.raises(ConfigInvalid, match="in use"):
                open_seqpacket_listener(path, mode=0o600)
            connected(path).close()

    def test_a_stream_socket_there_is_not_removed(self, tmp_path: Path) -> None:
        path = str(tmp_path / "other.sock")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
            other.bind(path)
            other.listen()
            with pytest.raises(ConfigInvalid, match="in use"):
                open_seqpacket_listener(path, mode=0o600)

    def test_a_file_there_is_not_removed(self, tmp_path: Path) -> None:
        path = tmp_path / "ledger.sock"
        path.write_text("precious")
        with pytest.raises(ConfigInvalid, match="no socket"):
            open_seqpacket_listener(str(path), mode=0o600)
        assert path.read_text() == "precious"

    def test_a_missing_directory_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigInvalid, match="directory"):
            open_seqpacket_listener(str(tmp_path / "none" / "ledger.sock"), mode=0o600)


class TestActivation:
    @pytest.fixture
    def first_fd(self, monkeypatch: pytest.MonkeyPatch) -> int:
        """Descriptors where the test can put sockets, in place of 3 and up, which pytest uses."""
        monkeypatch.setattr(listen, "FIRST_ACTIVATED_FD", 200)
        return 200

    def test_sockets_by_name(self, first_fd: int) -> None:
        originals = [socket.socket() for _ in range(3)]
        for position, original in enumerate(originals):
            os.dup2(original.fileno(), first_fd + position, inheritable=True)
            original.close()
        environ = {"LISTEN_PID": "42", "LISTEN_FDS": "3", "LISTEN_FDNAMES": "front:front:ledger", "PATH": "/bin"}
        found = activated_sockets(environ, 42)
        assert {name: [one.fileno() for one in sockets] for name, sockets in found.items()} == {
            "front": [200, 201],
            "ledger": [202],
        }
        assert environ == {"PATH": "/bin"}
        for sockets in found.values():
            for one in sockets:
                assert not one.get_inheritable()
                assert not one.getblocking()
                one.close()

    @pytest.mark.parametrize(
        "environ",
        [{}, {"LISTEN_PID": "41", "LISTEN_FDS": "1"}, {"LISTEN_FDS": "1"}, {"LISTEN_PID": "42", "LISTEN_FDS": "x"}],
    )
    def test_what_is_not_for_us_is_left_alone(self, environ: dict[str, str]) -> None:
        assert activated_sockets(environ, 42) == {}


class FailingListener:
    """Raises the given errors from accept, then waits for ever."""

    def __init__(self, *errors: int) -> None:
        self._errors = list(errors)
        self._never, self._other = socket.socketpair()

    def accept(self) -> tuple[socket.socket, tuple[str, int]]:
        if not self._errors:
            raise BlockingIOError
        code = self._errors.pop(0)
        raise OSError(code, os.strerror(code))

    def fileno(self) -> int:
        return self._never.fileno()

    def close(self) -> None:
        self._never.close()
        self._other.close()


class TestAcceptLoop:
    async def test_every_connection_is_handed_on(self) -> None:
        found: list[tuple[socket.socket, tuple[str, int]]] = []
        with open_tcp_listener("127.0.0.1:0", backlog=8) as listener:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(accept_loop, listener, lambda sock, peer: found.append((sock, peer)))
                clients = [socket.create_connection(listener.getsockname()) for _ in range(5)]
                while len(found) < 5:
                    await trio.lowlevel.checkpoint()
                nursery.cancel_scope.cancel()
        assert {peer for _, peer in found} == {client.getsockname() for client in clients}
        for sock, _ in found:
            assert not sock.getblocking()
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        for one in (*clients, *(sock for sock, _ in found)):
            one.close()

    async def test_unix_connections_have_no_address(self, tmp_path: Path) -> None:
        path = str(tmp_path / "x.sock")
        found: list[tuple[socket.socket, tuple[str, int]]] = []
        with open_seqpacket_listener(path, mode=0o600) as listener, connected(path):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(accept_loop, listener, lambda sock, peer: found.append((sock, peer)))
                while not found:
                    await trio.lowlevel.checkpoint()
                nursery.cancel_scope.cancel()
        ((sock, peer),) = found
        sock.close()
        assert peer == ("", 0)

    async def test_without_descriptors_it_pauses_and_says_so(self, autojump_clock: trio.testing.MockClock) -> None:
        listener = FailingListener(errno.EMFILE, errno.ENFILE, errno.ECONNABORTED, errno.ENOMEM)
        exhausted: list[float] = []
        with trio.move_on_after(10):
            await accept_loop(listener, lambda *_: None, on_exhausted=lambda: exhausted.append(trio.current_time()))  # type: ignore[arg-type]  # a fake that injects faults
        listener.close()
        assert len(exhausted) == 3
        assert exhausted[1] - exhausted[0] == pytest.approx(listen.EXHAUSTED_WAIT_S)

    async def test_any_other_error_is_not_hidden(self) -> None:
        listener = FailingListener(errno.EBADF)
        with pytest.raises(OSError, match="Bad file"):
            await accept_loop(listener, lambda *_: None)  # type: ignore[arg-type]  # a fake that injects faults
        listener.close()
