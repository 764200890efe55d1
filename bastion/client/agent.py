"""Puts the key into ssh-agent, and takes it out again.

What always holds: the agent is told when the certificate ends, and forgets the key by itself then;
a private key that is in the agent is in no file; an agent that does not answer does not hold us up.
What it does not do: start an agent.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncssh
from asyncssh.public_key import SSHOpenSSHCertificate

from bastion.errors import ClientError, cause

_ANSWER_SECONDS = 10.0


async def add(
    socket: str, key: asyncssh.SSHKey, certificate: SSHOpenSSHCertificate, seconds: int
) -> bool:
    """Give *key* and *certificate* to the agent at *socket* for *seconds*; False without one."""
    async with _agent(socket) as agent:
        if agent is None:
            return False
        with _complaining("did not take the key (unset SSH_AUTH_SOCK to keep it in a file)"):
            async with asyncio.timeout(_ANSWER_SECONDS):
                await agent.add_keys([(key, certificate)], lifetime=seconds)
        return True


async def remove(socket: str, identities: frozenset[bytes]) -> bool:
    """Take *identities* out of the agent; whether one was there. Raises ClientError."""
    async with _agent(socket) as agent:
        if agent is None or not identities:
            return False
        with _complaining("did not let go of the key"):
            async with asyncio.timeout(_ANSWER_SECONDS):
                found = [pair for pair in await agent.get_keys() if pair.public_data in identities]
                if found:
                    await agent.remove_keys(found)
        return bool(found)


async def holds(socket: str, certificate: Path) -> bool:
    """Whether the agent holds that *certificate*."""
    wanted = _public_data(certificate)
    async with _agent(socket) as agent:
        if agent is None:
            return False
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                return any(pair.public_data == wanted for pair in await agent.get_keys())
        except (ValueError, OSError):  # whatever answers there, it has no key for us
            return False


def identities(*paths: Path) -> frozenset[bytes]:
    """What an agent calls the public keys and certificates in the files at *paths*."""
    return frozenset(data for path in paths if (data := _public_data(path)))


@contextlib.contextmanager
def _complaining(what: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, OSError) as error:  # a TimeoutError is an OSError
        raise ClientError(f"ssh-agent {what}: {cause(error)}") from error


@contextlib.asynccontextmanager
async def _agent(socket: str) -> AsyncIterator[asyncssh.SSHAgentClient | None]:
    """The agent at *socket*; None where there is none."""
    if not socket:
        yield None
        return
    try:
        agent = await asyncssh.connect_agent(socket)
    except (OSError, ValueError, asyncssh.Error):
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
    except (OSError, ValueError):
        return b""
