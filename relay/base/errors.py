"""Four families of failure, by whose fault it is and what happens next.

=============  ================================  ==================================================
family         fault                             what follows
=============  ================================  ==================================================
Refused        the peer's                        the answer in `relay.base.reasons`; one record
Unavailable    a dependency's, for now           503 or a later attempt; nothing is lost
Misuse         ours: a call out of order         the connection ends, is counted and raises an alarm
Broken         durability or integrity unknown   the process exits with a numbered code and recovers
=============  ================================  ==================================================

`detail` is for our own log and never reaches a peer; it must not hold a value that a peer sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from relay.base.reasons import Reason


class SekishoError(Exception):
    """Root of every error that this project raises on purpose."""


class Refused(SekishoError):
    """The peer broke a rule; `reason` selects the answer, the record and the metric."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason
        self.detail = detail


class Unavailable(SekishoError):
    """Something that we depend on is absent, slow, full or lying. Never a pass."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason
        self.detail = detail


class Misuse(SekishoError):
    """A bug of ours, such as a call out of order. Never caught in order to go on as if nothing had happened."""


class Broken(SekishoError):
    """Durability or integrity is unknown. The process exits with `exit_code` and recovers when it starts again.

    The codes are those of sysexits.h where one fits, so that `systemctl status` tells the kind at a glance.
    """

    exit_code: ClassVar[int] = 74  # EX_IOERR


class IntegrityBroken(Broken):
    """What was read back is not what was written: a hash, signature or sequence does not fit."""

    exit_code: ClassVar[int] = 76  # EX_PROTOCOL


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file that an operator wrote, and how to mend it."""

    path: str
    line: int  # 1-based; 0 where the file as a whole is meant
    message: str
    mend: str

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line else self.path
        return f"{where}: {self.message}\n    mend: {self.mend}"


class ConfigInvalid(SekishoError):
    """The configuration, a certificate or a key cannot be used. Carries every problem found, not only the first."""

    exit_code: ClassVar[int] = 78  # EX_CONFIG

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class WallMissing(SekishoError):
    """The configuration demands a sandbox wall that the kernel cannot give, or that does not hold when tried."""

    exit_code: ClassVar[int] = 77  # EX_NOPERM
