import copy
import pickle

import pytest

from policy.verdict import Admitted, Code, Denied, Finding, ForwardHead, PolicyMisuse, _admit

HEAD = ForwardHead("GET", "/health", None, ())


def admitted() -> Admitted:
    return _admit("health", "example", "exchange", HEAD, (), 2, 0)


def test_admitted_carries_what_was_judged() -> None:
    made = admitted()
    assert (made.route_id, made.tenant, made.mode, made.head, made.findings, made.fields, made.files) == (
        "health",
        "example",
        "exchange",
        HEAD,
        (),
        2,
        0,
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda: Admitted(),
        lambda: Admitted("health", "example", "exchange", HEAD, (), 0, 0),  # type: ignore[call-arg]  # that is the test
        lambda: Admitted.__new__(Admitted),
        lambda: copy.copy(admitted()),
        lambda: copy.deepcopy(admitted()),
        lambda: pickle.dumps(admitted()),
        lambda: type("Forged", (Admitted,), {}),
    ],
)
def test_admitted_has_no_other_maker(make) -> None:
    with pytest.raises(TypeError):
        make()


def test_admitted_is_frozen() -> None:
    made = admitted()
    with pytest.raises(AttributeError):
        made.tenant = "other"
    with pytest.raises(AttributeError):
        del made.tenant
    with pytest.raises(AttributeError):
        made.more = 1  # type: ignore[attr-defined]  # that is the test
    assert made.tenant == "example"


def test_admitted_shows_no_header() -> None:
    assert "example" in repr(admitted())
    assert "headers" not in repr(admitted())


def test_denied_has_a_finding_and_its_first_decides() -> None:
    with pytest.raises(PolicyMisuse):
        Denied(())
    first = Finding("route", Code.ROUTE_UNKNOWN, "", "path_unknown")
    assert Denied((first, Finding("schema", Code.FIELD_INVALID, "a", "control"))).code is Code.ROUTE_UNKNOWN
