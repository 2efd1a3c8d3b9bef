"""An egress as its entry point makes it: what it records, whom it connects to and how, and when it ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import trio
import trio.testing
from cryptography.x509 import load_pem_x509_certificate

from relay.base.errors import Unavailable
from relay.base.reasons import Reason
from relay.egress.__main__ import EgressRole
from relay.egress.gates import ExchangeFailed
from relay.ipc.link import ALPN, HEAD_BYTES, FrameType, frame_head
from relay.net.parcel import Parcel
from relay.settings.peers import REFRESH_S
from relay.tree.record import Operation, Outcome
from tests.carriers import TENANT, Site, serving
from tests.log_samples import outcome


def operations(records: list[object]) -> list[tuple[str, str, str]]:
    found = [record for record in records if isinstance(record, Operation)]
    return [(record.operation, record.subject, record.result) for record in found]


async def test_nothing_is_carried_before_its_start_is_in_the_log(
    no_descriptor_is_left: None, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    site = Site(tmp_path)
    ledger, started = site.ledger(), trio.Event()
    with site.egress() as role:
        ledger.mode = "full"

        async def serve() -> None:
            async with serving(role):
                started.set()
                await trio.sleep_forever()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ledger.run)
            nursery.start_soon(serve)
            await trio.sleep(5)
            assert not started.is_set()
            ledger.mode = "ok"
            await started.wait()
            assert operations(list(ledger.records)) == [("start", "", "walls-up")]
            nursery.cancel_scope.cancel()


def under_way(role: EgressRole) -> Callable[[], None]:
    def finish() -> None:
        role.egress.load.transfers = 0

    role.egress.load.transfers = 1
    return finish


def not_recorded(role: EgressRole) -> Callable[[], None]:
    role.recorder._held.append(outcome(1, 0))
    return lambda: None


@pytest.mark.parametrize("hold", [under_way, not_recorded])
async def test_asked_to_end_it_finishes_first(
    no_descriptor_is_left: None,
    tmp_path: Path,
    nursery: trio.Nursery,
    autojump_clock: trio.testing.MockClock,
    hold: Callable[[EgressRole], Callable[[], None]],
) -> None:
    """A transfer that is under way, an outcome that the ledger has not taken."""
    site = Site(tmp_path)
    ledger = site.ledger()
    with site.egress() as role:
        nursery.start_soon(ledger.run)
        async with serving(role) as (asked, ended):
            ledger.mode = "full"
            finish = hold(role)
            asked.set()
            await trio.sleep(5)
            assert not ended.is_set()
            ledger.mode = "ok"
            finish()
            with trio.fail_after(5):
                await ended.wait()
            assert ledger.of(Outcome) == [outcome(1, 0)] * (hold is not_recorded)
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("gate", "alpn", "reason"),
    [
        (0, [ALPN.decode()], None),
        (0, [], Reason.GATE_LINK_INVALID),
        (1, [ALPN.decode()], Reason.CERT_NAME_MISMATCH),
    ],
    ids=["the gate", "speaks no link", "the other gate"],
)
async def test_who_answers_at_the_address_of_a_gate(
    no_descriptor_is_left: None,
    tmp_path: Path,
    nursery: trio.Nursery,
    gate: int,
    alpn: list[str],
    reason: Reason | None,
) -> None:
    """The other gate is of the same authority, declared, and pinned: for its own address."""
    site = Site(tmp_path, gates=2)

    async def is_silent(tls: trio.SSLStream[trio.SocketStream]) -> None:
        await tls.receive_some()

    await nursery.start(site.stand_in, gate, alpn, is_silent)
    with site.egress() as role:
        found = None
        try:
            (await role._connect("gate-1")).close()
        except Unavailable as error:
            found = error.reason
    assert found is reason
    nursery.cancel_scope.cancel()


async def test_a_gate_that_is_up_and_does_not_answer_is_not_waited_for(
    no_descriptor_is_left: None, tmp_path: Path, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    site = Site(tmp_path)
    ledger = site.ledger()
    nursery.start_soon(ledger.run)

    async def answers_probes_only(tls: trio.SSLStream[trio.SocketStream]) -> None:
        while (await tls.receive_some())[:HEAD_BYTES] == frame_head(FrameType.PING, 0):
            await tls.send_all(frame_head(FrameType.PONG, 0))
        await tls.receive_some()

    await nursery.start(site.stand_in, 0, [ALPN.decode()], answers_probes_only)
    with site.egress() as role, Parcel.of(b"sealed") as envelope:
        async with serving(role):
            with trio.fail_after(role.settings.limits.exchange_timeout_ms / 1000 + 1):
                with pytest.raises(ExchangeFailed) as caught:
                    await role.gates.exchange(TENANT, envelope)
        assert (caught.value.reason, caught.value.gate) == (Reason.GATE_TIMEOUT, "gate-1")
    nursery.cancel_scope.cancel()


async def test_it_connects_from_the_declared_address(
    no_descriptor_is_left: None, tmp_path: Path, nursery: trio.Nursery
) -> None:
    site = Site(tmp_path, host=lambda _: {"egress": {"source_address": "127.0.0.2"}})
    seen: list[str] = []

    async def look(stream: trio.SocketStream) -> None:
        async with stream:
            seen.append(stream.socket.getpeername()[0])

    await nursery.start(
        lambda task_status: trio.serve_tcp(look, site.gate_ports[0], host="127.0.0.1", task_status=task_status)
    )
    with site.egress() as role:
        with pytest.raises(Unavailable):
            await role._connect("gate-1")
        assert seen == ["127.0.0.2"]
        nursery.cancel_scope.cancel()


async def test_a_revoked_gate_is_refused_without_a_restart_and_the_log_says_so(
    no_descriptor_is_left: None, tmp_path: Path, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    site = Site(tmp_path)
    certificate = load_pem_x509_certificate((site.pki.gates[0].directory / "gate.crt").read_bytes())
    ledger = site.ledger()
    with site.egress() as role:
        nursery.start_soon(ledger.run)
        async with site.gate(), serving(role):
            (await role._connect("gate-1")).close()
            site.pki.authorities.crl.write_bytes(site.pki.authorities.lgwan.crl_pem([certificate.serial_number]))
            await trio.sleep(REFRESH_S + 1)
            with pytest.raises(Unavailable) as caught:
                await role._connect("gate-1")
            assert caught.value.reason is Reason.CERT_REVOKED
            assert operations(list(ledger.records)) == [("start", "", "walls-up"), ("renew-crl", "gate-1", "ok")]
        nursery.cancel_scope.cancel()
