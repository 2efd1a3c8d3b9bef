"""Files that are to be disarmed, through a front: what was made of them crosses, and they never do."""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256

import pytest

from relay.base.reasons import Reason
from relay.ipc.messages import FileScanned, ScanFile
from relay.tree.record import DisarmedFile, Intent
from tests.unit.front.test_files import FIELD, SCAN, Office, clean, make

__all__ = ["make"]  # a fixture
FORM = ("form", "申請書.pdf", b"%PDF with a macro")
TOOL = "disarm/1 pikepdf/9.4.0"


def disarming(begun: ScanFile, data: bytes) -> FileScanned | tuple[FileScanned, bytes]:
    """What it makes of a file tells which file it was."""
    if begun.active != "disarm":
        return clean(begun, data)
    return FileScanned(1, "clean", (), "", "pdf", TOOL, ("pdf_script", "metadata")), b"anew: " + data.upper()


async def test_what_was_made_of_a_file_crosses_in_its_place_and_both_are_in_the_log(
    make: Callable[..., Office],
) -> None:
    office = make()
    office.scanner.verdict = disarming
    second = ("form", "b.pdf", b"%PDF second")
    assert (await office.send(FORM, FIELD, SCAN, second)).status == 200
    (arrived,) = office.world.arrived
    for _, _, data in (FORM, second):
        assert data not in arrived.content
        assert b"anew: " + data.upper() in arrived.content
    assert SCAN[2] in arrived.content
    names = re.findall(rb'name="(\w+)"(?:; filename="([^"]*)")?', arrived.content)
    assert names == [(b"memo", b""), (b"scan", b"a.txt"), (b"form", "申請書.pdf".encode()), (b"form", b"b.pdf")]
    (intent,) = office.world.ledger.of(Intent)
    assert isinstance(intent, Intent)
    assert intent.files == 3
    assert intent.disarmed == tuple(
        DisarmedFile(
            "form",
            sha256(data).hexdigest(),
            sha256(b"anew: " + data.upper()).hexdigest(),
            TOOL,
            ("pdf_script", "metadata"),
        )
        for _, _, data in (FORM, second)
    )


async def test_a_form_of_disarmed_files_alone_crosses(make: Callable[..., Office]) -> None:
    office = make()
    office.scanner.verdict = disarming
    reply = await office.send(SCAN, FORM)
    assert reply.status == 200
    assert office.world.arrived[0].content.endswith(b"--\r\n")


async def test_a_file_that_cannot_be_made_anew_is_told_like_any_other(make: Callable[..., Office]) -> None:
    office = make()
    office.scanner.verdict = lambda begun, data: (
        FileScanned(1, "clean", ("not_disarmed",), "", "pdf") if begun.active == "disarm" else clean(begun, data)
    )
    assert (await office.send(SCAN, FORM)).status == 422
    assert office.refused() == ("file_invalid", [("file_invalid", "form", "not_disarmed")])


async def test_the_file_as_it_came_never_crosses_in_the_place_of_a_disarmed_one(make: Callable[..., Office]) -> None:
    """A scanner that says `clean` and makes nothing."""
    office = make()
    assert (await office.send(SCAN, FORM)).status == 503
    assert office.refused() == (Reason.SCANNER_INVALID.value, [])


async def test_a_disarmed_file_that_is_too_large_as_it_came_is_refused(make: Callable[..., Office]) -> None:
    office = make()
    office.scanner.verdict = disarming
    assert (await office.send(SCAN, ("form", "a.pdf", bytes(100_001)))).status == 422
    assert office.refused() == ("file_invalid", [("file_invalid", "form", "file_too_large")])


@pytest.mark.parametrize(("over", "status"), [(0, 200), (1, 422)])
async def test_what_is_made_anew_stays_within_an_envelope(make: Callable[..., Office], over: int, status: int) -> None:
    office = make(body_bytes=60_000, route_body_bytes=60_000)
    most = office.world.limits.disarmed_bytes
    assert most == 120_000
    left = iter((100_000, most - 100_000 + over))
    office.scanner.verdict = lambda begun, data: (
        (FileScanned(1, "clean", (), "", "pdf", TOOL), bytes(next(left)))
        if begun.active == "disarm"
        else clean(begun, data)
    )
    reply = await office.send(SCAN, FORM, ("form", "b.pdf", b"%PDF second"))
    assert reply.status == status
