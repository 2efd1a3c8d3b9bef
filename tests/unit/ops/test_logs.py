"""Log lines: whole, of declared fields, and unable to carry a value."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from relay.base.errors import ConfigInvalid, Misuse, Problem, Refused
from relay.base.reasons import Reason, Stage
from relay.ops.logs import FIELDS, Log, format_line

SECRET = "関所 太郎 1234-5678"
TRANSFER = "01999c3e-5b1c-7d0a-8f00-0123456789ab"


def line(**fields: object) -> dict[str, Any]:
    written = format_line({"role": "front", "worker": 1}, "info", "event", fields, 0)
    assert written.endswith(b"\n") and written.count(b"\n") == 1
    found: dict[str, Any] = json.loads(written)
    return found


def test_a_line_has_time_level_role_and_event_first() -> None:
    assert list(line().items()) == [
        ("time", "1970-01-01T00:00:00.000Z"),
        ("level", "info"),
        ("role", "front"),
        ("worker", 1),
        ("event", "event"),
    ]


GOOD: list[tuple[str, object, object]] = [
    ("transfer", TRANSFER, TRANSFER),
    ("tenant", "minato-city", "minato-city"),
    ("reason", Reason.FIELD_UNDECLARED, "field_undeclared"),
    ("stage", Stage.SCHEMA, "schema"),
    ("source", "2001:db8::1", "2001:db8::1"),
    ("status", 422, 422),
    ("duration_ms", 1.5, 1.5),
    ("path", "/var/lib/sekisho/log", "/var/lib/sekisho/log"),
    ("digest", "ab" * 32, "ab" * 32),
    ("walls", ("fork", "execve"), ["fork", "execve"]),
    ("tls_group", "X25519MLKEM768", "X25519MLKEM768"),
    ("error", OSError(28, "No space"), "OSError:ENOSPC"),
    ("error", ConfigInvalid([Problem("x", 1, SECRET, SECRET)]), "ConfigInvalid"),
    ("error", BaseExceptionGroup(SECRET, [ValueError(SECRET), KeyError()]), "ExceptionGroup(ValueError,KeyError)"),
    ("setting", "limits.body_bytes", "limits.body_bytes"),
    ("problem", Problem("/etc/x.conf", 3, "is\nwrong", "mend it"), "/etc/x.conf:3: is wrong mend: mend it"),
    ("problem", Problem("", 0, "y" * 585, ""), ": " + "y" * 585 + " mend:"),
    ("problem", Problem("", 0, "y" * 700, ""), ": " + "y" * 597 + "…"),
    ("gate", None, None),
]


@pytest.mark.parametrize(("name", "value", "shown"), GOOD)
def test_a_value_of_the_declared_form_is_shown(name: str, value: object, shown: object) -> None:
    assert line(**{name: value}).get(name) == shown


@pytest.mark.parametrize("name", sorted(FIELDS))
@pytest.mark.parametrize(
    "value",
    [SECRET, SECRET.encode(), [SECRET], {"a": SECRET}, f"a\n{SECRET}", "Tanaka Taro", "a=b&c=d", "/apply?name=taro"],
)
def test_no_field_shows_what_a_citizen_wrote(name: str, value: object) -> None:
    shown = json.dumps(line(**{name: value}), ensure_ascii=False)
    for part in ("関所", "1234-5678", "Tanaka", "taro", "c=d"):
        assert part not in shown


def test_an_undeclared_field_or_event_is_misuse() -> None:
    with pytest.raises(Misuse, match="not declared"):
        line(value="x")
    with pytest.raises(Misuse, match="fixed word"):
        format_line({}, "info", f"event {SECRET}", {}, 0)


def test_an_exception_is_its_class_and_place_and_not_its_message() -> None:
    readable, writable = os.pipe()
    log = Log("front", 2, writable, {})
    try:
        raise Refused(Reason.FIELD_INVALID, SECRET)
    except Refused as exc:
        log.fault("request_failed", exc, transfer=TRANSFER)
    log.error("plain")
    log.warning("plain")
    log.notice("plain")
    log.info("plain")
    os.close(writable)
    with open(readable) as reader:
        lines = [json.loads(text) for text in reader]
    assert lines[0]["error"] == "Refused"
    assert "where" not in lines[0]  # raised in no code of ours
    assert [entry["level"] for entry in lines] == ["error", "error", "warning", "notice", "info"]
    assert "関所" not in json.dumps(lines, ensure_ascii=False)


def test_the_place_in_our_own_code_is_told() -> None:
    readable, writable = os.pipe()
    try:
        format_line({}, "info", "not an event", {}, 0)
    except Misuse as exc:
        Log("front", None, writable, {}).fault("failed", exc)
    os.close(writable)
    with open(readable) as reader:
        (place,) = json.loads(reader.read())["where"]
    assert place.startswith("relay.ops.logs:format_line:")


def test_the_journal_gets_the_priority() -> None:
    readable, writable = os.pipe()
    about = os.fstat(writable)
    Log("front", None, writable, {"JOURNAL_STREAM": f"{about.st_dev}:{about.st_ino}"}).warning("event")
    Log("front", None, writable, {"JOURNAL_STREAM": "1:1"}).warning("event")
    os.close(writable)
    with open(readable) as reader:
        first, second = reader.read().splitlines()
    assert first.startswith("<4>{") and second.startswith("{")


def test_a_line_that_cannot_be_written_is_counted() -> None:
    readable, writable = os.pipe()
    os.close(readable)
    log = Log("front", None, writable, {})
    log.info("event")
    os.set_blocking(writable, False)
    log.info("event")
    assert log.lost == 2
    os.close(writable)
    log.info("event")
    assert log.lost == 3
