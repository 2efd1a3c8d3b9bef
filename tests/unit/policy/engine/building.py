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
