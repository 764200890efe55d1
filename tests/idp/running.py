"""What the matrix asks of an identity provider, whoever made it, and how one is started."""

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import httpx

from bastion.config.issuers import Oidc
from tests.servers.sshd import free_port

GROUPS = ("gpu-admins", "ml-eng")


class Running:
    """A provider that runs; what it does not offer it says in a word or two.

    Attributes:
        label: how the matrix calls it.
        account: who signs in there, and the groups that they have.
        only_userinfo: groups stay out of the ID token.
        callback: where a browser comes back to.
        types: whether the person types a name and a password; else the browser's session counts.
    """

    label: ClassVar[str]
    account: ClassVar[str] = "alice"
    groups: ClassVar[tuple[str, ...]] = GROUPS
    without: ClassVar[dict[str, str]] = {}
    """What it does not offer, and why: by the word that a test asks for."""

    def __init__(self, folder: Path, *, only_userinfo: bool = False) -> None:
        self.folder, self.only_userinfo, self.port = folder, only_userinfo, free_port()
        self.callback = f"http://127.0.0.1:{free_port()}/callback"
        self.types = True

    @property
    def settings(self) -> Oidc:
        """The section `[oidc]` of a bastion that trusts it."""
        return Oidc(**self.oidc)

    @property
    def oidc(self) -> dict[str, Any]:
        """The same, as it stands in the file."""
        raise NotImplementedError

    def toml(self) -> str:
        """The section for people to read: with names in place of addresses of this machine."""
        tree = {**self.oidc, "issuer": self._named(str(self.oidc["issuer"]))}
        if "any port" in self.without:
            tree["loopback_port"] = 8250
        told = {name: value for name, value in tree.items() if value is not False}
        return "\n".join(["[oidc]", *(f"{name} = {json.dumps(told[name])}" for name in told)])

    def _named(self, issuer: str) -> str:
        return f"https://idp.example.com{urlsplit(issuer).path}"

    async def start(self) -> None:
        """Serve."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Serve no more."""
        raise NotImplementedError

    async def sign_in(self, browser: httpx.AsyncClient, url: str) -> str:
        """Let *browser* go to *url* and sign in: the URL it comes back to, or the last page."""
        raise NotImplementedError

    async def approve(self, browser: httpx.AsyncClient, url: str, user_code: str) -> None:
        """Let the person approve a device."""
        raise NotImplementedError

    async def take_group(self) -> None:
        """The account is in all but the first of its groups, from now on."""
        raise NotImplementedError

    async def take_person(self) -> None:
        """The account is there no more, or may sign in no more."""
        raise NotImplementedError

    async def change_keys(self) -> None:
        """Sign with another key from now on, and publish that one alone."""
        raise NotImplementedError


@contextlib.asynccontextmanager
async def running(provider: Running) -> AsyncIterator[Running]:
    """*provider*, started and stopped."""
    try:
        await provider.start()
        yield provider
    finally:
        await provider.stop()
