"""How what every request depends on is broken, by the words of tests/matrix.py; `PREPARED` has all of them."""

from __future__ import annotations

import os
import socket
import tomllib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from relay.ipc.messages import (
    PACKET_BYTES,
    Permit,
    Permitted,
    Recorded,
    RecordIntent,
    decode_request,
    encode,
)
from relay.ops.clock import boottime_ms
from tests.live import file_breakages
from tests.live.breaking import (
    PACKETS,
    Broken,
    Midway,
    as_it_is,
    instead,
    none_at,
    nothing,
)
from tests.live.labs import fill_disk, until
from tests.live.municipality import Behaviour, Received, answer, say
from tests.live.offices import Office
from tests.live.stand_ins import Act, Says, StandIn, after_a_packet, away, hang_up, hold
from tests.matrix import FORMS


@contextmanager
def ledger(office: Office) -> Iterator[dict[str, Broken]]:
    path = office.run_dir / "ledger/front.sock"
    long = encode(Recorded(1, 7)) + bytes(PACKET_BYTES)

    def to_intents(made: Callable[[int], bytes]) -> Broken:
        """To each intent an answer that is made of the number of the call."""

        def act(sock: socket.socket) -> None:
            while data := sock.recv(PACKET_BYTES):
                asked = decode_request(data, "ledger/front.sock")
                if isinstance(asked, RecordIntent):
                    sock.send(made(asked.call))

        return lambda: instead(path, PACKETS, act)

    with away(office.lab, "ledger"):
        yield {
            "absent: no socket": lambda: none_at(path),
            "refuses: nobody listens": lambda: instead(path, PACKETS, hang_up, is_listening=False),
            "slow: says nothing": lambda: instead(path, PACKETS, hold),
            "closes midway: instead of the permit": lambda: instead(path, PACKETS, after_a_packet),
            "lies: no message": lambda: instead(path, PACKETS, Says(b"\xc1")),
            "lies: an answer to something else": to_intents(lambda call: encode(Recorded(call, 7))),
            "lies: a permit of its own making": to_intents(
                lambda call: encode(Permitted(call, Permit(7, boottime_ms(), bytes(32))))
            ),
            "over its limit: an answer longer than a packet": lambda: instead(path, PACKETS, Says(long)),
        }


@contextmanager
def egress(office: Office) -> Iterator[dict[str, Broken]]:
    path = office.run_dir / "egress/front.sock"
    long = encode(Recorded(1, 7)) + bytes(PACKET_BYTES)

    def to_all(raw: bytes) -> Act:
        """All are asked over one connection. When every request has come, say `raw`, or nothing; that ends it for all."""

        def act(sock: socket.socket) -> None:
            for _ in FORMS:
                sock.recv(PACKET_BYTES)
            if raw:
                sock.send(raw)
                hold(sock)

        return act

    with away(office.lab, "egress"):
        yield {
            "absent: no socket": lambda: none_at(path),
            "refuses: nobody listens": lambda: instead(path, PACKETS, hang_up, is_listening=False),
            "slow: says nothing": lambda: instead(path, PACKETS, hold),
            "closes midway: instead of the answer": lambda: instead(path, PACKETS, to_all(b"")),
            "lies: no message": lambda: instead(path, PACKETS, to_all(b"\xc1")),
            "over its limit: an answer longer than a packet": lambda: instead(path, PACKETS, to_all(long)),
        }


@contextmanager
def gate(office: Office) -> Iterator[dict[str, Broken]]:
    settings = tomllib.loads(Path(office.lab.about["config"]).read_text("utf-8"))
    host, _, port = settings["gate"][0]["address"].rpartition(":")

    def there(act: Act) -> Broken:
        return lambda: _at(host, int(port), act)

    with away(office.lab, "gate"):
        yield {
            "absent: nobody listens": lambda: as_it_is(),
            "refuses: ends every connection": there(hang_up),
            "slow: says nothing": there(hold),
            "closes midway: in the handshake": there(after_a_packet),
            "lies: no TLS": there(Says(b"SSH-2.0-municipal\r\n")),
            "over its limit: a record longer than TLS has": there(Says(b"\x16\x03\x03\xff\xff" + bytes(65535))),
        }


@contextmanager
def _at(host: str, port: int, act: Act) -> Iterator[Midway]:
    with StandIn(socket.create_server((host, port)), act):
        yield nothing


@contextmanager
def application(office: Office) -> Iterator[dict[str, Broken]]:
    municipality = office.municipality
    proper = municipality.behaviour

    def behaving(behaviour: Behaviour) -> Broken:
        @contextmanager
        def broken() -> Iterator[Midway]:
            municipality.behaviour = behaviour
            try:
                yield nothing
            finally:
                municipality.behaviour = proper

        return broken

    @contextmanager
    def is_away() -> Iterator[Midway]:
        with municipality.away():
            yield nothing

    def silent(sock: socket.socket, _: Received) -> bool:
        return bool(sock.recv(1))  # until the gate gives it up

    lengths = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok"
    yield {
        "absent: nobody listens": is_away,
        "refuses: ends every connection": behaving(say(b"")),
        "slow: says nothing": behaving(silent),
        "closes midway: half a body": behaving(say(answer(body=b"x" * 1000)[:-500])),
        "lies: two lengths": behaving(say(lengths)),
        "lies: no HTTP": behaving(say(b"SSH-2.0-municipal\r\n")),
        "over its limit: a body longer than response_bytes": behaving(say(answer(body=b"x" * 300_001))),
    }


@contextmanager
def disk(office: Office) -> Iterator[dict[str, Broken]]:
    """The one that the log is on."""
    filler = Path(office.lab.about["log_dir"]).with_name("filler")

    @contextmanager
    def full() -> Iterator[Midway]:
        fill_disk(filler)
        try:
            until(lambda: (got := office.lab.try_get()) and got.status == 503, "the journal needs the disk")
            yield nothing
        finally:
            filler.unlink()

    yield {"over its limit: full": full}


@contextmanager
def rules(office: Office) -> Iterator[dict[str, Broken]]:
    file = office.rules / "small.conf"
    whole = file.read_bytes()

    def reread(made: Callable[[], object]) -> Broken:
        """Something else in its place, which is refused when it is read again."""

        @contextmanager
        def broken() -> Iterator[Midway]:
            file.unlink()
            made()
            try:
                office.read_rules_again("rules_invalid")
                yield nothing
            finally:
                if file.is_dir():
                    file.rmdir()
                file.unlink(missing_ok=True)
                file.write_bytes(whole)
                office.read_rules_again("done")

        return broken

    @contextmanager
    def compiled_anew() -> Iterator[Midway]:
        """A front that starts finds in its cache what is not of these rules."""
        kept = [path for path in (office.lab.directory / "cache").iterdir() if path.is_file()]
        assert kept
        for path in kept:
            path.write_bytes(b"x" * path.stat().st_size)
        old = office.lab.kill("front")
        office.lab.wait_back("front", old)
        office.wait_served("file")
        yield nothing

    yield {
        "absent: their files are gone": reread(nothing),
        "refuses: a directory in the place of a file": reread(file.mkdir),
        "slow: a pipe in the place of a file": reread(lambda: os.mkfifo(file)),
        "closes midway: half of a file": reread(lambda: file.write_bytes(whole[: whole.index(b"phase")])),
        "lies: a file that is none of rules": reread(lambda: file.write_bytes(bytes(range(256)))),
        "lies: what was compiled of them is something else": compiled_anew,
        "over its limit: files that include each other without end": reread(
            lambda: file.write_text(f"Include {file}\n")
        ),
        "over its limit: a request that uses up its steps": as_it_is,
    }


PREPARED: dict[str, Callable[[Office], AbstractContextManager[dict[str, Broken]]]] = {
    "clamd": file_breakages.clamd,
    "ICAP": file_breakages.icap,
    "scanner": file_breakages.scanner,
    "its process for a file": file_breakages.process,
    "ledger": ledger,
    "egress": egress,
    "gate": gate,
    "application": application,
    "rules": rules,
    "disk": disk,
}
