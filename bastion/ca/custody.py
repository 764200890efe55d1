"""Opens the keys of the three CAs, wherever the configuration says that they are kept.

What always holds: a secret is read from the file or the systemd credential that is named, when it
is needed, and kept nowhere else; a key that is too weak for a CA stops the start. What it does not
do: make keys outside of files.
"""

from dataclasses import dataclass
from pathlib import Path

import asyncssh

from bastion.ca import keys, ring, token
from bastion.ca.agent import AgentSigner
from bastion.ca.keyring import Keyring
from bastion.ca.openbao import OpenBao
from bastion.ca.ring import FOREVER, Era, Ring
from bastion.ca.signer import Certifier, KeySigner, Signing
from bastion.ca.strength import is_strong
from bastion.clock import Clock
from bastion.config import Config
from bastion.config.ca import (
    AgentCustody,
    Custody,
    FileCustody,
    OpenBaoCustody,
    Pkcs11Custody,
)
from bastion.errors import ConfigError
from bastion.given import secret
from bastion.hsm import Tokens
from bastion.state import State


@dataclass(frozen=True)
class Place:
    """Where one CA is kept.

    Attributes:
        name: user, host or access.
        custody: its section of the configuration.
        path: the file of its first key, where it is kept in files.
    """

    name: str
    custody: Custody
    path: Path

    @property
    def ring_path(self) -> Path:
        """The file that knows of its rotations."""
        return self.path.with_name(f"{self.path.name}.ring")


def places(config: Config) -> dict[str, Place]:
    """The three CAs by name."""
    state, ca = State(config.state_dir), config.ca
    return {
        "user": Place("user", ca.user, state.user_ca),
        "host": Place("host", ca.host, state.host_ca),
        "access": Place("access", ca.access, state.access_ca),
    }


def passphrase(custody: FileCustody) -> bytes | None:
    """The passphrase of the keys in files; None where they are not encrypted."""
    return secret(custody.passphrase_file, custody.passphrase_credential)


def file_ring(place: Place) -> Ring:
    """The ring of a CA in files; raises ConfigError."""
    known = ring.read(place.ring_path)
    if known is not None:
        return known
    try:
        public = asyncssh.read_public_key(f"{place.path}.pub")
    except (OSError, asyncssh.KeyImportError) as error:
        raise ConfigError(f"{place.path}.pub: cannot be read; run `bastion init`") from error
    return Ring((Era(place.path.name, keys.public_line(public)),))


async def open_place(place: Place, tokens: Tokens, clock: Clock) -> Keyring:
    """The CA at *place*; raises ConfigError or SigningError."""
    custody = place.custody
    if isinstance(custody, FileCustody):
        return _files(place, custody, clock.now())
    certifier = await _elsewhere(custody, tokens, clock)
    _check(place, certifier.public_key)
    line = keys.public_line(certifier.public_key)
    also = [Era("", _line(place, a.public_key), FOREVER, a.until.timestamp()) for a in custody.also]
    return Keyring(Ring((Era("", line), *also)), {line: certifier})


def _files(place: Place, custody: FileCustody, now: float) -> Keyring:
    known, word = file_ring(place), passphrase(custody)
    since = known.signing(now).signs_from
    certifiers: dict[str, Certifier] = {}
    for era in known.eras:
        if era.signs_from >= since:  # what signs no more need not be there any more
            key = keys.load(place.path.with_name(era.file), word)
            _check(place, key)
            if keys.public_line(key) != era.public_key:
                raise ConfigError(f"{place.path.with_name(era.file)}: is not the CA's key")
            certifiers[era.public_key] = Signing(KeySigner(key))
    return Keyring(known, certifiers)


async def _elsewhere(
    custody: AgentCustody | Pkcs11Custody | OpenBaoCustody, tokens: Tokens, clock: Clock
) -> Certifier:
    if isinstance(custody, AgentCustody):
        return Signing(await AgentSigner.find(custody.socket, custody.fingerprint))
    if isinstance(custody, Pkcs11Custody):
        pin = secret(custody.pin_file, custody.pin_credential) or b""
        held = tokens.get(custody.module, custody.token, pin.decode())
        return Signing(await token.signer(held, custody.key))
    return await OpenBao.open(custody, clock)


def _check(place: Place, key: asyncssh.SSHKey) -> None:
    if not is_strong(key):
        raise ConfigError(f"ca.{place.name}: {key.get_algorithm()} is too weak for a CA, or odd")


def _line(place: Place, given: str) -> str:
    try:
        key = asyncssh.import_public_key(given)
    except asyncssh.KeyImportError as error:
        raise ConfigError(f"ca.{place.name}.also: no public key: {error}") from error
    _check(place, key)
    return keys.public_line(key)
