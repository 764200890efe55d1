"""Makes the state directory: three CAs, host key, record key, secrets.

What always holds: what exists stays as it is, so running it again does no harm; private files are
made with mode 0600 in a folder of mode 0700. What it does not do: write a configuration file.
"""

import secrets
from collections.abc import Callable
from pathlib import Path

from bastion import chain, private_file
from bastion.ca import keys
from bastion.errors import ConfigError
from bastion.state import State

_SECRET_BYTES = 32


def initialise(state: State) -> list[str]:
    """Make what is missing; the names of what was made. Raises ConfigError."""
    try:
        for folder in (state.root, state.keys, state.recordings):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return [path.name for path, create in _makers(state).items() if _made(path, create)]
    except OSError as error:
        raise ConfigError(f"{state.root}: cannot make the state: {error.strerror}") from error


def _makers(state: State) -> dict[Path, Callable[[Path], None]]:
    return {
        state.user_ca: lambda path: keys.create(path, "bastion user CA"),
        state.host_ca: lambda path: keys.create(path, "bastion host CA"),
        state.access_ca: lambda path: keys.create(path, "bastion host-access CA"),
        state.host_key: lambda path: keys.create(path, "bastion host key"),
        state.record_key: chain.create_key,
        state.link_secret: _create_secret,
        state.web_secret: _create_secret,
    }


def _made(path: Path, create: Callable[[Path], None]) -> bool:
    if path.exists():
        return False
    create(path)
    return True


def _create_secret(path: Path) -> None:
    private_file.create(path, secrets.token_bytes(_SECRET_BYTES))


def load_secret(path: Path) -> bytes:
    """The secret in the file at *path*; raises ConfigError."""
    try:
        is_private = not path.stat().st_mode & 0o077
        secret = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; run `bastion init`") from error
    if not is_private:
        raise ConfigError(f"{path}: others may read this secret; run `chmod 600 {path}`")
    if len(secret) < _SECRET_BYTES:
        raise ConfigError(f"{path}: is too short to be a secret; remove it, run `bastion init`")
    return secret
