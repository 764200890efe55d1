"""The locks in force, read from the store at the moment of the question.

What always holds: nothing is remembered, so that a lock which another process has set counts from
the moment it is kept; a store that cannot answer raises StoreError, and callers let nobody in. What
it does not do: end what lives; `bastion.relay.warden` does.
"""

from bastion.clock import Clock
from bastion.identity import Somebody
from bastion.locks.lock import locked, refusal
from bastion.refusal import Refusal
from bastion.store.rows import Lock
from bastion.store.worker import StoreWorker


class LockBook:
    """The locks of one bastion, whichever process set them."""

    def __init__(self, store: StoreWorker, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def standing(self) -> list[Lock]:
        """The locks in force now; raises StoreError."""
        now = self._clock.now()
        return await self._store.run(lambda store: store.locks.standing(now))

    async def refusal(self, who: Somebody, way: tuple[str, ...] = ()) -> Refusal | None:
        """A refusal where a lock meets *who* (on that *way*); raises StoreError."""
        lock = locked(await self.standing(), who, way=way)
        return refusal(lock) if lock else None
