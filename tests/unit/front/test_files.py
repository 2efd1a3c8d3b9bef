"""Attached files through a front: what crosses only after its verdict, and what never does."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import trio
import trio.testing

from relay.base.reasons import Reason
from relay.ipc.messages import FileScanned, ScanEnd, ScanFile, ScanPiece, decode_request, encode
from relay.net.channel import accept_forever, receive_packet, send_nowait
from relay.net.listen import open_seqpacket_listener
from relay.net.parcel import Parcel, unsealed_memfd, write_all
from relay.tree.record import Intent, Refusal
from tests.fronts import Reply, World

PROCEDURE = """\
format = 1

[route]
id = "with-files"
mode = "exchange"
method = "POST"
path = "/with-files"
body = ["multipart", "urlencoded"]
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
kinds = ["pdf", "txt"]
max_bytes = 100000
required = true
repeat = 2

[[attachment]]
name = "photo"
label_ja = "写真"
label_en = "Photo"
kinds = ["png"]
max_bytes = 1000

[[attachment]]
name = "form"
label_ja = "申請書"
label_en = "Form"
kinds = ["pdf", "docx"]
max_bytes = 100000
repeat = 3
active = "disarm"
"""
Verdict = Callable[[ScanFile, bytes], FileScanned | bytes | tuple[FileScanned, bytes] | None]
FIELD = ("memo", None, b"hello")
SCAN = ("scan", "a.txt", b"the file")


def clean(begun: ScanFile, data: bytes) -> FileScanned:
    return FileScanned(1, "clean", (), "", "txt")


class Scanner:
    """It keeps what it was sent, and says what its test wants."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "scanner.sock"
        self.got: list[tuple[ScanFile, bytes]] = []
        self.verdict: Verdict = clean
        self._listener = open_seqpacket_listener(str(self.path), mode=0o600)

    async def run(self) -> None:
        with self._listener:
            await accept_forever(self._listener, self._serve, connections_most=10)

    async def _serve(self, sock: socket.socket) -> None:
        begun, data = None, b""
        while True:
            await trio.lowlevel.wait_readable(sock)
            try:
                packet = receive_packet(sock)
            except EOFError:
                return
            if packet is None:
                continue
            request = decode_request(packet.data, "scanner/front.sock")
            if isinstance(request, ScanFile):
                begun = request
            elif isinstance(request, ScanPiece):
                data += request.data
            elif isinstance(request, ScanEnd):
                break
        assert begun is not None
        self.got.append((begun, data))
        made = self.verdict(begun, data)
        if made is None:
            await trio.sleep_forever()
        elif isinstance(made, tuple):
            descriptor = unsealed_memfd()
            write_all(descriptor, made[1])
            with Parcel.sealed(descriptor, len(made[1])) as parcel:
                send_nowait(sock, encode(made[0]), parcel.descriptors)
        elif made:
            send_nowait(sock, made if isinstance(made, bytes) else encode(made))


class Office:
    """A front, a scanner and an application."""

    def __init__(self, directory: Path, nursery: trio.Nursery, *, is_scanned: bool, **limits: int) -> None:
        self.scanner = Scanner(directory)
        nursery.start_soon(self.scanner.run)
        path = self.scanner.path if is_scanned else directory / "nobody.sock"
        self.world = World(directory, nursery, procedure=PROCEDURE, scanner=path, **limits)

    async def send(self, *parts: tuple[str, str | None, bytes], accept: str = "text/html") -> Reply:
        body = b"".join([part(*one) for one in parts]) + b"--x--\r\n"
        head = b"POST /with-files HTTP/1.1\r\nHost: minato.example\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        head += f"Accept: {accept}\r\n".encode()
        return await self.world.ask(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def refused(self) -> tuple[str, list[tuple[str, str, str]]]:
        """The reason, and the findings; and nothing has crossed."""
        assert self.world.arrived == []
        assert self.world.ledger.of(Intent) == []
        (refusal,) = self.world.ledger.of(Refusal)
        assert isinstance(refusal, Refusal)
        return refusal.reason, [(finding.code, finding.target, finding.detail) for finding in refusal.findings]


def part(name: str, filename: str | None, data: bytes) -> bytes:
    about = f'Content-Disposition: form-data; name="{name}"'
    if filename is not None:
        about += f'; filename="{filename}"\r\nContent-Type: text/plain'
    return b"--x\r\n" + about.encode() + b"\r\n\r\n" + data + b"\r\n"


@pytest.fixture
async def make(
    no_descriptor_is_left: None, tmp_path: Path, nursery: trio.Nursery
) -> AsyncIterator[Callable[..., Office]]:
    made: list[Office] = []

    def one(*, is_scanned: bool = True, **limits: int) -> Office:
        made.append(Office(tmp_path, nursery, is_scanned=is_scanned, **limits))
        return made[-1]

    yield one
    nursery.cancel_scope.cancel()
    with trio.CancelScope(shield=True):
        await trio.testing.wait_all_tasks_blocked()
    for office in made:
        office.world.close()


async def test_a_clean_file_crosses_as_the_scanner_saw_it(make: Callable[..., Office]) -> None:
    office = make()
    data = bytes(range(256)) * 300
    reply = await office.send(FIELD, ("scan", "a.txt", data), ("scan", "か\u3099.txt", b"two"), ("photo", "", b""))
    assert reply.status == 200
    (arrived,) = office.world.arrived
    assert data in arrived.content
    assert 'filename="が.txt"'.encode() in arrived.content
    assert b"photo" not in arrived.content
    seen = [(begun.name, begun.media_type, begun.kinds, scanned) for begun, scanned in office.scanner.got]
    assert sorted(seen) == [
        ("a.txt", "text/plain", ("pdf", "txt"), data),
        ("が.txt", "text/plain", ("pdf", "txt"), b"two"),
    ]
    (intent,) = office.world.ledger.of(Intent)
    assert isinstance(intent, Intent)
    assert (intent.fields, intent.files) == (1, 2)


REFUSED: list[tuple[str, Verdict, list[tuple[str, str | None, bytes]], list[tuple[str, str, str]]]] = [
    (
        "infected",
        lambda *_: FileScanned(1, "infected", (), "A.B", "txt"),
        [SCAN],
        [("file_invalid", "scan", "infected")],
    ),
    (
        "infected, and more",
        lambda *_: FileScanned(1, "infected", ("office_macro",), "A.B", "docx"),
        [SCAN],
        [("file_invalid", "scan", "infected"), ("file_invalid", "scan", "office_macro")],
    ),
    (
        "unscannable for a reason",
        lambda *_: FileScanned(1, "unscannable", ("archive_encrypted",), "", ""),
        [SCAN],
        [("file_invalid", "scan", "archive_encrypted")],
    ),
    (
        "unscannable",
        lambda *_: FileScanned(1, "unscannable", (), "", ""),
        [SCAN],
        [("file_invalid", "scan", "unscannable")],
    ),
    ("wrong", lambda *_: FileScanned(1, "clean", ("damaged",), "", ""), [SCAN], [("file_invalid", "scan", "damaged")]),
    (
        "one of two",
        lambda begun, _: FileScanned(1, "clean", ("damaged",) if begun.name == "b.txt" else (), "", "txt"),
        [SCAN, ("scan", "b.txt", b"b")],
        [("file_invalid", "scan", "damaged")],
    ),
    ("too many", clean, [SCAN, SCAN, SCAN], [("file_invalid", "scan", "too_many")]),
    (
        "as large as it may be and one more",
        clean,
        [("scan", "a.txt", bytes(100_001))],
        [("file_invalid", "scan", "file_too_large")],
    ),
    ("none", clean, [FIELD], [("file_missing", "scan", "missing_file")]),
    ("an empty control", clean, [("scan", "", b"")], [("file_missing", "scan", "missing_file")]),
    ("another name", clean, [SCAN, ("other", "a.txt", b"a")], [("file_undeclared", "", "undeclared")]),
    ("a file for text", clean, [SCAN, ("memo", "a.txt", b"a")], [("file_undeclared", "memo", "file_for_text")]),
]


@pytest.mark.parametrize(
    ("verdict", "parts", "findings"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
async def test_what_is_not_clean_is_told_and_does_not_cross(
    make: Callable[..., Office],
    verdict: Verdict,
    parts: list[tuple[str, str | None, bytes]],
    findings: list[tuple[str, str, str]],
) -> None:
    office = make()
    office.scanner.verdict = verdict
    reply = await office.send(FIELD, *[one for one in parts if one is not FIELD])
    assert reply.status == 422
    assert office.refused() == (findings[0][0], findings)


def _verdict_by_name(begun: ScanFile, _: bytes) -> FileScanned:
    faults = {"秘密.txt": ("text_encoding",), "photo.png": ("heic",)}
    return FileScanned(1, "clean", faults.get(begun.name, ()), "", "txt")


WRONG_IN_MANY_WAYS = [
    ("memo", None, "長".encode() * 201),
    ("scan", "a.txt", b"the canary of a file"),
    ("scan", "秘密.txt", b"the canary of a file"),
    ("photo", "photo.png", b"\x89PNG the canary of a file"),
]


async def test_each_file_is_told_by_its_number_together_with_the_fields(make: Callable[..., Office]) -> None:
    office = make()
    office.scanner.verdict = _verdict_by_name
    reply = await office.send(*WRONG_IN_MANY_WAYS, accept="application/problem+json")
    errors = json.loads(reply.body)["errors"]
    assert [(error["pointer"], error["fault"]) for error in errors] == [
        ("#/memo", "too_long"),
        ("#/scan/1", "text_encoding"),
        ("#/photo", "heic"),
    ]
    assert errors[1]["detail"].startswith("診断書（2番目のファイル）: 文字コードを読めません。")
    assert errors[1]["detail_en"].startswith("Certificate (file 2): The encoding cannot be read.")
    assert errors[2]["detail_en"].endswith("Kinds taken: PNG.")
    assert (office.refused()[0], reply.status) == ("field_invalid", 422)
    said = reply.body.decode()
    assert not any(sent in said for sent in ("秘密", "a.txt", "photo.png", "canary"))


async def test_the_page_says_it_too(make: Callable[..., Office]) -> None:
    office = make()
    office.scanner.verdict = _verdict_by_name
    page = (await office.send(*WRONG_IN_MANY_WAYS)).body.decode()
    assert "直していただくところ（3件）" in page
    assert '診断書（2番目のファイル） <span lang="en">Certificate (file 2)</span>' in page
    assert "写真: HEIC 形式の写真は受け取れません。" in page
    assert not any(sent in page for sent in ("秘密", "a.txt", "photo.png", "canary"))


async def test_two_files_may_have_one_fault_each(make: Callable[..., Office]) -> None:
    office = make()
    office.scanner.verdict = lambda *_: FileScanned(1, "infected", (), "A.B", "txt")
    reply = await office.send(("scan", "a.txt", bytes(100_001)), SCAN, accept="application/json")
    errors = json.loads(reply.body)["errors"]
    assert [(error["pointer"], error["fault"]) for error in errors] == [
        ("#/scan/0", "file_too_large"),
        ("#/scan/1", "infected"),
    ]


async def test_a_file_alone_is_not_an_empty_form(make: Callable[..., Office]) -> None:
    assert (await make().send(SCAN)).status == 200


async def test_a_file_as_large_as_it_may_be_crosses(make: Callable[..., Office]) -> None:
    reply = await make().send(FIELD, ("scan", "a.txt", bytes(100_000)))
    assert reply.status == 200


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        (lambda *_: FileScanned(1, "error", (), "", ""), Reason.SCAN_FAILED),
        (lambda *_: FileScanned(1, "timeout", (), "", ""), Reason.SCAN_TIMEOUT),
        (lambda *_: None, Reason.SCAN_TIMEOUT),
        (lambda *_: b"", Reason.SCANNER_UNAVAILABLE),
        (lambda *_: b"clean", Reason.SCANNER_INVALID),
    ],
    ids=["error", "timeout", "slow", "closes", "malformed"],
)
async def test_a_scanner_that_fails_is_a_refusal_with_its_reason(
    make: Callable[..., Office], autojump_clock: trio.testing.MockClock, verdict: Verdict, reason: Reason
) -> None:
    office = make()
    office.scanner.verdict = verdict
    reply = await office.send(FIELD, SCAN)
    assert reply.status == 503
    assert office.refused() == (reason.value, [])
    said = reply.body.decode()
    assert "添付ファイルの検査ができませんでした。" in said and "申請は受け付けられていません。" in said
    assert "Nothing has been accepted." in said


@pytest.mark.parametrize("fails", ["absent", "closes"])
async def test_what_is_wrong_with_the_fields_is_told_even_where_a_file_cannot_be_examined(
    make: Callable[..., Office], fails: str
) -> None:
    """Else who sends it again without mending them is refused twice."""
    office = make(is_scanned=fails != "absent")
    office.scanner.verdict = lambda *_: b""
    reply = await office.send(WRONG_IN_MANY_WAYS[0], SCAN, accept="application/problem+json")
    assert reply.status == 422
    errors = json.loads(reply.body)["errors"]
    assert [(error["pointer"], error["fault"]) for error in errors] == [
        ("#/memo", "too_long"),
        ("#/scan/0", "not_examined"),
    ]
    assert office.refused() == (
        "field_invalid",
        [("field_invalid", "memo", "too_long"), ("file_invalid", "scan", "not_examined")],
    )


async def test_a_file_that_is_missing_is_told_beside_one_that_cannot_be_examined(make: Callable[..., Office]) -> None:
    office = make()
    office.scanner.verdict = lambda *_: b""
    reply = await office.send(FIELD, ("photo", "a.png", b"a"))
    assert reply.status == 422
    assert office.refused()[1] == [("file_invalid", "photo", "not_examined"), ("file_missing", "scan", "missing_file")]


async def test_one_verdict_and_one_failure_make_one_refusal(make: Callable[..., Office]) -> None:
    office = make()
    office.scanner.verdict = lambda begun, _: (
        FileScanned(1, "infected", (), "A.B", "txt") if begun.name == "a.txt" else b""
    )
    reply = await office.send(SCAN, ("scan", "b.txt", b"b"))
    assert reply.status == 422
    assert office.refused()[1] == [("file_invalid", "scan", "infected"), ("file_invalid", "scan", "not_examined")]


async def test_without_a_scanner_nothing_crosses(make: Callable[..., Office]) -> None:
    office = make(is_scanned=False)
    assert (await office.send(FIELD, SCAN)).status == 503
    assert office.refused() == (Reason.SCANNER_UNAVAILABLE.value, [])
