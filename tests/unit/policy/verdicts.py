"""What a test asks of a verdict."""

from __future__ import annotations

from policy.pipeline import Judgement, Policy
from policy.request import RequestHead
from policy.verdict import Admitted, Code, Denied


def found(verdict: Admitted | Denied | Judgement) -> list[tuple[str, Code, str, str]]:
    assert isinstance(verdict, Denied)
    return [(finding.stage, finding.code, finding.target, finding.detail) for finding in verdict.findings]


def opened(policy: Policy, request: RequestHead) -> Judgement:
    judgement = policy.open(request)
    assert isinstance(judgement, Judgement)
    return judgement
