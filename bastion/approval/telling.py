"""Tells people in every chat, without anybody waiting for that.

What always holds: a chat that fails holds nothing up, and its failure is in the audit log, without
the chat's URL, which may be a secret. What it does not do: say who may decide.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from bastion.approval.chat.messenger import Message, Messenger
from bastion.approval.link import Links
from bastion.audit.entry import AuditCode
from bastion.audit.log import AuditLog
from bastion.errors import ChatError, StoreError
from bastion.store.rows import Request

_LOG = structlog.get_logger()


class Chats:
    """All chats, and what is under way to them."""

    def __init__(self, audit: AuditLog, messengers: Sequence[Messenger]) -> None:
        self._audit, self._messengers = audit, tuple(messengers)
        self._under_way: set[asyncio.Task[None]] = set()

    def tell(
        self, say: Callable[[Messenger], Awaitable[None]], subject: str = "", **about: str
    ) -> None:
        """Have each chat told as *say* does; a failure is kept with *subject* and *about*."""
        for messenger in self._messengers:
            telling = asyncio.create_task(self._tell(messenger, say(messenger), subject, about))
            self._under_way.add(telling)
            telling.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """Wait for messages that are under way."""
        await asyncio.gather(*self._under_way)

    async def _tell(
        self, messenger: Messenger, saying: Awaitable[None], subject: str, about: dict[str, str]
    ) -> None:
        try:
            await saying
        except ChatError as error:
            cause = str(error)
        except Exception as error:  # noqa: BLE001  nobody awaits this task, so nothing may be lost
            # The text of an unknown error could hold the chat's URL, which is a secret.
            cause = type(error).__name__
        else:
            return
        kept = {**about, "chat": messenger.name, "cause": cause}
        _LOG.warning("a chat was not told", **kept)
        try:
            await self._audit.append(AuditCode.CHAT_FAILED, subject, **kept)
        except StoreError as error:
            _LOG.warning("a failure of a chat could not be kept", cause=str(error))


class Telling:
    """Tells approvers of requests."""

    def __init__(self, audit: AuditLog, links: Links, messengers: Sequence[Messenger]) -> None:
        self._links, self._chats = links, Chats(audit, messengers)

    def tell(self, request: Request) -> None:
        """Tell every chat of *request*."""
        message = Message(request, self._links.url(request))
        self._chats.tell(lambda chat: chat.tell(message), request.subject, request=request.id)

    async def close(self) -> None:
        """Wait for messages that are under way."""
        await self._chats.close()
