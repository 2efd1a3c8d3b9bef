"""Records: one encoding, strict both ways, and nothing in them that a citizen sent."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from relay.base.errors import IntegrityBroken, Misuse
from relay.base.limits import DEFAULTS, Limits
from relay.base.reasons import Reason, Stage
from relay.base.rfc3339 import format_time
from relay.tree.record import (
    DETAIL_CHARS,
    DISARMED_MAX,
    FINDINGS_MAX,
    KIND_NAMES,
    MEASURED_CHARS,
    MESSAGE_CHARS,
    RECEIPT_CHARS,
    REMOVED_MAX,
    SHADOW_FINDINGS_MAX,
    TAGS_MAX,
    TARGET_CHARS,
    TOOL_CHARS,
    VALUES_MAX,
    DisarmedFile,
    Finding,
    Operation,
    Outcome,
    Record,
    Review,
    RuleMatch,
    Shadow,
    ShadowFinding,
    State,
    decode_record,
    encode_record,
    kind_of,
    parse_time,
    stamped,
)
from tests.log_samples import intent, outcome, refusal, remark

TIME = format_time(1_790_000_000_123)
SHADOW = Shadow(2, "would_refuse", (ShadowFinding("field_invalid", "kana", "not_katakana"),))
DISARMED = DisarmedFile("scan", "ab" * 32, "cd" * 32, "disarm/1 pikepdf/9.4.0 qpdf/12.0.0", ("pdf_script", "metadata"))
EVERY: list[Record] = [
    msgspec.structs.replace(intent(1), shadow=SHADOW, disarmed=(DISARMED,)),
    outcome(1, 0),
    remark(1, 0),
    refusal(2),
    Operation(time=TIME, role="ledger", operation="start", subject="log", result="done", detail="version 0.1.0"),
    State(time=TIME, role="ledger", values={"size": 12, "lag_s": 0.25, "clock": "synchronised"}),
    Review(time=TIME, reviewer="auditor-1", first=0, last=99, result="ok", detail=""),
]


def changed(record: Record, **fields: Any) -> Record:
    return msgspec.structs.replace(record, **fields)


def test_every_kind_both_ways() -> None:
    assert [kind_of(record) for record in EVERY] == list(KIND_NAMES)
    for record in EVERY:
        raw = encode_record(record)
        assert raw.startswith(f'{{"kind":"{kind_of(record)}","time":"'.encode())
        assert decode_record(raw) == record
        names = list(msgspec.json.decode(raw))
        assert names == ["kind", *(field.name for field in msgspec.structs.fields(record))]


def test_an_intent_without_a_shadow_is_written_as_before_there_were_any() -> None:
    raw = encode_record(intent(1))
    assert b"shadow" not in raw
    assert decode_record(raw) == intent(1)
    with pytest.raises(IntegrityBroken, match="canonical"):
        decode_record(raw[:-1] + b',"shadow":null}')


def test_values_are_sorted() -> None:
    record = State(time=TIME, role="front", values={"b": 1, "a": 2})
    assert b'"values":{"a":2,"b":1}' in encode_record(record)


def test_any_other_spelling_is_refused() -> None:
    raw = encode_record(refusal(1))
    wrong = [
        b"",
        b"{}",
        b"null",
        b"[]",
        raw[:-1],
        raw + b" ",
        b" " + raw,
        raw.replace(b'":', b'": ', 1),
        raw.replace(b'"refusal"', b'"surprise"'),
        raw.replace(b'"kind":"refusal",', b""),
        raw.replace(b'"worker":1', b'"worker":1,"extra":1'),
        raw.replace(b'"worker":1', b'"worker":1,"worker":1'),
        raw.replace(b',"worker":1', b""),
        raw.replace(b'"worker":1', b'"worker":1.0'),
        raw.replace(b'"worker":1', b'"worker":-1'),
        raw.replace(b'"worker":1', b'"worker":"1"'),
        raw.replace(b'"minato"', b'"m\\u0069nato"'),
        raw.replace(b'"minato"', '"港区"'.encode()),
        raw.replace(b'"minato"', b'"\xff"'),
        raw.replace(b'"field_undeclared","stage"', b'"no_such_reason","stage"'),
        raw.replace(b"Z", b"+00:00", 1),
        b"[" * 5000,
    ]
    for number, data in enumerate(wrong):
        assert data != raw, number
        with pytest.raises(IntegrityBroken):
            decode_record(data)
    assert len(wrong) == 22


# What a bug might put into a record: values as citizens send them. No field takes any of them.
VALUES = [
    "東京都港区芝公園1-5-25",
    "山田 太郎",
    "ヤマダ タロウ",
    "123456789018",
    "4111111111111111",
    "09012345678",
    "taro@example.jp",
    "<script>alert(1)</script>",
    "line\nbreak",
    "x" * 5000,
]


def test_no_text_field_takes_a_value() -> None:
    tried = 0
    # `detail` is ASCII that the code wrote; a receipt is base64, and the gate signed it
    free = {
        "receipt": {"123456789018", "4111111111111111", "09012345678", "line\nbreak"},
        "detail": {"taro@example.jp", "<script>alert(1)</script>"},
    }
    for record in EVERY:
        for field in msgspec.structs.fields(record):
            if not isinstance(getattr(record, field.name), str):
                continue
            for value in VALUES:
                if value in free.get(field.name, ()):
                    continue
                tried += 1
                with pytest.raises(Misuse):
                    encode_record(changed(record, **{field.name: value}))
    assert tried > 300


def test_findings_take_words_only() -> None:
    for field, value in [(field, value) for field in ("stage", "code", "target", "detail") for value in VALUES]:
        finding = msgspec.structs.replace(Finding("schema", "field_invalid", "shimei", "too_long"), **{field: value})
        with pytest.raises(Misuse):
            encode_record(changed(refusal(1), findings=(finding,)))


def test_sizes_at_n_and_n_plus_1() -> None:
    operation = EVERY[4]
    cases = [
        (operation, "detail", "x" * DETAIL_CHARS),
        (operation, "subject", "x" * TARGET_CHARS),
        (EVERY[1], "receipt", "x" * RECEIPT_CHARS),
        (operation, "detail", "123456789"),
    ]
    for record, name, value in cases:
        encode_record(changed(record, **{name: value}))
        with pytest.raises(Misuse):
            encode_record(changed(record, **{name: value + value[-1]}))
    assert len(cases) == 4
    for message, tags, holds in (
        ("m" * MESSAGE_CHARS, (), True),
        ("m" * (MESSAGE_CHARS + 1), (), False),
        ("", ("t" * 64,) * TAGS_MAX, True),
        ("", ("t" * 64,) * (TAGS_MAX + 1), False),
        ("", ("t" * 65,), False),
        ("1234567890", (), False),
        ("氏名", (), False),
    ):
        finding = Finding("rules", "rules_matched", "", "", RuleMatch(942100, 2, message, tags, 2, 0, 7, False))
        made = changed(refusal(1), findings=(finding,))
        if holds:
            assert decode_record(encode_record(made)) == made
        else:
            with pytest.raises(Misuse):
                encode_record(made)
    encode_record(State(time=TIME, role="front", values={f"v{number}": 1 for number in range(VALUES_MAX)}))
    with pytest.raises(Misuse):
        encode_record(State(time=TIME, role="front", values={f"v{number}": 1 for number in range(VALUES_MAX + 1)}))


def test_the_largest_record_of_every_kind_passes_the_least_limit() -> None:
    """A peer inside the host cannot make the ledger hold a record that its limit refuses."""
    least = Limits.__dataclass_fields__["record_bytes"].metadata["minimum"]
    most = 1 << 53
    rule = RuleMatch(most, 5, "m" * MESSAGE_CHARS, ("t" * 64,) * TAGS_MAX, 255, most, most, False)
    finding = Finding("s" * 64, "c" * 64, "T" * TARGET_CHARS, "d" * 64, rule)
    words = {"tls_version": "x" * 32, "tls_group": "x" * 32, "source": "f" * 45 + "%" + "e" * 15, "worker": 1 << 53}
    shadow = Shadow(
        most, "would_refuse", (ShadowFinding("c" * 64, "T" * TARGET_CHARS, "d" * 64),) * SHADOW_FINDINGS_MAX
    )
    name, detail = "n" * 64, '"' * DETAIL_CHARS
    disarmed = DisarmedFile("T" * TARGET_CHARS, "0" * 64, "f" * 64, "t" * TOOL_CHARS, ("w" * 16,) * REMOVED_MAX)
    largest: list[Record] = [
        changed(
            intent(1),
            tenant=name,
            route=name,
            method="M" * 32,
            findings=(finding,) * FINDINGS_MAX,
            shadow=shadow,
            disarmed=(disarmed,) * DISARMED_MAX,
            **words,
        ),
        changed(outcome(1, 1 << 53), gate=name, receipt="—" * RECEIPT_CHARS),
        changed(remark(1, 1 << 53), tenant=name, route=name, findings=(finding,) * FINDINGS_MAX, worker=1 << 53),
        changed(
            refusal(1),
            reason=max(Reason, key=lambda reason: len(reason.value)),
            stage=max(Stage, key=lambda stage: len(stage.value)),
            tenant=name,
            route=name,
            findings=(finding,) * FINDINGS_MAX,
            **words,
        ),
        Operation(
            time=TIME,
            role="supervisor",
            operation="o" * 64,
            subject="T" * TARGET_CHARS,
            result="r" * 64,
            detail=detail,
        ),
        State(
            time=TIME,
            role="supervisor",
            values={f"{number:x}".rjust(64, "v"): '"' * MEASURED_CHARS for number in range(VALUES_MAX)},
        ),
        Review(time=TIME, reviewer=name, first=1 << 53, last=1 << 53, result="r" * 64, detail=detail),
    ]
    sizes = [len(encode_record(record)) for record in largest]
    assert len(sizes) == len(KIND_NAMES)
    assert max(sizes) <= least <= DEFAULTS.record_bytes


def test_times() -> None:
    for unix_ms, text in ((0, "1970-01-01T00:00:00.000Z"), (1_790_000_000_007, "2026-09-21T14:13:20.007Z")):
        assert format_time(unix_ms) == text
        assert parse_time(text) == unix_ms
    for text in ("2026-09-21T14:13:20Z", "2026-09-21T14:13:20.007+00:00", "2026-13-01T00:00:00.000Z", "", "2026-09-21"):
        with pytest.raises(ValueError, match=r"."):
            parse_time(text)
    assert stamped(intent(1), TIME).time == TIME


def test_a_result_is_delivered_or_a_reason() -> None:
    for result in ("delivered", *Reason):
        made = changed(outcome(1, 0), result=str(result))
        decoded = decode_record(encode_record(made))
        assert isinstance(decoded, Outcome)
        assert decoded.result == result
