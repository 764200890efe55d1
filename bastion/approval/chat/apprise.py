"""Every chat that Apprise knows: Slack, Teams, Matrix, mail and a hundred more.

What always holds: Apprise's URLs hold secrets, so they come from a file and are never logged. What
it does not do: buttons or answers; the link leads to the page.
"""

import asyncio
import logging
from pathlib import Path

import apprise

from bastion.approval.chat.messenger import Alert, Message, alert_body, alert_title, body, title
from bastion.errors import ChatError, ConfigError, unusable

# It logs a URL that it cannot use as a whole, with the secrets in it. A filter, not `disabled`:
# logging.config.dictConfig, which any other library may call, sets that back.
logging.getLogger("apprise").addFilter(lambda _: False)


class AppriseMessenger:
    """Sends requests through Apprise, on a thread."""

    name = "apprise"

    def __init__(self, urls: list[str]) -> None:
        self._apprise = apprise.Apprise()
        for number, url in enumerate(urls, 1):
            if not self._apprise.add(url):
                raise ConfigError(f"Apprise cannot use URL number {number} of its file")

    async def tell(self, message: Message) -> None:
        """Send *message* to every URL; raises ChatError if one of them failed."""
        await self._send(title(message.request), body(message))

    async def warn(self, alert: Alert) -> None:
        """Send *alert* to every URL; raises ChatError if one of them failed."""
        await self._send(alert_title(alert), alert_body(alert))

    async def _send(self, line: str, text: str) -> None:
        done = await asyncio.to_thread(
            self._apprise.notify,
            title=line,
            body=text,
            body_format=apprise.NotifyFormat.TEXT,
        )
        if not done:
            raise ChatError("at least one chat did not take the message")


def read_urls(path: Path) -> list[str]:
    """The URLs in the file at *path*, one a line; `#` begins a comment. Raises ConfigError."""
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise ConfigError(f"{path}: {unusable(error)}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8") from error
    urls = [text for line in lines if (text := line.strip()) and not text.startswith("#")]
    if not urls:
        raise ConfigError(f"{path}: holds no URL")
    return urls
