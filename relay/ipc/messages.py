"""What the roles of one host may say to each other, and who may say it (docs/spec/ipc.md).

Both ends import this file; a message that is not here does not exist. `PERMITTED` is the table of section 1.2.
Rule: this file knows formats only; descriptors, sockets and time belong to `relay.net.channel`.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from relay.tree.record import Intent, Name, NameOrNone, Operation, Outcome, Refusal, Remark, Result, State, Tool

PACKET_BYTES: Final = 128 * 1024  # section 1.1; one always fits a socket buffer (net.core.wmem_default is 212,992)
ANSWERS_MOST: Final = 256  # section 2.3; a permit has about 80 bytes
INLINE_BYTES: Final = 64 * 1024  # section 6.1; leaves half a packet for the rest of the message

FILE_NAME_CHARACTERS: Final = (
    4096  # more than the limit name_bytes can be; what is longer than a name may be is a finding
)
FILE_KINDS_MOST: Final = 32  # of one attachment; there are eleven
FAULTS_MOST: Final = 64  # of one file; the words are a closed set of about as many

Call = Annotated[int, Meta(ge=0, lt=1 << 32)]
Index = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]
Digest = Annotated[bytes, Meta(min_length=32, max_length=32)]
TransferRaw = Annotated[bytes, Meta(min_length=16, max_length=16)]
Blob = Annotated[bytes, Meta(max_length=INLINE_BYTES)]
FileName = Annotated[str, Meta(max_length=FILE_NAME_CHARACTERS)]
MediaType = Annotated[str, Meta(max_length=FILE_NAME_CHARACTERS)]
FileKind = Annotated[str, Meta(pattern=r"^[a-z0-9]{0,16}\Z")]
FaultWord = Annotated[str, Meta(pattern=r"^[a-z0-9_]{1,40}\Z")]
Signature = Annotated[str, Meta(pattern=r"^[!-~]{0,128}\Z")]  # a scanner's name for what it found


class Permit(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Section 4.1. Made by `relay.ipc.permit.issue` only."""

    index: Index
    issued_ms: Index
    mac: Digest


class Message(Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=True):
    """Base of every message; `call` pairs an answer with its request (section 2)."""

    call: Call


class RecordIntent(Message, frozen=True, tag=True):
    transfer: TransferRaw
    digest: Digest
    intent: Intent


class RecordOutcome(Message, frozen=True, tag=True):
    outcome: Outcome


class RecordRemark(Message, frozen=True, tag=True):
    remark: Remark


class RecordRefusal(Message, frozen=True, tag=True):
    refusal: Refusal


class RecordOperation(Message, frozen=True, tag=True):
    operation: Operation


class RecordState(Message, frozen=True, tag=True):
    state: State


class Exchange(Message, frozen=True, tag=True):
    """Section 5.1. `inline` is None when the parcel travels as a descriptor."""

    transfer: TransferRaw
    tenant: Name  # as strict as the records that will name it
    claimed_digest: Digest
    permit: Permit | None
    inline: Blob | None


class Permitted(Message, frozen=True, tag=True):
    permit: Permit


class Recorded(Message, frozen=True, tag=True):
    index: Index


class Exchanged(Message, frozen=True, tag=True):
    result: Result
    gate: NameOrNone
    inline: Blob | None


class ScanFile(Message, frozen=True, tag=True):
    """Section 7: a file begins, and its name as it is to go on. `kinds`: what the attachment may be. `active`: as it declares."""

    name: FileName
    media_type: MediaType
    kinds: Annotated[tuple[FileKind, ...], Meta(max_length=FILE_KINDS_MOST)]
    active: Literal["refuse", "disarm", "as-is"]


class ScanPiece(Message, frozen=True, tag=True):
    data: Blob


class ScanEnd(Message, frozen=True, tag=True):
    size: Index  # of the whole, so that a lost piece is seen


class FileScanned(Message, frozen=True, tag=True):
    """Section 7. `faults`: what is wrong with the file itself; only `clean` without any of them passes.

    `tool`: what made the file anew that travels as a descriptor beside this, and `removed` what is no longer in it; else empty.
    """

    verdict: Literal["clean", "infected", "unscannable", "timeout", "error"]
    faults: Annotated[tuple[FaultWord, ...], Meta(max_length=FAULTS_MOST)]
    signature: Signature
    kind: FileKind
    tool: Tool = ""
    removed: Annotated[tuple[FaultWord, ...], Meta(max_length=FAULTS_MOST)] = ()


class Failed(Message, frozen=True, tag=True):
    reason: Result


LedgerAnswer = Permitted | Recorded | Failed


class Answers(Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=True):
    """Section 2.3: what the ledger has for one connection after a commit, in one packet."""

    answers: Annotated[tuple[LedgerAnswer, ...], Meta(min_length=2, max_length=ANSWERS_MOST)]


Request = (
    RecordIntent
    | RecordOutcome
    | RecordRemark
    | RecordRefusal
    | RecordOperation
    | RecordState
    | Exchange
    | ScanFile
    | ScanPiece
    | ScanEnd
)
Answer = Permitted | Recorded | Exchanged | Failed

PERMITTED: Final[dict[str, tuple[type[Message], ...]]] = {
    "ledger/front.sock": (RecordIntent, RecordRemark, RecordRefusal, RecordOperation, RecordState),
    "ledger/egress.sock": (RecordOutcome, RecordRefusal, RecordOperation, RecordState),
    "egress/front.sock": (Exchange,),
    "scanner/front.sock": (ScanFile, ScanPiece, ScanEnd),
}

_encoder = msgspec.msgpack.Encoder()
_answers: msgspec.msgpack.Decoder[Answer | Answers] = msgspec.msgpack.Decoder(Answer | Answers)
_scanned: msgspec.msgpack.Decoder[FileScanned] = msgspec.msgpack.Decoder(FileScanned)
_requests: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)


class ProtocolViolation(Exception):
    """The other end said something that section 1.2 or 2 does not permit; the connection ends."""


def encode(message: Message | Answers) -> bytes:
    """One packet."""
    return _encoder.encode(message)


def decode_request(packet: bytes, socket_name: str) -> Request:
    """The request in `packet`. Raises ProtocolViolation when it is malformed or not permitted on this socket."""
    if len(packet) > PACKET_BYTES:
        raise ProtocolViolation(f"{socket_name}: a packet of {len(packet)} bytes")
    try:
        request = _requests.decode(packet)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ProtocolViolation(f"{socket_name}: not a message") from error
    if not isinstance(request, PERMITTED[socket_name]):
        raise ProtocolViolation(f"{socket_name}: {type(request).__name__} is not permitted here")
    return request


def decode_answers(packet: bytes) -> tuple[Answer, ...]:
    """The answers in `packet`, at least one. Raises ProtocolViolation."""
    if len(packet) > PACKET_BYTES:
        raise ProtocolViolation(f"an answer of {len(packet)} bytes")
    try:
        found = _answers.decode(packet)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ProtocolViolation("not an answer") from error
    return found.answers if isinstance(found, Answers) else (found,)


def decode_scanned(packet: bytes, call: int) -> FileScanned:
    """The one answer of a scanner to the file `call`. Raises ProtocolViolation."""
    try:
        found = _scanned.decode(packet)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ProtocolViolation("not an answer about a file") from error
    if found.call != call:
        raise ProtocolViolation("an answer about another file")
    return found
