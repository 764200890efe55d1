"""How the bastion proves itself to a host: with a key, or with a password that is typed once.

What always holds: nothing is asked for before the host has proven its own key; a key or password is
found at the moment when the host asks for it, offered once for a connection, and kept nowhere; a
password answers only a prompt that hides what is typed and asks for a password. Which host key was
refused is kept, for the audit log. What it does not do: know where secrets are.
"""

import re
from collections.abc import Awaitable, Callable, Sequence

import asyncssh

from bastion.errors import UpstreamError

KeyPair = asyncssh.SSHKey | tuple[asyncssh.SSHKey, asyncssh.SSHCertificate]
_ASKS_FOR_PASSWORD = re.compile(r"\bpass(word|code|wort)\b", re.IGNORECASE)
_ASKS_FOR_ANOTHER = re.compile(r"\b(new|retype|again|confirm|change|one.?time)\b", re.IGNORECASE)


class HostLogin(asyncssh.SSHClient):
    """One login to one host.

    Attributes:
        methods: what asyncssh may try (RFC 4252).
        presented: fingerprint of the host key that was refused; empty where none was.
        failure: why there was nothing to log in with.
    """

    methods: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.presented = ""
        self.failure: UpstreamError | None = None

    def validate_host_public_key(
        self, host: str, addr: str, port: int, key: asyncssh.SSHKey
    ) -> bool:
        """No: what is not pinned is not trusted. What it was is kept."""
        del host, addr, port
        self.presented = f"{key.get_algorithm()} {key.get_fingerprint()}"
        return False

    def validate_host_ca_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """No: the same for the CA of a host certificate."""
        return self.validate_host_public_key(host, addr, port, key)


class KeyLogin(HostLogin):
    """By a key, with or without a certificate."""

    methods = ("publickey",)

    def __init__(self, find: Callable[[], Awaitable[KeyPair]]) -> None:
        super().__init__()
        self._find: Callable[[], Awaitable[KeyPair]] | None = find

    async def public_key_auth_requested(self) -> Sequence[KeyPair] | None:
        """The key, the first time."""
        find, self._find = self._find, None
        try:
            return None if find is None else [await find()]
        except UpstreamError as error:
            self.failure = error
            return None


class PasswordLogin(HostLogin):
    """By a password, in whichever of the two ways the host takes first."""

    methods = ("password", "keyboard-interactive")

    def __init__(self, find: Callable[[], Awaitable[str]]) -> None:
        super().__init__()
        self._find: Callable[[], Awaitable[str]] | None = find

    async def password_auth_requested(self) -> str | None:
        """The password, the first time."""
        find, self._find = self._find, None
        try:
            return None if find is None else await find()
        except UpstreamError as error:
            self.failure = error
            return None

    def kbdint_auth_requested(self) -> str | None:
        """No submethod in particular, while there is something to answer with."""
        return None if self._find is None else ""

    async def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: Sequence[tuple[str, bool]]
    ) -> Sequence[str] | None:
        """The password to one prompt that asks for it; nothing to a message; else, the end."""
        del name, instructions, lang
        if not prompts:
            return []
        if len(prompts) > 1 or not is_for_password(*prompts[0]):
            return None
        password = await self.password_auth_requested()
        return None if password is None else [password]


def is_for_password(prompt: str, is_echoed: bool) -> bool:  # noqa: FBT001  as asyncssh says it
    """Whether a host that asks *prompt* wants the password that it knows."""
    asks = _ASKS_FOR_PASSWORD.search(prompt) and not _ASKS_FOR_ANOTHER.search(prompt)
    return bool(asks) and not is_echoed
