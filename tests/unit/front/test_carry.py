"""From the client's body to the body that goes on: nothing of the client's encoding survives, nothing denied goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.load import load_policy
from policy.pipeline import Judgement, Policy
from policy.request import RequestHead
from policy.rule_book import RuleChoice
from policy.verdict import Admitted, Code, Denied
from relay.base.errors import Refused
from relay.base.limits import DEFAULTS
from relay.front.carry import Carrier, NoBody, carrier
from relay.front.files import Files
from relay.http.events import Head
from relay.http.submission import body_kind, open_body
from tests.unit.policy.conftest import NOW_MS, TENANT, head, policy, procedure, sample_policy, write
from tests.unit.policy.rule_sets import rule_set

__all__ = ["head", "policy", "procedure", "sample_policy", "write"]  # fixtures
FIELDS = {"applicant_name": "港太郎", "kind": "新規"}
WRITTEN = b"applicant_name=%E6%B8%AF%E5%A4%AA%E9%83%8E&kind=%E6%96%B0%E8%A6%8F"
SECRET = "秘密"


def request_head(content_type: str | None, method: str = "POST") -> Head:
    headers = () if content_type is None else ((b"content-type", content_type.encode()),)
    return Head(
        method=method,
        path="/procedures/sample",
        query=None,
        host="example.jp",
        port=None,
        headers=headers,
        content_length=None,
        chunked=True,
        expect_continue=False,
        http_version="1.1",
        keep_alive=True,
    )


def opened(policy: Policy, content_type: str, path: str = "/procedures/sample") -> tuple[Carrier, Judgement]:
    """The carrier for a body of this type, and the judgement that it feeds."""
    kind = body_kind(content_type.encode())
    judgement = policy.open(RequestHead(TENANT, "POST", path, (), None, (), kind, content_type, None, NOW_MS))
    assert isinstance(judgement, Judgement)
    return carrier(request_head(content_type), kind, judgement, DEFAULTS, Files(None, 0.0, 0)), judgement


def carried(policy: Policy, content_type: str, body: bytes, step: int) -> tuple[bytes, Admitted | Denied, bytes]:
    """What goes on, the verdict, and the type of what goes on."""
    made, judgement = opened(policy, content_type)
    out = b"".join(made.feed(body[at : at + step]) for at in range(0, len(body), step))
    out += made.finish()
    assert made.content_type is not None
    return out, judgement.finish(), made.content_type


def multipart(parts: list[str], boundary: str = "x-1") -> bytes:
    return "".join(f"--{boundary}\r\n{part}\r\n" for part in parts).encode() + f"--{boundary}--\r\n".encode()


def field(name: str, value: str) -> str:
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'


STEPS = [1, 7, 10_000]


@pytest.mark.parametrize("step", STEPS)
def test_urlencoded(sample_policy: Policy, step: int) -> None:
    body = b"applicant_name=%e6%b8%af%E5%a4%aa%E9%83%8e&%6bind=%E6%96%B0%E8%A6%8F"  # other spellings of the same
    out, verdict, content_type = carried(sample_policy, "Application/X-WWW-Form-Urlencoded; charset=UTF-8", body, step)
    assert (out, content_type) == (WRITTEN, b"application/x-www-form-urlencoded")
    assert isinstance(verdict, Admitted)
    assert verdict.fields == 2


@pytest.mark.parametrize("step", STEPS)
def test_multipart(sample_policy: Policy, step: int) -> None:
    body = multipart([field(name, value) for name, value in FIELDS.items()])
    out, verdict, content_type = carried(sample_policy, "multipart/form-data; boundary=x-1", body, step)
    boundary = content_type.removeprefix(b"multipart/form-data; boundary=")
    assert len(boundary) == 32
    assert boundary != b"x-1"
    expected = b"".join(
        b'--%b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (boundary, name.encode(), value.encode())
        for name, value in FIELDS.items()
    )
    assert out == expected + b"--%b--\r\n" % boundary
    assert isinstance(verdict, Admitted)


@pytest.mark.parametrize("step", STEPS)
def test_json(sample_policy: Policy, step: int) -> None:
    body = json.dumps(FIELDS, indent=8).encode()  # escapes and white space
    out, verdict, content_type = carried(sample_policy, "application/json", body, step)
    assert (out, content_type) == (
        json.dumps(FIELDS, ensure_ascii=False, separators=(",", ":")).encode(),
        b"application/json",
    )
    assert isinstance(verdict, Admitted)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", urlencode({**FIELDS, "hobby": SECRET}).encode()),
        ("application/json", json.dumps({**FIELDS, "hobby": SECRET}).encode()),
        (
            "multipart/form-data; boundary=x-1",
            multipart([field(name, value) for name, value in {**FIELDS, "hobby": SECRET}.items()]),
        ),
    ],
    ids=["urlencoded", "json", "multipart"],
)
def test_an_undeclared_field_does_not_go_on(sample_policy: Policy, content_type: str, body: bytes, step: int) -> None:
    out, verdict, _ = carried(sample_policy, content_type, body, step)
    assert isinstance(verdict, Denied)
    assert verdict.code is Code.FIELD_UNDECLARED
    for trace in (SECRET, urlencode({"": SECRET})[1:], "hobby"):
        assert trace.encode() not in out


@pytest.mark.parametrize("name", ["photo", "applicant_name"])
def test_a_file_does_not_go_on(sample_policy: Policy, name: str) -> None:
    part = (
        f'Content-Disposition: form-data; name="{name}"; filename="{SECRET}.png"\r\nContent-Type: image/png\r\n\r\nPNG'
    )
    body = multipart([field("kind", "新規"), part, field("copies", "2")])
    out, verdict, _ = carried(sample_policy, "multipart/form-data; boundary=x-1", body, 10)
    assert isinstance(verdict, Denied)
    assert verdict.code is Code.FILE_UNDECLARED
    assert b"PNG" not in out
    assert SECRET.encode() not in out


def test_no_body(sample_policy: Policy) -> None:
    _, judgement = opened(sample_policy, "application/json")
    made = carrier(request_head("text/plain"), None, judgement, DEFAULTS, Files(None, 0.0, 0))
    assert isinstance(made, NoBody)
    assert (made.content_type, made.feed(b""), made.finish()) == (None, b"", b"")


def test_the_body_must_be_what_it_says_it_is(sample_policy: Policy) -> None:
    _, judgement = opened(sample_policy, "application/json")
    with pytest.raises(Refused):
        carrier(request_head("application/json; charset=shift_jis"), "json", judgement, DEFAULTS, Files(None, 0.0, 0))


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(st.characters(codec="latin-1"), max_size=60),
        st.tuples(
            st.sampled_from(
                ["application/json", "multipart/form-data", "application/x-www-form-urlencoded", "text/plain"]
            ),
            st.sampled_from(
                ["", ";", " ;charset=utf-8", "; boundary=x", ";boundary=x;charset=UTF-8", ", application/json"]
            ),
            st.booleans(),
        ).map(lambda three: (three[0].upper() if three[2] else three[0]) + three[1]),
    )
)
def test_policy_and_parser_see_the_same_kind(content_type: str) -> None:
    """Else a body could be judged as one kind and read as another."""
    raw = content_type.encode("latin-1")
    head = request_head(None)
    made = head._replace(headers=((b"content-type", raw),))
    try:
        kind, _ = open_body(made, DEFAULTS)
    except Refused:
        return
    assert kind == body_kind(raw)


def _in_shift_jis(write: Callable[..., Path], procedure: str, rules: RuleChoice | None = None) -> Policy:
    text = procedure.replace('"json"]', '"json"]\ncharsets = ["shift_jis"]', 1)
    return load_policy([write(text)], {TENANT: ()}, open_routes=False, rules=rules)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x-1"])
def test_what_crosses_of_a_form_in_shift_jis_is_utf8(
    write: Callable[..., Path], procedure: str, kind: str, step: int
) -> None:
    body = urlencode(FIELDS, encoding="cp932").encode()
    if "multipart" in kind:
        body = multipart([field(name, value) for name, value in FIELDS.items()]).decode().encode("cp932")
    out, verdict, _ = carried(_in_shift_jis(write, procedure), kind, body, step)
    assert isinstance(verdict, Admitted)
    if "multipart" in kind:
        assert all(value.encode() in out for value in FIELDS.values())
    else:
        assert out == WRITTEN


def test_a_form_in_shift_jis_does_not_cross_where_the_route_says_nothing(sample_policy: Policy) -> None:
    body = urlencode(FIELDS, encoding="cp932").encode()
    for label in ("", "; charset=shift_jis"):
        with pytest.raises(Refused, match="charset_invalid"):
            carried(sample_policy, "application/x-www-form-urlencoded" + label, body, 10_000)


def test_rules_see_a_form_in_shift_jis_as_it_crosses(
    write: Callable[..., Path], procedure: str, tmp_path: Path
) -> None:
    text = 'SecRuleEngine On\nSecRule ARGS:notes "@contains 能表" "id:1,phase:2,deny"'
    rules = rule_set(tmp_path, text)
    policy = _in_shift_jis(write, procedure, RuleChoice({rules.name: rules}, rules.name))
    for notes, denied in (("機能表", True), ("機能、表", False)):
        body = urlencode({**FIELDS, "notes": notes}, encoding="cp932").encode()
        _, verdict, _ = carried(policy, "application/x-www-form-urlencoded", body, 10_000)
        assert isinstance(verdict, Denied) is denied
