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
from bastion.clock import Clock
from bastion.store.protocol import Store
from bastion.store.rows import AuditEntry
from bastion.store.worker import StoreWorker

_NAME = "audit"
_PAGE = 1000


class AuditLog:
    """The log that the running bastion writes."""

    def __init__(self, store: StoreWorker, signer: chain.Signer, clock: Clock) -> None:
        self._store, self._signer, self._clock = store, signer, clock

    async def append(self, code: AuditCode, subject: str = "", **detail: Any) -> AuditEntry:
        """Add an entry; raises StoreError, and then what it describes must not happen."""
        make = maker(self._clock.now(), code, subject, detail, self._signer)
        return await self._store.run(lambda store: store.audit.append(make))


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
