"""A bastion whose engineers may forward, and a client that does until it is let go."""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.servers.deployment import Deployment, Ran, run


@dataclass
class Client:
    """A client in the background.

    Attributes:
        command: how ssh is told things about it.
        log: the file in which it says what goes wrong.
    """

    command: tuple[str, ...]
    log: Path

    @property
    def said(self) -> str:
        """What it has logged, as with `ssh -v`."""
        return self.log.read_text()

    async def control(self, order: str, *arguments: str) -> Ran:
        """Tell it something: `forward`, `cancel`, `exit`."""
        return await run(*self.command, "-O", order, *arguments)


@contextlib.asynccontextmanager
async def forwarding_site(folder: Path, access: str, **settings: Any) -> AsyncIterator[Deployment]:
    """A running deployment with the rules *access*."""
    folder.mkdir(exist_ok=True)  # noqa: ASYNC240  as above
    deployment = Deployment(folder, **settings)
    await deployment.prepare()
    (folder / "rules" / "access.toml").write_text(access)
    try:
        await deployment.start()
        yield deployment
    finally:
        await deployment.stop()


@contextlib.asynccontextmanager
async def forwarding(deployment: Deployment, *arguments: str, **ways: Any) -> AsyncIterator[Client]:
    """A client that forwards by *arguments*, the last of which is where it goes."""
    name = os.urandom(4).hex()
    log = deployment.folder / "ssh" / f"{name}.log"
    short = Path(tempfile.mkdtemp(prefix="b-"))  # a socket's path has 107 bytes at most
    socket = short / "c"
    log.touch()
    command = ("ssh", *deployment.options(ways.get("key")), "-S", str(socket), arguments[-1])
    begun = await asyncio.create_subprocess_exec(
        *command[:-1],
        *(
            "-v",
            "-M",
            "-f",
            "-N",
            "-E",
            str(log),
            "-o",
            "ExitOnForwardFailure=yes",
            *ways.get("options", ()),
            *arguments,
        ),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    client = Client(command, log)
    try:
        async with asyncio.timeout(20):
            if await begun.wait():
                pytest.fail(client.said)
        yield client
    finally:
        await client.control("exit")
        shutil.rmtree(short)
