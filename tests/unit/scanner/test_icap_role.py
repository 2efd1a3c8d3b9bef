"""The scanner with an ICAP service: Debian's c-icap, beside clamd and alone, and one that breaks the protocol in every way."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from content.icap import Method, Service
from relay.ipc.messages import INLINE_BYTES, ScanEnd, ScanFile, ScanPiece
from relay.ops.metrics import SCAN_VERDICTS
from relay.ops.status import Status, ask_status
from relay.scanner.icap import Icap, why_not_ready
from tests.icap_services import C_ICAP, LARGEST, PREVIEW, Behaviour, FakeIcap, Talk, options_answer, real_icap
from tests.scanners import CLAMD, MARK, PDF, SIGNATURE, Scanner, real_clamd, scanner
from tests.unit.content.pdfs import pdf
from tests.unit.content.zips import zipped

missing = CLAMD is None or C_ICAP is None
pytestmark = [pytest.mark.slow, pytest.mark.skipif(missing, reason="no clamd or c-icap: scripts/debian-packages tests")]

CLEAN = b'ICAP/1.0 204 No Content\r\nISTag: "v1"\r\n\r\n'
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n"
LONG = b"0123456789 abcde\n" * 30_000  # half a megabyte: several pieces


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """clamd's socket, and c-icap's address."""
    directory = tmp_path_factory.mktemp("services")
    with real_clamd(directory / "clamd") as clamd, real_icap(directory / "icap", clamd) as icap:
        yield clamd, icap


@pytest.fixture(scope="module", params=["respmod", "reqmod", "respmod and clamd"])
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, services: tuple[Path, str]
) -> Iterator[Scanner]:
    mode, _, with_clamd = request.param.partition(" and ")
    clamd = services[0] if with_clamd else None
    directory = tmp_path_factory.mktemp("scanner") / "role"
    with scanner(directory, clamd, icap=f"{services[1]}/antivirus_module", icap_mode=mode) as found:
        yield found


@pytest.mark.parametrize(
    ("name", "media_type", "data"),
    [
        ("空.txt", "text/plain", b"x"),
        ("memo.txt", "text/plain", b"hello\n"),
        ("as long as the preview.txt", "text/plain", b"a" * PREVIEW),
        ("one more.txt", "text/plain", b"a" * (PREVIEW + 1)),
        ("長い.txt", "text/plain", LONG),
        ("申請書.pdf", PDF, pdf()),
        ("束.zip", "application/zip", zipped({"a.txt": b"a", "b.pdf": pdf()})),
    ],
)
def test_a_clean_file_passes(running: Scanner, name: str, media_type: str, data: bytes) -> None:
    answer = running.scan(name, media_type, data)
    assert (answer.verdict, answer.faults, answer.signature) == ("clean", (), "")


@pytest.mark.parametrize("data", [MARK, b"x" * (PREVIEW - 10) + MARK, LONG + MARK, LONG[:INLINE_BYTES] + MARK + LONG])
def test_what_the_service_finds_does_not_pass(running: Scanner, data: bytes) -> None:
    answer = running.scan("memo.txt", "text/plain", data)
    assert (answer.verdict, answer.signature) == ("infected", f"{SIGNATURE}.UNOFFICIAL")


def test_what_the_service_passes_on_without_looking_does_not_pass(running: Scanner) -> None:
    """virus_scan lets through what is longer than its MaxObjectSize, with the answer of a clean file or with the file."""
    line = b"0123456789 abcde\n"
    assert running.scan("memo.txt", "text/plain", line * (2 * LARGEST // len(line))).verdict == "unscannable"


def test_an_echo_has_not_looked_at_what_is_behind_the_preview(services: tuple[Path, str], tmp_path: Path) -> None:
    with scanner(tmp_path / "role", None, icap=f"{services[1]}/echo") as found:
        assert found.scan("memo.txt", "text/plain", LONG).verdict == "unscannable"


def test_a_service_that_is_not_there_lets_nothing_pass(services: tuple[Path, str], tmp_path: Path) -> None:
    """Nobody listens; and c-icap has no service of that name. clamd says that the file is clean."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = f"icap://127.0.0.1:{closed.getsockname()[1]}/avscan"
    for number, url in enumerate((nobody, f"{services[1]}/nothing")):
        with scanner(tmp_path / f"role-{number}", services[0], icap=url) as found:
            answer = found.scan("memo.txt", "text/plain", b"hello\n")
            assert (answer.verdict, answer.faults) == ("error", ())


# One that does what a test says


def changed(body: bytes, http: bytes = RESPONSE, fields: bytes = b"", encapsulated: bytes = b"") -> bytes:
    where = encapsulated or b"res-hdr=0, res-body=%d" % len(http)
    head = b'ICAP/1.0 200 OK\r\nISTag: "v1"\r\n' + fields + b"Encapsulated: " + where + b"\r\n\r\n"
    return head + http + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


def says(answer: bytes, talk: Talk, fields: dict[bytes, bytes]) -> None:
    """The file is taken whole, and answered."""
    talk.file(fields)
    talk.say(answer)


def gives_it_back(talk: Talk, fields: dict[bytes, bytes]) -> None:
    talk.say(changed(talk.file(fields)))


def gives_it_back_as_it_comes(talk: Talk, fields: dict[bytes, bytes]) -> None:
    """Who does not read while it writes waits here for ever, once the buffers between the two are full."""
    talk.carried(fields)
    talk.say(changed(b"").removesuffix(b"0\r\n\r\n0\r\n\r\n"))
    data = talk.chunk()[0]
    while data:
        talk.say(b"%x\r\n%b\r\n" % (len(data), data))
        data = talk.chunk()[0]
    talk.say(b"0\r\n\r\n")


def answers_the_preview(answer: bytes, talk: Talk, fields: dict[bytes, bytes]) -> None:
    talk.carried(fields)
    talk.chunks()
    talk.say(answer)


def leaves_in_the_preview(talk: Talk, fields: dict[bytes, bytes]) -> None:
    talk.carried(fields)


def leaves_behind_the_preview(talk: Talk, fields: dict[bytes, bytes]) -> None:
    answers_the_preview(b"ICAP/1.0 100 Continue\r\n\r\n", talk, fields)


NO_204 = options_answer(allows_204=False)
WHOLE = options_answer(preview=None)
FAULTS: list[tuple[str, bytes, Behaviour, str]] = [
    ("clean", options_answer(), partial(says, CLEAN), "clean"),
    ("clean without a preview", WHOLE, partial(says, CLEAN), "clean"),
    ("clean by the same bytes", NO_204, gives_it_back, "clean"),
    ("another ISTag than that of OPTIONS", options_answer(), partial(says, CLEAN.replace(b"v1", b"v2")), "clean"),
    ("204 that nobody allowed", NO_204, partial(says, CLEAN), "error"),
    ("204 to the preview", options_answer(), partial(answers_the_preview, CLEAN), "unscannable"),
    ("cut in the preview", options_answer(), leaves_in_the_preview, "error"),
    ("cut behind the preview", options_answer(), leaves_behind_the_preview, "error"),
    ("cut in the answer", options_answer(), partial(says, CLEAN[:-3]), "error"),
    ("cut in the body", NO_204, partial(says, changed(LONG)[:-10]), "error"),
    ("no answer", options_answer(), partial(says, b""), "error"),
    ("404", options_answer(), partial(says, CLEAN.replace(b"204", b"404")), "error"),
    ("500 to the preview", options_answer(), partial(answers_the_preview, CLEAN.replace(b"204", b"500")), "error"),
    ("206", options_answer(), partial(says, CLEAN.replace(b"204", b"206")), "error"),
    ("100 for ever", options_answer(), partial(says, b"ICAP/1.0 100 Continue\r\n\r\n"), "error"),
    ("HTTP", options_answer(), partial(says, CLEAN.replace(b"ICAP/1.0", b"HTTP/1.1")), "error"),
    ("no Encapsulated", options_answer(), partial(says, CLEAN.replace(b"204", b"200")), "error"),
    ("an Encapsulated that points elsewhere", NO_204, partial(says, changed(LONG, encapsulated=b"res-hdr=0, res-body=9")), "error"),
    ("an Encapsulated without a body", NO_204, partial(says, changed(LONG, encapsulated=b"null-body=0")), "error"),
    ("more behind the answer", options_answer(), partial(says, CLEAN + CLEAN), "error"),
    ("the same bytes though it has 204", options_answer(), gives_it_back, "unscannable"),
    ("a sanitiser", options_answer(), partial(says, changed(b"harmless")), "infected"),
    ("a page instead", options_answer(), partial(says, changed(b"no", b"HTTP/1.1 403 Forbidden\r\n\r\n")), "infected"),
    ("an infection with a 204", options_answer(), partial(says, CLEAN.replace(b"ISTag", b"X-Virus-ID: A\r\nISTag")), "infected"),
    ("OPTIONS without methods", options_answer(methods="LOGMOD"), partial(says, CLEAN), "error"),
    ("OPTIONS with another method", options_answer(methods="REQMOD"), partial(says, CLEAN), "error"),
    ("OPTIONS that fails", CLEAN.replace(b"204", b"503"), partial(says, CLEAN), "error"),
    ("OPTIONS that ends early", options_answer()[:-1], partial(says, CLEAN), "error"),
    ("a preview of more than the bound", options_answer(preview=2**16 + 1), partial(says, CLEAN), "error"),
]  # fmt: skip


@pytest.fixture(scope="module")
def faked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FakeIcap, Scanner]]:
    directory = tmp_path_factory.mktemp("faked")
    with FakeIcap() as fake, scanner(directory / "role", None, icap=f"icap://{fake.address}/avscan") as found:
        yield fake, found


@pytest.mark.parametrize(("options", "behaves", "verdict"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_only_a_whole_answer_that_says_clean_is_clean(
    faked: tuple[FakeIcap, Scanner], options: bytes, behaves: Behaviour, verdict: str
) -> None:
    fake, found = faked
    fake.options, fake.behaves = options, behaves
    assert found.scan("memo.txt", "text/plain", LONG).verdict == verdict
    fake.options, fake.behaves = options_answer(), partial(says, CLEAN)
    assert found.scan("memo.txt", "text/plain", LONG).verdict == "clean"


def test_a_service_may_give_back_while_it_takes(faked: tuple[FakeIcap, Scanner]) -> None:
    fake, found = faked
    fake.options, fake.behaves = options_answer(preview=None, allows_204=False), gives_it_back_as_it_comes
    assert found.scan("memo.txt", "text/plain", LONG * 8).verdict == "clean"


def test_what_is_sent_is_the_file_and_nothing_of_its_name(faked: tuple[FakeIcap, Scanner]) -> None:
    fake, found = faked
    heard: list[object] = []

    def listens(talk: Talk, fields: dict[bytes, bytes]) -> None:
        heard.append(fields[b""])
        heard.append(talk.file(fields))
        talk.say(CLEAN)

    fake.options, fake.behaves = options_answer(), listens
    with found.client() as client:
        client.send(
            ScanFile(1, "山田.txt", "text/plain", ("txt",), "refuse"),
            ScanPiece(1, b"a"),
            ScanPiece(1, LONG[:INLINE_BYTES]),
        )
        client.send(ScanPiece(1, b"b"), ScanEnd(1, INLINE_BYTES + 2))
        answer = client.answer()
    assert answer is not None and answer.verdict == "clean"
    assert heard == [b"RESPMOD", b"a" + LONG[:INLINE_BYTES] + b"b"]


def test_clamd_and_the_service_must_both_say_clean(services: tuple[Path, str], tmp_path: Path) -> None:
    with FakeIcap() as fake, scanner(tmp_path / "role", services[0], icap=f"icap://{fake.address}/avscan") as found:
        fake.behaves = partial(says, CLEAN)
        assert found.scan("memo.txt", "text/plain", LONG).verdict == "clean"
        assert found.scan("memo.txt", "text/plain", LONG + MARK).verdict == "infected"
        fake.behaves = leaves_behind_the_preview
        assert found.scan("memo.txt", "text/plain", LONG).verdict == "error"
        fake.behaves = partial(says, CLEAN.replace(b"ISTag", b"X-Virus-ID: A\r\nISTag"))
        answer = found.scan("memo.txt", "text/plain", LONG)
        assert (answer.verdict, answer.signature) == ("infected", "A")


def test_a_service_that_does_not_answer_in_time_lets_nothing_pass(tmp_path: Path) -> None:
    """It takes the file, and says nothing."""
    with FakeIcap() as fake:

        def waits(talk: Talk, fields: dict[bytes, bytes]) -> None:
            talk.file(fields)
            talk.sock.recv(1)

        fake.behaves = waits
        url = f"icap://{fake.address}/avscan"
        with scanner(tmp_path / "role", None, icap=url, scan_timeout_ms=500) as found:
            assert found.scan("memo.txt", "text/plain", b"hello\n").verdict == "timeout"
            assert found.children() == []


async def test_health_says_whether_the_service_can_be_asked() -> None:
    with FakeIcap() as fake:
        icap = Icap(fake.address, Service(fake.address, "avscan"), Method.RESPMOD)
        assert await why_not_ready(icap) == ""
        fake.options = options_answer(methods="REQMOD")
        assert await why_not_ready(icap) == "has no RESPMOD: set scanner.icap_mode to what it has"
        fake.options = b"ICAP/1.0 404 Service not found\r\n\r\n"
        assert await why_not_ready(icap) == "does not answer OPTIONS: start it, or correct scanner.icap"
    assert await why_not_ready(icap) == "does not answer OPTIONS: start it, or correct scanner.icap"


async def test_who_said_what_is_counted(services: tuple[Path, str], tmp_path: Path) -> None:
    with FakeIcap() as fake, scanner(tmp_path / "role", services[0], icap=f"icap://{fake.address}/avscan") as found:
        fake.behaves = leaves_in_the_preview
        assert found.scan("memo.txt", "text/plain", LONG).verdict == "error"
        fake.behaves = partial(says, CLEAN)
        assert found.scan("memo.txt", "application/pdf", b"hello").faults
        status = await ask_status(found.path.parents[1] / "status/scanner.sock")
    assert isinstance(status, Status)
    assert set(status.health) == {"clamd", "icap"}
    counted = {
        series.labels: series.value for series in status.series if series.metric == SCAN_VERDICTS.name and series.value
    }
    assert counted == {
        ("structure", "clean"): 1,
        ("structure", "unscannable"): 1,
        ("clamd", "clean"): 2,
        ("icap", "error"): 1,
        ("icap", "clean"): 1,
    }
