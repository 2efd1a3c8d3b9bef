"""The one refusal that carries findings: what the policy denied, as an error of the front's pipeline."""

from __future__ import annotations

from policy.verdict import Denied
from relay.base.errors import Refused
from relay.base.reasons import Reason


class Denial(Refused):
    """`denied` has the findings for the record; the reason is that of the first one."""

    def __init__(self, denied: Denied) -> None:
        super().__init__(Reason(denied.code.value))
        self.denied = denied
