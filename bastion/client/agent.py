"""Puts the key into ssh-agent, and takes it out again.

What always holds: the agent is told when the certificate ends, and forgets the key by itself then;
a private key that is in the agent is in no file. What it does not do: start an agent.
"""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import asyncssh
from asyncssh.public_key import SSHOpenSSHCertificate

from bastion.errors import ClientError


async def add(
    socket: str, key: asyncssh.SSHKey, certificate: SSHOpenSSHCertificate, seconds: int
) -> bool:
    """Give *key* and *certificate* to the agent at *socket* for *seconds*; False without one."""
    async with _agent(socket) as agent:
        if agent is None:
            return False
        try:
            await agent.add_keys([(key, certificate)], lifetime=seconds)
        except (ValueError, OSError) as error:
            raise ClientError(f"ssh-agent did not take the key: {error}") from error
        return True


async def remove(socket: str, *paths: Path) -> bool:
    """Take the public keys and certificates in *paths* out of the agent; whether one was there."""
    wanted = {blob for path in paths if (blob := _public_data(path))}
    async with _agent(socket) as agent:
        if agent is None or not wanted:
            return False
        found = [pair for pair in await agent.get_keys() if pair.public_data in wanted]
        if found:
            await agent.remove_keys(found)
        return bool(found)


async def holds(socket: str, certificate: Path) -> bool:
    """Whether the agent holds that *certificate*."""
    wanted = _public_data(certificate)
    async with _agent(socket) as agent:
        if agent is None:
            return False
        return any(pair.public_data == wanted for pair in await agent.get_keys())


@contextlib.asynccontextmanager
async def _agent(socket: str) -> AsyncIterator[asyncssh.SSHAgentClient | None]:
    """The agent at *socket*; None where there is none or it does not answer."""
    if not socket:
        yield None
        return
    try:
        agent = await asyncssh.connect_agent(socket)
    except (OSError, asyncssh.Error):
        yield None
        return
    async with agent:
        yield agent


def _public_data(path: Path) -> bytes:
    """The wire form of the public key or certificate in the file at *path*; empty where none."""
    try:
        if path.name.endswith("-cert.pub"):
            return asyncssh.read_certificate(path).public_data
        return asyncssh.read_public_key(path).public_data
    except (OSError, asyncssh.KeyImportError):
        return b""
