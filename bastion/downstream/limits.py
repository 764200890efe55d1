"""How much strangers may take, counted by address: half-open connections, and how often they come.

What always holds: there are never more half-open connections than the limits; when a new one comes,
its own address or the one that holds the most loses its oldest, so that a flood from one address
cannot lock others out. What is held in memory is bounded, however many addresses come. What it does
not do: close connections (it names the one to close), or read a clock.
"""

from collections.abc import Hashable

from bastion.address import source

_MAX_SOURCES = 20_000
_MINUTE = 60.0


class HalfOpen:
    """Connections that have not authenticated yet."""

    def __init__(self, limit: int, limit_by_address: int | None = None) -> None:
        self._limit, self._limit_by_address = limit, limit_by_address or limit
        self._by_source: dict[str, dict[Hashable, None]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def enter(self, connection: Hashable, address: str) -> Hashable | None:
        """Count *connection*; the one that has to be closed for it, where there is one too many."""
        own = source(address)
        victim = None
        if len(self._by_source.get(own, ())) >= self._limit_by_address:
            victim = self._oldest(own)
        elif self._count >= self._limit:
            victim = self._oldest(self._greediest())
        self._by_source.setdefault(own, {})[connection] = None
        self._count += 1
        return victim

    def leave(self, connection: Hashable, address: str) -> None:
        """Count *connection* no more; leaving twice does nothing."""
        self._leave(connection, source(address))

    def _leave(self, connection: Hashable, own: str) -> None:
        held = self._by_source.get(own, {})
        if connection in held:
            del held[connection]
            self._count -= 1
        if not held:
            self._by_source.pop(own, None)

    def _greediest(self) -> str:
        return max(self._by_source, key=lambda own: len(self._by_source[own]))

    def _oldest(self, own: str) -> Hashable:
        oldest = next(iter(self._by_source[own]))
        self._leave(oldest, own)
        return oldest


class PerMinute:
    """So many at once, and so many in any minute after that, for each source by itself.

    Of each source only the moment is kept at which it has everything again (the generic cell rate
    algorithm, ITU-T I.371). Whoever was quiet for longest is forgotten first.
    """

    def __init__(self, limit: int) -> None:
        self._spacing = _MINUTE / limit
        self._full_at: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._full_at)

    def has_room(self, own: str, now: float) -> bool:
        """Whether one more is within the limit."""
        wait = self._full_at.get(own, now) - now
        return wait <= _MINUTE - self._spacing

    def take(self, own: str, now: float) -> bool:
        """Count one more; whether it was within the limit (else it does not count)."""
        if not self.has_room(own, now):
            return False
        full_at = max(self._full_at.pop(own, now), now) + self._spacing
        self._full_at[own] = full_at  # at the end: the order is that of the last time
        while len(self._full_at) > _MAX_SOURCES:
            del self._full_at[next(iter(self._full_at))]
        return True
