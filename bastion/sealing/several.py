"""What seals now, and what has sealed before: so that a key can be changed.

What always holds: new secrets are sealed by the first only; the earlier ones open what is theirs.
What it does not do: seal anew what an earlier one has sealed; `bastion keys reseal` does.
"""

from collections.abc import Sequence
from pathlib import Path

from bastion.config.sealing import FileSealing, OpenBaoSealing, Pkcs11Sealing
from bastion.errors import BastionError
from bastion.given import credential_path
from bastion.hsm import Tokens
from bastion.sealing import file
from bastion.sealing.envelope import Envelope
from bastion.sealing.sealer import Sealer, does_not_open
from bastion.sealing.token import TokenWrapping
from bastion.sealing.transit import TransitWrapping

_Settings = FileSealing | Pkcs11Sealing | OpenBaoSealing


class Several:
    """A sealer, and earlier ones."""

    def __init__(self, now: Sealer, before: Sequence[Sealer] = ()) -> None:
        self._now, self._all = now, (now, *before)

    @property
    def version(self) -> bytes:
        """That of what seals now."""
        return self._now.version

    async def seal(self, kind: str, name: str, secret: bytes) -> bytes:
        """*secret*, sealed by what seals now; raises KeeperError."""
        return await self._now.seal(kind, name, secret)

    async def open(self, kind: str, name: str, sealed: bytes) -> bytes:
        """The secret, by whichever can; raises ConfigError, or KeeperError of the last of them."""
        last: Exception = does_not_open(name)
        for sealer in self._all:
            if sealer.version == sealed[:1]:
                try:
                    return await sealer.open(kind, name, sealed)
                except BastionError as error:
                    last = error
        raise last


def sealer(now: _Settings, before: Sequence[_Settings], own_key: Path, tokens: Tokens) -> Several:
    """What the configuration says; raises ConfigError for a key file that cannot be used.

    *own_key* is the file where it names none. A token or a server is asked when it is needed.
    """
    return Several(_one(now, own_key, tokens), [_one(each, own_key, tokens) for each in before])


def _one(settings: _Settings, own_key: Path, tokens: Tokens) -> Sealer:
    if isinstance(settings, Pkcs11Sealing):
        return Envelope(TokenWrapping(settings, tokens))
    if isinstance(settings, OpenBaoSealing):
        return Envelope(TransitWrapping(settings))
    if settings.key_credential:
        return file.load(credential_path(settings.key_credential))
    return file.load(settings.key_file or own_key)
