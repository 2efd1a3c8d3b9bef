"""A scanner as its own process behind its walls, the real clamd with signatures of these tests, and one that lies."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from relay.ipc.messages import INLINE_BYTES, FileScanned, Message, ScanEnd, ScanFile, ScanPiece, decode_scanned, encode
from relay.net.parcel import Parcel
from relay.settings.pki import LabChoices, create_pki, write_lab_config

ROOT = Path(__file__).resolve().parents[1]
CLAMD = shutil.which("clamd")
STARTED_S = 60  # for a process on a busy machine
MARK = b"SEKISHO-TEST-VIRUS-OF-THESE-TESTS"  # what the signature file below finds
SIGNATURE = "Sekisho.Test.Mark"
PDF = "application/pdf"

CLAMD_CONF = """
LocalSocket {socket}
DatabaseDirectory {database}
Foreground yes
OfficialDatabaseOnly no
StreamMaxLength 8M
MaxFileSize 8M
MaxScanSize 16M
AlertExceedsMax yes
AlertEncrypted yes
AlertEncryptedArchive yes
AlertEncryptedDoc yes
"""


@dataclass
class Scanner:
    """One that runs."""

    path: Path
    pid: int

    def client(self) -> Client:
        return Client(self.path)

    def scan(
        self, name: str, media_type: str, data: bytes, kinds: Sequence[str] = ("pdf", "txt", "zip", "png")
    ) -> FileScanned:
        with self.client() as client:
            client.send_file(ScanFile(1, name, media_type, tuple(kinds), "refuse"), data)
            answer = client.answer()
        assert answer is not None
        return answer

    def treat(
        self, name: str, media_type: str, data: bytes, kind: str, active: str
    ) -> tuple[FileScanned, bytes | None]:
        """And what was made of it, where anything was."""
        with self.client() as client:
            client.send_file(ScanFile(1, name, media_type, (kind,), active), data)  # type: ignore[arg-type]  # one of ACTIVE
            packet, descriptors, _, _ = socket.recv_fds(client.sock, 128 * 1024, 4)
        answer = decode_scanned(packet, 1)
        if not descriptors:
            return answer, None
        with Parcel.received(None, descriptors, 2**30) as made:
            return answer, b"".join(made.pieces())

    def children(self) -> list[int]:
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]


class Client:
    """One connection of a front."""

    def __init__(self, path: Path) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.settimeout(STARTED_S)
        self.sock.connect(str(path))

    def send(self, *messages: Message | bytes) -> None:
        for message in messages:
            self.sock.send(message if isinstance(message, bytes) else encode(message))

    def answer(self) -> FileScanned | None:
        """None where the scanner has ended the connection instead."""
        with suppress(ConnectionError):
            packet = self.sock.recv(128 * 1024)
            return decode_scanned(packet, 1) if packet else None
        return None

    def send_file(self, begun: ScanFile, data: bytes) -> None:
        self.send(begun)
        for at in range(0, len(data), INLINE_BYTES):
            self.send(ScanPiece(1, data[at : at + INLINE_BYTES]))
        self.send(ScanEnd(1, len(data)))

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()


@contextmanager
def scanner(
    directory: Path, clamd: Path | None, *, icap: str | None = None, icap_mode: str = "respmod", **limits: int
) -> Iterator[Scanner]:
    """`python -m relay.scanner`, with its walls."""
    directory.mkdir()
    asked: dict[str, str] = {}
    if clamd is not None:
        conf = directory / "clamd.conf"
        conf.write_text(CLAMD_CONF.format(socket=clamd, database=directory))
        asked |= {"clamd": str(clamd), "clamd_config": str(conf)}
    if icap is not None:
        asked |= {"icap": icap, "icap_mode": icap_mode}
    pki = create_pki(directory / "pki", tenants={"example": ["portal.example"]}, gates=1)
    host = {
        "host": {"run_dir": str(directory / "run")},
        "scanner": asked,
        "limits": limits,
    }
    choices = LabChoices(
        front_port=1, exporter_port=2, gate_ports=[3], applications={"example": "http://127.0.0.1:4"}, host=host
    )
    config = write_lab_config(pki, choices).host_file
    ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ready.bind(str(directory / "notify"))
    ready.settimeout(1)
    said = (directory / "stderr").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "relay.scanner", "--config", str(config)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NOTIFY_SOCKET": str(directory / "notify")},
        stderr=said,
    )
    try:
        while b"READY=1" not in _heard(ready, process, directory):
            pass
        yield Scanner(directory / "run/scanner/front.sock", process.pid)
        process.send_signal(signal.SIGTERM)
        assert process.wait(STARTED_S) == 0, (directory / "stderr").read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        ready.close()
        said.close()


def _heard(ready: socket.socket, process: subprocess.Popen[bytes], directory: Path) -> bytes:
    """The next that the role says to its manager; its end is seen too."""
    for _ in range(STARTED_S):
        with suppress(TimeoutError):
            return ready.recv(4096)
        assert process.poll() is None, (directory / "stderr").read_text()
    raise AssertionError("the scanner did not start")


@contextmanager
def real_clamd(directory: Path) -> Iterator[Path]:
    """Debian's clamd in the foreground, with one signature: MARK anywhere."""
    assert CLAMD is not None
    directory.mkdir()
    database = directory / "database"
    database.mkdir()
    (database / "tests.ndb").write_text(f"{SIGNATURE}:0:*:{MARK.hex()}\n")
    path, conf = directory / "clamd.ctl", directory / "clamd.conf"
    conf.write_text(CLAMD_CONF.format(socket=path, database=database))
    process = subprocess.Popen(
        [CLAMD, "--config-file", str(conf)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=directory
    )
    try:
        said = process.stdout
        assert said is not None
        heard = b""
        while b"Self checking" not in heard:  # its last line before it serves
            line = said.readline()
            assert line, heard.decode()
            heard += line
        yield path
    finally:
        process.terminate()
        process.communicate()
