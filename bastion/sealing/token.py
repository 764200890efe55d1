"""Wraps keys with an AES key in a PKCS#11 token, by AES-GCM inside of it.

    wrapped key = nonce (12 bytes) ‖ ciphertext and tag

What always holds: the AES key is used where it is; the event loop never waits for the token. What
it does not do: make the key; the token's own tools do (docs/hosts.md).
"""

import asyncio
import os
from collections.abc import Callable
from typing import Any

import pkcs11
from pkcs11 import GCMParams, KeyType, Mechanism, ObjectClass

from bastion.config.sealing import Pkcs11Sealing
from bastion.errors import ConfigError, KeeperError
from bastion.given import secret
from bastion.hsm import Token, Tokens

_NONCE_BYTES = 12


class TokenWrapping:
    """One AES key of one token."""

    version = b"\x02"

    def __init__(self, settings: Pkcs11Sealing, tokens: Tokens) -> None:
        self._settings, self._tokens = settings, tokens

    async def wrap(self, key: bytes, bound_to: bytes) -> bytes:
        """*key*, encrypted; raises KeeperError."""
        nonce = os.urandom(_NONCE_BYTES)
        how = {"mechanism": Mechanism.AES_GCM, "mechanism_param": GCMParams(nonce, bound_to)}
        return nonce + await self._used(lambda kept: bytes(kept.encrypt(key, **how)))

    async def unwrap(self, wrapped: bytes, bound_to: bytes) -> bytes:
        """The key; raises KeeperError."""
        nonce, box = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
        how = {"mechanism": Mechanism.AES_GCM, "mechanism_param": GCMParams(nonce, bound_to)}
        return await self._used(lambda kept: bytes(kept.decrypt(box, **how)))

    async def _used(self, operation: Callable[[Any], bytes]) -> bytes:
        label, token = self._settings.key, self._token()

        def use(session: pkcs11.Session) -> bytes:
            found: Any = session.get_key(
                object_class=ObjectClass.SECRET_KEY, key_type=KeyType.AES, label=label
            )
            return operation(found)

        try:
            return await asyncio.to_thread(token.use, use)
        except KeeperError as error:
            raise KeeperError(f"{error}; its key {label!r} does not seal or open") from error

    def _token(self) -> Token:
        settings = self._settings
        try:
            pin = (secret(settings.pin_file, settings.pin_credential) or b"").decode()
        except UnicodeDecodeError:  # its error would show the PIN
            raise ConfigError(f"the token {settings.token!r}: its PIN is no text") from None
        return self._tokens.get(settings.module, settings.token, pin)
