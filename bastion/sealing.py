"""Seals the secrets that the store keeps: AES-256-GCM under the sealing key, which is a file.

    sealed = version (1 byte) ‖ nonce (12 bytes) ‖ ciphertext and tag

What always holds: a sealed secret opens only under the kind and the name it was sealed for, so a
row that was moved, renamed or changed does not open; the key file is its owner's only; neither the
key nor a secret appears in a repr or in an error. What it does not do: keep anything, or wipe
memory, which Python cannot promise.
"""

import os
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bastion import private_file
from bastion.errors import ConfigError

_KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = b"\x01"
_OTHERS = 0o077
# systemd gives a service its credential as root's file with an access list; the list's mask is what
# the mode shows for the group.
_OTHERS_OF_ROOTS = 0o037


class Sealer(Protocol):
    """What seals and opens; a key in a file today, a token or a remote service beside it."""

    def seal(self, kind: str, name: str, secret: bytes) -> bytes:
        """*secret*, sealed for the credential *name* of that *kind*."""
        ...

    def open(self, kind: str, name: str, sealed: bytes) -> bytes:
        """The secret; raises ConfigError where it was not sealed for that, with this key."""
        ...


class FileSealer:
    """Seals with the key in a file."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, kind: str, name: str, secret: bytes) -> bytes:
        """*secret*, sealed for the credential *name* of that *kind*."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, secret, _bound(kind, name))

    def open(self, kind: str, name: str, sealed: bytes) -> bytes:
        """The secret; raises ConfigError where it was not sealed for that, with this key."""
        version, rest = sealed[:1], sealed[1:]
        try:
            if version != _VERSION:
                raise ConfigError(f"credential {name}: is sealed in a way that is not known")
            return self._cipher.decrypt(
                rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], _bound(kind, name)
            )
        except (InvalidTag, ValueError) as error:
            raise ConfigError(
                f"credential {name}: does not open with this sealing key, or was changed"
            ) from error


def create_key(path: Path) -> None:
    """Make a sealing key at *path*; raises FileExistsError where there is one."""
    private_file.create(path, os.urandom(_KEY_BYTES))


def load(path: Path) -> FileSealer:
    """The sealer with the key in the file at *path*; raises ConfigError, which names the file."""
    try:
        status = path.stat()
        key = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; it is to hold the sealing key") from error
    is_given_by_root = status.st_uid == 0 and os.geteuid() != 0
    if status.st_mode & (_OTHERS_OF_ROOTS if is_given_by_root else _OTHERS):
        raise ConfigError(f"{path}: others may read this sealing key; run `chmod 600 {path}`")
    if len(key) != _KEY_BYTES:
        raise ConfigError(f"{path}: a sealing key is {_KEY_BYTES} bytes, this has {len(key)}")
    return FileSealer(key)


def _bound(kind: str, name: str) -> bytes:
    """What a sealed secret is bound to; a kind holds no colon."""
    return f"bastion credential:{kind}:{name}".encode()
