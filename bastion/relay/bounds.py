"""When a session has to end, by its limits and its certificate.

What always holds: of several limits the one that comes first counts. What it does not do: know
clocks; ages arrive as values.
"""

from dataclasses import dataclass

from bastion.authorization import Limits
from bastion.refusal import Code

WARNING_SECONDS = 60.0
_SHARE = 0.5  # of a limit that is shorter than two warnings: warn when half of it is left


@dataclass(frozen=True)
class Due:
    """The end that comes first.

    Attributes:
        seconds: how long until then; 0 or less: now.
        code: what the user is told it ended by.
        warn_seconds: how long before the end to warn.
    """

    seconds: float
    code: Code
    warn_seconds: float = WARNING_SECONDS

    @property
    def is_over(self) -> bool:
        """Whether the session has to end now."""
        return self.seconds <= 0

    @property
    def is_near(self) -> bool:
        """Whether the user should be warned."""
        return self.seconds <= self.warn_seconds


def due(
    limits: Limits,
    *,
    age: float,
    idle: float,
    now: float,
    certificate_until: float | None = None,
) -> Due | None:
    """The next end of a session that is *age* seconds old and was *idle* that long.

    *certificate_until* is given where the session ends with its certificate.
    """
    ends = []
    if limits.session_seconds is not None:
        ends.append(_of(limits.session_seconds, age, Code.SESSION_EXPIRED))
    if limits.idle_seconds is not None:
        ends.append(_of(limits.idle_seconds, idle, Code.SESSION_IDLE))
    if limits.until is not None:
        ends.append(Due(limits.until - now, Code.SESSION_EXPIRED))
    if limits.approved_until is not None:
        ends.append(Due(limits.approved_until - now, Code.APPROVAL_ENDED))
    if certificate_until is not None:
        ends.append(Due(certificate_until - now, Code.CERTIFICATE_ENDED))
    return min(ends, key=lambda end: end.seconds, default=None)


def _of(limit: int, passed: float, code: Code) -> Due:
    return Due(limit - passed, code, min(WARNING_SECONDS, limit * _SHARE))
