from __future__ import annotations

from policy.operators.constant import NoMatch, UnconditionalMatch
from tests.unit.policy.operators.modsecurity import ask


def test_no_match_never_matches() -> None:
    for value in (b"", b"a"):
        assert NoMatch().match(value, characters=True) is None
        assert ask("noMatch", b"", value)[0] is False


def test_unconditional_match_always_matches() -> None:
    for value in (b"", b"a"):
        assert UnconditionalMatch().match(value, characters=True) == (0, len(value), (), False)
        assert ask("unconditionalMatch", b"", value)[0] is True
