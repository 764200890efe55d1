"""The desk where held commands wait: asks, tells the chat, and hears of the decision.

Decisions travel through the store, because the approver's web request may land in another process:
one task a process looks for decided requests while anything is held.

What always holds: a command is released only after its request was seen approved, its binding fits,
and the request was moved to `used`, which happens once. Time that runs out, a store that fails, a
session that goes away: each ends the waiting without release. What it does not do: show anything.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from bastion.approval.chat.messenger import Message, Messenger
from bastion.approval.link import Links
from bastion.approval.request import Wanted, binding, new_request
from bastion.approval.states import APPROVED, CANCELLED, EXPIRED, LAPSED, PENDING, USED
from bastion.audit.entry import AuditCode
from bastion.audit.log import AuditLog
from bastion.clock import Clock
from bastion.config import Approval
from bastion.errors import ChatError, StoreError
from bastion.store.rows import Request
from bastion.store.worker import StoreWorker

_LOG = structlog.get_logger()
LOOK_SECONDS = 0.1
"""How often the store is asked; a decision is heard well within a second."""


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
        self,
        store: StoreWorker,
        audit: AuditLog,
        clock: Clock,
        settings: Approval,
        *,
        links: Links,
        messengers: Sequence[Messenger] = (),
    ) -> None:
        self._store, self._audit, self._clock = store, audit, clock
        self._settings, self._links = settings, links
        self._messengers = tuple(messengers)
        self._telling: set[asyncio.Task[None]] = set()

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
        message = Message(request, self._links.url(request))
        for messenger in self._messengers:
            telling = asyncio.create_task(self._tell(messenger, message))
            self._telling.add(telling)
            telling.add_done_callback(self._telling.discard)
        return held

    async def outcome(self, held: Held) -> Decision:
        """How the waiting for *held* ends; raises StoreError, which releases nothing.

        When the waiting itself is cancelled (the session has gone), the request is cancelled too.
        """
        try:
            while (request := await self._seen(held)).state == PENDING:
                if self._clock.now() >= held.request.expires_at:
                    await self._move(held, PENDING, EXPIRED)
                else:
                    await asyncio.sleep(LOOK_SECONDS)
            return await self._decision(held, request)
        except asyncio.CancelledError:
            await asyncio.shield(self._abandon(held))
            raise

    async def cancel(self, held: Held) -> None:
        """The requester takes the request back; too late is no error."""
        await self._move(held, PENDING, CANCELLED)

    async def close(self) -> None:
        """Wait for messages that are under way."""
        await asyncio.gather(*self._telling)

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
            if not await self._move(held, PENDING, CANCELLED):
                await self._move(held, APPROVED, LAPSED)
        except StoreError as error:
            _LOG.warning("a request was left open", request=held.request.id, cause=str(error))

    async def _seen(self, held: Held) -> Request:
        request = await self._store.run(lambda store: store.requests.get(held.request.id))
        if request is None:
            raise StoreError("the request is not in the store any more")
        return request

    async def _move(self, held: Held, source: str, to: str) -> bool:
        return await self._store.run(
            lambda store: store.requests.move(held.request.id, source, to, {})
        )

    async def _tell(self, messenger: Messenger, message: Message) -> None:
        try:
            await messenger.tell(message)
        except ChatError as error:
            await self._keep_failure(messenger, message, str(error))
        except Exception as error:  # noqa: BLE001  nobody awaits this task, so nothing may be lost
            # The text of an unknown error could hold the chat's URL, which is a secret.
            await self._keep_failure(messenger, message, type(error).__name__)

    async def _keep_failure(self, messenger: Messenger, message: Message, cause: str) -> None:
        request = message.request
        _LOG.warning("a chat was not told", chat=messenger.name, request=request.id, cause=cause)
        try:
            await self._audit.append(
                AuditCode.CHAT_FAILED,
                request.subject,
                request=request.id,
                chat=messenger.name,
                cause=cause,
            )
        except StoreError as error:
            _LOG.warning("a failure of a chat could not be kept", cause=str(error))
