"""Every chat that Apprise knows: Slack, Teams, Matrix, mail and a hundred more.

What always holds: Apprise's URLs hold secrets, so they come from a file and are never logged. What
it does not do: buttons or answers; the link leads to the page.
"""

import asyncio
from pathlib import Path

import apprise

from bastion.approval.chat.messenger import Message, body, title
from bastion.errors import ChatError, ConfigError


class AppriseMessenger:
    """Sends requests through Apprise, on a thread."""

    name = "apprise"

    def __init__(self, urls: list[str]) -> None:
        self._apprise = apprise.Apprise()
        for url in urls:
            if not self._apprise.add(url):
                scheme = url.partition("://")[0]
                raise ConfigError(f"Apprise cannot use one of the URLs (scheme {scheme!r})")

    async def tell(self, message: Message) -> None:
        """Send *message* to every URL; raises ChatError if one of them failed."""
        done = await asyncio.to_thread(
            self._apprise.notify,
            title=title(message.request),
            body=body(message),
            body_format=apprise.NotifyFormat.TEXT,
        )
        if not done:
            raise ChatError("at least one chat did not take the message")


def read_urls(path: Path) -> list[str]:
    """The URLs in the file at *path*, one a line; `#` begins a comment. Raises ConfigError."""
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    urls = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not urls:
        raise ConfigError(f"{path}: holds no URL")
    return urls
