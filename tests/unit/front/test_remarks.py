"""What rules notice without deciding anything: where it is recorded, when, and that it changes no answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import trio
import trio.testing

from policy.rule_set import Mode
from relay.base.reasons import Reason
from relay.ops.metrics import REFUSALS, REQUESTS, RULES_WOULD_REFUSE
from relay.tree.record import Finding, Intent, Refusal, Remark, encode_record
from tests.fronts import Arrived, Parcel, World, worlds
from tests.metrics import counted
from tests.unit.policy.rule_sets import rule_set

RULES = r"""
SecRule REQUEST_METHOD "!@within GET POST" "id:1,phase:1,pass,msg:'Method'"
SecRule &REQUEST_HEADERS:Host "@eq 0" "id:2,phase:1,deny,msg:'No Host'"
SecRule REQUEST_URI "@beginsWith /procedures" "id:7,phase:1,pass,msg:'A procedure'"
SecRule ARGS|REQUEST_BODY "@contains marked" "id:3,phase:2,deny,msg:'Marked %{MATCHED_VAR}'"
SecRule RESPONSE_STATUS "@streq 500" "id:4,phase:3,pass,msg:'Failed'"
SecRule RESPONSE_BODY "@contains Traceback" "id:5,phase:4,deny,msg:'Stack trace'"
SecRule REQUEST_METHOD|RESPONSE_STATUS "@rx ^(POST|500)$" "id:6,phase:5,pass,msg:'Last'"
"""
LEAK = b"Traceback (most recent call last)"
HEAD = b"POST /any HTTP/1.1\r\nHost: minato.example\r\nContent-Type: application/x-www-form-urlencoded\r\n"
Make = Callable[..., World]


def answering(status: int, content: bytes) -> Callable[[Arrived], tuple[str, Parcel]]:
    return lambda arrived: ("delivered", arrived.seal(status, ((b"content-type", b"text/plain"),), content))


@pytest.fixture
async def make(no_descriptor_is_left: None, tmp_path: Path, nursery: trio.Nursery) -> AsyncIterator[Make]:
    async with worlds(nursery) as made:

        def one(mode: Mode = "detect", *, open_routes: bool = True, **limits: int) -> World:
            rules = rule_set(tmp_path, RULES, mode=mode)
            made.append(World(tmp_path, nursery, open_routes=open_routes, rules=rules, **limits))
            return made[-1]

        yield one


def ids(findings: tuple[Finding, ...]) -> list[int]:
    return [finding.rule.id for finding in findings if finding.rule is not None]


def refusal(world: World) -> Refusal:
    (record,) = world.ledger.of(Refusal)
    assert isinstance(record, Refusal)
    assert b"marked" not in encode_record(record)
    return record


async def test_what_fires_at_an_answer_that_goes_on_is_recorded_before_it_goes(make: Make) -> None:
    world = make()
    world.behave = answering(500, LEAK)
    reply = await world.ask(HEAD + b"Content-Length: 8\r\n\r\nx=marked")
    assert (reply.status, reply.body) == (500, LEAK)
    intent, remark = world.ledger.records
    assert isinstance(intent, Intent) and isinstance(remark, Remark)
    assert ids(intent.findings) == [3]
    assert [(finding.code, finding.target) for finding in remark.findings] == [
        ("rules_matched", "RESPONSE_STATUS"), ("rules_matched", "RESPONSE_BODY"), ("rules_matched", "RESPONSE_STATUS"),
    ]  # fmt: skip
    assert (ids(remark.findings), remark.intent, remark.transfer) == ([4, 5, 6], 0, intent.transfer)
    assert (remark.tenant, remark.route, remark.worker) == ("minato", intent.route, 1)
    assert sum(counted(world.registry, RULES_WOULD_REFUSE).values()) == 1


async def test_rules_of_answers_that_only_detect_count_as_would_refuse(make: Make) -> None:
    world = make()
    world.behave = answering(200, LEAK)
    assert (await world.ask(b"GET / HTTP/1.1\r\nHost: minato.example\r\n\r\n")).status == 200
    assert sum(counted(world.registry, RULES_WOULD_REFUSE).values()) == 1


async def test_an_answer_at_which_nothing_fires_has_no_record_of_its_own(make: Make) -> None:
    world = make()
    assert (await world.ask(b"GET / HTTP/1.1\r\nHost: minato.example\r\n\r\n")).status == 200
    assert world.ledger.kinds == ["intent"]


async def test_below_what_refuses_it_is_recorded_too(make: Make) -> None:
    world = make("enforce", open_routes=False)
    world.behave = answering(500, b"sorry")
    assert (await world.ask(b"GET /health HTTP/1.1\r\nHost: minato.example\r\n\r\n")).status == 500
    assert world.ledger.kinds == ["intent", "remark"]


async def test_a_refused_answer_has_its_findings_in_the_refusal_alone(make: Make) -> None:
    world = make("enforce", open_routes=False)
    world.behave = answering(500, LEAK)
    assert (await world.ask(b"GET /health HTTP/1.1\r\nHost: minato.example\r\n\r\n")).status == 502
    assert world.ledger.kinds == ["intent", "refusal"]
    assert (ids(refusal(world).findings), refusal(world).reason) == ([4, 5, 6], Reason.RESPONSE_REFUSED)


@pytest.mark.parametrize("size", [0, 100_000], ids=["in a message", "in a descriptor"])
async def test_an_answer_whose_remark_cannot_be_recorded_is_not_sent(make: Make, size: int) -> None:
    world = make()
    world.behave = answering(200, LEAK + b"x" * size)
    world.ledger.mode = "intents only"
    reply = await world.ask(b"GET / HTTP/1.1\r\nHost: minato.example\r\n\r\n")
    assert reply.status == 503
    assert LEAK not in reply.body
    assert "内容は役所に届きました" in reply.body.decode()  # or the citizen would send it a second time
    assert counted(world.registry, REFUSALS) == {("ledger", "response_unrecorded", "none"): 1}


async def test_of_a_refused_answer_the_citizen_hears_the_same_where_the_refusal_cannot_be_recorded(make: Make) -> None:
    world = make("enforce", open_routes=False)
    world.behave = answering(500, LEAK)
    world.ledger.mode = "intents only"
    reply = await world.ask(b"GET /health HTTP/1.1\r\nHost: minato.example\r\n\r\n")
    assert reply.status == 502
    assert "内容は役所に届きました" in reply.body.decode()
    assert world.ledger.kinds == ["intent"]


async def test_what_has_not_crossed_is_not_taken_where_its_refusal_cannot_be_recorded(make: Make) -> None:
    world = make("enforce", open_routes=False)
    world.ledger.mode = "intents only"
    reply = await world.ask(HEAD.replace(b"/any", b"/nowhere") + b"Content-Length: 8\r\n\r\nx=marked")
    assert reply.status == 503
    assert "申請は受け付けられていません" in reply.body.decode()
    assert (world.ledger.kinds, world.arrived) == ([], [])


REFUSED_HEADS: list[tuple[bytes, Reason, list[int]]] = [
    (b"GET / HTTP/1.1\r\n\r\n", Reason.HOST_INVALID, [2]),
    (b"PUT / HTTP/1.1\r\n\r\n", Reason.HOST_INVALID, [1, 2]),
    (b"PUT / HTTP/7.7\r\nHost: minato.example\r\n\r\n", Reason.VERSION_NOT_SUPPORTED, [1]),
    (HEAD + b"Content-Length: 8\r\nContent-Length: 8\r\n\r\nx=marked", Reason.LENGTH_CONFLICT, [3, 6]),
    (b"GET /?x=marked\x01 HTTP/1.1\r\nHost: minato.example\r\n\r\n", Reason.REQUEST_LINE_INVALID, [3]),
]


@pytest.mark.parametrize(("request_", "reason", "fired"), REFUSED_HEADS)
async def test_on_open_routes_a_refused_head_lists_what_rules_say_of_it(
    make: Make, request_: bytes, reason: Reason, fired: list[int]
) -> None:
    world = make()
    assert 400 <= (await world.ask(request_)).status < 600
    assert (world.ledger.kinds, world.arrived) == (["refusal"], [])
    record = refusal(world)
    assert (record.reason, record.role, record.tenant, record.route) == (reason, "front", "", "")
    assert ids(record.findings) == fired


async def test_the_refusal_is_counted_as_what_it_is(make: Make) -> None:
    world = make()
    await world.ask(REFUSED_HEADS[0][0])
    assert counted(world.registry, REQUESTS) == {("none", "none", "refused", "host_invalid"): 1}


async def test_on_declared_routes_nobody_looks_at_a_refused_head(make: Make) -> None:
    world = make(open_routes=False)
    await world.ask(REFUSED_HEADS[3][0])
    assert (refusal(world).reason, refusal(world).findings) == (Reason.LENGTH_CONFLICT, ())


async def test_without_rules_that_judge_there_is_nothing_to_list(make: Make) -> None:
    world = make("off")
    await world.ask(REFUSED_HEADS[0][0])
    assert refusal(world).findings == ()


async def test_a_second_request_on_the_connection_is_looked_at_alone(make: Make) -> None:
    world = make()
    citizen = await world.citizen()
    await citizen.send(b"PUT /?x=marked HTTP/1.1\r\nHost: minato.example\r\n\r\n" + REFUSED_HEADS[0][0])
    assert [(await citizen.reply()).status for _ in range(2)] == [200, 400]
    await citizen.close()
    await trio.testing.wait_all_tasks_blocked()
    assert ids(refusal(world).findings) == [2]


BAD_CHUNK = b"Transfer-Encoding: chunked\r\n\r\n8\r\nx=marked\r\nno chunk\r\n"


async def test_a_body_that_breaks_off_has_in_its_refusal_what_was_found_so_far(make: Make) -> None:
    world = make()
    assert (await world.ask(HEAD.replace(b"POST", b"PUT") + BAD_CHUNK)).status == 400
    record = refusal(world)
    assert (record.reason, ids(record.findings)) == (Reason.CHUNK_INVALID, [1, 3])
    assert record.route != ""


async def test_on_declared_routes_that_is_what_the_head_had(make: Make) -> None:
    world = make("enforce", open_routes=False)
    assert (await world.ask(HEAD.replace(b"/any", b"/procedures/sample") + BAD_CHUNK)).status == 400
    record = refusal(world)
    assert (record.reason, record.route, ids(record.findings)) == (Reason.CHUNK_INVALID, "sample", [7, 6])
