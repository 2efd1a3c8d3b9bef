"""A taken-over front gets nothing out of the egress but what the ledger permitted, and each attempt is in the log (P2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from relay.ipc.messages import Exchanged, Permit
from relay.ipc.permit import issue
from relay.net.parcel import Parcel
from relay.ops.clock import boottime_ms
from tests.live.labs import Lab, running_lab, until
from tests.live.municipality import Municipality
from tests.live.rogue import TENANT, Line, Rogue, Sealed

pytestmark = pytest.mark.live


@pytest.fixture
def rogue(recorded_lab: Lab, municipality: Municipality) -> Rogue:
    return Rogue(recorded_lab)


@pytest.fixture
def line(rogue: Rogue) -> Iterator[Line]:
    with rogue.egress() as opened:
        yield opened


def _refused(rogue: Rogue, municipality: Municipality, answer: object, transfer: str, reason: str) -> None:
    """Nothing reached the application; the front was told why; the log says what was tried."""
    assert isinstance(answer, Exchanged)
    assert (answer.result, answer.inline) == (reason, b"")
    refusal = rogue.lab.record(kind="refusal", transfer=transfer, role="egress")
    assert (refusal["reason"], refusal["tenant"]) == (reason, TENANT)
    assert rogue.lab.records(kind="outcome", transfer=transfer) == []
    assert municipality.received == []


def test_with_its_permit_an_envelope_is_delivered(rogue: Rogue, municipality: Municipality, line: Line) -> None:
    sealed = rogue.seal()
    answer = line.ask(rogue.exchange(line, sealed, rogue.permit_for(sealed)))
    assert isinstance(answer, Exchanged)
    assert answer.result == "delivered"
    assert municipality.transfers == [sealed.transfer]


def test_without_a_permit_nothing_leaves(rogue: Rogue, municipality: Municipality, line: Line) -> None:
    sealed = rogue.seal()
    answer = line.ask(rogue.exchange(line, sealed, None))
    _refused(rogue, municipality, answer, sealed.transfer, "permit_missing")


def test_the_permit_of_another_transfer_lets_nothing_out(rogue: Rogue, municipality: Municipality, line: Line) -> None:
    permitted, other = rogue.seal(), rogue.seal()
    answer = line.ask(rogue.exchange(line, other, rogue.permit_for(permitted)))
    _refused(rogue, municipality, answer, other.transfer, "permit_invalid")


def test_a_permit_is_good_once(rogue: Rogue, municipality: Municipality, line: Line) -> None:
    sealed = rogue.seal()
    permit = rogue.permit_for(sealed)
    first = line.ask(rogue.exchange(line, sealed, permit))
    assert isinstance(first, Exchanged)
    assert first.result == "delivered"
    with rogue.egress() as another:
        for again in (line, another):
            answer = again.ask(rogue.exchange(again, sealed, permit))
            assert isinstance(answer, Exchanged)
            assert answer.result == "permit_reused"
    assert municipality.transfers == [sealed.transfer]
    refusals = rogue.lab.records(kind="refusal", transfer=sealed.transfer)
    assert [refusal["reason"] for refusal in refusals] == ["permit_reused"] * 2


@pytest.mark.parametrize("place", [0, 80, 700, -1], ids=["magic", "tenant", "sealed keys", "signature"])
def test_an_envelope_changed_by_one_bit_stays(rogue: Rogue, municipality: Municipality, line: Line, place: int) -> None:
    sealed = rogue.seal()
    changed = bytearray(sealed.raw)
    changed[place] ^= 1
    answer = line.ask(rogue.exchange(line, sealed, rogue.permit_for(sealed), raw=bytes(changed)))
    _refused(rogue, municipality, answer, sealed.transfer, "permit_mismatch")


def test_a_claimed_digest_decides_nothing(rogue: Rogue, municipality: Municipality, line: Line) -> None:
    permitted, other = rogue.seal(), rogue.seal()
    request = rogue.exchange(line, permitted, rogue.permit_for(permitted), raw=other.raw, claimed=permitted.digest)
    _refused(rogue, municipality, line.ask(request), permitted.transfer, "permit_mismatch")


def test_a_claimed_digest_that_lies_about_good_bytes_changes_nothing(
    rogue: Rogue, municipality: Municipality, line: Line
) -> None:
    sealed = rogue.seal()
    answer = line.ask(rogue.exchange(line, sealed, rogue.permit_for(sealed), claimed=bytes(32)))
    assert isinstance(answer, Exchanged)
    assert answer.result == "delivered"
    assert municipality.transfers == [sealed.transfer]


CHANGES: dict[str, Callable[[Permit], Permit]] = {
    "index": lambda permit: msgspec.structs.replace(permit, index=permit.index + 1),
    "time": lambda permit: msgspec.structs.replace(permit, issued_ms=permit.issued_ms + 1),
    "mac": lambda permit: msgspec.structs.replace(permit, mac=permit.mac[:-1] + bytes([permit.mac[-1] ^ 1])),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_permit_is_no_permit(rogue: Rogue, municipality: Municipality, line: Line, change: str) -> None:
    sealed = rogue.seal()
    answer = line.ask(rogue.exchange(line, sealed, CHANGES[change](rogue.permit_for(sealed))))
    _refused(rogue, municipality, answer, sealed.transfer, "permit_invalid")


def _issued(rogue: Rogue, sealed: Sealed, issued_ms: int) -> Permit:
    return issue(
        rogue.permit_key, index=1, issued_ms=issued_ms, transfer=sealed.raw_id, digest=sealed.digest, tenant=TENANT
    )


def test_a_permit_from_the_future_is_refused(rogue: Rogue, municipality: Municipality, line: Line) -> None:
    sealed = rogue.seal()
    answer = line.ask(rogue.exchange(line, sealed, _issued(rogue, sealed, boottime_ms() + 60_000)))
    _refused(rogue, municipality, answer, sealed.transfer, "permit_expired")


def test_a_permit_from_before_the_egress_started_is_refused(
    rogue: Rogue, municipality: Municipality, line: Line
) -> None:
    old = rogue.lab.kill("egress")
    rogue.lab.wait_back("egress", old)
    with until(lambda: _try_egress(rogue), "the egress listens") as again:
        sealed = rogue.seal()
        started_ms = _started_ms(until(lambda: rogue.lab.pid("egress"), "the egress runs"))
        answer = again.ask(rogue.exchange(again, sealed, _issued(rogue, sealed, started_ms)))
    _refused(rogue, municipality, answer, sealed.transfer, "permit_expired")


def _try_egress(rogue: Rogue) -> Line | None:
    try:
        return rogue.egress()
    except OSError:
        return None


def _started_ms(pid: int) -> int:
    """When the process was made: certainly before the egress in it started (proc(5), field 22, in hundredths)."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return int(fields[19]) * 10


def test_a_permit_expires(tmp_path: Path) -> None:
    config = "[limits]\npermit_lifetime_ms = 200\n"
    with Municipality() as municipality, running_lab(tmp_path / "lab", app=municipality.url, config=config) as lab:
        rogue = Rogue(lab)
        sealed = rogue.seal()
        permit = rogue.permit_for(sealed)
        until(lambda: boottime_ms() > permit.issued_ms + 200, "the permit is old")
        with rogue.egress() as line:
            answer = line.ask(rogue.exchange(line, sealed, permit))
        _refused(rogue, municipality, answer, sealed.transfer, "permit_expired")


def test_a_large_envelope_in_a_sealed_memfd_is_held_to_the_same(
    rogue: Rogue, municipality: Municipality, line: Line
) -> None:
    sealed = rogue.seal(padding=16_000)
    raw = sealed.raw + bytes(100_000)
    with Parcel.of(raw) as parcel:
        request = msgspec.structs.replace(rogue.exchange(line, sealed, rogue.permit_for(sealed)), inline=None)
        answer = line.ask(request, parcel.descriptors)
    _refused(rogue, municipality, answer, sealed.transfer, "permit_mismatch")


def test_the_log_verifies_after_all_of_it(rogue: Rogue) -> None:
    rogue.lab.verify_log()
