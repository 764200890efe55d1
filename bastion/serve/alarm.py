"""What the chats are told of at once: host keys that have changed, and commands with `notify`.

What always holds: the audit entry is there before anybody hears of it; a chat that cannot be told
changes nothing of that, and its failure is kept. What it does not do: repeat itself: one host with
one key is told to the chats once while the process lives, and one rule for one person on one host
once an hour, however many sessions they open.
"""

from collections import OrderedDict
from collections.abc import Sequence

import structlog

from bastion.approval.chat.messenger import Alert, Messenger
from bastion.approval.telling import Chats
from bastion.audit.entry import AuditCode
from bastion.audit.log import AuditLog
from bastion.authorization import Authorization
from bastion.errors import HostKeyError, StoreError, UpstreamError
from bastion.refusal import Code
from bastion.store.rows import Command, Session

_LOG = structlog.get_logger()
_MAX_REMEMBERED = 10_000
_HOUR = 3600


class Teller:
    """Tells every chat of an alert, without anybody waiting for that."""

    def __init__(self, audit: AuditLog, messengers: Sequence[Messenger]) -> None:
        self._chats = Chats(audit, messengers)
        self._told: OrderedDict[tuple[str, ...], None] = OrderedDict()

    def tell(self, alert: Alert, *about: str) -> None:
        """Tell of *alert*, unless the chats were told of the same *about* before."""
        key = (alert.kind, *about)
        if key in self._told:
            return
        self._told[key] = None
        if len(self._told) > _MAX_REMEMBERED:
            self._told.popitem(last=False)
        self._chats.tell(lambda chat: chat.warn(alert), about=alert.kind)

    async def close(self) -> None:
        """Wait for messages that are under way."""
        await self._chats.close()


class HostKeyAlarm:
    """Raises the alarm for one process."""

    def __init__(self, audit: AuditLog, teller: Teller) -> None:
        self._audit, self._teller = audit, teller

    async def __call__(self, authorization: Authorization, error: HostKeyError) -> None:
        """Keep what *error* says, and tell the chats; raises UpstreamError if it is not kept."""
        subject = authorization.identity.subject
        facts = {"host": error.host, "presented": error.presented, "pinned": list(error.pinned)}
        _LOG.error("a host presented another host key", **facts)
        try:
            await self._audit.append(AuditCode.HOST_KEY_CHANGED, subject, **facts)
        except StoreError as failure:
            raise UpstreamError(Code.STORE_UNAVAILABLE, str(failure)) from failure
        self._teller.tell(_alert(error), error.host, error.presented)


class CommandAlarm:
    """Has the chats told of commands that run; whoever calls it has kept them."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller

    def __call__(self, session: Session, command: Command) -> None:
        """Tell of *command* in *session*."""
        alert = Alert(
            kind=str(AuditCode.COMMAND_NOTIFIED),
            title=f"{session.account} runs a command on {session.target} that you are told of",
            lines=(
                f"Command: {command.text}",
                f"On: {session.login} at {session.target}",
                f"Why: {command.reason} ({command.rule})",
                f"It was not held: watch session {session.id}; more is not told this hour.",
            ),
        )
        hour = str(int(command.at // _HOUR))
        self._teller.tell(alert, session.subject, session.target, command.rule, hour)


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
