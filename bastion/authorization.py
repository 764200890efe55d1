"""The proof that a person may reach a host, and the kinds of channels it can open.

What always holds: an `Authorization` is made by `bastion.policy.authorize` only, after its checks;
the dialer demands one. What it does not do: check anything itself.
"""

from dataclasses import dataclass
from enum import StrEnum

from bastion.identity import Identity
from bastion.target import Login, Target


class Channel(StrEnum):
    """Kinds of channels that a grant can open (RFC 4254 section 6.5)."""

    SHELL = "shell"
    EXEC = "exec"


@dataclass(frozen=True)
class Authorization:
    """Proof that *identity* may reach *target* as *login* by *channels*.

    Attributes:
        grants: ids of the grants that say so.
    """

    identity: Identity
    target: Target
    login: Login
    channels: frozenset[Channel]
    grants: tuple[str, ...]
