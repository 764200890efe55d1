"""The folder with the demo provider's signing key and password, made at the first start.

What always holds: folder 0700, files 0600, written whole or not at all; a file that others can
read is refused, not used. What it does not do: rotate the key.
"""

import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bastion import private_file
from bastion.demo.identity_provider.accounts import new_password
from bastion.errors import ConfigError

_MIN_PASSWORD_CHARS = 12


@dataclass(frozen=True)
class Secrets:
    """What the demo provider keeps between starts.

    Attributes:
        key: signs ID tokens (ES256).
        password: of every demo account.
    """

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    password: str = field(repr=False)


def prepare(folder: Path) -> Secrets:
    """What *folder* holds, made where it is missing; ConfigError where it cannot be used."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        pem = _kept(folder / "signing-key.pem", _new_key)
        password = _kept(folder / "password", _new_password)
    except OSError as failed:
        raise ConfigError(
            f"the demo identity provider cannot use {folder}: {failed.strerror}"
        ) from failed
    return Secrets(_read_key(pem, folder), _read_password(password, folder))


def _kept(path: Path, make: Callable[[], bytes]) -> bytes:
    if not path.exists():
        private_file.create(path, make())
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ConfigError(f"{path} can be read by others; remove it and start again")
    return path.read_bytes()


def _read_password(line: bytes, folder: Path) -> str:
    password = line.decode("ascii", "replace").strip()
    if len(password) < _MIN_PASSWORD_CHARS:
        raise ConfigError(f"the password in {folder} is too short; remove it and start again")
    return password


def _new_key() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _new_password() -> bytes:
    return f"{new_password()}\n".encode()


def _read_key(pem: bytes, folder: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as wrong:
        raise ConfigError(f"the signing key in {folder} cannot be read; remove it") from wrong
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ConfigError(f"the signing key in {folder} is of another kind; remove it")
    return key
