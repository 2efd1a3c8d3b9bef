"""Rules as the loader gives them, from text."""

from __future__ import annotations

from policy.engine.compile import compile_rule
from policy.engine.rule import Rule
from policy.seclang import ast
from policy.seclang.load import Source, load


def read(text: str) -> ast.RuleSet:
    return load([Source("rules", text)])


def compiled(text: str) -> list[Rule]:
    return [compile_rule(rule, ordinal, None) for ordinal, rule in enumerate(read(text).rules)]


_MAKERS = ("base64Encode", "hexEncode", "md5", "sha1")
_CHAINS = [*_MAKERS, *[f"{first},{second}" for first in _MAKERS for second in _MAKERS]]
DEAR_RULES = "".join(
    f'SecRule ARGS "@rx [0-9A-Z][a-z=]" "id:{number},phase:1,pass,t:{names.replace(",", ",t:")}"\n'
    for number, names in enumerate(_CHAINS, 1)
)
"""Of a thousand values they find something in twenty forms each, which is more than a request may cost."""
