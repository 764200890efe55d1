"""The chats that the configuration names.

What always holds: a chat that cannot be used stops the start, because approvers who are never told
are the same as no approvers. What it does not do: send.
"""

import httpx

from bastion.approval.chat.messenger import Messenger
from bastion.approval.chat.webhook import Webhook
from bastion.clock import Clock
from bastion.config import Chat
from bastion.errors import ConfigError, unusable


def messengers(settings: Chat, http: httpx.AsyncClient, clock: Clock) -> list[Messenger]:
    """The messengers for *settings*; raises ConfigError."""
    made: list[Messenger] = []
    if settings.webhook_url:
        made.append(Webhook(settings.webhook_url, _secret(settings), http, clock))
    if settings.apprise_urls_file:
        # Here, because its many plugins take long to import, and few bastions use it.
        from bastion.approval.chat.apprise import AppriseMessenger, read_urls  # noqa: PLC0415  slow

        made.append(AppriseMessenger(read_urls(settings.apprise_urls_file)))
    return made


def _secret(settings: Chat) -> bytes:
    """The key of the webhook's signature: the file without white space around it."""
    path = settings.webhook_secret_file
    if path is None:
        raise ConfigError("chat.webhook_url needs chat.webhook_secret_file: messages are signed")
    try:
        secret = path.read_bytes().strip()
    except OSError as error:
        raise ConfigError(f"{path}: {unusable(error)}") from error
    if not secret:
        raise ConfigError(f"{path}: is empty")
    return secret
