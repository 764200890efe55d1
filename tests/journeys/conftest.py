"""The deployments that journeys use, and the whole site with provider and chat around one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bastion.demo.chat import DemoChat, Told
from bastion.demo.identity_provider.server import DemoProvider
from tests.servers.deployment import Deployment, deployed
from tests.servers.echo import Echo
from tests.servers.identity import demo_provider

_CHAT_SECRET = "journey"


@dataclass
class Whole:
    """A bastion with an identity provider and a chat."""

    deployment: Deployment
    provider: DemoProvider
    told: asyncio.Queue[Told]

    async def link(self) -> str:
        """The link of the next message in the chat."""
        async with asyncio.timeout(20):
            return (await self.told.get()).url


@contextlib.asynccontextmanager
async def whole_site(folder: Path, **settings: Any) -> AsyncIterator[Whole]:
    """Everything that the product is used with, running."""
    told: asyncio.Queue[Told] = asyncio.Queue()
    chat = DemoChat(_CHAT_SECRET.encode(), told.put_nowait)
    (folder / "chat_secret").write_text(_CHAT_SECRET)
    await chat.start()
    try:
        async with demo_provider(folder / "provider") as provider:
            settings["chat"] = {"webhook_url": chat.url, "webhook_secret_file": "chat_secret"}
            async with deployed(folder, issuer=provider.issuer, settings=settings) as deployment:
                yield Whole(deployment, provider, told)
    finally:
        await chat.stop()


@pytest.fixture(scope="module")
async def deployment(tmp_path_factory):
    """A running bastion for all tests of a module; they must not break it."""
    async with deployed(tmp_path_factory.mktemp("deployment")) as deployment:
        yield deployment


@pytest.fixture
async def own_deployment(tmp_path):
    """A running bastion for one test, which may kill it."""
    async with deployed(tmp_path) as deployment:
        yield deployment


@pytest.fixture
async def whole(tmp_path):
    """A running site for one test."""
    async with whole_site(tmp_path) as site:
        yield site


@pytest.fixture(scope="module")
async def echo(tmp_path_factory):
    """What forwarded streams reach, one for all tests of a module."""
    async with Echo(tmp_path_factory.mktemp("echo")) as echo:
        yield echo
