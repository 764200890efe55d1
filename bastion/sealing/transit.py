"""Wraps keys with the transit engine of OpenBao or Vault.

    wrapped key = the engine's own text, `vault:v1:…`: it names the version of its key

What always holds: the engine's key is used where it is; each opening asks it, so taking away the
token's right ends every opening at once. What it does not do: rotate the engine's key; what was
wrapped by an earlier version opens, and `bastion keys reseal` wraps it anew.
"""

import base64
import json

from bastion.config.sealing import OpenBaoSealing
from bastion.errors import KeeperError
from bastion.openbao import ask


class TransitWrapping:
    """One key of one transit engine."""

    version = b"\x03"

    def __init__(self, settings: OpenBaoSealing) -> None:
        self._settings = settings

    async def wrap(self, key: bytes, bound_to: bytes) -> bytes:
        """*key*, encrypted; raises KeeperError."""
        body = {"plaintext": _text(key), "associated_data": _text(bound_to)}
        return (await self._ask("encrypt", body, "ciphertext")).encode()

    async def unwrap(self, wrapped: bytes, bound_to: bytes) -> bytes:
        """The key; raises KeeperError."""
        ciphertext = wrapped.decode("ascii", "replace")
        body = {"ciphertext": ciphertext, "associated_data": _text(bound_to)}
        text = await self._ask("decrypt", body, "plaintext")
        try:
            return base64.b64decode(text, validate=True)
        except ValueError as error:
            raise self._odd() from error

    async def _ask(self, what: str, body: dict[str, str], field: str) -> str:
        settings = self._settings
        text = await ask(settings, "POST", f"{settings.mount}/{what}/{settings.key}", dict(body))
        try:
            answer = json.loads(text)["data"][field]
        except (ValueError, KeyError, TypeError):  # its error would show what was answered
            raise self._odd() from None
        if not isinstance(answer, str):
            raise self._odd()
        return answer

    def _odd(self) -> KeeperError:
        return KeeperError(f"{self._settings.url}: its transit engine answers oddly")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
