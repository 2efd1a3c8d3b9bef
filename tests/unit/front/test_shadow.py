"""On live traffic: the citizen's answer is the same with a shadow and without; the log and the metrics know."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio
import trio.testing

from policy.load import load_policy
from relay.ops.metrics import SHADOW_JUDGED, SHADOW_WOULD_REFUSE
from relay.tree.record import Intent, Shadow, ShadowFinding, encode_record
from tests.fronts import World, worlds
from tests.metrics import counted

LAST, FIRST = "effective_until = 2098-12-31", "effective_from = 2099-01-01"
FORM = """format = 1
[procedure]
number = 1
name = "見本の手続"
department = "見本課"
version = {version}
{period}
[route]
id = "told"
mode = "exchange"
method = "POST"
path = "/told"
body = ["urlencoded"]
[[field]]
name = "memo"
label_ja = "メモ"
label_en = "Memo"
class = "text"
max_chars = {chars}
"""
BODY = b"memo=canary7391"
ASKED = (
    b"POST /told HTTP/1.1\r\nHost: minato.example\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
)


@pytest.fixture
async def world(no_descriptor_is_left: None, tmp_path: Path, nursery: trio.Nursery) -> AsyncIterator[World]:
    async with worlds(nursery) as made:
        made.append(World(tmp_path, nursery))
        made[0].registry.declare("route", ["told"])
        yield made[0]


def in_force(world: World, forms: Path) -> None:
    object.__setattr__(world.front, "policy", load_policy([forms], {"minato": ()}, open_routes=False))


@pytest.mark.parametrize(
    ("chars", "shadow"),
    [
        (10, Shadow(2, "would_admit", ())),
        (9, Shadow(2, "would_refuse", (ShadowFinding("field_invalid", "memo", "too_long"),))),
    ],
)
async def test_the_answer_is_the_same_and_the_log_and_the_metrics_know(
    world: World, tmp_path: Path, chars: int, shadow: Shadow
) -> None:
    forms = tmp_path / "forms"
    forms.mkdir()
    (forms / "1.toml").write_text(FORM.format(version=1, period=f"effective_from = 2010-04-01\n{LAST}", chars=20))
    in_force(world, forms)
    alone = await world.ask(ASKED)
    (forms / "2.toml").write_text(FORM.format(version=2, period=FIRST, chars=chars))
    in_force(world, forms)
    beside = await world.ask(ASKED)
    assert (beside.status, beside.body) == (alone.status, alone.body)
    assert alone.status == 200
    first, second = [record for record in world.ledger.records if isinstance(record, Intent)]
    assert (first.shadow, second.shadow) == (None, shadow)
    assert b"canary" not in encode_record(second)
    assert counted(world.registry, SHADOW_JUDGED) == {("told", "2", shadow.result): 1}
    refused = {("told", "2", "field_invalid"): 1} if shadow.findings else {}
    assert counted(world.registry, SHADOW_WOULD_REFUSE) == refused
