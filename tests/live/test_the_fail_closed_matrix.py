"""Whatever a request depends on is broken, in every way of tests/matrix.py: nothing passes, and the reason is that of the fault (P3, P5).

Each dependency is broken in a lab of real processes. What a real one cannot be made to do, a stand-in on its socket does.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

import pytest

from relay.base.reasons import Reason, row
from relay.ipc.messages import Exchanged
from tests.live.breakages import PREPARED
from tests.live.breaking import Midway
from tests.live.offices import Office, running_office
from tests.live.rogue import Rogue
from tests.matrix import ASKED, CELLS_LEAST, FAULTS, WAYS, Way, cells, ways_of
from tests.scanners import CLAMD

pytestmark = [
    pytest.mark.live,
    pytest.mark.slow,
    pytest.mark.skipif(CLAMD is None, reason="no clamd: scripts/debian-packages tests"),
]

MAY_HAVE_ARRIVED = "届いている場合があります"
WRITTEN = (
    "clamd",
    "ICAP",
    "scanner",
    "its process for a file",
    "rules",
    "gate",
    "application",
)  # broken, they leave those that write the log
NOT_ACCEPTED = "申請は受け付けられていません"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    directory = tmp_path_factory.mktemp("office")
    disk = directory / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "sekisho-test", str(disk)], check=True)
    try:
        with running_office(directory, disk / "log") as running:
            yield running
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def refused(office: Office, way: Way, midway: Midway) -> dict[str, str]:
    """In every form in which it is asked. The reasons, by transfer."""
    before = len(office.municipality.received)
    answers = office.ask(way.asked, midway)
    expected = row(Reason(way.reason)).status
    told = {asked: (got.status, json.loads(got.body)["type"]) for asked, got in answers.items()}
    assert told == dict.fromkeys(answers, (expected, f"urn:sekisho:reason:{way.reason}")), way
    arrived = office.municipality.transfers[before:]
    for asked, got in answers.items():
        title = json.loads(got.body)["title"]
        assert NOT_ACCEPTED not in title if way.may_have_arrived else MAY_HAVE_ARRIVED not in title, (way, asked)
        assert arrived.count(got.transfer) <= way.may_have_arrived, (way, asked)
        assert office.lab.records(kind="outcome", transfer=got.transfer, result="delivered") == []
    return {got.transfer: way.reason for got in answers.values()}


@pytest.mark.parametrize("dependency", [name for name in ASKED if name != "clock"])
def test_nothing_passes(office: Office, dependency: str) -> None:
    """Nor is anything lost: afterwards it is served as before, and the log is whole."""
    office.wait_served("file")
    reasons: dict[str, str] = {}
    with PREPARED[dependency](office) as broken:
        ways = ways_of(dependency)
        assert {f"{way.fault}: {way.how}" for way in ways} == set(broken)
        for way in ways:
            with broken[f"{way.fault}: {way.how}"]() as midway:
                reasons |= refused(office, way, midway)
    served = office.wait_served("file")
    assert office.municipality.transfers.count(served.transfer) == 1
    assert office.recorded(served.transfer)["result"] == "delivered"
    if dependency in WRITTEN:
        assert {transfer: office.recorded(transfer)["result"] for transfer in reasons} == reasons
    office.lab.verify_log()


@pytest.mark.parametrize(("how", "age_ms"), [("ten minutes behind", 600_000), ("ten minutes ahead", -600_000)])
def test_a_clock_that_is_wrong(office: Office, how: str, age_ms: int) -> None:
    """Clocks of a host cannot be two: what a front with such a clock would send, permitted by the ledger, is sent."""
    (way,) = [way for way in ways_of("clock") if way.how == how]
    rogue = Rogue(office.lab)
    sealed = rogue.seal(age_ms=age_ms)
    with rogue.egress() as line:
        got = line.ask(rogue.exchange(line, sealed, rogue.permit_for(sealed)))
    assert isinstance(got, Exchanged)
    assert got.result == way.reason
    assert office.recorded(sealed.transfer)["result"] == way.reason
    assert sealed.transfer not in office.municipality.transfers


def test_the_matrix_is_whole() -> None:
    """Every dependency in every fault that there is, in at least 50 cells, each way once."""
    assert cells() >= CELLS_LEAST
    assert len({way[:3] for way in WAYS}) == len(WAYS)
    assert {way.fault for way in WAYS} == set(FAULTS)
    assert {way.dependency for way in WAYS} == set(ASKED)
    for dependency in ("clamd", "ICAP", "scanner", "ledger", "egress", "gate", "application", "rules"):
        assert {way.fault for way in ways_of(dependency)} == set(FAULTS), dependency
