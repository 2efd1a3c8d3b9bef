"""The refusals that carry findings: what the policy denied, and what rules had found before something else was in the way."""

from __future__ import annotations

from policy.verdict import Denied, Finding
from relay.base.errors import Refused
from relay.base.reasons import Reason


class Denial(Refused):
    """`denied` has the findings for the record; the reason is that of the first one."""

    def __init__(self, denied: Denied) -> None:
        super().__init__(Reason(denied.code.value))
        self.denied = denied


class Noted(Refused):
    """A refusal for a reason of its own. `findings`: what rules say of as much as could be read; they do not decide it."""

    def __init__(self, refused: Refused, findings: tuple[Finding, ...]) -> None:
        super().__init__(refused.reason, refused.detail)
        self.findings = findings
