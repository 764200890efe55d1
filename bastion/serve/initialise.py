"""Makes the state directory: three CAs, host key, record key, sealing key, secrets.

What always holds: what exists stays as it is, so running it again does no harm; private files are
made with mode 0600 in a folder of mode 0700. What it does not do: write a configuration file.
"""

import secrets
from collections.abc import Callable
from pathlib import Path

from bastion import chain, private_file
from bastion.ca import custody, keys
from bastion.config.ca import CertificateAuthorities, Custody, FileCustody
from bastion.errors import ConfigError, unusable
from bastion.sealing import file as sealing_file
from bastion.state import State

_SECRET_BYTES = 32


_IN_FILES = CertificateAuthorities()


def initialise(state: State, ca: CertificateAuthorities = _IN_FILES) -> list[str]:
    """Make what is missing; the names of what was made. Raises ConfigError.

    A CA whose key is kept elsewhere gets no file.
    """
    try:
        for folder in (state.root, state.keys, state.recordings):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        makers = _authorities(state, ca) | _makers(state)
        return [path.name for path, create in makers.items() if _made(path, create)]
    except OSError as error:
        raise ConfigError(f"{state.root}: cannot make the state: {unusable(error)}") from error


def _makers(state: State) -> dict[Path, Callable[[Path], None]]:
    return {
        state.host_key: lambda path: keys.create(path, "bastion host key"),
        state.record_key: chain.create_key,
        state.link_secret: _create_secret,
        state.web_secret: _create_secret,
        state.sealing_key: sealing_file.create_key,
    }


def _authorities(state: State, ca: CertificateAuthorities) -> dict[Path, Callable[[Path], None]]:
    kept: dict[Path, tuple[Custody, str]] = {
        state.user_ca: (ca.user, "bastion user CA"),
        state.host_ca: (ca.host, "bastion host CA"),
        state.access_ca: (ca.access, "bastion host-access CA"),
    }

    def maker(settings: FileCustody, comment: str) -> Callable[[Path], None]:
        return lambda path: keys.create(path, comment, custody.passphrase(settings))

    return {
        path: maker(settings, comment)
        for path, (settings, comment) in kept.items()
        if isinstance(settings, FileCustody)
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
