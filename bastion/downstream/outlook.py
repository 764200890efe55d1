"""What a person can see of the bastion: hosts they may reach, own sessions, own approvals.

What always holds: a host that may not be reached is not there; sessions and approvals are the
person's own. What it does not do: open anything, or keep that somebody looked.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from bastion.approval.permits import PermitBook
from bastion.authorization import Channel, Permit
from bastion.clock import Clock
from bastion.identity import Identity
from bastion.locks.book import LockBook
from bastion.locks.lock import locked
from bastion.policy.current import Current
from bastion.policy.reachable import Way, ways
from bastion.store.rows import Session
from bastion.store.worker import StoreWorker

_AT_A_TIME = 50
"""Hosts that are judged before other connections have their turn."""


@dataclass(frozen=True)
class Host:
    """A host that may be reached.

    Attributes:
        ways: the accounts, at least one.
        is_locked: a lock keeps everybody or this person off it for now.
    """

    name: str
    labels: Mapping[str, str]
    ways: tuple[Way, ...]
    is_locked: bool = False


class Outlook:
    """The outlook from one bastion process."""

    def __init__(
        self,
        current: Current,
        store: StoreWorker,
        clock: Clock,
        locks: LockBook,
        permits: PermitBook,
    ) -> None:
        self._current, self._store, self._clock = current, store, clock
        self._locks, self._permits = locks, permits

    async def hosts(self, identity: Identity, kind: Channel | None = None) -> list[Host]:
        """The hosts that *identity* may reach for *kind* (or anything), by name."""
        rules, now = self._current.rules, self._clock.now()
        permits = await self.permits(identity)
        standing = await self._locks.standing()
        found: list[Host] = []
        for number, target in enumerate(sorted(rules.inventory, key=lambda each: each.name)):
            if number % _AT_A_TIME == 0:
                await _turn_of_others()
            accounts = ways(
                rules.access, rules.inventory, identity, target, now=now, permits=permits, kind=kind
            )
            if accounts:
                is_locked = locked(standing, identity, way=target.way) is not None
                found.append(Host(target.name, target.labels, accounts, is_locked))
        return found

    async def permits(self, identity: Identity) -> tuple[Permit, ...]:
        """The approvals of *identity* that are in force."""
        return await self._permits.of(identity.subject)

    async def sessions(self, identity: Identity, limit: int) -> list[Session]:
        """The newest sessions of *identity*, newest first."""
        return await self._store.run(lambda store: store.sessions.of(identity.subject, limit))

    def now(self) -> float:
        """Unix seconds."""
        return self._clock.now()


async def _turn_of_others() -> None:
    """Let other connections go on: to judge thousands of hosts at once would hold them all up."""
    await asyncio.sleep(0)
