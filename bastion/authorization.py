"""The proof that a person may reach a host, and the kinds of channels it can open.

What always holds: an `Authorization` is made by `bastion.policy.authorize` only, after its checks;
the dialer demands one. What it does not do: check anything itself.
"""

from dataclasses import dataclass
from enum import StrEnum

from bastion.identity import Identity
from bastion.target import Login, Target


class Channel(StrEnum):
    """Kinds of channels that a grant can open (RFC 4254 sections 6.5 and 7.2)."""

    SHELL = "shell"
    EXEC = "exec"
    SFTP_READ = "sftp-read"
    SFTP_WRITE = "sftp-write"
    FORWARD = "forward"
    AGENT = "agent"


@dataclass(frozen=True)
class Forward:
    """Where a forwarded connection may lead.

    Attributes:
        host: host name, address or glob, in small letters.
        port: TCP port; None for any.
    """

    host: str
    port: int | None


@dataclass(frozen=True)
class Limits:
    """The bounds of what an authorization opens; None where there is none.

    Attributes:
        session_seconds: how long a session may last.
        idle_seconds: how long nothing may be typed or sent.
        sessions: how many sessions the person may have open at once, on all hosts.
        until: Unix seconds at which everything that it opened ends.
    """

    session_seconds: int | None = None
    idle_seconds: int | None = None
    sessions: int | None = None
    until: float | None = None


@dataclass(frozen=True)
class Authorization:
    """Proof that *identity* may reach *target* as *login* by *channels*.

    Attributes:
        grants: ids of the grants that say so.
        limits: the strictest of all that the grants say.
        forwards: where channels of the kind `forward` may lead.
    """

    identity: Identity
    target: Target
    login: Login
    channels: frozenset[Channel]
    grants: tuple[str, ...]
    limits: Limits = Limits()
    forwards: tuple[Forward, ...] = ()
