"""P7 at the files stage: secrets in every place where a file has room for one, accepted, refused and failed. Nothing that was written
holds them afterwards: log, JSON copy, run_dir, state, metrics, health, and what every role said; nor does the memory of
the roles that must be blind.

The control: the application, for which they are meant, has them; and the same search finds them there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from relay.base.reasons import Reason, row
from tests.live.breaking import PACKETS, STREAM, Broken, instead, none_at
from tests.live.labs import until
from tests.live.offices import File, Office, Request, posted, running_office, with_files
from tests.live.stand_ins import Says, hang_up
from tests.scanners import CLAMD, MARK
from tests.unit.content.documents import document
from tests.unit.content.pdfs import pdf
from tests.unit.content.pictures import chunk, png
from tests.unit.content.zips import zipped
from tests.walls.secret_requests import Secrets
from tests.walls.traces import Traces

pytestmark = [
    pytest.mark.live,
    pytest.mark.slow,
    pytest.mark.skipif(CLAMD is None, reason="no clamd: scripts/debian-packages tests"),
]
PDF, TXT, ZIP = "application/pdf", "text/plain", "application/zip"


def accepted(hidden: Secrets) -> dict[str, Request]:
    """In content and names of each kind."""
    said = f"{hidden.japanese}、{hidden.ascii}、{hidden.number}\n".encode()
    name = f"{hidden.japanese}{hidden.ascii}"
    comment = chunk(b"tEXt", b"Comment\0" + hidden.ascii.encode())
    return {
        "text": with_files((f"{name}.txt", TXT, said * 500)),
        "text in chunks": with_files((f"{name}.txt", TXT, said * 500), in_chunks=True),
        "PDF": with_files((f"{name}.pdf", PDF, pdf(b"(%b)" % said))),
        "PNG": with_files((f"{name}.png", "image/png", png(extra=comment))),
        "ZIP": with_files((f"{name}.zip", ZIP, zipped({f"{hidden.ascii}.txt": said}))),
        "disarmed PDF": disarmed(
            (
                f"{name}.pdf",
                PDF,
                pdf(b"<< /Title (%b) >>" % said, root=_SCRIPT % hidden.ascii.encode(), trailer=b"/Info 4 0 R"),
            ),
        ),
        "disarmed PNG": disarmed((f"{name}.png", "image/png", png(extra=comment))),
        "disarmed document": disarmed((f"{name}.docx", "application/octet-stream", document(body=_paragraph(hidden)))),
    }


def disarmed(*files: File) -> Request:
    return with_files(*files, attachment="certificate")


def _paragraph(hidden: Secrets) -> str:
    return f"<w:p><w:r><w:t>{hidden.japanese}、{hidden.ascii}、{hidden.number}</w:t></w:r></w:p>"


_SCRIPT = b"/OpenAction << /S /JavaScript /JS (%b) >>"


def refused(hidden: Secrets) -> dict[str, tuple[Request, Reason]]:
    """What is wrong with each is beside the secret, or is it."""
    said = f"{hidden.japanese}、{hidden.ascii}、{hidden.number}\n".encode()
    name = f"{hidden.japanese}{hidden.ascii}"
    files: dict[str, File] = {
        "a virus": (f"{name}.txt", TXT, said + MARK),
        "a virus in a ZIP": (f"{name}.zip", ZIP, zipped({f"{name}.txt": said + MARK})),
        "no such extension": (f"a.{hidden.ascii}", TXT, said),
        "content of another kind": (f"{name}.pdf", PDF, said),
        "a broken PDF": (f"{name}.pdf", PDF, pdf(b"(%b)" % said)[:-60]),
        "a script in a PDF": (
            f"{name}.pdf",
            PDF,
            pdf(root=_SCRIPT % hidden.ascii.encode()),
        ),
        "a cut PNG": (f"{name}.png", "image/png", png(extra=chunk(b"tEXt", said))[:-20]),
        "a name that turns": (f"{name}\u202etxt.exe", TXT, said),
        "a broken ZIP": (f"{name}.zip", ZIP, zipped({f"{name}.txt": said})[:-30]),
        "an unknown type": (f"{name}.txt", f"text/{hidden.ascii}", b"\xff\xfe\0" + said),
    }
    made = {how: (with_files(file), Reason.FILE_INVALID) for how, file in files.items()}
    of_another = multipart_of(f'name="{name}"; filename="{name}.txt"', said)
    made["a file of no attachment"] = (of_another, Reason.FILE_UNDECLARED)
    too_many = (f"{name}.txt", TXT, said)
    form = f"/AcroForm << /Fields [] /NeedAppearances true /DA ({hidden.ascii}) >>".encode()
    made["what cannot be made anew"] = (
        disarmed((f"{name}.pdf", PDF, pdf(b"(%b)" % said, root=form))),
        Reason.FILE_INVALID,
    )
    made["too many files"] = (with_files(*[too_many] * 4), Reason.FILE_INVALID)
    return made


def multipart_of(head: str, content: bytes) -> Request:
    body = f"--b\r\nContent-Disposition: form-data; {head}\r\nContent-Type: text/plain\r\n\r\n".encode() + content
    return posted(body + b"\r\n--b--\r\n", "multipart/form-data; boundary=b")


def failed(office: Office, hidden: Secrets) -> dict[str, tuple[Broken, Reason]]:
    """The stage itself is broken while the file is there; two of them say what they were sent."""
    scanner = office.run_dir / "scanner/front.sock"
    echo = f"stream: {hidden.ascii} FOUND\0".encode()
    wrong = f"{hidden.japanese} ERROR\0".encode()
    return {
        "no clamd": (lambda: none_at(office.clamd), Reason.SCAN_FAILED),
        "clamd repeats it as no answer": (
            lambda: instead(office.clamd, STREAM, Says(wrong, enough=bytes(4))),
            Reason.SCAN_FAILED,
        ),
        "no scanner": (lambda: none_at(scanner), Reason.SCANNER_UNAVAILABLE),
        "a scanner repeats it": (
            lambda: instead(scanner, PACKETS, Says(echo, enough=b"\xa7ScanEnd")),
            Reason.SCANNER_INVALID,
        ),
        "a scanner hangs up": (lambda: instead(scanner, PACKETS, hang_up), Reason.SCANNER_UNAVAILABLE),
    }


@dataclass(frozen=True)
class Passed:
    """All of them, and what the citizen was told."""

    office: Office
    hidden: Secrets
    traces: Traces
    told: Counter[tuple[str, int]]
    answers: bytes


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Passed]:
    hidden = Secrets()
    told: Counter[tuple[str, int]] = Counter()
    answers = []

    def send(how: str, one: Request) -> None:
        with office.lab.client() as client:
            client.send(one.first + one.rest)
            got = client.answer("POST")
        told[how, got.status] += 1
        answers.append(str(got.headers).encode() + got.body)

    with running_office(tmp_path_factory.mktemp("office")) as office:
        office.wait_served("file")
        office.municipality.received.clear()
        for how, one in accepted(hidden).items():
            send(how, one)
        for how, (one, _) in refused(hidden).items():
            send(how, one)
        for how, (broken, _) in failed(office, hidden).items():
            with broken():
                for one in accepted(hidden).values():
                    send(how, one)
        yield Passed(office, hidden, Traces(hidden.all), told, b"\n".join(answers))


def test_each_was_taken_refused_or_failed_as_it_should_be(passed: Passed) -> None:
    expected = Counter({(how, 200): 1 for how in accepted(passed.hidden)})
    expected += Counter({(how, row(reason).status): 1 for how, (_, reason) in refused(passed.hidden).items()})
    for how, (_, reason) in failed(passed.office, passed.hidden).items():
        expected[how, row(reason).status] += len(accepted(passed.hidden))
    assert passed.told == expected


def test_the_control_finds_it_at_the_application(passed: Passed) -> None:
    arrived = [received.raw for received in passed.office.municipality.received]
    assert len(arrived) == len(accepted(passed.hidden))
    found = {name.partition(",")[0] for name in passed.traces.of(b"".join(arrived))}
    assert found == {f"{text[:2]}…" for text in passed.hidden.all}


def test_no_answer_repeats_it(passed: Passed) -> None:
    assert passed.traces.of(passed.answers) == set()


def test_metrics_and_health_do_not_hold_it(passed: Passed) -> None:
    said = b"".join([passed.office.lab.management(path)[1] for path in ("/metrics", "/readyz", "/healthz")])
    assert b"file_invalid" in said
    assert passed.traces.of(said) == set()


@pytest.mark.parametrize("role", ["egress", "ledger", "exporter"])
def test_its_memory_does_not_hold_it(passed: Passed, role: str) -> None:
    assert passed.traces.of_process(until(lambda: passed.office.lab.pid(role), f"{role} runs")) == set()


def test_nothing_that_was_written_holds_it(passed: Passed) -> None:
    """While they run, and after the end: what the ledger wrote last."""
    directory = passed.office.clamd.parent
    assert passed.traces.of_files(directory) == {}
    passed.office.lab.verify_log()
    passed.office.lab.stop()
    assert passed.traces.of_files(directory) == {}
    written = {path.name for path in directory.rglob("*") if path.is_file()}
    assert {"journal", "checkpoint", "transfers.jsonl", "delivered.sqlite", "lab.out"} <= written
    records = len(passed.office.lab.records(kind="refusal"))
    tried = len(accepted(passed.hidden))
    assert records == len(refused(passed.hidden)) + len(failed(passed.office, passed.hidden)) * tried
