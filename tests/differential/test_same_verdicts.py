"""Sekisho's strict reading fires the rules that ModSecurity 3 fires, for Debian's CRS 3.3 and a CRS 4, at each level.

The normal run asks a sample at the lowest and the highest level, `make differential` everything. The compiled patterns are kept
in `out/rules-cache`, since making them is most of the sample's time.

A disagreement is explained in `explained.toml`, with the side that the manual supports, or it fails here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bench.rules import crs4, rulesets
from bench.rules.modsecurity import ModSecurity3
from bench.rules.sekisho import SekishoRules
from tests.differential.aimed import listed
from tests.differential.cases import LEAST, Case, cases, of_release, sample
from tests.differential.compare import Disagreement, Explanation, ask, load_explanations, sort

_STEP = 19  # every 19th case in the normal run
_SHOWN = 40
NEVER = {
    901001: "the set-up file is missing",
    901500: "the levels for blocking and for detection are the wrong way round",
    **dict.fromkeys((910000, 910100, 910150, 910160, 910170, 910180), "ModSecurity cannot load the file without GeoIP"),
    **dict.fromkeys(
        (912120, 912170, 912171, 949100), "counts requests of one address, which a single request cannot show"
    ),
    **dict.fromkeys((980100, 980110), "asks for a variable that CRS 3.3 no longer sets"),
}
_OPTIONAL = (2, 3)  # levels at which what a release leaves to its operator is switched on


@pytest.fixture(scope="module")
def rules_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rules")


def _compare(
    release: rulesets.Release, level: int, directory: Path, asked: Sequence[Case], fired: set[int] | None = None
) -> tuple[int, list[Disagreement]]:
    files = rulesets.files(release, level, directory, optional=level in _OPTIONAL)
    modsecurity, sekisho = ModSecurity3(files), SekishoRules(files, reading="strict")
    try:
        return ask(modsecurity, sekisho, asked, level, fired)
    finally:
        modsecurity.close()
        sekisho.close()


@pytest.mark.slow
@pytest.mark.parametrize("level", [rulesets.LEVELS[0], rulesets.LEVELS[-1]])
def test_a_sample_has_no_unexplained_disagreement(level: int, rules_directory: Path) -> None:
    asked, found = _compare(rulesets.crs3(), level, rules_directory, sample(_STEP))
    assert asked >= 350
    assert _told(sort(asked, found, load_explanations()).unexplained) == []


@pytest.mark.comparison
def test_all_cases_have_no_unexplained_disagreement_no_explanation_is_idle_and_every_rule_fires(
    rules_directory: Path,
) -> None:
    explanations = load_explanations()
    used: set[Explanation] = set()
    unexplained: list[Disagreement] = []
    fired: defaultdict[rulesets.Release, set[int]] = defaultdict(set)
    for release, level, chosen in _runs():
        asked, found = _compare(release, level, rules_directory, chosen, fired[release])
        assert asked >= LEAST
        outcome = sort(asked, found, explanations)
        unexplained += outcome.unexplained
        used.update(reason for _, reasons in outcome.explained for reason in reasons)
    assert _told(unexplained) == []
    assert [row.reason for row in explanations if row not in used] == []
    assert {release.name: listed(release) - set(NEVER) - rules for release, rules in fired.items()} == {
        release.name: set() for release in fired
    }


def _runs() -> Iterator[tuple[rulesets.Release, int, Sequence[Case]]]:
    for level in rulesets.LEVELS:
        yield rulesets.crs3(), level, cases()
    newer = crs4.release()
    both = (*cases(), *of_release(newer))
    for level in rulesets.LEVELS:
        yield newer, level, both


def _told(disagreements: Sequence[Disagreement]) -> list[str]:
    return [str(one) for one in disagreements[:_SHOWN]] + (
        [f"and {len(disagreements) - _SHOWN} more"] if len(disagreements) > _SHOWN else []
    )
