"""Sessions with PKCS#11 tokens: hardware security modules, smart cards, SoftHSM.

What always holds: one thread at a time talks to a token, and a process logs in to it once, whatever
for; after an error the session is opened anew. What it does not do: know what a key is for, or run
on the event loop; whoever calls it blocks.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pkcs11

from bastion.errors import KeeperError

T = TypeVar("T")


class Token:
    """One token, logged in.

    Attributes:
        label: its label.
        pin: the user PIN.
    """

    def __init__(self, module: Path, label: str, pin: str) -> None:
        self._module, self.label, self.pin = module, label, pin
        self._lock = threading.Lock()
        self._session: pkcs11.Session | None = None

    def use(self, operation: Callable[[pkcs11.Session], T]) -> T:
        """What *operation* returns; raises KeeperError where the token does not do it."""
        with self._lock:
            try:
                return operation(self._opened())
            except (pkcs11.PKCS11Error, ValueError, KeyError) as error:
                self._give_up(error)
                cause = str(error) or type(error).__name__
                raise KeeperError(f"the token {self.label!r}: {cause}") from error

    def close(self) -> None:
        """Log out."""
        with self._lock:
            if self._session is not None:
                self._session.close()
                self._session = None

    def _opened(self) -> pkcs11.Session:
        if self._session is None:
            token = pkcs11.lib(str(self._module)).get_token(token_label=self.label)
            self._session = token.open(user_pin=self.pin)
        return self._session

    def _give_up(self, error: Exception) -> None:
        """The session may be worth nothing any more: the token may have been pulled."""
        if self._session is not None:
            try:
                self._session.close()
            except pkcs11.PKCS11Error as closing:
                error.add_note(f"closing: {closing!r}")
            self._session = None


class Tokens:
    """The tokens of this process: one session each, however many keys in it are used."""

    def __init__(self) -> None:
        self._tokens: dict[tuple[Path, str], Token] = {}

    def get(self, module: Path, label: str, pin: str) -> Token:
        """The token labelled *label*."""
        token = self._tokens.setdefault((module, label), Token(module, label, pin))
        token.pin = pin  # it may have been changed, and is needed when the session is opened anew
        return token

    def close(self) -> None:
        """Log out of all of them."""
        for token in self._tokens.values():
            token.close()
