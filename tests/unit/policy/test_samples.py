"""Each sample through the real body parsers and the policy: admitted, and what goes on equals what came."""

from urllib.parse import urlsplit

import pytest

from policy.pipeline import Judgement, Policy
from policy.request import RequestHead
from policy.samples import Sample, samples
from policy.verdict import Admitted
from relay.base.limits import DEFAULTS
from relay.http.body import BodyEvent, BodyParser, Document, Field
from relay.http.content_type import parse_content_type
from relay.http.json_body import JsonParser
from relay.http.multipart import MultipartParser
from relay.http.urlencoded import UrlencodedParser, parse_query

KINDS = {
    "application/x-www-form-urlencoded": "urlencoded",
    "multipart/form-data": "multipart",
    "application/json": "json",
}


def events(sample: Sample) -> tuple[str, list[BodyEvent]]:
    assert sample.content_type is not None
    assert sample.body is not None
    content_type = parse_content_type(sample.content_type.encode())
    kind = KINDS[content_type.media_type]
    parser: BodyParser
    if kind == "urlencoded":
        parser = UrlencodedParser(DEFAULTS)
    elif kind == "multipart":
        parser = MultipartParser(dict(content_type.params)["boundary"], DEFAULTS)
    else:
        parser = JsonParser(DEFAULTS)
    return kind, [*parser.feed(sample.body), *parser.finish()]


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_samples_are_admitted(policy: Policy, sample: Sample) -> None:
    url = urlsplit(sample.path)
    kind, body = events(sample) if sample.body is not None else (None, [])
    judgement = policy.open(
        RequestHead(
            tenant="example",
            method=sample.method,
            path=url.path,
            query=tuple(parse_query(url.query, DEFAULTS)),
            raw_query=url.query or None,
            headers=(),
            body_kind=kind,
            content_type=sample.content_type,
            content_length=None if sample.body is None else len(sample.body),
            received_ms=1_795_392_000_000,
        )
    )
    assert isinstance(judgement, Judgement)
    assert judgement.route.id == sample.route_id
    went_on = []
    for event in body:
        if isinstance(event, Document):
            assert judgement.document(event.value) == event.value
            went_on = list(sample.fields)
        else:
            assert isinstance(event, Field)
            went_on.append((event.name, judgement.field(event.name, event.value)))
    assert tuple(went_on) == sample.fields
    assert isinstance(judgement.finish(), Admitted)


def test_every_route_has_a_sample_and_names_are_unique(policy: Policy) -> None:
    made = samples()
    assert {sample.route_id for sample in made} == {route.id for route in policy.routes}
    assert len({sample.name for sample in made}) == len(made) == 41
