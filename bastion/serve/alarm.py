"""What happens when a host presents another key than the pinned one: audit, log, chat.

What always holds: the audit entry is there before the user hears of it, with both fingerprints; a
chat that cannot be told changes nothing of that, and its failure is kept. What it does not do:
repeat itself: one host with one key is told to the chats once while the process lives.
"""

import asyncio
from collections.abc import Sequence

import structlog

from bastion.approval.chat.messenger import Alert, Messenger
from bastion.audit.entry import AuditCode
from bastion.audit.log import AuditLog
from bastion.authorization import Authorization
from bastion.errors import ChatError, HostKeyError, StoreError, UpstreamError
from bastion.refusal import Code

_LOG = structlog.get_logger()


class HostKeyAlarm:
    """Raises the alarm for one process."""

    def __init__(self, audit: AuditLog, messengers: Sequence[Messenger]) -> None:
        self._audit, self._messengers = audit, tuple(messengers)
        self._told: set[tuple[str, str]] = set()
        self._telling: set[asyncio.Task[None]] = set()

    async def __call__(self, authorization: Authorization, error: HostKeyError) -> None:
        """Keep what *error* says, and tell the chats; raises UpstreamError if it is not kept."""
        subject = authorization.identity.subject
        facts = {"host": error.host, "presented": error.presented, "pinned": list(error.pinned)}
        _LOG.error("a host presented another host key", **facts)
        try:
            await self._audit.append(AuditCode.HOST_KEY_CHANGED, subject, **facts)
        except StoreError as failure:
            raise UpstreamError(Code.STORE_UNAVAILABLE, str(failure)) from failure
        if (error.host, error.presented) in self._told:
            return
        self._told.add((error.host, error.presented))
        for messenger in self._messengers:
            telling = asyncio.create_task(self._tell(messenger, _alert(error)))
            self._telling.add(telling)
            telling.add_done_callback(self._telling.discard)

    async def close(self) -> None:
        """Wait for messages that are under way."""
        await asyncio.gather(*self._telling)

    async def _tell(self, messenger: Messenger, alert: Alert) -> None:
        try:
            await messenger.warn(alert)
        except ChatError as error:
            await self._keep_failure(messenger, str(error))
        except Exception as error:  # noqa: BLE001  nobody awaits this task, so nothing may be lost
            # The text of an unknown error could hold the chat's URL, which is a secret.
            await self._keep_failure(messenger, type(error).__name__)

    async def _keep_failure(self, messenger: Messenger, cause: str) -> None:
        _LOG.warning("a chat was not told of a host key", chat=messenger.name, cause=cause)
        try:
            await self._audit.append(
                AuditCode.CHAT_FAILED,
                about=str(AuditCode.HOST_KEY_CHANGED),
                chat=messenger.name,
                cause=cause,
            )
        except StoreError as error:
            _LOG.warning("a failure of a chat could not be kept", cause=str(error))


def _alert(error: HostKeyError) -> Alert:
    return Alert(
        kind=str(AuditCode.HOST_KEY_CHANGED),
        title=f"{error.host} presented another host key",
        lines=(
            f"Presented: {error.presented or 'a key that cannot be read'}",
            f"Pinned: {', '.join(error.pinned)}",
            "The connection was refused; nothing was sent.",
            "Either the host was reinstalled, or somebody stands in between.",
        ),
    )
