"""Whose certificates are accepted as logins: our user CA, and CAs of others that are configured.

A name that an outside CA gives is worth nothing beyond it: its key id becomes `NAME:KEYID`, its
groups and evidence count only where the configuration says so.

What always holds: every process decides by the clock alone when a rotated key has served its time.
What it does not do: look at certificates.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncssh

from bastion.ca.keyring import Keyring
from bastion.ca.strength import is_strong
from bastion.config.ca import Outside
from bastion.errors import ConfigError


@dataclass(frozen=True)
class Signatory:
    """A CA whose user certificates are accepted.

    Attributes:
        name: of an outside CA; empty for ours.
        max_seconds: its certificates may not live longer; 0 where only the general limit counts.
        groups: what everybody with a certificate of it belongs to.
        allow_groups: whether the certificate's own groups count.
    """

    name: str = ""
    max_seconds: int = 0
    groups: frozenset[str] = frozenset()
    allow_groups: bool = True

    @property
    def is_ours(self) -> bool:
        """Whether it is our user CA."""
        return not self.name


OURS = Signatory()


class Signatories:
    """All CAs whose user certificates are accepted."""

    def __init__(self, user: Keyring, outside: Sequence[Outside] = ()) -> None:
        self._user = user
        self._outside = {_key(settings): _signatory(settings) for settings in outside}
        if len(self._outside) < len(outside):
            raise ConfigError("ca.outside: two tables have one public_key")

    def find(self, key: asyncssh.SSHKey, now: float) -> Signatory | None:
        """Who signs by *key*, None where nobody that is accepted does."""
        # A key of ours never counts as an outsider's, not even after its time.
        if key in self._user.ever():
            return OURS if key in self._user.trusted(now) else None
        return self._outside.get(key)


def _key(settings: Outside) -> asyncssh.SSHKey:
    try:
        key = asyncssh.import_public_key(settings.public_key)
    except ValueError as error:
        raise ConfigError(f"ca.outside: {settings.name}: no public key: {error}") from error
    if not is_strong(key):
        raise ConfigError(f"ca.outside: {settings.name}: {key.get_algorithm()} is too weak, or odd")
    return key


def _signatory(settings: Outside) -> Signatory:
    return Signatory(
        settings.name, settings.max_seconds, frozenset(settings.groups), settings.allow_groups
    )
