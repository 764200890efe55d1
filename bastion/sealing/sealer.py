"""What every way of sealing does, and how a secret is bound to its name.

    sealed = version (1 byte) ‖ what the sealer of that version makes

What always holds: a sealed secret opens only under the kind and the name it was sealed for, so a
row that was moved, renamed or changed does not open; neither a key nor a secret appears in a repr
or in an error. What it does not do: keep anything, or wipe memory, which Python cannot promise.
"""

import os
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bastion.errors import ConfigError

KEY_BYTES = 32
_NONCE_BYTES = 12


class Sealer(Protocol):
    """What seals and opens."""

    @property
    def version(self) -> bytes:
        """The first byte of what it seals."""
        ...

    async def seal(self, kind: str, name: str, secret: bytes) -> bytes:
        """*secret*, sealed for the credential *name* of that *kind*; raises KeeperError."""
        ...

    async def open(self, kind: str, name: str, sealed: bytes) -> bytes:
        """The secret.

        Raises ConfigError where it was not sealed for that, with this key, and KeeperError where
        what keeps the key does not answer.
        """
        ...


def encrypted(key: bytes, kind: str, name: str, secret: bytes) -> bytes:
    """*secret* under *key*: nonce (12 bytes) ‖ ciphertext and tag of AES-256-GCM."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret, bound(kind, name))


def decrypted(key: bytes, kind: str, name: str, box: bytes) -> bytes:
    """What is in the *box* of `encrypted`; raises ConfigError."""
    try:
        return AESGCM(key).decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], bound(kind, name))
    except (InvalidTag, ValueError) as error:
        raise does_not_open(name) from error


def does_not_open(name: str) -> ConfigError:
    """What to raise where a key is not the one, or a byte is another."""
    return ConfigError(f"credential {name}: does not open with this sealing key, or was changed")


def bound(kind: str, name: str) -> bytes:
    """What a sealed secret is bound to; a kind holds no colon."""
    return f"bastion credential:{kind}:{name}".encode()
