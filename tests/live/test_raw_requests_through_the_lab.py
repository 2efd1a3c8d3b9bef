"""Raw requests through real TLS, the whole relay and out at the other side: one well-formed request for each valid one, else nothing.

Every case of tests/unit/http/cases.py and of raw_cases.py is sent on a connection of its own, whole, and then once more with
each byte in a TLS record of its own. What the application got is read by recorder.py, which shares no code with the relay.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import pytest

from relay.base.reasons import Reason
from tests.live.client_cases import CLIENTS
from tests.live.labs import Lab, running_lab, until
from tests.live.raw_case import RawCase
from tests.live.raw_cases import RAW_CASES, SMUGGLING, SYNTAX
from tests.live.raw_client import RawAnswer, RawClient, client_context, read_answers
from tests.live.recorder import Kept, Recorder
from tests.unit.http.cases import CASES

pytestmark = pytest.mark.live

IN_PIECES_BYTES = 160  # longest case that is also sent byte by byte
# Beside what the client sent and what is of the connection: the relay's own
_ADDED = {b"forwarded", b"sekisho-transfer", b"content-length"}
_NOT_END_TO_END = frozenset(
    b"host content-length transfer-encoding connection keep-alive te trailer upgrade expect forwarded sekisho-transfer "
    b"x-forwarded-for proxy proxy-connection proxy-authorization".split()
)


@dataclass
class Sent:
    """A case and what came of it. `reason`: of the refusal, where the case says it."""

    case: RawCase
    reason: str = ""
    answers: list[RawAnswer] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    broken: str = ""

    @property
    def refusals(self) -> int:
        """How many answers must be refusals."""
        return int(self.case.refused_after or not (self.case.passes or self.case.cut))


class Conversations(NamedTuple):
    lab: Lab
    recorder: Recorder
    whole: list[Sent]
    in_pieces: list[Sent]
    counted: Counter[str]  # how much sekisho_refusals_total of each reason has grown
    admitted: float

    @property
    def all(self) -> list[Sent]:
        return self.whole + self.in_pieces


def _table() -> list[Sent]:
    """Both tables in one form. A case of the units that is refused passes nothing."""
    rows = [Sent(case) for case in RAW_CASES]
    for number, (row, raw, expect) in enumerate(CASES):
        reason = expect.value if isinstance(expect, Reason) else ""
        passes = () if isinstance(expect, Reason) else expect
        silent = expect is Reason.PEER_CLOSED or expect == ()
        rows.append(Sent(RawCase(f"{row}-{number}", raw, passes, cut=silent), reason))
    return rows


def _methods(case: RawCase) -> list[str]:
    """What each answer is an answer to: an answer to HEAD has no body."""
    after = case.raw.lstrip(b"\r\n").partition(b" ")[0].decode("latin-1")
    return [line.partition(" ")[0] for line, _ in case.passes] + ([] if case.passes else [after])


def _send(lab: Lab, recorder: Recorder, rows: list[Sent], *, piece: int) -> list[Sent]:
    context = client_context(lab)
    for sent in rows:
        raw = sent.case.raw
        with RawClient(lab, context) as client:
            client.send(raw[at : at + piece] for at in range(0, len(raw), piece))
            received = client.end()
        try:
            sent.answers = read_answers(received, _methods(sent.case))
        except AssertionError as error:
            sent.broken = str(error)
        sent.kept = recorder.take()
    return rows


def _refusals(lab: Lab) -> Counter[str]:
    found: Counter[str] = Counter()
    for line in lab.management("/metrics")[1].decode().splitlines():
        if line.startswith("sekisho_refusals_total{") and (reason := re.search(r'reason="([^"]*)"', line)):
            found[reason[1]] += int(float(line.rpartition(" ")[2]))
    return found


@pytest.fixture(scope="module")
def conversations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversations]:
    with (
        Recorder() as recorder,
        running_lab(tmp_path_factory.mktemp("lab") / "lab", app=recorder.url, open_routes=True) as lab,
    ):
        before = _refusals(lab)
        whole = _send(lab, recorder, _table(), piece=1 << 20)
        short = [sent for sent in _table() if len(sent.case.raw) <= IN_PIECES_BYTES]
        in_pieces = _send(lab, recorder, short, piece=1)
        expected = sum(sent.refusals for sent in whole + in_pieces)
        with suppress(AssertionError):  # a test says it better
            until(lambda: (_refusals(lab) - before).total() >= expected, "every refusal is counted", 5)
        admitted = lab.metric("sekisho_requests_total", verdict="admitted")
        yield Conversations(lab, recorder, whole, in_pieces, _refusals(lab) - before, admitted)


def _wrong(found: list[tuple[str, object]]) -> str:
    return "\n".join(f"{name}: {what}" for name, what in found[:20])


def test_cases_are_counted(conversations: Conversations) -> None:
    assert (len(CLIENTS), len(SMUGGLING), len(SYNTAX)) == (50, 109, 180)
    assert len(conversations.whole) >= 1_200
    assert len(conversations.in_pieces) >= 1_000
    assert sum(bool(sent.case.passes) for sent in conversations.whole) >= 250
    names = [case.name for case in RAW_CASES]
    assert len(set(names)) == len(names)


def test_what_is_refused_gets_one_answer_and_the_application_nothing(conversations: Conversations) -> None:
    wrong = [
        (sent.case.name, sent)
        for sent in conversations.all
        if not sent.case.passes
        and (
            sent.broken
            or sent.kept
            or len(sent.answers) != sent.refusals
            or any(answer.status not in range(400, 506) for answer in sent.answers)
            or any(answer.fields.get("connection") != "close" for answer in sent.answers)
        )
    ]
    assert not wrong, _wrong(wrong)


def test_what_is_valid_reaches_the_application_once_and_in_order(conversations: Conversations) -> None:
    wrong = []
    for sent in conversations.all:
        case = sent.case
        if case.passes and (
            sent.broken
            or [(kept.line, kept.body) for kept in sent.kept] != list(case.passes)
            or [answer.status for answer in sent.answers][: len(case.passes)] != [200] * len(case.passes)
            or len(sent.answers) != len(case.passes) + sent.refusals
            or [answer.transfer for answer in sent.answers[: len(case.passes)]] != [kept.transfer for kept in sent.kept]
        ):
            wrong.append((case.name, sent))
    assert not wrong, _wrong(wrong)


def test_every_byte_at_the_application_belongs_to_a_well_formed_request(conversations: Conversations) -> None:
    """recorder.py has read every stream to its end, and each request came back as itself byte for byte."""
    assert not conversations.recorder.faults
    expected = sum(len(sent.case.passes) for sent in conversations.all)
    assert expected == sum(len(sent.kept) for sent in conversations.all)
    assert not any(b"smuggled" in kept.line.encode() for sent in conversations.all for kept in sent.kept)


def test_fields_are_the_clients_end_to_end_ones_and_the_relays_own(conversations: Conversations) -> None:
    compared = 0
    for sent in conversations.all:
        if len(sent.case.passes) != 1 or sent.case.raw.count(b"HTTP/1.") != 1:
            continue
        (kept,) = sent.kept
        theirs = _end_to_end(sent.case.raw)
        ours = [(name, value) for name, value in kept.fields if name not in _ADDED]
        assert sorted(ours) == sorted(theirs), sent.case.name
        host = re.search(rb"\r\nhost:[ \t]*([^\r]*?)[ \t]*\r\n", sent.case.raw, re.IGNORECASE)
        assert host
        assert kept.host == host[1].lower(), sent.case.name
        assert kept.field(b"forwarded") == b'for=127.0.0.1;host="%b";proto=https' % kept.host
        declared = [value for name, value in kept.fields if name == b"content-length"]
        has_body = kept.line.startswith(("POST", "PUT", "PATCH")) or bool(kept.body)
        assert declared == ([b"%d" % len(kept.body)] if has_body else []), sent.case.name
        compared += 1
    assert compared >= 450


def _end_to_end(raw: bytes) -> list[tuple[bytes, bytes]]:
    """The field lines of the one valid request in `raw` that are for the application."""
    head = raw.removeprefix(b"\r\n").partition(b"\r\n\r\n")[0]
    lines = [line.partition(b":") for line in head.split(b"\r\n")[1:]]
    fields = [(name.lower(), value.strip(b" \t")) for name, _, value in lines]
    named = {
        option.strip(b" \t").lower() for name, value in fields if name == b"connection" for option in value.split(b",")
    }
    return [(name, value) for name, value in fields if name not in _NOT_END_TO_END | named]


def test_each_refusal_has_one_record_and_one_count(conversations: Conversations) -> None:
    expected = {sent.answers[-1].transfer: sent for sent in conversations.all if sent.refusals}
    until(lambda: len(conversations.lab.records(kind="refusal")) >= len(expected), "every refusal is recorded")
    records = conversations.lab.records(kind="refusal")
    assert Counter(record["transfer"] for record in records) == Counter(expected.keys())
    for record in records:
        sent = expected[record["transfer"]]
        assert record["status"] == sent.answers[-1].status
        assert not sent.reason or record["reason"] == sent.reason, sent.case.name
    counted = Counter(record["reason"] for record in records)
    counted["peer_closed"] = sum(
        (sent.case.cut and sent.reason != "") or sent.case.name == "head that ends too early"
        for sent in conversations.all
    )
    assert conversations.counted == +counted


def test_each_admitted_request_has_one_intent_and_one_outcome(conversations: Conversations) -> None:
    expected = Counter(kept.transfer for sent in conversations.all for kept in sent.kept)
    assert set(expected.values()) == {1}
    until(lambda: len(conversations.lab.records(kind="outcome")) >= len(expected), "every outcome is recorded")
    for kind in ("intent", "outcome"):
        assert Counter(record["transfer"] for record in conversations.lab.records(kind=kind)) == expected
    assert conversations.admitted == expected.total()


def test_pieces_change_nothing(conversations: Conversations) -> None:
    whole = {sent.case.raw: sent for sent in conversations.whole}
    for sent in conversations.in_pieces:
        assert [answer.status for answer in sent.answers] == [
            answer.status for answer in whole[sent.case.raw].answers
        ], sent.case.name


def test_an_answer_says_nothing_of_what_was_sent(conversations: Conversations) -> None:
    for sent in conversations.whole:
        if sent.refusals and b"evil.example" in sent.case.raw:
            assert b"evil" not in sent.answers[-1].body
