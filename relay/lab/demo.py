"""The main job, acted out against a real lab: each scene does something and checks what came of it.

A scene raises SceneFailed when the world is not as the promise says; then the demo ends with a failure, whatever was told
before. The telling is `relay.lab.telling`'s; nothing here prints.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trio

from policy.samples import samples
from relay.base.errors import IntegrityBroken, SekishoError
from relay.lab.client import Citizen, Reply
from relay.lab.lab_command import running
from relay.lab.telling import Telling
from relay.lab.topology import Lab, LabOptions, prepare
from relay.ledger import reader
from relay.ledger.verify import verify
from relay.ops.supervisor import Supervisor

_PATIENCE_S = 15.0
_OVERSIZED_BYTES = 2 * 1024 * 1024  # twice what the form's route takes
_UNDECLARED = "%E8%B6%A3%E5%91%B3=%E5%B0%86%E6%A3%8B"  # 趣味=将棋


class SceneFailed(SekishoError):
    """Something that had to be true was not."""


@dataclass(frozen=True)
class Stage:
    """What the scenes play on."""

    lab: Lab
    supervisor: Supervisor
    citizen: Citizen
    tell: Telling

    @property
    def log_dir(self) -> Path:
        return Path(self.lab.config.host.ledger.directory)

    @property
    def vkey(self) -> str:
        return self.lab.pki.log_vkey_file.read_text().strip()

    def records(self, transfer: str) -> list[dict[str, object]]:
        """The transfer's records, from the ledger's JSON lines."""
        lines = Path(self.lab.config.host.ledger.jsonl or "").read_text().splitlines()
        return [record for record in map(json.loads, lines) if record.get("transfer") == transfer]


Scene = Callable[[Stage], Awaitable[None]]


def demand(fact: object, otherwise: str) -> None:
    """Raises SceneFailed unless `fact` holds."""
    if not fact:
        raise SceneFailed(otherwise)


@asynccontextmanager
async def set_up(directory: Path, tell: Telling) -> AsyncIterator[Stage]:
    """A lab in `directory`, every role a process of its own; what they print goes to a file beside it."""
    lab = prepare(LabOptions(directory / "lab"))
    host, _, port = lab.front_url.removeprefix("https://").partition(":")
    with (directory / "roles.log").open("wb") as output:
        async with running(lab, output.fileno()) as supervisor:
            yield Stage(lab, supervisor, Citizen(host, int(port), lab.pki.ca_file), tell)


async def processes(stage: Stage) -> None:
    stage.tell.scene("関所を建てる", "Every role is a process of its own", "P1")
    stage.tell.processes(stage.supervisor.pids)
    demand({"front-0", "egress", "ledger", "exporter", "gate"} <= stage.supervisor.pids.keys(), "a role is not running")


async def status_query(stage: Stage) -> None:
    stage.tell.scene("照会が通る", "A status query goes the whole way and is answered", "P2 P4")
    reply = await stage.citizen.ask("GET", "/status/2026-0415-000001")
    demand(reply.status == 200 and reply.document().get("状況"), f"the query was answered {reply.status}")
    stage.tell.reply("GET /status/2026-0415-000001", reply)


async def form(stage: Stage) -> None:
    stage.tell.scene("申請が届く", "A Japanese form is admitted, recorded, sealed, delivered, receipted", "P2 P4 P5 P8")
    sample = next(sample for sample in samples() if sample.name == "form-urlencoded")
    reply = await stage.citizen.ask(sample.method, sample.path, sample.body, sample.content_type)
    demand(reply.status == 200, f"the form was answered {reply.status}")
    demand(reply.document().get("transfer") == reply.transfer, "the application was told another transfer id")
    stage.tell.reply(f"{sample.method} {sample.path}", reply)
    found = stage.records(reply.transfer)
    kinds = [record["kind"] for record in found]
    demand(kinds == ["intent", "outcome"], f"the log holds {kinds} of this transfer, not its intent and outcome")
    demand(found[1]["result"] == "delivered" and found[1]["intent"] == found[0]["index"], "the outcome does not fit")
    stage.tell.records(found)
    stage.tell.receipt(str(found[1]["receipt"]))


async def undeclared_field(stage: Stage) -> None:
    stage.tell.scene("目的外の項目は通さない", "A field that the procedure does not declare does not cross", "P3")
    sample = next(sample for sample in samples() if sample.name == "dog-urlencoded")
    body = (sample.body or b"") + f"&{_UNDECLARED}".encode()
    await _refused(
        stage,
        f"{sample.method} {sample.path}",
        await stage.citizen.ask(sample.method, sample.path, body, sample.content_type),
        422,
        "field_undeclared",
    )


async def smuggling(stage: Stage) -> None:
    stage.tell.scene("紛れ込みは通さない", "Two lengths for one body: a request smuggling attempt", "P3")
    path = next(sample.path for sample in samples() if sample.name == "dog-urlencoded")
    attempt = (
        f"POST {path} HTTP/1.1\r\nHost: {stage.citizen.authority}\r\nAccept: application/json\r\n"
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\n\r\n"
    )
    await _refused(
        stage,
        "POST, Content-Length and Transfer-Encoding",
        await stage.citizen.send(attempt.encode()),
        400,
        "length_conflict",
    )


async def oversized(stage: Stage) -> None:
    stage.tell.scene("大きすぎるものは通さない", "A body over the limit", "P3")
    sample = next(sample for sample in samples() if sample.name == "dog-urlencoded")
    reply = await stage.citizen.ask(sample.method, sample.path, b"a" * _OVERSIZED_BYTES, sample.content_type)
    await _refused(stage, f"POST of {_OVERSIZED_BYTES:,} bytes", reply, 413, "body_too_large")


async def _refused(stage: Stage, what: str, reply: Reply, status: int, reason: str) -> None:
    demand(reply.status == status, f"{what} was answered {reply.status}, not {status}")
    found = stage.records(reply.transfer)
    demand([record["kind"] for record in found] == ["refusal"], "the refusal has not exactly one record")
    demand(found[0]["reason"] == reason, f"the reason in the log is {found[0]['reason']}, not {reason}")
    stage.tell.reply(what, reply)
    stage.tell.records(found)


async def line_cut(stage: Stage) -> None:
    stage.tell.scene("LGWAN 側の線が切れる", "The LGWAN side goes away, and comes back", "P3 P5")
    await stage.supervisor.hold("gate")
    reply = await stage.citizen.ask("GET", "/status/2026-0415-000001")
    demand(reply.status in (502, 503), f"without a gate the query was answered {reply.status}")
    stage.tell.reply("GET, line cut", reply)
    await stage.supervisor.release("gate")
    with trio.move_on_after(_PATIENCE_S) as patience:
        while (reply := await stage.citizen.ask("GET", "/status/2026-0415-000001")).status != 200:  # noqa: ASYNC110  # the gate's probe decides
            await trio.sleep(0.2)
    demand(not patience.cancelled_caught, "the line did not come back")
    stage.tell.reply("GET, line restored", reply)


async def verified(stage: Stage) -> None:
    stage.tell.scene("記録は書き換えられない", "The log is verified; then a copy is tampered with, and caught", "P6")
    copy = stage.lab.options.directory / "log-copy"
    reader.copy(stage.log_dir, copy)
    report = verify(copy, stage.vkey)
    stage.tell.verified(report.size, report.root.hex())
    bundle = next(path for path in sorted((copy / "tile/entries").rglob("*")) if path.is_file())
    data = bundle.read_bytes()
    at = data.index(b'"fields":23')
    bundle.write_bytes(data.replace(b'"fields":23', b'"fields":22', 1))
    try:
        verify(copy, stage.vkey)
    except IntegrityBroken as broken:
        stage.tell.tampered(f"{bundle.relative_to(copy)}, byte {at}", str(broken))
    else:
        raise SceneFailed("a changed record passed the verification")


SCENES: tuple[Scene, ...] = (
    processes,
    status_query,
    form,
    undeclared_field,
    smuggling,
    oversized,
    line_cut,
    verified,
)


async def play(directory: Path, tell: Telling) -> None:
    """All scenes, in order. Raises SceneFailed, StartFailed, ConfigInvalid."""
    async with set_up(directory, tell) as stage:
        for scene in SCENES:
            await scene(stage)
    tell.end(len(SCENES))
