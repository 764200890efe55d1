"""The bastion's own SSH keys in files: made once, loaded at start.

What always holds: a private key file is made with mode 0600 and never overwritten; one that others
can read is refused. What it does not do: keep keys in an agent or a token (they will stand beside
this file, behind the same two functions).
"""

from pathlib import Path

import asyncssh

from bastion import private_file
from bastion.errors import ConfigError

ALGORITHM = "ssh-ed25519"

_OTHERS = 0o077


def create(path: Path, comment: str) -> None:
    """Make a private key at *path* (mode 0600) and its public half beside it.

    Raises FileExistsError where there is one.
    """
    if path.exists():
        raise FileExistsError(path)
    key = asyncssh.generate_private_key(ALGORITHM, comment)
    key.write_public_key(f"{path}.pub")
    private_file.create(path, key.export_private_key())


def load(path: Path) -> asyncssh.SSHKey:
    """The private key at *path*; raises ConfigError, which names the file."""
    try:
        if path.stat().st_mode & _OTHERS:
            raise ConfigError(f"{path}: others may read this private key; run `chmod 600 {path}`")
        return asyncssh.read_private_key(path)
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: there is no such key; run `bastion init`") from error
    except (OSError, asyncssh.KeyImportError) as error:
        raise ConfigError(f"{path}: cannot be loaded: {error}") from error


def public_line(key: asyncssh.SSHKey) -> str:
    """The public half as one line of OpenSSH's format, without a comment."""
    return b" ".join(key.export_public_key().split()[:2]).decode()
