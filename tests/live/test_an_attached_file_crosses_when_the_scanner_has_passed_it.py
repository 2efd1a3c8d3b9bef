"""The whole lab with a scanner and Debian's clamd: what a citizen attaches, and what the application gets of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from email import message_from_bytes
from hashlib import sha256

import pytest

from content.examine import examine
from relay.tree.disarmed import as_field
from relay.tree.record import DisarmedFile
from tests.attachments import CONTENT_TYPE, PATH, PROCEDURE, form
from tests.live.labs import Answer, Lab, running_lab, until
from tests.live.municipality import Municipality
from tests.scanners import CLAMD, MARK, PDF, real_clamd
from tests.unit.content.actives import active_docx, active_pdf
from tests.unit.content.pdfs import pdf

pytestmark = [
    pytest.mark.live,
    pytest.mark.slow,
    pytest.mark.skipif(CLAMD is None, reason="no clamd: scripts/debian-packages tests"),
]


@pytest.fixture(scope="module")
def scanning_lab(tmp_path_factory: pytest.TempPathFactory, shared_municipality: Municipality) -> Iterator[Lab]:
    directory = tmp_path_factory.mktemp("scanning")
    procedures = directory / "procedures"
    procedures.mkdir()
    (procedures / "with-files.toml").write_text(PROCEDURE, "utf-8")
    with real_clamd(directory / "clamd") as clamd:
        config = f"""
[scanner]
clamd = "{clamd}"
clamd_config = "{clamd.with_name("clamd.conf")}"
[policy]
procedures = ["{procedures}"]
"""
        with running_lab(directory / "lab", app=shared_municipality.url, config=config) as running:
            yield running


def attach(lab: Lab, data: bytes, filename: str = "a.txt", media_type: str = "text/plain") -> Answer:
    return lab.request("POST", PATH, {"Content-Type": CONTENT_TYPE}, form(data, filename, media_type))


@pytest.mark.parametrize(
    ("filename", "media_type", "data"),
    [
        ("a.txt", "text/plain", b"hello\n"),
        ("診断書.pdf", PDF, pdf()),
        ("長い.txt", "text/plain", b"0123456789 abcde\n" * 50_000),
    ],
)
def test_a_clean_file_crosses(
    scanning_lab: Lab, municipality: Municipality, filename: str, media_type: str, data: bytes
) -> None:
    answer = attach(scanning_lab, data, filename, media_type)
    assert answer.status == 200
    (received,) = municipality.received
    assert data in received.body
    assert f'filename="{filename}"'.encode() in received.body
    intent = scanning_lab.record(kind="intent", transfer=answer.transfer)
    assert (intent["fields"], intent["files"]) == (1, 1)


@pytest.mark.parametrize(
    ("filename", "media_type", "data", "word"),
    [
        ("a.txt", "text/plain", b"hello " + MARK, "infected"),
        ("a.txt", "text/plain", pdf(), "content_disagrees"),
        ("a.pdf", PDF, pdf(root=b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"), "pdf_script"),
        ("a.txt", "text/plain", b"0123456789" * 100_000 + b"1", "file_too_large"),
    ],
    ids=["infected", "not what it says", "a script", "too large"],
)
def test_what_the_scanner_refuses_does_not_cross(
    scanning_lab: Lab, municipality: Municipality, filename: str, media_type: str, data: bytes, word: str
) -> None:
    answer = attach(scanning_lab, data, filename, media_type)
    assert answer.status == 422
    assert "診断書" in answer.text
    assert municipality.received == []
    refusal = scanning_lab.record(kind="refusal", transfer=answer.transfer)
    assert [(one["code"], one["target"], one["detail"]) for one in refusal["findings"]] == [
        ("file_invalid", "scan", word)
    ]


def test_what_crosses_of_a_disarmed_file_is_what_was_made_of_it(scanning_lab: Lab, municipality: Municipality) -> None:
    """And the log has the digests of both, and what made the one of the other."""
    sent = [
        ("証明書.pdf", PDF, active_pdf(), "pdf_script"),
        ("証明書.docx", "application/octet-stream", active_docx(), "office_macro"),
    ]
    body = form(b"hello\n", certificates=[each[:3] for each in sent])
    answer = scanning_lab.request("POST", PATH, {"Content-Type": CONTENT_TYPE}, body)
    assert answer.status == 200
    (received,) = municipality.received
    message = message_from_bytes(received.raw.partition(b"\r\n")[2])
    parts = [
        (part.get_param("name", header="content-disposition"), part.get_payload(decode=True)) for part in message.walk()
    ]
    crossed = [content for name, content in parts if name == "certificate"]
    assert ("scan", b"hello\n") in parts
    intent = scanning_lab.record(kind="intent", transfer=answer.transfer)
    assert intent["files"] == 3
    assert len(crossed) == len(intent["disarmed"]) == len(sent)
    for (name, media_type, data, removed), got, said in zip(sent, crossed, intent["disarmed"], strict=True):
        assert isinstance(got, bytes)
        assert got != data
        kind = name.rpartition(".")[2]
        assert examine(name, media_type, got, frozenset([kind])).faults == ()
        assert said["attachment"] == "certificate"
        assert (said["original"], said["result"]) == (sha256(data).hexdigest(), sha256(got).hexdigest())
        assert said["tool"].startswith("disarm/1 ")
        assert removed in said["removed"]
    told = message["sekisho-disarmed"].encode()
    assert told == as_field(tuple([DisarmedFile(**each) for each in intent["disarmed"]]))
    receipt = scanning_lab.record(kind="outcome", transfer=answer.transfer)["receipt"]
    assert receipt.split("\n")[7] == sha256(told).hexdigest()


def test_a_virus_in_a_disarmed_file_is_refused_all_the_same(scanning_lab: Lab, municipality: Municipality) -> None:
    body = form(b"hello\n", certificates=[("a.pdf", PDF, pdf(b"(" + MARK + b")"))])
    answer = scanning_lab.request("POST", PATH, {"Content-Type": CONTENT_TYPE}, body)
    assert (answer.status, municipality.received) == (422, [])


def test_a_scanner_that_was_killed_comes_back_and_meanwhile_nothing_crosses(
    scanning_lab: Lab, municipality: Municipality
) -> None:
    old = scanning_lab.about["pids"]["scanner"]
    os.kill(old, signal.SIGKILL)
    answers = []

    def passes() -> bool:
        answers.append(attach(scanning_lab, b"hello\n"))
        return answers[-1].status == 200

    until(passes, "the scanner is back")
    assert {answer.status for answer in answers} <= {200, 503}
    assert len(municipality.received) == 1
    scanning_lab.refresh()
    assert scanning_lab.about["pids"]["scanner"] != old


def test_the_scanner_is_seen_from_the_management_network(scanning_lab: Lab) -> None:
    assert b'"scanner"' in scanning_lab.management("/readyz")[1]
    assert scanning_lab.metric("sekisho_process_resident_memory_bytes", role="scanner") > 0
