"""Where a connection wants to go, read from the user name of its SSH login.

    login@target     a session on that host as that login (`ssh root@gpu-01@bastion`)
    anything else    no destination: the connection is a jump (`ssh -J bastion gpu-01`)

What always holds: the host is what stands behind the last `@`, so a login may hold one. The grammar
has no `:` and no `/`, because scp and rsync cannot pass them. What it does not do: look whether the
host exists.
"""

from dataclasses import dataclass

from bastion.target import Login


@dataclass(frozen=True)
class Destination:
    """A host's name as it was typed, and the account on it."""

    target: str
    login: Login


def parse(username: str) -> Destination | None:
    """The destination in *username*; None where it names none."""
    login, at, target = username.rpartition("@")
    if not at or not login or not target:
        return None
    return Destination(target, Login(login))
