"""Secrets that an operator hands to the bastion: in a file, or as a systemd credential.

What always holds: a secret is read when it is needed and kept nowhere; no error shows what is in
it. What it does not do: read the environment's own values; of a credential only the folder stands
there, and systemd lets nobody else into it.
"""

from pathlib import Path

from bastion.config import environment
from bastion.errors import ConfigError, unusable


def credential_path(name: str) -> Path:
    """Where systemd has put the credential *name*; raises ConfigError where there are none."""
    folder = environment().credentials_directory
    if folder is None:
        raise ConfigError(f"{name}: this service was given no credentials by systemd")
    return folder / name


def secret(path: Path | None, credential: str) -> bytes | None:
    """What is in the file at *path* or in the systemd *credential*, without the line's end."""
    if credential:
        path = credential_path(credential)
    if path is None:
        return None
    try:
        content = path.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise ConfigError(f"{path}: {unusable(error)}") from error
    if not content:
        raise ConfigError(f"{path}: is empty")
    return content
