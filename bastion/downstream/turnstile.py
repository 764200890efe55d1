"""Who may come in how often: the limits by address before the login, and by person after it.

What always holds: an address that has made too many connections or failed too many logins is turned
away before a key is exchanged with it; a person is counted by what was proven, never by a name that
a stranger types, so nobody can lock somebody else out. What it does not do: count over several
processes (logins of a person are, by `Reception`), write, or close what is open.
"""

from collections import Counter

from bastion.address import source
from bastion.clock import Clock
from bastion.config.limits import Limits
from bastion.downstream.limits import HalfOpen, PerMinute
from bastion.refusal import Code, Refusal


class Turnstile:
    """The limits of one bastion process.

    Attributes:
        half_open: the connections that have not logged in.
    """

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._clock, self._limits = clock, limits
        self._arrivals = PerMinute(limits.connections_per_minute)
        self._failures = PerMinute(limits.failed_logins_per_minute)
        self._inside: Counter[str] = Counter()
        self.half_open = HalfOpen(limits.max_half_open, limits.max_half_open_by_address)

    def arrive(self, address: str) -> Refusal | None:
        """Count a new connection from *address*; why it may not come in, if it may not."""
        own, now = source(address), self._clock.monotonic()
        if not self._failures.has_room(own, now):
            return Refusal(Code.TOO_MANY_FAILURES, own)
        if not self._arrivals.take(own, now):
            return Refusal(Code.ADDRESS_TOO_BUSY, own)
        return None

    def fail(self, address: str) -> None:
        """Count a connection that tried to log in, and has ended without."""
        self._failures.take(source(address), self._clock.monotonic())

    def enter(self, subject: str) -> Refusal | None:
        """Count a connection of a person who has logged in; why there may be no more of them."""
        if self._inside[subject] >= self._limits.max_connections:
            return Refusal(Code.TOO_MANY_CONNECTIONS, f"at most {self._limits.max_connections}")
        self._inside[subject] += 1
        return None

    def leave(self, subject: str) -> None:
        """Count one less, that was let in."""
        self._inside[subject] -= 1
        if self._inside[subject] <= 0:
            del self._inside[subject]
