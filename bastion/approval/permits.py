"""The approvals of access that are in force, read from the store at the moment of the question.

What always holds: nothing is remembered, so that a revocation by another process counts from the
moment it is kept; a row whose binding does not fit what it says opens nothing; a store that cannot
answer raises StoreError, and callers let nobody in. What it does not do: say what a permit opens;
`bastion.policy` does.
"""

import hmac
from collections.abc import Collection

from bastion.approval.request import ACCESS, access_binding
from bastion.approval.states import APPROVED, REVOKED
from bastion.authorization import Permit
from bastion.clock import Clock
from bastion.printable import printable
from bastion.refusal import Code, Refusal
from bastion.store.rows import Request
from bastion.store.worker import StoreWorker

_REASON_CHARS = 300


class PermitBook:
    """The permits of one bastion, whichever process they were approved at."""

    def __init__(self, store: StoreWorker, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def of(self, subject: str) -> tuple[Permit, ...]:
        """The permits of *subject* that are in force; raises StoreError."""
        now = self._clock.now()
        rows = await self._store.run(lambda store: store.requests.approved(now, subject))
        return tuple(permit for row in rows if (permit := permit_of(row)) is not None)

    async def standing(self) -> tuple[Permit, ...]:
        """The permits of everybody that are in force; raises StoreError."""
        now = self._clock.now()
        rows = await self._store.run(lambda store: store.requests.approved(now))
        return tuple(permit for row in rows if (permit := permit_of(row)) is not None)

    async def withdrawn(self, ids: Collection[str]) -> dict[str, Refusal]:
        """Those of the permits called *ids* that are in force no more; raises StoreError.

        One whose time is over is not among them: its end was known from the beginning.
        """
        if not ids:
            return {}
        rows = await self._store.run(lambda store: store.requests.some(ids))
        known = {row.id: row for row in rows}
        return {
            id_: _withdrawal(known.get(id_))
            for id_ in ids
            if (row := known.get(id_)) is None or permit_of(row) is None
        }


def permit_of(row: Request) -> Permit | None:
    """What *row* permits; None where it is not approved, or is not what was approved."""
    if row.kind != ACCESS or row.state != APPROVED or row.decided_at is None:
        return None
    if not hmac.compare_digest(row.binding, access_binding(row)):
        return None
    return Permit(
        id=row.id,
        subject=row.subject,
        target=row.target,
        login=row.login,
        approvers=frozenset(row.approvers),
        since=row.decided_at,
        seconds=row.seconds,
    )


def _withdrawal(row: Request | None) -> Refusal:
    if row is None or row.state != REVOKED:
        return Refusal(Code.APPROVAL_REVOKED, cause="the request is not what was approved")
    why = printable(f"by {row.revoker}: {row.revoke_reason}", _REASON_CHARS)
    return Refusal(Code.APPROVAL_REVOKED, why, cause=f"request {row.id}")
