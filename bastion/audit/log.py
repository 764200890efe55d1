"""Appends to the audit log and proves it: each entry is linked to the one before, and signed.

What always holds: an entry's link covers its number, time, code, subject and detail, so none of
them can change without `check` naming the entry. What it does not do: notice entries missing from
the end, unless the caller remembers the last link it has seen.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from bastion import chain
from bastion.audit.entry import AuditCode
from bastion.audit.restraint import ALL_PEOPLE, ONE_PERSON, Restraint
from bastion.clock import Clock
from bastion.errors import StoreError
from bastion.store.protocol import Store
from bastion.store.rows import AuditEntry
from bastion.store.worker import StoreWorker

_NAME = "audit"
_PAGE = 1000


class AuditLog:
    """The log that the running bastion writes."""

    def __init__(self, store: StoreWorker, signer: chain.Signer, clock: Clock) -> None:
        self._store, self._signer, self._clock = store, signer, clock
        self._strangers = Restraint()
        self._people = Restraint(ONE_PERSON, ALL_PEOPLE, name=str, others="other people")

    async def append(self, code: AuditCode, subject: str = "", **detail: Any) -> AuditEntry:
        """Add an entry; raises StoreError, and then what it describes must not happen."""
        make = maker(self._clock.now(), code, subject, detail, self._signer)
        return await self._store.run(lambda store: store.audit.append(make))

    async def together(
        self, deed: Callable[[Store], tuple[AuditCode, dict[str, Any]]], subject: str
    ) -> AuditEntry:
        """Do *deed* and add the entry that it returns; raises StoreError, and then neither is kept.

        Both are one transaction, so that nobody sees what was done before it is in the log.
        """
        now, signer = self._clock.now(), self._signer

        def done(store: Store) -> AuditEntry:
            def make(last: AuditEntry | None) -> AuditEntry:
                code, detail = deed(store)
                return maker(now, code, subject, detail, signer)(last)

            return store.audit.append(make)

        return await self._store.run(done)

    async def refused(
        self, code: AuditCode, subject: str = "", *, address: str, **detail: Any
    ) -> None:
        """Add that somebody from *address* was refused, or count it; raises StoreError.

        For whoever is not known yet, or comes again and again: they must not fill the log.
        """
        if self._strangers.allows(code, address, self._clock.now()):
            await self.append(code, subject, address=address, **detail)

    async def denied(self, code: AuditCode, subject: str, **detail: Any) -> None:
        """Add that somebody who has logged in was refused, or count it; raises StoreError.

        Strangers have no part in what one person may leave, so nobody hides behind them.
        """
        if self._people.allows(code, subject, self._clock.now()):
            await self.append(code, subject, **detail)

    async def settle(self) -> None:
        """Add entries for all refusals that were counted; raises StoreError, and counts on."""
        for restraint in (self._strangers, self._people):
            await self._settle(restraint)

    async def _settle(self, restraint: Restraint) -> None:
        counts = restraint.take()
        if not counts:
            return
        total = sum(sum(by_address.values()) for by_address in counts.values())
        try:
            await self.append(AuditCode.REFUSALS_COUNTED, number=total, refused=counts)
        except StoreError:
            restraint.put_back(counts)
            raise


def maker(
    at: float, code: AuditCode, subject: str, detail: dict[str, Any], signer: chain.Signer
) -> Callable[[AuditEntry | None], AuditEntry]:
    """What makes the entry once it is known which one it follows."""

    def make(last: AuditEntry | None) -> AuditEntry:
        head = bytes.fromhex(last.hash) if last else chain.start(_NAME)
        seq = last.seq + 1 if last else 1
        new = chain.link(head, _digest(seq, at, code, subject, detail))
        return AuditEntry(seq, at, str(code), subject, detail, new.hex(), signer.sign(new).hex())

    return make


def check(store: Store, verifier: chain.Verifier) -> str:
    """The first entry that does not fit, as a sentence; empty where the whole log does.

    Raises StoreError where the log cannot be read.
    """
    head, expected = chain.start(_NAME), 1
    for entry in entries(store):
        if entry.seq != expected:
            return f"entry {expected} is missing"
        digest = _digest(entry.seq, entry.at, entry.code, entry.subject, entry.detail)
        head = chain.link(head, digest)
        if entry.hash != head.hex():
            return f"entry {entry.seq} was changed, or the one before it"
        if not verifier.is_signed(head, chain.signature(entry.signature)):
            return f"entry {entry.seq} is not signed by this bastion"
        expected += 1
    return ""


def entries(store: Store) -> Iterator[AuditEntry]:
    """The whole log in order, a page at a time; raises StoreError for what is no entry."""
    after = 0
    while page := store.audit.entries(after, _PAGE):
        yield from page
        after = page[-1].seq


def _digest(seq: int, at: float, code: str, subject: str, detail: dict[str, Any]) -> bytes:
    canonical = json.dumps([seq, at, code, subject, detail], sort_keys=True)
    return hashlib.sha256(canonical.encode()).digest()
