"""A gate as its entry point makes it: whom it believes, what it forgets, and how it ends."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import trio
import trio.testing
from cryptography.x509 import load_pem_x509_certificate

from relay.base.errors import Refused
from relay.base.ids import TransferId
from relay.base.reasons import Reason
from relay.egress.exchange import LinkLost
from relay.envelope.keys import SenderPrivateKey
from relay.net.parcel import Parcel
from relay.ops.clock import now_ms
from relay.settings.peers import REFRESH_S
from relay.settings.pki import Pki
from tests.carriers import Site, Tables
from tests.log_samples import transfer

MOST = 1 << 20


async def said_of(site: Site, envelope: bytes) -> Reason:
    """The gate's word on an envelope that the egress of these files brings."""
    with site.egress() as role:
        connection = await role._connect("gate-1")
        with Parcel.of(envelope) as parcel, pytest.raises(Refused) as caught:
            await connection.exchange(parcel, response_most=MOST)
        connection.close()
        return caught.value.reason


@pytest.mark.parametrize(
    ("own", "reason"),
    [(True, Reason.APPLICATION_UNAVAILABLE), (False, Reason.SENDER_UNKNOWN)],
    ids=["its own front", "another relay's front"],
)
async def test_a_relay_speaks_for_its_own_fronts_only(
    no_descriptor_is_left: None, tmp_path: Path, own: bool, reason: Reason
) -> None:
    """The gate knows both relays and the fronts of both."""

    def relays(pki: Pki) -> Tables:
        stranger = tmp_path / "stranger.vkey"
        stranger.write_text(SenderPrivateKey.generate("relay2.lab.example/front").public_key.to_text())
        shared = {"anchor": str(pki.authorities.anchor("lgwan")), "pins": [pki.egress_pin]}
        ours = str(pki.relay_directory / "front-signing.vkey")
        names = (pki.relay_name, "relay2.lab.example") if own else ("relay2.lab.example", pki.relay_name)
        return {
            "relay": [
                {"name": "one", "server_name": names[0], "signing_keys": [ours], **shared},
                {"name": "two", "server_name": names[1], "signing_keys": [str(stranger)], **shared},
            ]
        }

    site = Site(tmp_path, gate=relays)
    async with site.gate():
        assert await said_of(site, site.sealed()) is reason


async def test_an_id_is_kept_until_its_envelope_is_long_stale(no_descriptor_is_left: None, tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.gate() as (role, _):
        over_ms = now_ms() - 2 * role.limits.clock_skew_ms
        await trio.testing.wait_all_tasks_blocked()
        kept, gone = TransferId(transfer(1)), TransferId(transfer(2))
        await role.gate.delivered.remember(kept, over_ms + 60_000)
        await role.gate.delivered.remember(gone, over_ms - 1)
    async with site.gate() as (role, _):  # it looks as soon as it serves
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(Refused):
            await role.gate.delivered.remember(kept, over_ms + 60_000)
        await role.gate.delivered.remember(gone, over_ms + 60_000)


async def test_asked_to_end_it_closes_idle_links_at_once(
    no_descriptor_is_left: None, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    site = Site(tmp_path)
    with site.egress() as egress:
        async with site.gate() as (_, asked):
            connection = await egress._connect("gate-1")
            await connection.ping()
            asked.set()
            with trio.fail_after(0.1):
                assert await connection.stream.receive_some() == b""
            connection.close()


async def test_who_says_nothing_is_not_waited_for(
    no_descriptor_is_left: None, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    site = Site(tmp_path)
    async with site.gate() as (role, _):
        with socket.create_connection(("127.0.0.1", site.gate_ports[0])) as silent:
            silent.setblocking(False)
            with trio.fail_after(role.limits.handshake_timeout_ms / 1000 + 0.1):
                await trio.lowlevel.wait_readable(silent)
            assert silent.recv(1) == b""


async def test_a_revoked_relay_is_refused_without_a_restart(
    no_descriptor_is_left: None, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    site = Site(tmp_path)
    with site.egress() as egress:
        certificate = load_pem_x509_certificate((site.pki.relay_directory / "egress.crt").read_bytes())
        async with site.gate():
            before = await egress._connect("gate-1")
            await before.ping()
            before.close()
            site.pki.authorities.crl.write_bytes(site.pki.authorities.lgwan.crl_pem([certificate.serial_number]))
            await trio.sleep(REFRESH_S + 1)
            after = await egress._connect("gate-1")  # in TLS 1.3 it learns with the first answer that it was refused
            with pytest.raises(LinkLost):
                await after.ping()
            after.close()
