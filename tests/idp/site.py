"""A whole bastion that trusts the provider of a test, and a person who logs in to it."""

import asyncio
import contextlib
import json
from pathlib import Path
from urllib.parse import urlsplit

from bastion.client.folder import Folder
from bastion.client.login import Shown, log_in
from bastion.client.server import Server
from bastion.clock import SystemClock
from tests.servers.deployment import ACCOUNT, Deployment
from tests.servers.plain_http import plain_http
from tests.servers.process import ended


class NotSignedInError(Exception):
    """The provider did not send the browser back with a code."""


@contextlib.asynccontextmanager
async def trusting(idp, folder: Path):
    """A bastion process that trusts *idp*, with one host that the first of its groups reaches."""
    folder.mkdir()  # noqa: ASYNC240  a folder of a test
    port = urlsplit(idp.callback).port
    site = Deployment(folder, settings={"oidc": {**idp.oidc, "loopback_port": port}})
    try:
        await site.prepare()
        (folder / "rules" / "access.toml").write_text(
            f'[[grant]]\nid = "people"\ngroups = {json.dumps(idp.groups[:1])}\n'
            f'targets = ["gpu-*"]\nlogins = ["{ACCOUNT}"]\n'
        )
        await site.start()
        yield site
    finally:
        await site.stop()


async def logged_in(idp, site: Deployment, folder: Path) -> Folder:
    """`bastion login --browser` in *folder*, with a browser that has no cookies."""
    opened = asyncio.get_running_loop().create_future()
    client = Folder(folder)
    async with (
        plain_http() as http,
        plain_http() as browser,
    ):
        shown = Shown(device=lambda _code: None, browser=opened.set_result)
        server = Server(site.url, http)
        login = asyncio.create_task(
            log_in(server, client, http, SystemClock(), shown, use_browser=True, agent_socket="")
        )
        await asyncio.wait((login, opened), return_when=asyncio.FIRST_COMPLETED)
        try:
            if opened.done():
                await _sent_back(idp, browser, opened.result())
            await login
        finally:
            login.cancel()
    return client


async def _sent_back(idp, browser, url) -> None:
    back = await idp.sign_in(browser, url)
    if not back.startswith(idp.callback) or "code=" not in back:
        raise NotSignedInError
    await browser.get(back)


class Session:
    """One ssh through the bastion that stays open: what is said comes back."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def say(self, line: str) -> str:
        """What comes back to *line*; empty where the session has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(ConnectionError):
            self._process.stdin.write(f"{line}\n".encode())
            await self._process.stdin.drain()
        async with asyncio.timeout(20):
            return (await self._process.stdout.readline()).decode().strip()

    async def ended(self) -> str:
        """What it said on stderr in the end."""
        async with asyncio.timeout(20):
            _, said = await self._process.communicate()
        return said.decode()


@contextlib.asynccontextmanager
async def session(client: Folder):
    """An ssh of this login that runs `cat` on the host."""
    process = await asyncio.create_subprocess_exec(
        *("ssh", "-F", str(client.ssh_config), "-o", "BatchMode=yes", "gpu-01", "cat"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Session(process)
    finally:
        await ended(process)
