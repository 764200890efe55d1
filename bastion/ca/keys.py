"""The bastion's own SSH keys in files: made once, loaded at start.

What always holds: a private key file is made with mode 0600 and never overwritten; one that others
can read is refused, and so is one that is not encrypted although it should be. What it does not do:
keep keys in an agent or a token (`bastion.ca.custody` names what does).
"""

from pathlib import Path

import asyncssh

from bastion import private_file
from bastion.errors import ConfigError, cause

ALGORITHM = "ssh-ed25519"

_OTHERS = 0o077


def create(path: Path, comment: str, passphrase: bytes | None = None) -> None:
    """Make a private key at *path* (mode 0600) and its public half beside it.

    With a *passphrase* the file is encrypted as `ssh-keygen` does it (bcrypt, AES-256).
    Raises FileExistsError where there is one.
    """
    if path.exists():
        raise FileExistsError(path)
    key = asyncssh.generate_private_key(ALGORITHM, comment)
    key.write_public_key(f"{path}.pub")
    private_file.create(path, key.export_private_key(passphrase=passphrase))


def load(path: Path, passphrase: bytes | None = None) -> asyncssh.SSHKey:
    """The private key at *path*; raises ConfigError, which names the file."""
    try:
        if path.stat().st_mode & _OTHERS:
            raise ConfigError(f"{path}: others may read this private key; run `chmod 600 {path}`")
        if passphrase is not None and not _is_encrypted(path):
            raise ConfigError(f"{path}: is not encrypted; run `ssh-keygen -p -f {path}`")
        return asyncssh.read_private_key(path, passphrase)
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: there is no such key; run `bastion init`") from error
    except (OSError, asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise ConfigError(f"{path}: cannot be loaded: {cause(error)}") from error


def public_line(key: asyncssh.SSHKey) -> str:
    """The public half as one line of OpenSSH's format, without a comment."""
    return b" ".join(key.export_public_key().split()[:2]).decode()


def fingerprint(line: str) -> str:
    """The SHA-256 fingerprint of a public key in OpenSSH's format."""
    return asyncssh.import_public_key(line).get_fingerprint()


def _is_encrypted(path: Path) -> bool:
    try:
        asyncssh.read_private_key(path)
    except asyncssh.KeyImportError as error:
        return "assphrase" in str(error)  # asyncssh has no class of its own for it
    return False
