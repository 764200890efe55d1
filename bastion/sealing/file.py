"""Seals with a key in a file: one of the state directory, or one that systemd hands over.

    sealed = 1 ‖ nonce (12 bytes) ‖ ciphertext and tag

What always holds: the key file is its owner's only. What it does not do: encrypt the key; systemd
does (`LoadCredentialEncrypted=`), bound to the machine.
"""

import os
from pathlib import Path

from bastion import private_file
from bastion.errors import ConfigError
from bastion.sealing.sealer import KEY_BYTES, decrypted, does_not_open, encrypted

_OTHERS = 0o077
# systemd gives a service its credential as root's file with an access list; the list's mask is what
# the mode shows for the group.
_OTHERS_OF_ROOTS = 0o037


class FileSealer:
    """Seals with a key at hand."""

    version = b"\x01"

    def __init__(self, key: bytes) -> None:
        self._key = key

    async def seal(self, kind: str, name: str, secret: bytes) -> bytes:
        """*secret*, sealed for the credential *name* of that *kind*."""
        return self.version + encrypted(self._key, kind, name, secret)

    async def open(self, kind: str, name: str, sealed: bytes) -> bytes:
        """The secret; raises ConfigError where it was not sealed for that, with this key."""
        if sealed[:1] != self.version:
            raise does_not_open(name)
        return decrypted(self._key, kind, name, sealed[1:])


def create_key(path: Path) -> None:
    """Make a sealing key at *path*; raises FileExistsError where there is one."""
    private_file.create(path, os.urandom(KEY_BYTES))


def load(path: Path) -> FileSealer:
    """The sealer with the key in the file at *path*; raises ConfigError, which names the file."""
    try:
        status = path.stat()
        key = path.read_bytes()
    except OSError as error:
        step = "`bastion init` makes it, as the bastion's user"
        raise ConfigError(
            f"{path}: {error.strerror}; it is to hold the sealing key; {step}"
        ) from error
    is_given_by_root = status.st_uid == 0 and os.geteuid() != 0
    if status.st_mode & (_OTHERS_OF_ROOTS if is_given_by_root else _OTHERS):
        raise ConfigError(f"{path}: others may read this sealing key; run `chmod 600 {path}`")
    if len(key) != KEY_BYTES:
        raise ConfigError(f"{path}: a sealing key is {KEY_BYTES} bytes, this has {len(key)}")
    return FileSealer(key)
