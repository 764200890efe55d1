"""The desk where held commands wait: asks, tells the chat, and hears of the decision.

Decisions travel through the store, because the approver's web request may land in another process:
one task a process looks for decided requests while anything is held.

What always holds: a command is released only after its request was seen approved, its binding fits,
and the request was moved to `used`, which happens once. Time that runs out, a store that fails, a
session that goes away: each ends the waiting without release. What it does not do: show anything.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from bastion.approval.looks import Looks
from bastion.approval.request import Wanted, binding, new_request
from bastion.approval.states import (
    APPROVED,
    CANCELLED,
    EXPIRED,
    LAPSED,
    PENDING,
    SESSION_ENDED,
    USED,
)
from bastion.approval.telling import Telling
from bastion.clock import Clock
from bastion.config import Approval
from bastion.errors import StoreError
from bastion.store.rows import Request
from bastion.store.worker import StoreWorker

_LOG = structlog.get_logger()


@dataclass(frozen=True)
class Held:
    """A command that waits."""

    request: Request
    wanted: Wanted


@dataclass(frozen=True)
class Decision:
    """How the waiting ended.

    Attributes:
        state: `approved` where it is released, `denied`, `expired`, `cancelled`; `lapsed` or `used`
            where it was approved, but that releases nothing here.
        by: the decider's account.
        is_released: whether the command may run now; only ever true once.
    """

    state: str
    by: str = ""
    reason: str = ""
    is_released: bool = False


class Desk:
    """The desk of one process."""

    def __init__(
        self, store: StoreWorker, clock: Clock, settings: Approval, telling: Telling
    ) -> None:
        self._store, self._clock, self._telling = store, clock, telling
        self._settings, self._looks = settings, Looks(self._states)

    async def hold(self, wanted: Wanted) -> Held:
        """Ask for approval, and tell the chat; raises StoreError."""
        request = new_request(
            wanted,
            clock=self._clock,
            seconds=self._settings.timeout_seconds,
            approvers=self._settings.approvers,
        )
        held = Held(request, wanted)
        try:
            await self._store.run(lambda store: store.requests.add(request))
        except asyncio.CancelledError:
            await asyncio.shield(self._abandon(held))
            raise
        self._telling.tell(request)
        return held

    async def outcome(self, held: Held) -> Decision:
        """How the waiting for *held* ends; raises StoreError, which releases nothing.

        When the waiting itself is cancelled (the session has gone), the request is cancelled too.
        """
        try:
            if (await self._seen(held)).state == PENDING:
                await self._settled(held)
            return await self._decision(held, await self._seen(held))
        except asyncio.CancelledError:
            await asyncio.shield(self._abandon(held))
            raise

    async def cancel(self, held: Held) -> None:
        """The requester takes the request back; too late is no error."""
        await self._move(held, PENDING, CANCELLED)

    async def close(self) -> None:
        """Wait for messages that are under way."""
        await self._telling.close()

    async def _settled(self, held: Held) -> None:
        """Wait until *held* is pending no more; its time that runs out ends that too."""
        while self._clock.now() < held.request.expires_at:
            if await self._looks.at(held.request.id) != PENDING:
                return
        await self._move(held, PENDING, EXPIRED)

    async def _states(self, names: set[str]) -> Mapping[str, str]:
        return await self._store.run(lambda store: store.requests.states(names))

    async def _decision(self, held: Held, request: Request) -> Decision:
        state, by, reason = request.state, request.decider, request.decision_reason
        if state != APPROVED:
            return Decision(state, by, reason)
        to = USED if request.binding == binding(held.wanted) else LAPSED
        if await self._move(held, APPROVED, to) and to == USED:
            return Decision(APPROVED, by, reason, is_released=True)
        return Decision(LAPSED, by, reason)

    async def _abandon(self, held: Held) -> None:
        try:
            ended = {"decision_reason": SESSION_ENDED}
            if not await self._move(held, PENDING, CANCELLED, ended):
                await self._move(held, APPROVED, LAPSED)
        except StoreError as error:
            _LOG.warning("a request was left open", request=held.request.id, cause=str(error))

    async def _seen(self, held: Held) -> Request:
        request = await self._store.run(lambda store: store.requests.get(held.request.id))
        if request is None:
            raise StoreError("the request is not in the store any more")
        return request

    async def _move(
        self, held: Held, source: str, to: str, changes: Mapping[str, object] | None = None
    ) -> bool:
        return await self._store.run(
            lambda store: store.requests.move(held.request.id, source, to, changes or {})
        )
