"""Makes the vectors of docs/spec/envelope.md in this directory; PROVENANCE.md says what they are.

    .venv/bin/python -m tests.vectors.envelope.make

Sealing draws fresh keys, so each run makes other bytes, and only the opening direction can be tested against what is
committed. `expect` is written here by hand from the spec, never taken from what the code answers.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from policy.verdict import ForwardHead, _admit
from relay.base.ids import parse_transfer_id, transfer_id_to_bytes
from relay.envelope.format import Header
from relay.envelope.keys import ReceiptSigner, RecipientPrivateKey, SenderPrivateKey
from relay.envelope.receipt import Receipt, sign_statements, statement_of
from relay.envelope.response import ResponseSealer
from relay.envelope.seal import Sealer
from relay.envelope.wrapping import KeyWrapper

HERE = Path(__file__).parent
CREATED = 1_795_392_000_000
LIFETIME = 120_000
TRANSFER = parse_transfer_id("01a205bf-5400-7abc-8def-0123456789ab")
OTHER_TRANSFER = "01a205bf-5400-7abc-8def-0123456789ac"
TENANT = "minato"
SIZES = (0, 1, 3000, 65536, 131073)  # the other borders are in tests/property
CHUNK = 65536 + 16
SEALED = 1248
TIMES = 16
TRAILER = TIMES + 64
HEADER = 64 + len(TENANT)
CHUNKS = HEADER + 2 + SEALED  # where the chunks begin
RESPONSE_PRELUDE = 56


def seed(name: str, length: int) -> bytes:
    return hashlib.shake_256(b"sekisho TEST ONLY vector key " + name.encode()).digest(length)


def plaintext(size: int) -> bytes:
    """Known to the reader of the vectors: SHAKE-256 of the size in decimal."""
    return hashlib.shake_256(b"sekisho vector plaintext %d" % size).digest(size)


RECIPIENT = RecipientPrivateKey(seed("recipient", 96))
OTHER_RECIPIENT = RecipientPrivateKey(seed("other recipient", 96))
WRAPPER = KeyWrapper(RECIPIENT.public_key, lambda: CREATED)
SENDER = SenderPrivateKey("front-1.example", seed("sender", 32))
OTHER_SENDER = SenderPrivateKey("front-2.example", seed("other sender", 32))
RECEIPT = ReceiptSigner("gate-1.example", seed("receipt", 32))


def keys() -> dict[str, Any]:
    return {
        "warning": "TEST ONLY: these seeds are public. SHAKE-256 of a fixed text, see make.py.",
        "recipient": {"seed": seed("recipient", 96).hex(), "public": RECIPIENT.public_key.to_text()},
        "other_recipient": {"seed": seed("other recipient", 96).hex(), "public": OTHER_RECIPIENT.public_key.to_text()},
        "sender": {"name": SENDER.name, "seed": seed("sender", 32).hex(), "public": SENDER.public_key.to_text()},
        "other_sender": {
            "name": OTHER_SENDER.name,
            "seed": seed("other sender", 32).hex(),
            "public": OTHER_SENDER.public_key.to_text(),
        },
        "receipt": {"name": RECEIPT.name, "seed": seed("receipt", 32).hex(), "public": RECEIPT.public_key.to_text()},
    }


def sealed_envelope(size: int) -> tuple[bytes, bytes]:
    pieces: list[bytes] = []
    header = Header(TRANSFER, TENANT, "exchange", RECIPIENT.key_id, SENDER.key_id)
    sealer = Sealer(header, WRAPPER, SENDER, pieces.append)
    sealer.write(plaintext(size))
    admitted = _admit("vector", TENANT, "exchange", ForwardHead("GET", "/", None, ()), (), 0, 0)
    envelope = sealer.finish(admitted, created_ms=CREATED, expires_ms=CREATED + LIFETIME)
    return b"".join(pieces), envelope.response_key


def case(category: str, name: str, base: str, expect: str, *edits: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"category": category, "name": name, "base": base, "edits": list(edits), "expect": expect, **more}


def flip(at: int, bit: int = 0) -> dict[str, Any]:
    return {"op": "flip", "at": at, "bit": bit}


def put(at: int, data: bytes) -> dict[str, Any]:
    return {"op": "set", "at": at, "hex": data.hex()}


def insert(at: int, data: bytes) -> dict[str, Any]:
    return {"op": "insert", "at": at, "hex": data.hex()}


def delete(at: int, length: int) -> dict[str, Any]:
    return {"op": "delete", "at": at, "length": length}


def copy(source: int, length: int, at: int) -> dict[str, Any]:
    return {"op": "copy", "from": source, "length": length, "at": at}


def swap(first: int, second: int, length: int) -> dict[str, Any]:
    return {"op": "swap", "first": first, "second": second, "length": length}


def truncate(length: int) -> dict[str, Any]:
    return {"op": "truncate", "length": length}


def sign(by: str = "sender") -> dict[str, Any]:
    return {"op": "sign", "by": by}


INVALID, STALE, BAD_SIGNATURE = "envelope_invalid", "envelope_stale", "signature_invalid"

TIMES_AT = CHUNKS + 3016  # in the base of 3000 bytes
SIZE_3000 = TIMES_AT + TRAILER

# (field, where to flip the lowest bit of a byte, what that must lead to without and with a new signature)
FIELDS = (
    ("magic, first byte", 0, INVALID, INVALID),
    ("magic, last byte", 6, INVALID, INVALID),
    ("version", 7, INVALID, INVALID),
    ("mode", 8, INVALID, INVALID),
    ("KEM", 10, INVALID, INVALID),
    ("KDF", 12, INVALID, INVALID),
    ("AEAD", 14, INVALID, INVALID),
    ("transfer id, time", 15, BAD_SIGNATURE, INVALID),
    ("transfer id, random", 30, BAD_SIGNATURE, INVALID),
    ("recipient key id, first byte", 31, "recipient_unknown", "recipient_unknown"),
    ("recipient key id, last byte", 46, "recipient_unknown", "recipient_unknown"),
    ("sender key id, first byte", 47, "sender_unknown", "sender_unknown"),
    ("sender key id, last byte", 62, "sender_unknown", "sender_unknown"),
    ("length of tenant", 63, INVALID, INVALID),
    ("tenant", 64, BAD_SIGNATURE, INVALID),
    ("sealed length", HEADER + 1, INVALID, INVALID),
    ("sealed wrapping key, ML-KEM part", HEADER + 2, BAD_SIGNATURE, INVALID),
    ("sealed wrapping key, X25519 part", HEADER + 2 + 1088, BAD_SIGNATURE, INVALID),
    ("sealed wrapping key, ciphertext", HEADER + 2 + 1120, BAD_SIGNATURE, INVALID),
    ("sealed wrapping key, tag", HEADER + 2 + 1167, BAD_SIGNATURE, INVALID),
    ("wrapped keys, ciphertext", HEADER + 2 + 1168, BAD_SIGNATURE, INVALID),
    ("wrapped keys, tag", CHUNKS - 1, BAD_SIGNATURE, INVALID),
    ("chunk", CHUNKS, BAD_SIGNATURE, INVALID),
    ("tag of the chunk", TIMES_AT - 1, BAD_SIGNATURE, INVALID),
    ("created, highest byte", TIMES_AT, STALE, STALE),
    ("expires, highest byte", TIMES_AT + 8, STALE, STALE),
    ("expires, lowest byte", TIMES_AT + 15, STALE, STALE),  # 1 ms longer than an envelope may live
)


def header_cases() -> list[dict[str, Any]]:
    base = "3000"
    made = []
    for name, at, unsigned, signed in FIELDS:
        made.append(case("altered", name, base, unsigned, flip(at)))
        made.append(case("altered-signed", f"{name}, signed anew", base, signed, flip(at), sign()))
    made += [
        case("altered", f"signature, byte {at}", base, BAD_SIGNATURE, flip(SIZE_3000 - 64 + at))
        for at in (0, 31, 32, 63)
    ]
    made += [
        case("altered-signed", "version 0", base, INVALID, put(7, b"\x00"), sign()),
        case("altered-signed", "version 2", base, INVALID, put(7, b"\x02"), sign()),
        case("altered-signed", "mode 0", base, INVALID, put(8, b"\x00"), sign()),
        case("altered-signed", "mode 3", base, INVALID, put(8, b"\x03"), sign()),
        case(
            "altered-signed",
            "another mode that is taken",
            base,
            INVALID,
            put(8, b"\x02"),
            sign(),
            modes=["exchange", "deposit"],
        ),
        case("altered-signed", "another mode that is not taken", base, INVALID, put(8, b"\x02"), sign()),
        case("altered-signed", "KEM X25519", base, INVALID, put(9, b"\x00\x20"), sign()),
        case("altered-signed", "AEAD export-only", base, INVALID, put(13, b"\xff\xff"), sign()),
        case("altered-signed", "transfer id is a UUIDv4", base, INVALID, put(21, b"\x4a"), sign()),
        case("altered-signed", "transfer id of another variant", base, INVALID, put(23, b"\xcd"), sign()),
        case("altered-signed", "transfer id nil", base, INVALID, put(15, bytes(16)), sign()),
        case("altered-signed", "expires when created", base, STALE, put(TIMES_AT + 8, CREATED.to_bytes(8)), sign()),
        case(
            "altered-signed",
            "expires before created",
            base,
            STALE,
            put(TIMES_AT + 8, (CREATED - 1).to_bytes(8)),
            sign(),
        ),
        case("altered-signed", "tenant in capitals", base, INVALID, put(64, b"Minato"), sign()),
        case("altered-signed", "tenant ends with a hyphen", base, INVALID, put(64, b"minat-"), sign()),
        case("altered-signed", "tenant with a zero byte", base, INVALID, put(64, b"mina\x00o"), sign()),
        case("altered-signed", "tenant not ASCII", base, INVALID, put(64, "港区".encode()), sign()),
        case("altered-signed", "no tenant", base, INVALID, put(63, b"\x00"), delete(64, 6), sign()),
        case("altered-signed", "tenant of 33", base, INVALID, put(63, b"\x21"), insert(70, b"a" * 27), sign()),
        case("altered-signed", "another tenant", base, INVALID, put(64, b"chuoku"), sign()),
        case(
            "altered-signed",
            "sealed length too long",
            base,
            INVALID,
            put(HEADER, b"\x04\xb1"),
            insert(CHUNKS, b"\x00"),
            sign(),
        ),
        case(
            "altered-signed",
            "sealed length too short",
            base,
            INVALID,
            put(HEADER, b"\x04\xaf"),
            delete(CHUNKS - 1, 1),
            sign(),
        ),
        case(
            "altered-signed",
            "sealed length zero",
            base,
            INVALID,
            put(HEADER, b"\x00\x00"),
            delete(HEADER + 2, SEALED),
            sign(),
        ),
        case("altered-signed", "signed by another known sender", base, BAD_SIGNATURE, sign("other_sender")),
        case(
            "altered-signed",
            "taken over by another known sender",
            base,
            INVALID,
            put(47, OTHER_SENDER.key_id),
            sign("other_sender"),
        ),
        case("altered-signed", "named another known recipient", base, INVALID, put(31, OTHER_RECIPIENT.key_id), sign()),
    ]
    return made


def length_cases() -> list[dict[str, Any]]:
    """Every boundary of the layout and its neighbours. Up to the shortest envelope the form is at fault.

    From there on other bytes come to stand where the times are looked for. They make no lifetime that is allowed, as the bases
    of these cases show: so the times are at fault, and the signature only where the times stayed in their place.
    """
    base = "3000"
    made = []
    least = CHUNKS + 16 + TRAILER
    for at in (
        0,
        1,
        7,
        8,
        9,
        15,
        31,
        47,
        63,
        64,
        HEADER - 1,
        HEADER,
        HEADER + 1,
        HEADER + 2,
        CHUNKS - 1,
        CHUNKS,
    ):
        made.append(case("truncated", f"after {at} bytes", base, INVALID, truncate(at)))
    for at in (CHUNKS + 15, CHUNKS + 16, CHUNKS + 79, CHUNKS + 80, least - 1):
        made.append(case("truncated", f"after {at} bytes", base, INVALID, truncate(at)))
    for at in (least, least + 1, TIMES_AT - 1, TIMES_AT, TIMES_AT + 8, SIZE_3000 - 65, SIZE_3000 - 64, SIZE_3000 - 1):
        made.append(case("truncated", f"after {at} bytes", base, STALE, truncate(at)))
    for extra in (b"\x00", b"\x0a", bytes(16), bytes(64)):
        made.append(case("trailing", f"{len(extra)} bytes {extra[:1].hex()}", base, STALE, insert(SIZE_3000, extra)))
    made.append(case("trailing", "a whole second signature", base, STALE, copy(SIZE_3000 - 64, 64, SIZE_3000)))
    made.append(case("trailing", "a whole second trailer", base, BAD_SIGNATURE, copy(TIMES_AT, TRAILER, SIZE_3000)))
    made.append(
        case("trailing", "a second trailer, signed anew", base, INVALID, copy(TIMES_AT, TRAILER, SIZE_3000), sign())
    )
    made.append(case("trailing", "a byte before the trailer", base, BAD_SIGNATURE, insert(TIMES_AT, b"\x00")))
    made.append(
        case("trailing", "a byte before the trailer, signed anew", base, INVALID, insert(TIMES_AT, b"\x00"), sign())
    )
    made.append(case("truncated", "the byte before the trailer", base, BAD_SIGNATURE, delete(TIMES_AT - 1, 1)))
    made.append(case("truncated", "without its times", base, STALE, delete(TIMES_AT, TIMES)))
    made.append(case("truncated", "without its times, signed anew", base, STALE, delete(TIMES_AT, TIMES), sign()))
    made.append(case("trailing", "a byte before the envelope", base, INVALID, insert(0, b"\x00")))
    return made


def chunk_cases() -> list[dict[str, Any]]:
    """On 131073: chunk 0 and 1 are full, chunk 2 has one byte."""
    base, zero, one, two = "131073", CHUNKS, CHUNKS + CHUNK, CHUNKS + 2 * CHUNK
    made = []
    for name, *edits in (
        ("first two exchanged", swap(zero, one, CHUNK)),
        ("first missing", delete(zero, CHUNK)),
        ("second missing", delete(one, CHUNK)),
        ("last missing", delete(two, 17)),
        ("all but the last missing", delete(zero, 2 * CHUNK)),
        ("first repeated", copy(zero, CHUNK, one)),
        ("second repeated", copy(one, CHUNK, two)),
        ("last repeated", copy(two, 17, two + 17)),
        ("last moved to the front", copy(two, 17, zero), delete(two + 17, 17)),
        ("a tag cut", delete(one + CHUNK - 16, 16)),
        ("the last cut to its tag", delete(two, 1)),
        ("the last cut below its tag", delete(two, 2)),
        ("an empty chunk after the last", insert(two + 17, bytes(16))),
        ("a byte between two", insert(one, b"\x00")),
    ):
        made.append(case("chunks", name, base, BAD_SIGNATURE if name not in UNSIGNED_FORM else INVALID, *edits))
        made.append(case("chunks-signed", f"{name}, signed anew", base, INVALID, *edits, sign()))
    for at in (zero, zero + CHUNK - 1, one, one + CHUNK - 1, two, two + 16):
        made.append(case("chunks-signed", f"bit at {at}, signed anew", base, INVALID, flip(at), sign()))
    full = "65536"
    made += [
        case(
            "chunks-signed",
            "full chunk, then an empty last one",
            full,
            INVALID,
            insert(CHUNKS + CHUNK, bytes(16)),
            sign(),
        ),
        case("chunks-signed", "no chunk at all", "0", INVALID, delete(CHUNKS, 16), sign()),
        case("chunks-signed", "half a tag", "0", INVALID, delete(CHUNKS, 8), sign()),
        case("chunks-signed", "empty one with another's tag", "0", INVALID, put(CHUNKS, bytes(16)), sign()),
        case("chunks-signed", "one byte made none", "1", INVALID, delete(CHUNKS, 1), sign()),
    ]
    return made


# without a new signature these are refused for their length before the signature is looked at
UNSIGNED_FORM = {"a tag cut", "the last cut to its tag", "the last cut below its tag"}


def time_cases() -> list[dict[str, Any]]:
    base, expires, hour = "3000", CREATED + LIFETIME, CREATED + 3_600_000
    return [
        case("time", "at its creation", base, "ok", now_ms=CREATED),
        case("time", "at its expiry", base, "ok", now_ms=expires),
        case("time", "1 ms after its expiry", base, STALE, now_ms=expires + 1),
        case("time", "a day late", base, STALE, now_ms=expires + 86_400_000),
        case("time", "created at the allowed skew", base, "ok", now_ms=CREATED - 30_000),
        case("time", "created 1 ms beyond the skew", base, STALE, now_ms=CREATED - 30_001),
        case("time", "at the beginning of time", base, STALE, now_ms=0),
        case("time", "lifetime as allowed", base, "ok", lifetime_ms=LIFETIME),
        case("time", "lifetime 1 ms over", base, STALE, lifetime_ms=LIFETIME - 1),
        case("time", "expires at the end of time", base, STALE, put(TIMES_AT + 8, b"\xff" * 8), sign()),
        case("time", "created at the end of time", base, STALE, put(TIMES_AT, b"\xff" * 8), sign()),
        case("time", "both at the end of time", base, STALE, put(TIMES_AT, b"\xff" * 16), sign()),
        case("time", "an hour later, moved by nobody", base, BAD_SIGNATURE, times(hour, LIFETIME), now_ms=hour),
        case("time", "created 1 ms later, by nobody", base, BAD_SIGNATURE, times(CREATED + 1, LIFETIME - 1)),
        case("time", "swapped with the signature's beginning", base, STALE, swap(TIMES_AT, TIMES_AT + TIMES, TIMES)),
        # the sender may say when: nothing that was sealed before depends on the times
        dated("an hour later", hour, LIFETIME, now_ms=hour),
        dated("the shortest life", CREATED, 1, now_ms=CREATED + 1),
        dated("created at zero", 0, LIFETIME, now_ms=1),
        dated("expires at the last ms", (1 << 64) - 1 - LIFETIME, LIFETIME, now_ms=(1 << 64) - 1),
    ]


def times(created: int, life: int) -> dict[str, Any]:
    return put(TIMES_AT, created.to_bytes(8) + (created + life).to_bytes(8))


def dated(name: str, created: int, life: int, **more: Any) -> dict[str, Any]:
    return case(
        "time",
        f"{name}, signed anew",
        "3000",
        "ok",
        times(created, life),
        sign(),
        created_ms=created,
        expires_ms=created + life,
        **more,
    )


def trust_cases() -> list[dict[str, Any]]:
    base = "3000"
    return [
        case("trust", "gate without keys", base, "recipient_unknown", recipients=[]),
        case("trust", "gate with another key", base, "recipient_unknown", recipients=["other_recipient"]),
        case("trust", "gate with both keys", base, "ok", recipients=["recipient", "other_recipient"]),
        case("trust", "no senders", base, "sender_unknown", senders=[]),
        case("trust", "another sender", base, "sender_unknown", senders=["other_sender"]),
        case(
            "trust",
            "neither key known: the recipient is asked first",
            base,
            "recipient_unknown",
            recipients=[],
            senders=[],
        ),
        case("trust", "stale and by nobody: the sender is asked first", base, "sender_unknown", senders=[], now_ms=0),
        case("trust", "stale and altered: the time is asked first", base, STALE, flip(CHUNKS), now_ms=0),
        case("trust", "stale in a mode that is not taken: the mode is asked first", base, INVALID, now_ms=0, modes=[]),
    ]


def envelope_file(bases: dict[str, bytes], keys_of: dict[str, bytes]) -> dict[str, Any]:
    cases = [case("plain", f"{size} bytes", str(size), "ok") for size in SIZES]
    cases += header_cases() + length_cases() + chunk_cases() + time_cases() + trust_cases()
    return {
        "defaults": {
            "now_ms": CREATED + 1_000,
            "created_ms": CREATED,
            "expires_ms": CREATED + LIFETIME,
            "lifetime_ms": LIFETIME,
            "clock_skew_ms": 30_000,
            "recipients": ["recipient", "other_recipient"],
            "senders": ["sender", "other_sender"],
            "modes": ["exchange"],
        },
        "bases": {
            name: {
                "file": f"envelope-{name}.bin",
                "digest": hashlib.sha256(raw).hexdigest(),
                "plaintext_sha256": hashlib.sha256(plaintext(int(name))).hexdigest(),
                "response_key": keys_of[name].hex(),
            }
            for name, raw in bases.items()
        },
        "cases": cases,
    }


def response_file(bases: dict[str, bytes], key: bytes) -> dict[str, Any]:
    bad, base, large = "response_invalid", "3000", "131073"
    start = RESPONSE_PRELUDE
    zero, one, two = start, start + CHUNK, start + 2 * CHUNK
    cases = [case("plain", f"{name} bytes", name, "ok") for name in bases]
    cases += [
        case("altered", name, base, bad, flip(at))
        for name, at in (
            ("magic", 0),
            ("version", 7),
            ("transfer id", 8),
            ("transfer id, last byte", 23),
            ("salt", 24),
            ("salt, last byte", 55),
            ("chunk", start),
            ("tag", start + 3015),
        )
    ]
    cases += [
        case("truncated", f"after {at} bytes", base, bad, truncate(at))
        for at in (0, 1, 8, 24, 55, 56, 57, 71, 72, 73, 3071)
    ]
    cases += [case("trailing", f"{n} bytes", base, bad, insert(start + 3016, bytes(n))) for n in (1, 16, 17)]
    cases += [
        case("chunks", "first two exchanged", large, bad, swap(zero, one, CHUNK)),
        case("chunks", "first missing", large, bad, delete(zero, CHUNK)),
        case("chunks", "last missing", large, bad, delete(two, 17)),
        case("chunks", "last two missing", large, bad, delete(one, CHUNK + 17)),
        case("chunks", "first repeated", large, bad, copy(zero, CHUNK, one)),
        case("chunks", "last repeated", large, bad, copy(two, 17, two + 17)),
        case("chunks", "an empty one after the last", large, bad, insert(two + 17, bytes(16))),
        case("chunks", "an empty one after a full last one", "65536", bad, insert(start + CHUNK, bytes(16))),
        case("key", "another transfer is waited for", base, bad, transfer=OTHER_TRANSFER),
        case("key", "another response key", base, bad, response_key=hashlib.sha256(b"another").hexdigest()),
        case(
            "key",
            "renamed to the transfer that is waited for",
            base,
            bad,
            put(8, transfer_id_to_bytes(parse_transfer_id(OTHER_TRANSFER))),
            transfer=OTHER_TRANSFER,
        ),
    ]
    return {
        "defaults": {"transfer": TRANSFER, "response_key": key.hex()},
        "bases": {
            name: {
                "file": f"response-{name}.bin",
                "digest": hashlib.sha256(raw).hexdigest(),
                "plaintext_sha256": hashlib.sha256(plaintext(int(name))).hexdigest(),
            }
            for name, raw in bases.items()
        },
        "cases": cases,
    }


def sealed_response(size: int, key: bytes) -> bytes:
    pieces: list[bytes] = []
    sealer = ResponseSealer(TRANSFER, key, pieces.append)
    sealer.write(plaintext(size))
    sealer.finish()
    return b"".join(pieces)


def receipt_file() -> dict[str, Any]:
    envelope, response = hashlib.sha256(b"envelope").digest(), hashlib.sha256(b"response").digest()

    delivered = Receipt(RECEIPT.name, TRANSFER, envelope, response, "delivered", CREATED)

    def together(*receipts: Receipt) -> list[str]:
        return [raw.decode() for raw in sign_statements(RECEIPT, [statement_of(receipt) for receipt in receipts])]

    def receipt(**changes: Any) -> str:
        (alone,) = together(delivered._replace(**changes))
        return alone

    good = receipt()
    own, note = good.split("\n\n", 1)
    others = [delivered._replace(received_ms=CREATED + number) for number in range(1, 9)]
    full = together(*others[:4], delivered, *others[4:7])[4]
    listed = note.split("\n")[1]
    nine = note.replace(listed, "\n".join([listed, *(f"{number}{listed[1:]}" for number in range(8))]))
    bad = "receipt_invalid"
    sign_at = good.index(" ", good.index("— ") + 2) + 1

    def edited(category: str, name: str, text: str, **more: Any) -> dict[str, Any]:
        if text == good and not more:
            raise AssertionError(name)
        return {"category": category, "name": name, "receipt": text, "expect": bad, **more}

    cases: list[dict[str, Any]] = [
        {"category": "plain", "name": "delivered", "receipt": good, "expect": "ok"},
        {
            "category": "plain",
            "name": "no response",
            "receipt": receipt(response_digest=b"", result="application_timeout"),
            "expect": "ok",
            "response_digest": "",
        },
        {
            "category": "plain",
            "name": "files that were made anew",
            "receipt": receipt(disarmed_digest=hashlib.sha256(b"disarmed").digest()),
            "expect": "ok",
        },
        {"category": "plain", "name": "first of two", "receipt": together(delivered, others[0])[0], "expect": "ok"},
        {"category": "plain", "name": "fifth of eight", "receipt": full, "expect": "ok"},
        edited("about", "another transfer", good, transfer=OTHER_TRANSFER),
        edited("about", "another envelope", good, envelope_digest="00" * 32),
        edited("about", "another response", good, response_digest="00" * 32),
        edited("about", "a response where none is", receipt(response_digest=b"")),
        edited("about", "no response where one is", good, response_digest=""),
        edited("form", "empty", ""),
        edited("form", "no note", own + "\n\n"),
        edited("form", "no signature", good.rpartition("\n\n")[0] + "\n\n"),
        edited("form", "no final LF", good[:-1]),
        edited("form", "an LF too many", good + "\n"),
        edited("form", "two signatures", good + note.split("\n\n")[1]),
        edited("form", "CRLF", good.replace("\n", "\r\n")),
        edited("form", "another version", good.replace("receipt/1", "receipt/2", 1)),
        edited("form", "another version of the note", good.replace("receipts/1", "receipts/2", 1)),
        edited("form", "a note that lists nothing", own + "\n\n" + note.replace(listed + "\n", "")),
        edited("form", "a note that lists nine", own + "\n\n" + nine),
        edited("form", "a blank line in the note", own + "\n\n" + note.replace(listed, "\n" + listed)),
        edited("form", "two statements", own + "\n\n" + good),
        edited("form", "the note alone", note),
        edited("form", "a line more", good.replace("delivered\n", "delivered\nextra\n")),
        edited("form", "a line less", good.replace("delivered\n", "")),
        edited("form", "hyphen for the dash", good.replace("—", "-")),
        edited("form", "leading zero", good.replace(str(CREATED), "0" + str(CREATED))),
        edited("form", "capital hex", good.replace(envelope.hex(), envelope.hex().upper())),
        edited("form", "no line of files that were made anew", good.replace(f"{CREATED}\n-\n", f"{CREATED}\n")),
        edited("form", "over the bound", good + "x" * 965),
        edited("altered", "result", good.replace("delivered", "overloaded")),
        edited("altered", "unknown result", good.replace("delivered", "perhaps")),
        edited("altered", "one listed more", own + "\n\n" + note.replace(listed, listed + "\n" + listed)),
        edited("altered", "one listed less", full.replace(full.split("\n")[10] + "\n", "")),
        edited("altered", "not what is listed", own + "\n\n" + together(*others[:3])[0].split("\n\n", 1)[1]),
        edited("altered", "files that were made anew", good.replace(f"{CREATED}\n-", f"{CREATED}\n{'0' * 64}")),
        edited("altered", "time", good.replace(str(CREATED), str(CREATED + 1))),
        edited("altered", "name of the gate", good.replace("gate-1.example\n01", "gate-2.example\n01")),
        edited("altered", "name of the signer", good.replace("— gate-1", "— gate-2")),
        edited("altered", "key hash", good[:sign_at] + "AAAAA" + good[sign_at + 5 :]),
        edited("altered", "signature", good[:-10] + ("A" if good[-10] != "A" else "B") + good[-9:]),
        edited("altered", "bits after the end of base64", good[:-3] + chr(ord(good[-3]) + 1) + good[-2:]),
    ]
    return {
        "defaults": {"transfer": TRANSFER, "envelope_digest": envelope.hex(), "response_digest": response.hex()},
        "cases": cases,
    }


def write(name: str, value: dict[str, Any]) -> None:
    (HERE / name).write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    envelopes = {str(size): sealed_envelope(size) for size in SIZES}
    response_key = envelopes["3000"][1]
    responses = {str(size): sealed_response(size, response_key) for size in (0, 3000, 65536, 131073)}
    for name, (raw, _) in envelopes.items():
        (HERE / f"envelope-{name}.bin").write_bytes(raw)
    for name, raw in responses.items():
        (HERE / f"response-{name}.bin").write_bytes(raw)
    write("keys.json", keys())
    write(
        "envelopes.json",
        envelope_file({n: raw for n, (raw, _) in envelopes.items()}, {n: k for n, (_, k) in envelopes.items()}),
    )
    write("responses.json", response_file(responses, response_key))
    write("receipts.json", receipt_file())


if __name__ == "__main__":
    main()
