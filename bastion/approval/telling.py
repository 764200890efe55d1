"""Tells approvers of a request in every chat, without anybody waiting for that.

What always holds: a chat that fails holds nothing up, and its failure is in the audit log, without
the chat's URL, which may be a secret. What it does not do: say who may decide.
"""

import asyncio
from collections.abc import Sequence

import structlog

from bastion.approval.chat.messenger import Message, Messenger
from bastion.approval.link import Links
from bastion.audit.entry import AuditCode
from bastion.audit.log import AuditLog
from bastion.errors import ChatError, StoreError
from bastion.store.rows import Request

_LOG = structlog.get_logger()


class Telling:
    """What is told, and is still under way."""

    def __init__(self, audit: AuditLog, links: Links, messengers: Sequence[Messenger]) -> None:
        self._audit, self._links, self._messengers = audit, links, tuple(messengers)
        self._under_way: set[asyncio.Task[None]] = set()

    def tell(self, request: Request) -> None:
        """Tell every chat of *request*."""
        message = Message(request, self._links.url(request))
        for messenger in self._messengers:
            telling = asyncio.create_task(self._tell(messenger, message))
            self._under_way.add(telling)
            telling.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """Wait for messages that are under way."""
        await asyncio.gather(*self._under_way)

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
