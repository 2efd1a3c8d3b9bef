"""Records to fill a log with, and a Merkle tree written anew, straight from the text of RFC 6962, to compare with."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from relay.base.reasons import Reason, Stage
from relay.base.rfc3339 import format_time
from relay.ledger.store import LogStore
from relay.tree.note import Signer
from relay.tree.record import Finding, Intent, Outcome, Record, Refusal, Remark, RuleMatch, encode_record

ORIGIN = "log.example/dmz-1"
START_MS = 1_790_000_000_000
JOURNAL_BYTES = 512 * 1024  # small, so that laps end often


def transfer(number: int) -> str:
    return f"01999c3e-5b1c-7d0a-8f00-{number:012x}"


def intent(number: int) -> Intent:
    return Intent(
        time=format_time(START_MS + number),
        transfer=transfer(number),
        tenant="minato",
        route="juminhyo",
        mode="exchange",
        method="POST",
        source="192.0.2.7",
        tls_version="TLSv1.3",
        tls_group="X25519MLKEM768",
        envelope_digest=sha256(str(number).encode()).hexdigest(),
        envelope_bytes=4096,
        recipient="0a" * 16,
        sender="0b" * 16,
        verdict="admitted",
        findings=(),
        fields=23,
        files=0,
        request_bytes=3000,
        worker=0,
    )


def outcome(number: int, index: int) -> Outcome:
    return Outcome(
        time=format_time(START_MS + number),
        transfer=transfer(number),
        intent=index,
        result="delivered",
        gate="gate-a",
        peer="ab" * 32,
        attempts=1,
        duration_ms=12,
        response_digest="cd" * 32,
        response_bytes=100,
        receipt="",
    )


def remark(number: int, index: int) -> Remark:
    match = RuleMatch(951230, 4, "mysql SQL Information Leakage", ("attack-disclosure",), 2, 6, 38, False)
    return Remark(
        time=format_time(START_MS + number),
        transfer=transfer(number),
        intent=index,
        tenant="minato",
        route="juminhyo",
        findings=(Finding("rules", "rules_matched", "RESPONSE_BODY", "", match),),
        worker=0,
    )


def refusal(number: int) -> Refusal:
    return Refusal(
        time=format_time(START_MS + number),
        transfer=transfer(number),
        role="front",
        reason=Reason.FIELD_UNDECLARED,
        stage=Stage.SCHEMA,
        status=422,
        tenant="minato",
        route="juminhyo",
        source="2001:db8::7",
        findings=(Finding("schema", "field_undeclared", "", "undeclared"),),
        tls_version="TLSv1.3",
        tls_group="X25519MLKEM768",
        worker=1,
    )


def history(count: int) -> list[Record]:
    """Intent, outcome and refusal in turn: a log of any length that verifies."""
    made: list[Record] = []
    for index in range(count):
        number = index // 3
        made.append((intent(number), outcome(number, index - 1), refusal(number))[index % 3])
    return made


def encoded(count: int) -> list[bytes]:
    return [encode_record(record) for record in history(count)]


def make_log(directory: Path, count: int, signer: Signer | None = None, *, published: int | None = None) -> Signer:
    """A closed log of `count` records, the first `published` of them (all, unless said) under a checkpoint."""
    signer = signer or Signer.generate(ORIGIN)
    directory.mkdir(exist_ok=True)
    store = LogStore.open(directory, ORIGIN, signer, START_MS, journal_bytes=JOURNAL_BYTES)
    entries = encoded(count)
    covered = count if published is None else published
    for start, end in ((0, covered), (covered, count)):
        for at in range(start, end, 64):
            store.append(entries[at : min(at + 64, end)])
        if end == covered:
            store.publish(START_MS)
    store.close()
    return signer


def naive_root(entries: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return sha256(b"\x01" + naive_root(entries[:split]) + naive_root(entries[split:])).digest()


def naive_inclusion(index: int, entries: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962 section 2.1.1."""
    if len(entries) == 1:
        return []
    split = 1
    while split * 2 < len(entries):
        split *= 2
    if index < split:
        return [*naive_inclusion(index, entries[:split]), naive_root(entries[split:])]
    return [*naive_inclusion(index - split, entries[split:]), naive_root(entries[:split])]


def naive_consistency(old: int, entries: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    """PROOF and SUBPROOF of RFC 6962 section 2.1.2."""
    if old == len(entries):
        return [] if whole else [naive_root(entries)]
    split = 1
    while split * 2 < len(entries):
        split *= 2
    if old <= split:
        return [*naive_consistency(old, entries[:split], whole=whole), naive_root(entries[split:])]
    return [*naive_consistency(old - split, entries[split:], whole=False), naive_root(entries[:split])]
