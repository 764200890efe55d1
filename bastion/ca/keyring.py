"""One CA at work: the ring of its keys, and what can sign with them.

What always holds: swapping the keys is one assignment, so nobody sees half a rotation. What it does
not do: open keys; `bastion.ca.custody` does.
"""

from collections.abc import Mapping
from typing import Self

import asyncssh

from bastion.ca.keys import public_line
from bastion.ca.ring import Era, Ring
from bastion.ca.signer import Certifier, KeySigner, Signing


class Keyring:
    """The keys of one CA."""

    def __init__(self, ring: Ring, certifiers: Mapping[str, Certifier]) -> None:
        keys = {era: asyncssh.import_public_key(era.public_key) for era in ring.eras}
        self._now = ring, dict(certifiers), keys

    @classmethod
    def of(cls, key: asyncssh.SSHKey) -> Self:
        """A CA with one private *key* in memory."""
        return cls.single(Signing(KeySigner(key)))

    @classmethod
    def single(cls, certifier: Certifier) -> Self:
        """A CA with one key."""
        line = public_line(certifier.public_key)
        return cls(Ring((Era("", line),)), {line: certifier})

    @property
    def ring(self) -> Ring:
        """All keys."""
        return self._now[0]

    def replace(self, other: "Keyring") -> None:
        """Take the keys of *other* from now on."""
        self._now = other._now  # noqa: SLF001  of the same class

    def certifier(self, now: float) -> Certifier:
        """What makes certificates now."""
        ring, certifiers, _ = self._now
        return certifiers[ring.signing(now).public_key]

    def lines(self, now: float) -> tuple[str, ...]:
        """The public keys that count now, as lines of OpenSSH's format; the signing one first."""
        ring, _, _ = self._now
        signing = ring.signing(now).public_key
        others = (era.public_key for era in ring.trusted(now))
        return (signing, *(line for line in others if line != signing))

    def trusted(self, now: float) -> frozenset[asyncssh.SSHKey]:
        """The public keys that count now."""
        ring, _, keys = self._now
        return frozenset(keys[era] for era in ring.trusted(now))

    def ever(self) -> frozenset[asyncssh.SSHKey]:
        """All its public keys, also those that count no more."""
        return frozenset(self._now[2].values())
