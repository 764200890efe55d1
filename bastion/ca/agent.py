"""A CA's key in an ssh-agent, picked by its fingerprint.

What always holds: every signature is asked of the agent anew, so one that was restarted or locked
is noticed; an agent that does not answer is given up on. What it does not do: start an agent, or
give it keys; `ssh-add` does.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

import asyncssh

from bastion.errors import SigningError, cause

_ANSWER_SECONDS = 10.0
_RSA_SHA2_512 = 4  # SSH_AGENT_RSA_SHA2_512; without a flag agents sign RSA by SHA-1


class AgentSigner:
    """One key of one agent."""

    def __init__(self, socket: Path, public_key: asyncssh.SSHKey) -> None:
        self._socket, self.public_key = socket, public_key

    @classmethod
    async def find(cls, socket: Path, fingerprint: str) -> Self:
        """The key with that SHA-256 *fingerprint*; raises SigningError."""
        async with _agent(socket) as agent:
            for pair in await agent.get_keys():
                public = _plain_key(pair.public_data)
                if public is not None and public.get_fingerprint() == fingerprint:
                    return cls(socket, public)
        raise SigningError(f"the ssh-agent at {socket} has no key {fingerprint}; `ssh-add` it")

    async def sign(self, data: bytes) -> bytes:
        """The SSH signature of *data*; raises SigningError."""
        flags = _RSA_SHA2_512 if self.public_key.algorithm == b"ssh-rsa" else 0
        async with _agent(self._socket) as agent:
            return await agent.sign(self.public_key.public_data, data, flags)


@contextlib.asynccontextmanager
async def _agent(socket: Path) -> AsyncIterator[asyncssh.SSHAgentClient]:
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            async with await asyncssh.connect_agent(str(socket)) as agent:
                yield agent
    except (OSError, ValueError, asyncssh.Error) as error:  # a TimeoutError is an OSError
        raise SigningError(f"the ssh-agent at {socket} does not sign: {cause(error)}") from error


def _plain_key(public_data: bytes) -> asyncssh.SSHKey | None:
    """The key in an agent's entry; None for a certificate or an algorithm that is not known."""
    try:
        return asyncssh.public_key.decode_ssh_public_key(public_data)
    except asyncssh.KeyImportError:
        return None
