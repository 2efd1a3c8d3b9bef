"""relay/front/answered.py: what of the application's answer goes on, and that a part never passes for the whole."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, cast

import pytest

from policy.load import load_policy
from policy.pipeline import Judgement
from policy.request import RequestHead
from policy.rule_book import RuleChoice
from relay.base.errors import Refused, Unavailable
from relay.base.ids import TransferId, new_transfer_id
from relay.base.limits import DEFAULTS
from relay.base.reasons import Reason
from relay.envelope.bhttp import ResponseEncoder
from relay.envelope.response import ResponseSealer
from relay.envelope.seal import Envelope
from relay.front.answered import RESPONSE_HEADERS, judge_answer, open_answer
from relay.front.denial import Denial
from relay.net.parcel import Parcel
from tests.unit.policy.rule_sets import rule_set

LARGE = b"b" * 300_000  # more than a message takes inline


class Sent(NamedTuple):
    """What `open_answer` needs of an envelope, which only the seal can make."""

    transfer_id: TransferId
    response_key: bytes


SENT = Sent(new_transfer_id(1_795_392_000_000), secrets.token_bytes(32))
ENVELOPE = cast(Envelope, SENT)


def sealed(content: bytes, *headers: tuple[bytes, bytes], to_head: bool = False) -> bytes:
    out = bytearray()
    sealer = ResponseSealer(SENT.transfer_id, SENT.response_key, out.extend)
    encoder = ResponseEncoder(200, headers, to_head=to_head)
    sealer.write(encoder.start())
    if content:
        sealer.write(encoder.content(content))
    sealer.write(encoder.end())
    sealer.finish()
    return bytes(out)


@pytest.mark.parametrize(
    ("content", "needs_length", "length"), [(b"ab", False, 2), (LARGE, False, None), (LARGE, True, 300_000)]
)
def test_the_whole_answer_comes_out(content: bytes, needs_length: bool, length: int | None) -> None:
    with Parcel.of(sealed(content)) as parcel:
        answered = open_answer(parcel, ENVELOPE, DEFAULTS, to_head=False, needs_length=needs_length)
        assert b"".join(answered.content) == content
    assert (answered.status, answered.content_bytes) == (200, length)


@pytest.mark.parametrize(("declared", "length"), [((), None), (((b"content-length", b"7"),), 7)])
def test_an_answer_to_head_says_what_the_application_said(
    declared: tuple[tuple[bytes, bytes], ...], length: int | None
) -> None:
    with Parcel.of(sealed(b"", *declared, to_head=True)) as parcel:
        answered = open_answer(parcel, ENVELOPE, DEFAULTS, to_head=True, needs_length=True)
    assert answered.content_bytes == length


def test_only_listed_fields_go_on() -> None:
    inside = (
        (b"server", b"x"),
        (b"x-powered-by", b"y"),
        (b"via", b"1.1 z"),
        (b"strict-transport-security", b"max-age=0"),
    )
    listed = tuple((name, b"v") for name in sorted(RESPONSE_HEADERS))
    with Parcel.of(sealed(b"", *inside, *listed, (b"set-cookie", b"w"))) as parcel:
        answered = open_answer(parcel, ENVELOPE, DEFAULTS, to_head=False)
    assert answered.headers == [*listed, (b"set-cookie", b"w")]


@pytest.mark.parametrize("size", [0, 1, 40, 100])
def test_a_short_answer_that_is_cut_is_told_before_anything_is_sent(size: int) -> None:
    whole = sealed(b"c" * 200)
    for cut in (whole[:size], whole[: -1 - size], whole[:size] + b"\x00" + whole[size + 1 :], whole + b"\x00"):
        with pytest.raises(Unavailable) as failure, Parcel.of(cut) as parcel:
            open_answer(parcel, ENVELOPE, DEFAULTS, to_head=False)
        assert failure.value.reason is Reason.RESPONSE_INVALID


def test_a_long_answer_that_is_cut_ends_with_a_fault() -> None:
    cut = sealed(LARGE)[:-1]
    with Parcel.of(cut) as parcel:
        answered = open_answer(parcel, ENVELOPE, DEFAULTS, to_head=False)
        with pytest.raises(Refused):
            list(answered.content)
    with pytest.raises(Unavailable), Parcel.of(cut) as parcel:
        open_answer(parcel, ENVELOPE, DEFAULTS, to_head=False, needs_length=True)


@pytest.mark.parametrize("over", [0, 1])
def test_response_bytes_at_n_and_n_plus_1(over: int) -> None:
    limits = replace(DEFAULTS, response_bytes=2_000)
    with Parcel.of(sealed(b"d" * (2_000 + over))) as parcel:
        if not over:
            assert open_answer(parcel, ENVELOPE, limits, to_head=False).content_bytes == 2_000
            return
        with pytest.raises(Unavailable) as failure:
            open_answer(parcel, ENVELOPE, limits, to_head=False)
    assert failure.value.reason is Reason.RESPONSE_TOO_LARGE


def judged(tmp_path: Path) -> Judgement:
    """An open route whose request was admitted under rules of answers."""
    rules = RuleChoice({"small": rule_set(tmp_path)}, "small")
    policy = load_policy([], {"lab": ()}, open_routes=True, rules=rules)
    judgement = policy.open(RequestHead("lab", "GET", "/", (), None, (), None, None, None, 1_795_392_000_000))
    assert isinstance(judgement, Judgement)
    judgement.finish()
    return judgement


@pytest.mark.parametrize("before", [b"", LARGE])
def test_an_answer_that_the_rules_refuse_is_not_sent(tmp_path: Path, before: bytes) -> None:
    html = (b"content-type", b"text/html; charset=utf-8")
    for content, is_sent in ((before + b"fine", True), (before + b"Traceback (most recent", False)):
        with Parcel.of(sealed(content, html)) as parcel:
            answered = open_answer(parcel, ENVELOPE, DEFAULTS, to_head=False)
            if is_sent:
                assert b"".join(judge_answer(judged(tmp_path), answered).content) == content
            else:
                with pytest.raises(Denial) as denial:
                    judge_answer(judged(tmp_path), answered)
                assert denial.value.reason is Reason.RESPONSE_REFUSED
