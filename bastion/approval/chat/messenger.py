"""What every chat does with a request, and how the message reads.

What always holds: text from outside is made printable, cut to a length that fits a phone, and
stripped of what chats read as mentions or formatting. What it does not do: send.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from bastion.approval.request import ACCESS
from bastion.duration import span
from bastion.printable import printable
from bastion.store.rows import Request

_MAX_COMMAND_CHARS = 300
_MAX_NAME_CHARS = 80
# Mentions, tags, named links, plain links (`:` before `//`) and spoilers, which hide text.
_ACTIVE = re.compile(r"@(?=\w)|<(?=[!@#/\w])|\](?=\()|:(?=//)|\|(?=\|)")
_LOOKALIKE = str.maketrans({"`": "\N{MODIFIER LETTER GRAVE ACCENT}"})  # no code that swallows text


@dataclass(frozen=True)
class Message:
    """A request, with the link to the page where it is decided."""

    request: Request
    link: str


@dataclass(frozen=True)
class Alert:
    """Something that people should look into; there is nothing to decide.

    Attributes:
        kind: the audit code of what happened.
        title: one line.
        lines: the particulars.
    """

    kind: str
    title: str
    lines: tuple[str, ...]


class Messenger(Protocol):
    """Tells approvers in one chat."""

    @property
    def name(self) -> str:
        """The kind of chat, for the log."""
        ...

    async def tell(self, message: Message) -> None:
        """Send *message*; raises ChatError when that fails for good."""
        ...

    async def warn(self, alert: Alert) -> None:
        """Send *alert*; raises ChatError when that fails for good."""
        ...


def title(request: Request) -> str:
    """Who wants what, where, in one line."""
    if request.kind == ACCESS:
        return f"{_plain(request.account)} asks to connect to {_plain(request.target)}"
    return f"{_plain(request.account)} asks to run a command on {_plain(request.target)}"


def body(message: Message) -> str:
    """The whole message as plain text."""
    request = message.request
    if request.kind == ACCESS:
        return _access_body(message)
    until = datetime.fromtimestamp(request.expires_at, UTC).strftime("%H:%M:%S UTC")
    lines = [
        f"Command: {_plain(request.text, _MAX_COMMAND_CHARS)}",
        f"On: {_plain(request.login)} at {_plain(request.target)}",
        f"Why it is held: {_plain(request.reason, _MAX_COMMAND_CHARS)} ({_plain(request.rule)})",
        f"Decide before {until}: {message.link}",
    ]
    return "\n".join(lines)


def _access_body(message: Message) -> str:
    request = message.request
    until = datetime.fromtimestamp(request.expires_at, UTC).strftime("%H:%M:%S UTC")
    lines = [
        f"To: {_plain(request.login)} at {_plain(request.target)}, for {span(request.seconds)}",
        f"Why: {_plain(request.reason or 'no reason was given', _MAX_COMMAND_CHARS)}",
        f"From: {_plain(request.address or 'an unknown address')} ({_plain(request.rule)})",
        f"Decide before {until}: {message.link}",
    ]
    return "\n".join(lines)


def alert_title(alert: Alert) -> str:
    """What happened, in one line."""
    return _plain(alert.title)


def alert_body(alert: Alert) -> str:
    """The whole alert as plain text."""
    return "\n".join(_plain(line, _MAX_COMMAND_CHARS) for line in alert.lines)


def _plain(text: str, limit: int = _MAX_NAME_CHARS) -> str:
    """*text* printable and without what a chat would act on.

    A zero-width space would hide in the text, so the sign itself is set apart: `@all` is `@ all`.
    The page behind the link shows the exact text.
    """
    shown = printable(text, limit).translate(_LOOKALIKE)
    return _ACTIVE.sub(lambda match: f"{match[0]} ", shown)
