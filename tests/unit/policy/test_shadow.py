"""The next version judges beside the one in force, and changes nothing: not the verdict, not what crosses, whatever it meets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from policy.faults import Fault
from policy.load import load_policy
from policy.pipeline import Judgement, Policy
from policy.request import RequestHead
from policy.shadow import SHADOW_CHARS, Shadow, ShadowResult, ShadowVerdict
from policy.verdict import Admitted, Code, Denied, PolicyMisuse

Make = Callable[..., RequestHead]
Write = Callable[..., Path]
Found = list[tuple[Code, str, str]]

LAST_MS = 1_774_969_200_000 + 30 * 86_400_000  # 2026-05-01 00:00 JST: version 2 is in force
SINCE = "effective_from = 2026-04-01"
NAME = ("applicant_name", "山田太郎")


def next_of(procedure: str, *changes: tuple[str, str]) -> str:
    text = procedure.replace("version = 1", "version = 2").replace(SINCE, "effective_from = 2026-05-01")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    return text


@pytest.fixture
def loaded(write: Write, procedure: str) -> Callable[..., Policy]:
    """The sample procedure in force until the end of April, and behind it a version with `changes`."""

    def make(*changes: tuple[str, str]) -> Policy:
        now = procedure.replace(SINCE, f"{SINCE}\neffective_until = 2026-04-30")
        return load_policy([write(now, next_of(procedure, *changes))], {"example": ()}, open_routes=False)

    return make


def judged(policy: Policy, head: Make, fields: list[tuple[str, str]], **more: object) -> Admitted | Denied:
    asked = {"body_kind": "urlencoded", "received_ms": LAST_MS - 1} | more
    judgement = policy.open(head("POST", "/procedures/sample", **asked))
    assert isinstance(judgement, Judgement)
    for name, value in fields:
        judgement.field(name, value)
    return judgement.finish()


def shadow_of(verdict: Admitted | Denied) -> ShadowVerdict:
    assert isinstance(verdict, Admitted) and verdict.shadow is not None
    return verdict.shadow


def found(shadow: ShadowVerdict) -> Found:
    return [(finding.code, finding.target, finding.detail) for finding in shadow.findings]


SHORTER = ("max_chars = 20", "max_chars = 3")
NEEDED = ('label_en = "Copies"', 'label_en = "Copies"\nrequired = true')


def test_what_the_next_version_would_refuse_is_told_and_crosses(loaded: Callable[..., Policy], head: Make) -> None:
    shadow = shadow_of(judged(loaded(SHORTER, NEEDED), head, [NAME]))
    assert (shadow.version, shadow.result) == (2, ShadowResult.WOULD_REFUSE)
    assert found(shadow) == [
        (Code.FIELD_INVALID, "applicant_name", Fault.TOO_LONG), (Code.FIELD_MISSING, "copies", Fault.MISSING),
    ]  # fmt: skip
    assert "山田" not in repr(shadow)


def test_what_it_would_admit_is_told_too(loaded: Callable[..., Policy], head: Make) -> None:
    assert shadow_of(judged(loaded(), head, [NAME])) == ShadowVerdict(2, ShadowResult.WOULD_ADMIT)


@pytest.mark.parametrize(("received_ms", "version", "has_shadow"), [(LAST_MS - 1, 1, True), (LAST_MS, 2, False)])
def test_the_shadow_ends_where_the_next_version_begins(
    loaded: Callable[..., Policy], head: Make, received_ms: int, version: int, has_shadow: bool
) -> None:
    """23:59:59.999 on the last day, and midnight of the first, in Japan."""
    judgement = loaded().open(head("POST", "/procedures/sample", body_kind="urlencoded", received_ms=received_ms))
    assert isinstance(judgement, Judgement)
    assert (judgement.route.version, judgement.shadow is not None) == (version, has_shadow)


def test_only_the_first_of_the_later_versions_judges(write: Write, procedure: str, head: Make) -> None:
    one = procedure.replace(SINCE, f"{SINCE}\neffective_until = 2026-04-30")
    two = next_of(procedure).replace(
        "effective_from = 2026-05-01", "effective_from = 2026-05-01\neffective_until = 2026-05-31"
    )
    three = procedure.replace("version = 1", "version = 3").replace(SINCE, "effective_from = 2026-06-01")
    policy = load_policy([write(one, two, three)], {"example": ()}, open_routes=False)
    assert shadow_of(judged(policy, head, [NAME])).version == 2
    assert shadow_of(judged(policy, head, [NAME], received_ms=LAST_MS)).version == 3


def test_a_version_of_another_tenant_is_no_shadow(
    loaded: Callable[..., Policy], write: Write, procedure: str, head: Make
) -> None:
    one = procedure.replace(SINCE, f"{SINCE}\neffective_until = 2026-04-30")
    two = next_of(procedure, ("[route]\n", '[route]\ntenants = ["other"]\n'))
    policy = load_policy([write(one, two)], {"example": (), "other": ()}, open_routes=False)
    verdict = judged(policy, head, [NAME])
    assert isinstance(verdict, Admitted) and verdict.shadow is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (('path = "/procedures/sample"', 'path = "/procedures/moved"'), Code.ROUTE_UNKNOWN),
        (('method = "POST"', 'method = "PUT"'), Code.METHOD_NOT_ALLOWED),
        (('body = ["urlencoded", "multipart", "json"]', 'body = ["json"]'), Code.CONTENT_TYPE_UNSUPPORTED),
        (('method = "POST"', 'method = "POST"\nbody_bytes = 99'), Code.BODY_TOO_LARGE),
    ],
)
def test_what_the_head_decides_is_judged_as_well(
    loaded: Callable[..., Policy], head: Make, change: tuple[str, str], code: Code
) -> None:
    shadow = shadow_of(judged(loaded(change), head, [NAME], content_length=100))
    assert [finding.code for finding in shadow.findings] == [code]


def test_a_body_of_just_the_size_is_not_too_large_for_it(loaded: Callable[..., Policy], head: Make) -> None:
    bound = ('method = "POST"', 'method = "POST"\nbody_bytes = 100')
    assert shadow_of(judged(loaded(bound), head, [NAME], content_length=100)).result is ShadowResult.WOULD_ADMIT


def test_json_has_the_same_shadow(loaded: Callable[..., Policy], head: Make) -> None:
    policy = loaded(SHORTER, NEEDED)
    judgement = policy.open(head("POST", "/procedures/sample", body_kind="json", received_ms=LAST_MS - 1))
    assert isinstance(judgement, Judgement)
    assert judgement.document(dict([NAME])) == dict([NAME])
    assert shadow_of(judgement.finish()) == shadow_of(judged(policy, head, [NAME]))


def test_what_is_refused_now_is_refused_in_the_same_way(
    loaded: Callable[..., Policy], sample_policy: Policy, head: Make
) -> None:
    wrong = [NAME, ("copies", "many"), ("unknown", "x")]
    with_shadow, without = judged(loaded(SHORTER), head, wrong), judged(sample_policy, head, wrong)
    assert isinstance(with_shadow, Denied)
    assert with_shadow == without


class Broken:
    """A judgement that fails at one call."""

    def __init__(self, at: str, error: Exception) -> None:
        self._at, self._error = at, error

    def _fail(self, at: str) -> None:
        if at == self._at:
            raise self._error

    def field(self, name: str, value: str) -> str | None:
        self._fail("field")
        return name + value

    def document(self, value: object) -> object | None:
        self._fail("document")
        return value

    def file_start(self, name: str, filename: str | None, content_type: str | None) -> bool:
        del name, filename, content_type
        self._fail("file_start")
        return False

    def denial(self) -> Denied | None:
        self._fail("denial")
        return None


@pytest.mark.parametrize("at", ["begin", "field", "document", "file_start", "denial"])
@pytest.mark.parametrize("error", [PolicyMisuse("order"), RecursionError(), MemoryError(), ValueError("山田")])
def test_no_failure_leaves_the_shadow(at: str, error: Exception) -> None:
    broken = Broken(at, error)

    def begin() -> Broken:
        broken._fail("begin")
        return broken

    shadow = Shadow(2, begin)
    shadow.field("a", "b")
    shadow.document({"a": ["b", None, 1]})
    shadow.file_start("a", None, None)
    assert shadow.finish() == ShadowVerdict(2, ShadowResult.FAILED)


@pytest.mark.parametrize(
    ("chars", "result"), [(SHADOW_CHARS, ShadowResult.WOULD_ADMIT), (SHADOW_CHARS + 1, ShadowResult.EXHAUSTED)]
)
def test_beyond_its_bound_the_shadow_ends(chars: int, result: ShadowResult) -> None:
    of_form, of_json = Shadow(2, lambda: Broken("", ValueError())), Shadow(2, lambda: Broken("", ValueError()))
    of_form.field("n", "v" * 99)
    of_form.field("n", "v" * (chars - 101))
    of_json.document({"n": "v" * 99, "m": ["v" * (chars - 102), True]})
    assert (of_form.finish().result, of_json.finish().result) == (result, result)


def test_an_exhausted_shadow_leaves_the_verdict_and_what_crosses(loaded: Callable[..., Policy], head: Make) -> None:
    policy = loaded(("repeat = 2", "repeat = 3"))
    judgement = policy.open(head("POST", "/procedures/sample", body_kind="urlencoded", received_ms=LAST_MS - 1))
    assert isinstance(judgement, Judgement) and judgement.shadow is not None
    judgement.shadow.field("notes", "x" * (SHADOW_CHARS + 1))
    assert judgement.field(*NAME) == NAME[1]
    verdict = judgement.finish()
    assert shadow_of(verdict).result is ShadowResult.EXHAUSTED
    assert isinstance(verdict, Admitted) and verdict.fields == 1
