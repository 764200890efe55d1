"""How much an unauthenticated peer may take: half-open connections are counted by address.

What always holds: there are never more than the limit; when a new one comes, the address that holds
the most loses its oldest, so that a flood from one address cannot lock others out. What it does not
do: close connections; it names the one to close.
"""

from collections.abc import Hashable


class HalfOpen:
    """Connections that have not authenticated yet."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._by_address: dict[str, dict[Hashable, None]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def enter(self, connection: Hashable, address: str) -> Hashable | None:
        """Count *connection*; the one that has to be closed for it, where there is one too many."""
        victim = self._oldest_of_the_greediest() if self._count >= self._limit else None
        self._by_address.setdefault(address, {})[connection] = None
        self._count += 1
        return victim

    def leave(self, connection: Hashable, address: str) -> None:
        """Count *connection* no more; leaving twice does nothing."""
        held = self._by_address.get(address, {})
        if connection in held:
            del held[connection]
            self._count -= 1
        if not held:
            self._by_address.pop(address, None)

    def _oldest_of_the_greediest(self) -> Hashable:
        greediest = max(self._by_address, key=lambda address: len(self._by_address[address]))
        oldest = next(iter(self._by_address[greediest]))
        self.leave(oldest, greediest)
        return oldest
