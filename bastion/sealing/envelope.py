"""Seals with a key that something else keeps: each secret has a key of its own, which that wraps.

    sealed = version ‖ length of the wrapped key (2 bytes) ‖ wrapped key
             ‖ nonce ‖ ciphertext and tag

What always holds: the secret itself goes to no token and no server, and without them it does not
open; the wrapped key is bound to kind and name as the secret is. What it does not do: keep an
opened key; each opening asks again.
"""

import os
from typing import Protocol

from bastion.sealing.sealer import KEY_BYTES, bound, decrypted, does_not_open, encrypted

_LENGTH_BYTES = 2


class Wrapping(Protocol):
    """What keeps the key that wraps."""

    @property
    def version(self) -> bytes:
        """Which kind it is, as one byte."""
        ...

    async def wrap(self, key: bytes, bound_to: bytes) -> bytes:
        """*key*, encrypted; raises KeeperError."""
        ...

    async def unwrap(self, wrapped: bytes, bound_to: bytes) -> bytes:
        """The key; raises KeeperError, also where it was wrapped by another one or for another."""
        ...


class Envelope:
    """Seals by a *wrapping*."""

    def __init__(self, wrapping: Wrapping) -> None:
        self._wrapping = wrapping

    @property
    def version(self) -> bytes:
        """That of the wrapping."""
        return self._wrapping.version

    async def seal(self, kind: str, name: str, secret: bytes) -> bytes:
        """*secret*, sealed for the credential *name* of that *kind*; raises KeeperError."""
        key = os.urandom(KEY_BYTES)
        wrapped = await self._wrapping.wrap(key, bound(kind, name))
        length = len(wrapped).to_bytes(_LENGTH_BYTES)
        return self.version + length + wrapped + encrypted(key, kind, name, secret)

    async def open(self, kind: str, name: str, sealed: bytes) -> bytes:
        """The secret; raises ConfigError or KeeperError."""
        head = 1 + _LENGTH_BYTES
        end = head + int.from_bytes(sealed[1:head])
        if sealed[:1] != self.version or len(sealed) < end:
            raise does_not_open(name)
        key = await self._wrapping.unwrap(sealed[head:end], bound(kind, name))
        if len(key) != KEY_BYTES:
            raise does_not_open(name)
        return decrypted(key, kind, name, sealed[end:])
