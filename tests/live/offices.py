"""A lab that takes files, with a real clamd: for the fail-closed matrix, and for what files must leave no trace of."""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from policy.load import INSTALLED
from tests.icap_services import FakeIcap, Talk
from tests.live.labs import Answer, Client, Lab, head_of, running_lab, until
from tests.live.municipality import Municipality
from tests.scanners import real_clamd
from tests.unit.content.pdfs import pdf
from tests.unit.content.pictures import png
from tests.unit.content.zips import zipped

PATH = "/procedures/with-files"
PROCEDURE = """\
format = 1

[route]
id = "with-files"
mode = "exchange"
method = "POST"
path = "/procedures/with-files"
body = ["urlencoded", "multipart", "json"]
body_bytes = 8388608
stages = ["route", "normalise", "schema", "files"]

[[field]]
name = "memo"
label_ja = "備考"
label_en = "Notes"
class = "free_text"
max_chars = 200

[[attachment]]
name = "scan"
label_ja = "診断書"
label_en = "Certificate"
kinds = ["pdf", "txt", "png", "zip"]
max_bytes = 8000000
repeat = 3

[[attachment]]
name = "certificate"
label_ja = "証明書"
label_en = "Proof"
kinds = ["pdf", "png", "docx"]
max_bytes = 8000000
repeat = 3
active = "disarm"
"""
CONFIG = """\
[policy]
procedures = ["{installed}", "{own}"]
rule_set = "small"
[[rule_set]]
name = "small"
rules = ["{rules}/*.conf"]
[scanner]
clamd = "{clamd}"
clamd_config = "{clamd_config}"
icap = "icap://{icap}/avscan"
[ledger]
directory = "{log}"
[limits]
scan_timeout_ms = 2000
scans_in_flight = 16
ipc_timeout_ms = 1000
connect_timeout_ms = 1000
exchange_timeout_ms = 2500
application_timeout_ms = 1500
gate_probe_interval_ms = 200
response_bytes = 300000
"""
SCANS_IN_FLIGHT = 16
BOUNDARY = "x" * 40
WITHHELD = (
    30  # bytes of the body that are sent last: less than the closing boundary, so that every file is under way before
)

ATTACK = "an attack that the rules of this lab know"
DEAR = "あ" + "a" * 180 + "bc"  # in which the second of them goes back and forth for ever
RULES = f"""\
SecRule ARGS|REQUEST_HEADERS "@contains {ATTACK}" "id:101,phase:2,deny,status:403,msg:'Attack'"
SecRule ARGS:memo "@rx ^あ((a|aa|aaa)+)+b$" "id:102,phase:2,deny,status:403,msg:'Dear'"
"""
File = tuple[str, str, bytes]  # name, media type, content
MEMO = "転居のため"
TEXT: File = ("診断書.txt", "text/plain", "本日診断した。\n".encode() * 400)
LONG: tuple[File] = (
    ("a.pdf", "application/pdf", pdf(*[b"<< /A [1 2 3] >>"] * 12_000)),
)  # its process is at it for half a second
KINDS: dict[str, tuple[File, ...]] = {
    "text": (TEXT,),
    "text in chunks": (TEXT,),
    "PDF": (("a.pdf", "application/pdf", pdf()),),
    "disarmed PDF": (("a.pdf", "application/pdf", pdf(root=b"/OpenAction << /S /JavaScript /JS (1) >>")),),
    "PNG": (("図.png", "image/png", png()),),
    "ZIP": (("束.zip", "application/zip", zipped({"a.txt": b"hello\n", "b.pdf": pdf()})),),
    "two files": (TEXT, ("a.pdf", "application/pdf", pdf())),
    "file": (TEXT,),
    "long PDF": LONG,
    "long PDF in chunks": LONG,
    "three long PDFs": LONG * 3,
    "disarmed long PDF": LONG,
}
DISARMED = "disarmed"  # what begins so is attached where files are disarmed


class Request(NamedTuple):
    """What is sent at first, and what afterwards; both together are one request."""

    first: bytes
    rest: bytes


NOTHING_FOUND = b'ICAP/1.0 204 No Content\r\nISTag: "v1"\r\n\r\n'


def finds_nothing(talk: Talk, fields: dict[bytes, bytes]) -> None:
    """What an ICAP service says of every clean file, when it has all of it."""
    talk.file(fields)
    talk.say(NOTHING_FOUND)


def multipart(*files: File, memo: str = MEMO, attachment: str = "scan") -> bytes:
    parts = [f'Content-Disposition: form-data; name="memo"\r\n\r\n{memo}\r\n'.encode()]
    for name, media_type, data in files:
        head = f'Content-Disposition: form-data; name="{attachment}"; filename="{name}"\r\nContent-Type: {media_type}\r\n\r\n'
        parts.append(head.encode() + data + b"\r\n")
    line = b"--" + BOUNDARY.encode()
    return b"".join(line + b"\r\n" + part for part in parts) + line + b"--\r\n"


def posted(body: bytes, content_type: str, *, in_chunks: bool = False) -> Request:
    headers = {"Content-Type": content_type, "Accept": "application/json"}
    if not in_chunks:
        head = head_of("POST", PATH, headers, length=len(body))
        return Request(head + body[:-WITHHELD], body[-WITHHELD:])
    head = head_of("POST", PATH, {**headers, "Transfer-Encoding": "chunked"})
    pieces = [body[at : at + 999] for at in range(0, len(body) - WITHHELD, 999)]
    pieces[-1] = body[999 * (len(pieces) - 1) : -WITHHELD]
    return Request(head + b"".join(map(_chunk, pieces)), _chunk(body[-WITHHELD:]) + b"0\r\n\r\n")


def with_files(*files: File, in_chunks: bool = False, attachment: str = "scan", memo: str = MEMO) -> Request:
    body = multipart(*files, attachment=attachment, memo=memo)
    return posted(body, f"multipart/form-data; boundary={BOUNDARY}", in_chunks=in_chunks)


def request(asked: str) -> Request:
    """One of the words of `tests.matrix.ASKED`."""
    asked, _, how = asked.partition(", ")
    memo = {"attacked": ATTACK, "dear": DEAR}.get(how, MEMO)
    if asked == "query":
        more = {"User-Agent": ATTACK} if how == "attacked" else {}
        return Request(head_of("GET", "/status/2026-0415-000001", {"Accept": "application/json", **more}), b"")
    if asked == "urlencoded":
        return posted(urlencode({"memo": memo}).encode(), "application/x-www-form-urlencoded")
    if asked == "JSON":
        return posted(json.dumps({"memo": memo}).encode(), "application/json")
    attachment = "certificate" if asked.startswith(DISARMED) else "scan"
    in_chunks = asked.endswith("in chunks")
    return with_files(*KINDS.get(asked, ()), in_chunks=in_chunks, attachment=attachment, memo=memo)


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class Office:
    """A lab, its application, its clamd and a stand-in for an ICAP service. `clamd`: where the scanner looks for it, a link."""

    def __init__(self, lab: Lab, municipality: Municipality, clamd: Path, icap: FakeIcap) -> None:
        self.lab = lab
        self.municipality = municipality
        self.clamd = clamd
        self.icap = icap

    @property
    def rules(self) -> Path:
        """The directory of its rules."""
        return self.lab.directory.parent / "rules"

    def read_rules_again(self, result: str) -> None:
        """SIGHUP, and that it ended so is recorded."""
        before = len(self._reloads())
        os.kill(self.lab.process.pid, signal.SIGHUP)
        until(lambda: len(self._reloads()) > before, "the reload is recorded")
        found = [record["result"] for record in self._reloads()[before:]]
        assert found == [result], found

    def _reloads(self) -> list[dict[str, Any]]:
        return self.lab.records(kind="operation", role="front", operation="reload")

    @property
    def run_dir(self) -> Path:
        return self.lab.directory / "run"

    def ask(self, asked: Sequence[str], midway: Callable[[], object] = lambda: None) -> dict[str, Answer]:
        """All at the same time. `midway` is done when all but the last bytes of each have been sent."""
        made = [request(one) for one in asked]
        with ThreadPoolExecutor(len(asked)) as pool:
            clients = list(pool.map(lambda _: self.lab.client(), asked))
            try:
                list(pool.map(lambda client, one: client.send(one.first), clients, made))
                midway()
                answers = list(pool.map(_rest, clients, made))
            finally:
                for client in clients:
                    client.close()
        return dict(zip(asked, answers, strict=True))

    def wait_served(self, asked: str) -> Answer:
        """Until one goes all the way."""
        return until(lambda: (answer := self.ask([asked])[asked]).status == 200 and answer, f"{asked} is served")

    def recorded(self, transfer: str) -> dict[str, Any]:
        """What the log says of how this transfer ended."""
        found = until(
            lambda: [each for each in self.lab.records(transfer=transfer) if each["kind"] in ("refusal", "outcome")],
            f"the end of {transfer} in the log",
        )
        return {"result": found[-1].get("reason"), **found[-1]}


def _rest(client: Client, one: Request) -> Answer:
    if one.rest:
        client.send(one.rest)
    return client.answer("POST")


def listening_pid(path: Path) -> int:
    """Who serves this socket."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(path))
        pid, _, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return int(pid)


def point(link: Path, target: Path) -> None:
    """Have the link lead there, at once."""
    made = link.with_name(link.name + ".new")
    made.symlink_to(target)
    os.replace(made, link)


@contextmanager
def running_office(directory: Path, log: Path | None = None) -> Iterator[Office]:
    own = directory / "procedures"
    own.mkdir()
    (own / "with-files.toml").write_text(PROCEDURE, "utf-8")
    rules = directory / "rules"
    rules.mkdir()
    (rules / "small.conf").write_text(RULES, "utf-8")
    link = directory / "clamd.ctl"
    with real_clamd(directory / "clamd") as clamd, FakeIcap() as icap, Municipality() as municipality:
        icap.behaves = finds_nothing
        point(link, clamd)
        config = CONFIG.format(
            installed=INSTALLED,
            own=own,
            rules=rules,
            clamd=link,
            icap=icap.address,
            clamd_config=clamd.with_name("clamd.conf"),
            log=log or directory / "lab/log",
        )
        with running_lab(directory / "lab", app=municipality.url, config=config) as lab:
            yield Office(lab, municipality, link, icap)
