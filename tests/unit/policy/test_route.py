from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from policy.load import read_routes
from policy.route import Route, canonical_path, day_in_japan, overlaps

PATHS = [
    ("/a", "/a"),
    ("/%61", "/a"),
    ("/%41%2d%2E%5f%7e", "/A-._~"),
    ("/%e5%b1%8a", "/%E5%B1%8A"),
    ("/%2f", "/%2F"),
    ("/%25%36%31", "/%2561"),
    ("/a%20b", "/a%20b"),
    ("/a+b", "/a+b"),
]


@pytest.mark.parametrize(("path", "canonical"), PATHS)
def test_canonical_paths(path: str, canonical: str) -> None:
    assert canonical_path(path) == canonical
    assert len(PATHS) == 8


def test_decoding_once_is_not_decoding_twice() -> None:
    assert canonical_path("/%2561") == "/%2561"


@pytest.mark.parametrize(
    ("unix_ms", "day"),
    [
        (0, date(1970, 1, 1)),
        (15 * 3_600_000 - 1, date(1970, 1, 1)),
        (15 * 3_600_000, date(1970, 1, 2)),
        (1_775_055_599_999, date(2026, 4, 1)),
        (1_775_055_600_000, date(2026, 4, 2)),
    ],
)
def test_days_are_those_of_japan(unix_ms: int, day: date) -> None:
    assert day_in_japan(unix_ms) == day.toordinal()


PLAIN = 'format = 1\n[route]\nid = "{id}"\nmode = "exchange"\nmethod = "{method}"\npath = "{path}"\n{more}\n'
TYPED = '[route.segments]\nn = "arrival_number"\n'


@pytest.fixture
def route(tmp_path: Path) -> Callable[..., Route]:
    def make(path: str, method: str = "GET", more: str = "") -> Route:
        (tmp_path / "one.toml").write_text(
            PLAIN.format(id="one", method=method, path=path, more=more), encoding="utf-8"
        )
        routes, problems = read_routes([tmp_path])
        assert problems == []
        return routes[0]

    return make


def test_overlaps_segment_by_segment(route: Callable[..., Route]) -> None:
    typed = route("/status/{n}", more=TYPED)
    assert overlaps(route("/status/20260401"), typed)
    assert overlaps(typed, route("/status/20260401"))
    assert not overlaps(route("/status/list"), typed)
    assert overlaps(typed, route("/status/{n}", more='[route.segments]\nn = "number"\n'))
    assert not overlaps(typed, route("/state/{n}", more=TYPED))
    assert not overlaps(typed, route("/status/{n}/more", more=TYPED))
    assert not overlaps(route("/a"), route("/a", "DELETE"))
    assert not overlaps(route("/a"), route("/A"))
    assert overlaps(route("/a"), route("/a"))


def test_overlaps_need_a_tenant_in_common(route: Callable[..., Route]) -> None:
    first, second = route("/a", more='tenants = ["a", "b"]'), route("/a", more='tenants = ["c"]')
    assert not overlaps(first, second)
    assert overlaps(first, replace(second, tenants=frozenset({"b", "c"})))
    assert overlaps(first, route("/a"))
