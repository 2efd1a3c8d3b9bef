"""The records of the transfer log: what one leaf says (docs/spec/log.md section 2).

A record is about a transfer, never of it. Its fields are ids, enumerations, sizes, digests and names that the operator
declared; each has a pattern, and encoding checks them as strictly as decoding does, so that no bug can write a value
that a citizen sent. Where a text is free (`detail`), ten digits in a row are refused: no personal number, phone or card
fits. One record has exactly one encoding.
"""

from __future__ import annotations

import datetime
import re
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from relay.base.errors import IntegrityBroken, Misuse
from relay.base.reasons import Reason, Stage

# The sizes below keep every record that the types allow under the least limits.record_bytes (a test builds the largest).
FINDINGS_MAX = 32
SHADOW_FINDINGS_MAX = 16  # of the next version of a procedure; a form that a person fills in has fewer faults at once
WORD_CHARS = 64
DETAIL_CHARS = 160
TARGET_CHARS = 80
VALUES_MAX = 64  # measurements of one State record
MEASURED_CHARS = 64
RECEIPT_CHARS = 1024  # relay.envelope.receipt writes at most 900
MESSAGE_CHARS = 120
TAGS_MAX = 8  # of one rule; those of the Core Rule Set have up to 12, of which the first say most
DISARMED_MAX = 20  # files of one transfer that were made anew; policy.attachments lets no more be declared
TOOL_CHARS = 128  # names and versions of a handful of libraries
REMOVED_MAX = 24  # words; the closed set has as many
DELIVERED = "delivered"

_NO_LONG_NUMBER = r"(?!.*[0-9]{10})"
_NAME = r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?"
_DETAIL = rf"^{_NO_LONG_NUMBER}[ -~]{{0,{DETAIL_CHARS}}}\Z"
TARGET_PATTERN = rf"^{_NO_LONG_NUMBER}([A-Za-z][A-Za-z0-9_.:/-]{{0,{TARGET_CHARS - 1}}})?\Z"
_MEASURED = rf"^{_NO_LONG_NUMBER}[ -~]{{0,{MEASURED_CHARS}}}\Z"
FINDING_DETAIL_PATTERN = rf"^{_NO_LONG_NUMBER}[a-z0-9_.-]{{0,{WORD_CHARS}}}\Z"
TAG_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}\Z"
_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z\Z"
_UUID7 = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_RESULTS = "|".join([DELIVERED, *(reason.value for reason in Reason)])

Time = Annotated[str, Meta(pattern=_TIME, description="RFC 3339, UTC, milliseconds")]
Transfer = Annotated[str, Meta(pattern=rf"^{_UUID7}\Z", description="transfer id")]
TransferOrNone = Annotated[str, Meta(pattern=rf"^({_UUID7})?\Z", description="transfer id; empty before there is one")]
Name = Annotated[str, Meta(pattern=rf"^{_NO_LONG_NUMBER}{_NAME}\Z", description="declared name")]
NameOrNone = Annotated[
    str, Meta(pattern=rf"^{_NO_LONG_NUMBER}({_NAME})?\Z", description="declared name; empty when not known")
]
Word = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_.-]{0,63}\Z", description="word of a closed set of the code")]
Method = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9_-]{0,31}\Z", description="HTTP method that the route declares")]
Address = Annotated[
    str,
    Meta(
        pattern=rf"^{_NO_LONG_NUMBER}[0-9a-f.:]{{0,45}}(%[A-Za-z0-9._-]{{1,15}})?\Z",
        description="IP address, without port",
    ),
]
TlsWord = Annotated[
    str, Meta(pattern=rf"^{_NO_LONG_NUMBER}[A-Za-z0-9._-]{{0,32}}\Z", description="as TLS names it; empty without TLS")
]
Tool = Annotated[
    str,
    Meta(
        pattern=rf"^{_NO_LONG_NUMBER}[A-Za-z0-9 ./+_-]{{0,{TOOL_CHARS}}}\Z",
        description="names and versions of what wrote the bytes",
    ),
]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z", description="SHA-256, hex")]
DigestOrNone = Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z", description="SHA-256, hex; empty when there is none")]
KeyId = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z", description="key id, hex")]
Target = Annotated[str, Meta(pattern=TARGET_PATTERN, description="declared name; empty when it is not one")]
FindingDetail = Annotated[
    str, Meta(pattern=FINDING_DETAIL_PATTERN, description="word of a closed set of the stage; may be empty")
]
RuleMessage = Annotated[
    str,
    Meta(
        pattern=rf"^{_NO_LONG_NUMBER}[ !#-\[\]-~]{{0,{MESSAGE_CHARS}}}\Z",
        description="the rule's `msg` as its author wrote it, nothing filled in; ASCII",
    ),
]
RuleTags = Annotated[
    tuple[Annotated[str, Meta(pattern=TAG_PATTERN)], ...],
    Meta(max_length=TAGS_MAX, description=f"up to {TAGS_MAX} tags of the rule, the first ones"),
]
RuleId = Annotated[int, Meta(ge=0, le=1 << 53, description="the rule's id")]
Phase = Annotated[int, Meta(ge=1, le=5, description="phase, 1 to 5")]
Severity = Annotated[int, Meta(ge=0, le=255, description="0 emergency to 7 debug; 255 where the rule has none")]
Offset = Annotated[int, Meta(ge=0, le=1 << 53, description="byte in the value as the rule's transformations left it")]
Flag = Annotated[bool, Meta(description="true or false")]
Detail = Annotated[str, Meta(pattern=_DETAIL, description="what was expected, ASCII; no ten digits in a row")]
Measured = Annotated[str, Meta(pattern=_MEASURED, description="a measurement that is no number, ASCII")]
Receipt = Annotated[
    str, Meta(pattern=rf"^[A-Za-z0-9+/=_.: \n—-]{{0,{RECEIPT_CHARS}}}\Z", description="the gate's signed receipt")
]
Count = Annotated[int, Meta(ge=0, le=1 << 53, description="number")]  # above it JSON readers lose digits
Status = Annotated[int, Meta(ge=0, le=599, description="HTTP status; 0 without an answer")]
Result = Annotated[str, Meta(pattern=rf"^({_RESULTS})\Z", description="`delivered` or a reason")]
Role = Literal["front", "egress", "ledger", "scanner", "exporter", "gate", "supervisor", "operator"]
Mode = Literal["exchange", "deposit"]


class RuleMatch(Struct, frozen=True, forbid_unknown_fields=True):
    """Which rule of a rule set matched, and where in its target; never what it matched."""

    id: RuleId
    phase: Phase
    message: RuleMessage
    tags: RuleTags
    severity: Severity
    start: Offset
    end: Offset
    exhausted: Flag


class Finding(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that a stage of the policy has to say. `rule` is there where the stage is `rules`."""

    stage: Word
    code: Word
    target: Target
    detail: FindingDetail
    rule: Annotated[RuleMatch | None, Meta(description="the rule that matched")] = None


Findings = Annotated[
    tuple[Finding, ...],
    Meta(
        max_length=FINDINGS_MAX, description=f"up to {FINDINGS_MAX} findings, the first of each rule before any other"
    ),
]


class ShadowFinding(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that the next version of a procedure would have refused."""

    code: Word
    target: Target
    detail: FindingDetail


class Shadow(Struct, frozen=True, forbid_unknown_fields=True):
    """What the next version of the procedure, which is not in force yet, says of the same request. It has decided nothing."""

    version: Annotated[int, Meta(ge=0, le=1 << 53, description="the next version's number")]
    result: Literal["would_admit", "would_refuse", "failed", "exhausted"]
    findings: Annotated[
        tuple[ShadowFinding, ...],
        Meta(max_length=SHADOW_FINDINGS_MAX, description=f"up to {SHADOW_FINDINGS_MAX}, the first ones"),
    ]


class DisarmedFile(Struct, frozen=True, forbid_unknown_fields=True):
    """A file that was made anew without what was active in it (docs/spec/content.md section 9)."""

    attachment: Target
    original: Digest
    result: Digest
    tool: Tool
    removed: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^[a-z_]{1,16}\Z")], ...],
        Meta(
            max_length=REMOVED_MAX,
            description="words of `content/faults.py` and `content/disarmed.py`: what it no longer has",
        ),
    ]


class Intent(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", tag="intent"
):
    """An admitted transfer, before its first byte leaves. Its index is what the permit names."""

    time: Time
    transfer: Transfer
    tenant: Name
    route: Name
    mode: Mode
    method: Method
    source: Address
    tls_version: TlsWord
    tls_group: TlsWord
    envelope_digest: Digest
    envelope_bytes: Count
    recipient: KeyId
    sender: KeyId
    verdict: Literal["admitted"]
    findings: Findings
    fields: Count
    files: Count
    request_bytes: Count
    worker: Count
    shadow: Annotated[
        Shadow | None, Meta(description="by the next version of the procedure; left out where there is none")
    ] = None
    disarmed: Annotated[
        tuple[DisarmedFile, ...],
        Meta(max_length=DISARMED_MAX, description="the files that were made anew; left out where there is none"),
    ] = ()


class Outcome(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="outcome"):
    """How a transfer ended; `intent` is the index of its Intent."""

    time: Time
    transfer: Transfer
    intent: Count
    result: Result
    gate: NameOrNone
    peer: DigestOrNone
    attempts: Count
    duration_ms: Count
    response_digest: DigestOrNone
    response_bytes: Count
    receipt: Receipt


class Remark(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="remark"):
    """What rules had to say of an answer that they let through; written only where there is something, and before it is sent."""

    time: Time
    transfer: Transfer
    intent: Count
    tenant: Name
    route: Name
    findings: Findings
    worker: Count


class Refusal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="refusal"):
    """A transfer that a role would not let on, and why."""

    time: Time
    transfer: TransferOrNone
    role: Role
    reason: Reason
    stage: Stage
    status: Status
    tenant: NameOrNone
    route: NameOrNone
    source: Address
    findings: Findings
    tls_version: TlsWord
    tls_group: TlsWord
    worker: Count


class Operation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="operation"):
    """Something that a role or an operator did: start, reload, key change, recovery."""

    time: Time
    role: Role
    operation: Word
    subject: Target
    result: Word
    detail: Detail


class State(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="state"):
    """Measurements of a role at one time."""

    time: Time
    role: Role
    values: Annotated[
        dict[Word, int | float | Measured], Meta(max_length=VALUES_MAX, description="measurements by name, sorted")
    ]


class Review(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="review"):
    """A person looked at the records from `first` to `last`."""

    time: Time
    reviewer: Name
    first: Count
    last: Count
    result: Word
    detail: Detail


Record = Intent | Outcome | Refusal | Operation | State | Review | Remark
KINDS: tuple[type[Record], ...] = (Intent, Outcome, Remark, Refusal, Operation, State, Review)
KIND_NAMES: tuple[str, ...] = tuple(kind.__struct_config__.tag for kind in KINDS)  # type: ignore[misc]  # tag is a str here

_ENCODER = msgspec.json.Encoder(order="deterministic")  # fields as declared, keys of `values` sorted
_DECODER: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)


def encode_record(record: Record) -> bytes:
    """The one encoding. Raises Misuse when a field holds what its type does not allow: it is never written."""
    raw = _ENCODER.encode(record)
    try:
        _DECODER.decode(raw)
    except msgspec.ValidationError as exc:
        raise Misuse(f"a record that its type does not allow: {exc}") from exc
    return raw


def decode_record(raw: bytes) -> Record:
    """Raises IntegrityBroken for an unknown kind or field, a value out of its type, or any other spelling."""
    try:
        record = _DECODER.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:  # ValidationError is a DecodeError
        raise IntegrityBroken(f"not a record: {exc}") from exc
    if _ENCODER.encode(record) != raw:
        raise IntegrityBroken("not a record: not in its canonical form")
    return record


_AnyRecord = TypeVar("_AnyRecord", bound=Record)


def encode_received(record: Record, time: str) -> bytes:
    """The one encoding of a record that strict decoding has just made (a message of docs/spec/ipc.md), with the ledger's time.

    Its types hold already, so they are not checked a second time: this is the hot path of the ledger.
    """
    return _ENCODER.encode(stamped(record, time))


def stamped(record: _AnyRecord, time: str) -> _AnyRecord:
    """The record as the ledger takes it in: with the ledger's time."""
    return msgspec.structs.replace(record, time=time)


def kind_of(record: Record) -> str:
    return KIND_NAMES[KINDS.index(type(record))]


def parse_time(text: str) -> int:
    """Unix milliseconds of a time as records write it. Raises ValueError."""
    if not re.match(_TIME, text):
        raise ValueError(f"not a time such as 2026-01-31T09:30:00.000Z: {text!r}")
    parsed = datetime.datetime.fromisoformat(text)
    return int(parsed.timestamp()) * 1000 + parsed.microsecond // 1000
