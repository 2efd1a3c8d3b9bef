"""A sample of the requests goes through nginx with Debian's ModSecurity 3.0.9: what it fires there is what Sekisho fires.

So the in-process ModSecurity of the whole comparison is no artefact of its binding, and neither is how a request is handed to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.rules import rulesets
from bench.rules.sekisho import SekishoRules
from tests.differential.cases import cases
from tests.differential.compare import Disagreement, Explanation, load_explanations, sort
from tests.differential.nginx import NginxModSecurity3

_STEP = 31
_LEAST = 200
_LEVEL = 4
_OLDER = Explanation(
    frozenset(range(941_000, 942_000)),
    "sekisho",
    "sekisho",
    "ModSecurity 3.0.9 ends a value at the NUL that utf8toUnicode and urlDecodeUni make of U+3000, and jsDecode of \\x00; 3.0.15 does not.",
    re.compile(rb"(?i)\xe3\x80\x80|%e3%80%80|[\\%]u3000|(?:%5c|\\)x00|%25%35%63%78%30%30"),
)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, ...]:
    return rulesets.files(rulesets.crs3(), _LEVEL, tmp_path / "rules")


@pytest.fixture
def nginx(files: tuple[Path, ...], tmp_path: Path) -> Iterator[NginxModSecurity3]:
    server = NginxModSecurity3(files, tmp_path)
    yield server
    server.close()


@pytest.mark.live
@pytest.mark.comparison
def test_nginx_with_modsecurity_confirms_a_sample(nginx: NginxModSecurity3, files: tuple[Path, ...]) -> None:
    """Requests that are odd as HTTP are left out: nginx refuses or repairs many of them before ModSecurity sees them."""
    sekisho = SekishoRules(files, reading="strict")
    compared, found = 0, []
    for case in cases()[::_STEP]:
        theirs = None if case.response is not None or case.family == "protocol" else nginx.fired(case.request)
        if theirs is None:
            continue
        compared += 1
        ids, limited = sekisho.grade_told(case.request)
        ours = frozenset(ids)
        if theirs != ours:
            found.append(Disagreement(case, _LEVEL, theirs - ours, ours - theirs, theirs & ours, limited))
    assert compared >= _LEAST
    assert [str(one) for one in sort(compared, found, [*load_explanations(), _OLDER]).unexplained] == []
