"""Opens stored keys and passwords, at the moment when a host asks for them.

What always holds: a secret is opened here and nowhere else, handed to the login that needs it, and
kept nowhere. What it does not do: add or change credentials (`bastion keys` does).
"""

import asyncssh

from bastion.errors import ConfigError, KeeperError, StoreError, UpstreamError
from bastion.refusal import Code
from bastion.sealing.sealer import Sealer
from bastion.store.worker import StoreWorker
from bastion.target import Target


class Vault:
    """The stored credentials, and what opens them."""

    def __init__(self, store: StoreWorker, sealer: Sealer) -> None:
        self._store, self._sealer = store, sealer

    async def key(self, target: Target) -> asyncssh.SSHKey:
        """The private key for *target*; raises UpstreamError."""
        try:
            return asyncssh.import_private_key(await self._secret(target))
        except ValueError as error:  # asyncssh's KeyImportError is one
            raise _unusable(target, "the stored key cannot be read") from error

    async def password(self, target: Target) -> str:
        """The password for *target*; raises UpstreamError."""
        return (await self._secret(target)).decode()

    async def _secret(self, target: Target) -> bytes:
        kind, name = str(target.method), target.credential
        try:
            kept = await self._store.run(lambda store: store.credentials.get(name))
        except StoreError as error:
            raise UpstreamError(Code.STORE_UNAVAILABLE, f"{target.name}: {error}") from error
        if kept is None or kept.kind != kind:
            raise _unusable(target, f"there is no {kind} {name!r}; `bastion keys add` stores one")
        try:
            return await self._sealer.open(kind, name, kept.sealed)
        except (ConfigError, KeeperError) as error:
            raise _unusable(target, str(error)) from error


def _unusable(target: Target, why: str) -> UpstreamError:
    return UpstreamError(Code.HOST_CREDENTIAL_UNUSABLE, f"{target.name}: {why}")
