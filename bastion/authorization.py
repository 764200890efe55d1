"""The proof that a person may reach a host, and the kinds of channels it can open.

What always holds: an `Authorization` is made by `bastion.policy.authorize` only, after its checks;
the dialer demands one. What it does not do: check anything itself.
"""

from dataclasses import dataclass
from enum import StrEnum

from bastion.files import NOWHERE, Places
from bastion.identity import Identity
from bastion.target import Login, Target
from bastion.verdict import Profile


class Channel(StrEnum):
    """Kinds of channels that a grant can open (RFC 4254 sections 6.5 and 7.2)."""

    SHELL = "shell"
    EXEC = "exec"
    SFTP_READ = "sftp-read"
    SFTP_WRITE = "sftp-write"
    FORWARD = "forward"
    FORWARD_REMOTE = "forward-remote"
    AGENT = "agent"
    X11 = "x11"

    # As of any text that is equal; Enum's own is another one, and slow.
    __hash__ = str.__hash__


SFTP = "sftp"
"""The kind of a session of files: `sftp-read`, `sftp-write` or both open it."""


@dataclass(frozen=True)
class Forward:
    """Where a forwarded connection may lead, or where the host may listen for one.

    Attributes:
        host: host name, address or glob, in small letters.
        port: TCP port; None for any.
        path: glob of a Unix socket instead of both; a `*` stops at `/`.
    """

    host: str
    port: int | None
    path: str = ""


@dataclass(frozen=True)
class Limits:
    """The bounds of what an authorization opens; None where there is none.

    Attributes:
        session_seconds: how long a session may last.
        idle_seconds: how long nothing may be typed or sent.
        sessions: how many sessions the person may have open at once, on all hosts.
        until: Unix seconds at which everything that it opened ends.
        approved_until: Unix seconds at which the approval ends that it needed.
    """

    session_seconds: int | None = None
    idle_seconds: int | None = None
    sessions: int | None = None
    until: float | None = None
    approved_until: float | None = None


@dataclass(frozen=True)
class Permit:
    """An approved request for access, which opens what rules open only after an approval.

    Attributes:
        id: of the request.
        approvers: the groups whose members were asked; one of them decided.
        since: Unix seconds at which that was.
        seconds: for how long.
    """

    id: str
    subject: str
    target: str
    login: str
    approvers: frozenset[str]
    since: float
    seconds: int


@dataclass(frozen=True)
class Ask:
    """What opens only after an approval: who may give it, and for how long.

    Attributes:
        login: the account on the host.
        rule: id of the rule that asks for the approval.
        seconds: the longest time that may be asked for.
    """

    target: Target
    login: Login
    rule: str
    approvers: tuple[str, ...]
    seconds: int


@dataclass(frozen=True)
class Authorization:
    """Proof that *identity* may reach *target* as *login* by *channels*.

    Attributes:
        grants: ids of the grants that say so.
        limits: the strictest of all that the grants say.
        forwards: where channels of the kind `forward` may lead.
        listens: where the host may listen, for the kind `forward-remote`.
        permits: the approvals that it needed.
        files: where the channels `sftp-read` and `sftp-write` may read and write.
        profile: what becomes of commands that no rule speaks of.
    """

    identity: Identity
    target: Target
    login: Login
    channels: frozenset[Channel]
    grants: tuple[str, ...]
    limits: Limits = Limits()
    forwards: tuple[Forward, ...] = ()
    listens: tuple[Forward, ...] = ()
    permits: tuple[Permit, ...] = ()
    files: Places = NOWHERE
    profile: Profile = Profile.GUARDRAIL


def door(kind: str, channels: frozenset[Channel]) -> Channel:
    """The kind of channel that opens a session of *kind*, if one of *channels* does."""
    if kind != SFTP:
        return Channel(kind)
    is_write_only = Channel.SFTP_WRITE in channels and Channel.SFTP_READ not in channels
    return Channel.SFTP_WRITE if is_write_only else Channel.SFTP_READ
