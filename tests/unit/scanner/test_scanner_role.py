"""The scanner as a process of its own, with Debian's clamd: what passes, what does not, and what is left when something breaks."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from content.disarm import Active, treat
from relay.ipc.messages import INLINE_BYTES, Message, ScanEnd, ScanFile, ScanPiece
from tests.scanners import CLAMD, MARK, PDF, SIGNATURE, Scanner, real_clamd, scanner
from tests.unit.content.actives import active_docx, active_pdf, active_xlsx, drawn, encoded
from tests.unit.content.pdfs import pdf
from tests.unit.content.pictures import png
from tests.unit.content.zips import zipped

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CLAMD is None, reason="no clamd: scripts/debian-packages tests")]
TESTFILES = Path("/usr/share/clamav-testfiles")
ZIP = "application/zip"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scanner]:
    directory = tmp_path_factory.mktemp("scanner")
    with real_clamd(directory / "clamd") as clamd, scanner(directory / "role", clamd) as found:
        yield found


@pytest.mark.parametrize(
    ("name", "media_type", "data", "kind"),
    [
        ("memo.txt", "text/plain", b"hello\n", "txt"),
        ("申請書.pdf", PDF, pdf(), "pdf"),
        ("図.png", "image/png", png(), "png"),
        ("束.zip", ZIP, zipped({"a.txt": b"a", "b.pdf": pdf()}), "zip"),
        ("長い.txt", "text/plain", b"0123456789 abcde\n" * 200_000, "txt"),
    ],
)
def test_a_clean_file_passes(running: Scanner, name: str, media_type: str, data: bytes, kind: str) -> None:
    answer = running.scan(name, media_type, data)
    assert (answer.verdict, answer.faults, answer.signature, answer.kind) == ("clean", (), "", kind)


@pytest.mark.parametrize(
    ("name", "media_type", "data"),
    [
        ("memo.txt", "text/plain", MARK),
        ("at the border.txt", "text/plain", b"x" * (INLINE_BYTES - 10) + MARK),
        ("in.zip", ZIP, zipped({"a.txt": MARK})),
        ("twice.zip", ZIP, zipped({"inner.zip": zipped({"a.txt": MARK})})),
        ("in a document.pdf", PDF, pdf(b"(" + MARK + b")")),
    ],
    ids=["plain", "over two pieces", "zip", "zip in zip", "pdf"],
)
def test_what_clamd_finds_does_not_pass(running: Scanner, name: str, media_type: str, data: bytes) -> None:
    answer = running.scan(name, media_type, data)
    assert answer.verdict == "infected"
    assert answer.signature == f"{SIGNATURE}.UNOFFICIAL"


@pytest.mark.parametrize(
    ("name", "media_type", "data", "faults"),
    [
        ("memo.txt", "text/plain", pdf(), ("content_disagrees",)),
        ("memo.exe", "application/octet-stream", b"MZ", ("extension_unknown",)),
        ("gpj.\u202etxt", "text/plain", b"hello", ("name_bidi",)),
        ("写真.png", "image/png", png(50_000, 50_000), ("image_too_large",)),
        ("script.pdf", PDF, pdf(root=b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"), ("pdf_script",)),
    ],
)
def test_what_is_wrong_with_a_file_is_said_by_its_word(
    running: Scanner, name: str, media_type: str, data: bytes, faults: tuple[str, ...]
) -> None:
    assert running.scan(name, media_type, data).faults == faults


def test_a_kind_that_the_attachment_does_not_take(running: Scanner) -> None:
    assert running.scan("memo.txt", "text/plain", b"hello", kinds=["pdf"]).faults == ("kind_not_taken",)


def test_what_clamd_would_not_look_at_does_not_pass(running: Scanner) -> None:
    """Over StreamMaxLength and MaxFileSize; and within them, but unpacking to more than MaxScanSize: there clamd says OK."""
    over = b"0123456789 abcde\n" * (8 * 2**20 // 17 + 1)
    assert running.scan("memo.txt", "text/plain", over).verdict == "unscannable"
    bomb = zipped({f"{number}.txt": b"0123456789\n" * 180_000 for number in range(9)})
    assert len(bomb) < 2**20
    assert running.scan("a.zip", ZIP, bomb).verdict == "unscannable"


@pytest.mark.parametrize("path", sorted(TESTFILES.iterdir()) if TESTFILES.is_dir() else [], ids=lambda path: path.name)
def test_no_file_of_clamav_testfiles_passes(running: Scanner, path: Path) -> None:
    """Whatever it is called, and also without ClamAV's own database: by its structure."""
    data = path.read_bytes()
    for name, media_type in ((path.name, "application/octet-stream"), ("a.pdf", PDF), ("a.zip", ZIP)):
        answer = running.scan(name, media_type, data)
        assert answer.verdict != "clean" or answer.faults


MAKING = {
    "pdf": (active_pdf, "pdf_script"),
    "docx": (active_docx, "office_macro"),
    "xlsx": (active_xlsx, "office_external"),
    "jpeg": (lambda: encoded("JPEG"), ""),
    "png": (lambda: encoded("PNG"), ""),
}


@pytest.mark.parametrize("kind", MAKING)
def test_behind_its_walls_a_file_is_made_anew_as_without_them(running: Scanner, kind: str) -> None:
    made_of, removed = MAKING[kind]
    data, name = made_of(), f"申請書.{kind}"
    answer, made = running.treat(name, "application/octet-stream", data, kind, "disarm")
    assert (answer.verdict, answer.faults) == ("clean", ())
    expected = treat(name, "application/octet-stream", data, {kind}, Active.DISARM)
    assert (made, answer.tool) == (expected.data, expected.tool)
    assert answer.removed == tuple(map(str, expected.removed))
    assert removed in ("", *answer.removed)


def test_a_large_picture_is_made_anew_within_the_bounds(running: Scanner) -> None:
    """A4 at 600 dpi."""
    data = encoded("PNG", drawn((4_961, 7_016)))
    answer, made = running.treat("a.png", "image/png", data, "png", "disarm")
    assert (answer.verdict, answer.faults) == ("clean", ())
    assert made is not None


@pytest.mark.parametrize("active", ["refuse", "as-is"])
def test_what_is_not_to_be_disarmed_is_not(running: Scanner, active: str) -> None:
    answer, made = running.treat("a.pdf", PDF, active_pdf(), "pdf", active)
    assert (made, answer.tool, answer.removed) == (None, "", ())
    assert ("pdf_script" in answer.faults) is (active == "refuse")


def test_what_clamd_finds_in_a_file_is_made_into_nothing(running: Scanner) -> None:
    answer, made = running.treat("a.pdf", PDF, pdf(b"(" + MARK + b")"), "pdf", "disarm")
    assert (answer.verdict, answer.tool, answer.removed, made) == ("infected", "", (), None)


VIOLATIONS: list[tuple[str, list[Message | bytes]]] = [
    ("no message", [b"\xc1"]),
    ("what only the ledger takes", [b"\x93\xafRecordOperation\x01\xc0"]),
    ("a piece of no file", [ScanPiece(1, b"x")]),
    ("the end of no file", [ScanEnd(1, 0)]),
    (
        "two files",
        [
            ScanFile(1, "a.txt", "text/plain", ("txt",), "refuse"),
            ScanFile(1, "a.txt", "text/plain", ("txt",), "refuse"),
        ],
    ),
    ("another call", [ScanFile(1, "a.txt", "text/plain", ("txt",), "refuse"), ScanPiece(2, b"x")]),
    ("an end too early", [ScanFile(1, "a.txt", "text/plain", ("txt",), "refuse"), ScanPiece(1, b"xx"), ScanEnd(1, 3)]),
]


@pytest.mark.parametrize("messages", [each for _, each in VIOLATIONS], ids=[name for name, _ in VIOLATIONS])
def test_a_front_that_breaks_the_protocol_gets_no_verdict(running: Scanner, messages: list[Message | bytes]) -> None:
    with running.client() as client:
        client.send(*messages)
        assert client.answer() is None
    assert running.scan("memo.txt", "text/plain", b"hello").verdict == "clean"


def test_a_front_that_goes_away_midway_leaves_nothing_behind(running: Scanner) -> None:
    with running.client() as client:
        client.send(ScanFile(1, "a.txt", "text/plain", ("txt",), "refuse"), ScanPiece(1, b"xx"))
    assert running.scan("memo.txt", "text/plain", b"hello").verdict == "clean"
    assert running.children() == []


def test_files_are_scanned_beside_each_other(running: Scanner) -> None:
    clients = [running.client() for _ in range(8)]
    for client in clients:
        client.send(ScanFile(1, "a.txt", "text/plain", ("txt",), "refuse"), ScanPiece(1, b"xx"))
    for number, client in enumerate(clients):
        client.send(ScanPiece(1, MARK if number % 2 else b"yy"), ScanEnd(1, 2 + (len(MARK) if number % 2 else 2)))
    verdicts = [found.verdict for found in (client.answer() for client in clients) if found is not None]
    assert verdicts == ["clean", "infected"] * 4
    for client in clients:
        client.sock.close()


def one_that(directory: Path, says: bytes | None) -> socket.socket:
    """A clamd that answers every connection with `says` at once, or never."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(directory / "liar.ctl"))
    listener.listen(16)
    return listener


def test_without_clamd_nothing_passes(tmp_path: Path) -> None:
    with scanner(tmp_path / "role", tmp_path / "nobody.ctl") as found:
        answer = found.scan("memo.txt", "text/plain", b"hello\n")
    assert (answer.verdict, answer.faults) == ("error", ())


def test_a_clamd_that_does_not_answer_in_time_lets_nothing_pass(tmp_path: Path) -> None:
    """It takes connections, and nobody is behind them."""
    with one_that(tmp_path, None), scanner(tmp_path / "role", tmp_path / "liar.ctl", scan_timeout_ms=500) as found:
        assert found.scan("memo.txt", "text/plain", b"hello\n").verdict == "timeout"
        assert found.children() == []
