"""The demo accounts, and the one password that opens each of them.

What always holds: the password is compared in constant time, also for an account that does not
exist; after some wrong tries an account takes no further one for a while, without making anybody
else wait. What it does not do: keep a session.
"""

import hmac
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bastion.clock import Clock

FREE_TRIES = 3
MAX_PAUSE_SECONDS = 30

# Without letters and digits that are mistaken for each other.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class Account:
    """Somebody of the demo.

    Attributes:
        name: what is typed to sign in.
        full_name: what a page shows.
        groups: the groups claim.
    """

    name: str
    full_name: str
    groups: tuple[str, ...]

    @property
    def subject(self) -> str:
        """The `sub` claim."""
        return f"demo-{self.name}"


ACCOUNTS: Mapping[str, Account] = MappingProxyType(
    {
        account.name: account
        for account in (
            Account("engineer", "Erin Engineer", ("engineers",)),
            Account("approver", "Ava Approver", ("approvers",)),
            Account("security", "Sam Security", ("security",)),
        )
    }
)


def new_password() -> str:
    """A random password that can be read out: 79 bits."""
    letters = [secrets.choice(_ALPHABET) for _ in range(16)]
    return "-".join("".join(letters[at : at + 4]) for at in range(0, 16, 4))


class Door:
    """Lets people in who know the password."""

    def __init__(self, password: str, clock: Clock) -> None:
        self._password = password
        self._clock = clock
        self._wrong: dict[str, int] = {}
        self._closed_until: dict[str, float] = {}

    def try_to_enter(self, name: str, password: str) -> Account | str:
        """The account of that *name*; or a sentence that says why not."""
        left = self._closed_until.get(name, 0.0) - self._clock.monotonic()
        if left > 0:
            return f"Too many wrong tries for this account. Try again in {math.ceil(left)} s."
        is_right = hmac.compare_digest(
            password.encode("utf-8", "surrogatepass"), self._password.encode()
        )
        account = ACCOUNTS.get(name)
        if account is not None and is_right:
            self._wrong.pop(name, None)
            return account
        if account is not None:
            self._count(name)
        return "This account and password do not fit."

    def _count(self, name: str) -> None:
        wrong = self._wrong[name] = self._wrong.get(name, 0) + 1
        if wrong >= FREE_TRIES:
            pause = min(2 ** min(wrong - FREE_TRIES, 10), MAX_PAUSE_SECONDS)
            self._closed_until[name] = self._clock.monotonic() + pause
