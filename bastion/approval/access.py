"""The desk where access is asked for: one request for all who wait for the same.

    ask → (told to the chats) → pending → approved: open from then on, for as long as was asked
                                   └→ denied, expired, cancelled when nobody waits any more

What always holds: a request is in the audit log before anybody is told of it; whoever asks for the
same person, host and account shares the request that waits already; it is cancelled when the last
of those has gone who wait for it, and a request that was made without waiting is not. What it does
not do: decide, or let anybody in: `bastion.approval.decide` and the policy do.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from bastion.approval.looks import Looks
from bastion.approval.request import new_access_request
from bastion.approval.states import CANCELLED, EXPIRED, PENDING
from bastion.approval.telling import Telling
from bastion.audit.entry import AuditCode
from bastion.audit.log import AuditLog
from bastion.authorization import Ask
from bastion.clock import Clock
from bastion.config import Approval
from bastion.errors import StoreError
from bastion.identity import Identity
from bastion.refusal import Code, Refusal
from bastion.store.protocol import Store
from bastion.store.rows import Lock, Request
from bastion.store.worker import StoreWorker

_LOG = structlog.get_logger()
MAX_REASON_CHARS = 500
MOST_AN_HOUR = 30
"""So often one person may ask within an hour; each request is a message to people."""
_HOUR = 3600.0


@dataclass(frozen=True)
class News:
    """What all who wait look out for.

    Attributes:
        at: Unix seconds of the look.
        state: of the request.
        locks: in force.
    """

    at: float
    state: str
    locks: tuple[Lock, ...]


class AccessDesk:
    """The desk of one process."""

    def __init__(
        self,
        store: StoreWorker,
        audit: AuditLog,
        clock: Clock,
        settings: Approval,
        telling: Telling,
    ) -> None:
        self._store, self._audit, self._clock = store, audit, clock
        self._settings, self._telling = settings, telling
        self._waiting: dict[str, int] = {}
        self._looks = Looks(self._look)

    async def ask(
        self,
        identity: Identity,
        ask: Ask,
        *,
        seconds: int | None = None,
        reason: str = "",
        is_waiting: bool,
    ) -> Request | Refusal:
        """The request of *identity* for what *ask* names; raises StoreError.

        Whoever *is_waiting* has to `leave` it.
        """
        if refusal := self._hindrance(ask, seconds, reason):
            return refusal
        since = self._clock.now() - _HOUR
        if await self._store.run(lambda s: s.requests.asked(identity.subject, since)) >= (
            MOST_AN_HOUR
        ):
            return Refusal(Code.TOO_MANY_REQUESTS, cause="asked too often")
        request = new_access_request(
            identity,
            ask,
            seconds=ask.seconds if seconds is None else seconds,
            reason=reason.strip(),
            clock=self._clock,
            patience_seconds=self._settings.timeout_seconds,
            is_kept=not is_waiting,
        )
        return await self._keep(request, is_waiting=is_waiting)

    async def seen(self, request: Request) -> Request:
        """*request* as it is now: expired, where its time is over; raises StoreError."""
        found = await self._store.run(lambda store: store.requests.get(request.id))
        if found is None:
            raise StoreError("the request is not in the store any more")
        is_late = found.state == PENDING and found.expires_at <= self._clock.now()
        if is_late and await self._move(found, PENDING, EXPIRED):
            await self._note(AuditCode.ACCESS_EXPIRED, found)
        return await self.seen(request) if is_late else found

    async def news(self, request: Request) -> News | None:
        """What is new of *request* at the next look, which is one for all; raises StoreError.

        None where the store has it no more.
        """
        return await self._looks.at(request.id)

    async def leave(self, request: Request) -> None:
        """Somebody waits for *request* no more; the last one cancels it. Raises nothing."""
        left = self._waiting.get(request.id, 0) - 1
        if left > 0:
            self._waiting[request.id] = left
        elif self._waiting.pop(request.id, 0):
            try:
                if await self._store.run(lambda store: store.requests.leave(request.id)):
                    await self._note(AuditCode.ACCESS_CANCELLED, request)
            except StoreError as error:
                _LOG.warning("a request was left open", request=request.id, cause=str(error))

    async def _look(self, names: set[str]) -> Mapping[str, News]:
        now = self._clock.now()

        def look(store: Store) -> Mapping[str, News]:
            locks = tuple(store.locks.standing(now))
            states = store.requests.states(names)
            return {name: News(now, state, locks) for name, state in states.items()}

        return await self._store.run(look)

    def _hindrance(self, ask: Ask, seconds: int | None, reason: str) -> Refusal | None:
        if not ask.approvers:
            return Refusal(Code.APPROVAL_NEEDED, "but no group may approve: tell the operators")
        if seconds is not None and not 0 < seconds <= ask.seconds:
            return Refusal(Code.APPROVAL_TOO_LONG, f"at most {ask.seconds} s")
        if len(reason) > MAX_REASON_CHARS:
            return Refusal(Code.REASON_NEEDED, f"at most {MAX_REASON_CHARS} characters")
        return None

    async def _keep(self, request: Request, *, is_waiting: bool) -> Request:
        if is_waiting:
            self._waiting[request.id] = 0
        try:
            kept = await self._store.run(lambda store: store.requests.share(request))
            if kept.id != request.id:
                self._waiting.pop(request.id, None)
            if is_waiting and kept.id in self._waiting:
                self._waiting[kept.id] += 1
            if kept.id == request.id:
                await self._note(AuditCode.ACCESS_ASKED, kept)
                self._telling.tell(kept)
        except BaseException:
            await asyncio.shield(self._drop(request))
            raise
        return kept

    async def _drop(self, request: Request) -> None:
        """What could not be kept in full must not be approved."""
        self._waiting.pop(request.id, None)
        try:
            await self._move(request, PENDING, CANCELLED)
        except StoreError as error:
            _LOG.warning("a request was left open", request=request.id, cause=str(error))

    async def _move(self, request: Request, source: str, to: str) -> bool:
        return await self._store.run(lambda store: store.requests.move(request.id, source, to, {}))

    async def _note(self, code: AuditCode, request: Request) -> None:
        await self._audit.append(
            code,
            request.subject,
            request=request.id,
            target=request.target,
            login=request.login,
            seconds=request.seconds,
            address=request.address,
            reason=request.reason,
            rule=request.rule,
        )
