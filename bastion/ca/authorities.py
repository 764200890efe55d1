"""The three CAs of one process, opened together and swapped whole.

What always holds: keys that cannot be opened anew change nothing; a key that is trusted by one
process is trusted by all, for time and the state directory alone decide. What it does not do:
make keys or certificates.
"""

from dataclasses import dataclass
from typing import Self

from bastion.ca.custody import open_place, places
from bastion.ca.keyring import Keyring
from bastion.clock import Clock
from bastion.config import Config
from bastion.hsm import Tokens


@dataclass(frozen=True)
class Authorities:
    """The CAs.

    Attributes:
        user: certifies people.
        host: certifies the names that the bastion answers for.
        access: certifies the keys that open hosts.
    """

    user: Keyring
    host: Keyring
    access: Keyring
    tokens: Tokens

    @classmethod
    async def open(cls, config: Config, clock: Clock, tokens: Tokens | None = None) -> Self:
        """The CAs as *config* says; raises ConfigError or SigningError."""
        tokens = tokens or Tokens()
        rings = {
            name: await open_place(place, tokens, clock) for name, place in places(config).items()
        }
        return cls(rings["user"], rings["host"], rings["access"], tokens)

    async def reload(self, config: Config, clock: Clock) -> None:
        """Take what a rotation has changed; raises ConfigError or SigningError."""
        new = await self.open(config, clock, self.tokens)
        self.user.replace(new.user)
        self.host.replace(new.host)
        self.access.replace(new.access)
