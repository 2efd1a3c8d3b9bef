"""ICAP services for the scanner's tests: Debian's c-icap with its echo and its virus scanner, and one that does what a test says."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

C_ICAP = shutil.which("c-icap")
C_ICAP_MODULES = next(Path("/usr/lib").glob("*/c_icap/virus_scan.so"), Path("/nowhere/virus_scan.so")).parent
LARGEST = 2**20  # virus_scan.MaxObjectSize
PREVIEW = 1024  # bytes: what c-icap asks for
PATIENCE_S = 60  # for a process on a busy machine

C_ICAP_CONF = """
PidFile {directory}/pid
CommandsSocket {directory}/commands
StartServers 1
MaxServers 1
ThreadsPerChild 10
MinSpareThreads 1
MaxSpareThreads 10
Port 127.0.0.1:{port}
TmpDir {directory}
ModulesDir {modules}
ServicesDir {modules}
TemplateDir /usr/share/c_icap/templates/
TemplateDefaultLanguage en
LoadMagicFile /etc/c-icap/c-icap.magic
ServerLog {directory}/server.log
AccessLog {directory}/access.log
Service echo srv_echo.so
Service antivirus_module virus_scan.so
Module common clamd_mod.so
clamd_mod.ClamdSocket {clamd}
virus_scan.DefaultEngine clamd
virus_scan.ScanFileTypes TEXT DATA EXECUTABLE ARCHIVE GRAPHICS STREAM DOCUMENT
virus_scan.MaxObjectSize {largest}
virus_scan.StartSendPercentDataAfter {held}
"""


@contextmanager
def real_icap(directory: Path, clamd: Path) -> Iterator[str]:
    """Debian's c-icap in the foreground, its virus scanner before the clamd that runs. Gives `icap://ADDRESS`."""
    assert C_ICAP is not None
    directory.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    conf = directory / "c-icap.conf"
    places = {
        "directory": directory,
        "port": port,
        "modules": C_ICAP_MODULES,
        "clamd": clamd,
        "largest": LARGEST,
        "held": 2 * LARGEST,
    }
    conf.write_text(C_ICAP_CONF.format(**places))
    process = subprocess.Popen(
        [C_ICAP, "-N", "-f", str(conf)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=directory
    )
    try:
        _wait_listening(port, process)
        yield f"icap://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        finally:
            process.kill()


def _wait_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    tries = PATIENCE_S * 10
    for _ in range(tries):
        assert process.poll() is None, "c-icap has ended"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
    raise AssertionError("c-icap does not listen")


class Talk:
    """One connection, from the service's side."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._file = sock.makefile("rb")

    def head(self) -> dict[bytes, bytes]:
        """Of the next request; its method stands under no name. Nothing where the scanner has gone."""
        lines = self._head()
        fields = dict(line.split(b": ", 1) for line in lines[1:])
        return {b"": lines[0].split(b" ")[0], **fields} if lines else {}

    def _head(self) -> list[bytes]:
        lines = []
        while (line := self._file.readline()) not in (b"\r\n", b""):
            lines.append(line.rstrip(b"\r\n"))
        return lines

    def carried(self, fields: dict[bytes, bytes]) -> None:
        """The HTTP heads before the body."""
        self._file.read(int(fields[b"Encapsulated"].rpartition(b"=")[2]))

    def chunk(self) -> tuple[bytes, bool]:
        """The next; nothing at the end of the preview or of the file, and whether the service was told that the file ends there."""
        line = self._file.readline().rstrip(b"\r\n")
        data = self._file.read(int(line.partition(b";")[0], 16))
        self._file.readline()
        return data, line == b"0; ieof"

    def chunks(self) -> tuple[bytes, bool]:
        """All up to such an end."""
        body = b""
        data, ended = self.chunk()
        while data:
            body += data
            data, ended = self.chunk()
        return body, ended

    def file(self, fields: dict[bytes, bytes]) -> bytes:
        """All of it, asked for behind the preview if there is one."""
        self.carried(fields)
        body, ended = self.chunks()
        if b"Preview" in fields and not ended:
            self.say(b"ICAP/1.0 100 Continue\r\n\r\n")
            body += self.chunks()[0]
        return body

    def say(self, data: bytes) -> None:
        self.sock.sendall(data)


Behaviour = Callable[[Talk, dict[bytes, bytes]], None]


def options_answer(
    *, preview: int | None = PREVIEW, allows_204: bool = True, istag: str = "v1", methods: str = "RESPMOD, REQMOD"
) -> bytes:
    lines = ["ICAP/1.0 200 OK", f"Methods: {methods}", f'ISTag: "{istag}"', "Encapsulated: null-body=0"]
    lines += [f"Preview: {preview}"] if preview is not None else []
    lines += ["Allow: 204"] if allows_204 else []
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


class FakeIcap:
    """A service that does with a file what `behaves` does, and says of itself what `options` says."""

    def __init__(self) -> None:
        self.options = options_answer()
        self.behaves: Behaviour = lambda talk, fields: None
        self._listen(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._talking: list[threading.Thread] = []

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nobody listens at its address meanwhile."""
        address = self._listener.getsockname()
        self._stop_listening()
        try:
            yield
        finally:
            self._listen(address)
            self._thread.start()

    def _listen(self, address: tuple[str, int]) -> None:
        self._listener = socket.create_server(address, backlog=64)
        self._thread = threading.Thread(target=self._serve)

    def _stop_listening(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        listener = self._listener
        with suppress(OSError):
            while True:
                sock = listener.accept()[0]
                self._open.append(sock)
                self._talking.append(threading.Thread(target=self._talk, args=(sock,)))
                self._talking[-1].start()

    def _talk(self, sock: socket.socket) -> None:
        talk = Talk(sock)
        with sock, suppress(OSError, ValueError):
            fields = talk.head()
            if fields.get(b"") == b"OPTIONS":
                talk.say(self.options)
            elif fields:
                self.behaves(talk, fields)

    def __enter__(self) -> FakeIcap:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop_listening()
        for sock in self._open:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self._talking:
            thread.join()
