"""A host behind the bastion, as the inventory describes it.

What always holds: a `Target` has at least one pinned host key or host CA; the inventory refuses one
without. What it does not do: say who may reach it, or dial it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NewType

Login = NewType("Login", str)
"""The account on the host (RFC 4252's user name of the upstream connection)."""


@dataclass(frozen=True)
class Target:
    """One host.

    Attributes:
        name: what people call it: `ssh NAME`.
        address: host name or address the bastion dials.
        port: TCP port of the host's sshd.
        labels: for rules: `pool = "research"`.
        host_keys: accepted host keys, OpenSSH public key lines.
        host_cas: keys that may certify this host's key, OpenSSH public key lines.
    """

    name: str
    address: str
    port: int = 22
    labels: Mapping[str, str] = field(default_factory=dict)
    host_keys: tuple[str, ...] = ()
    host_cas: tuple[str, ...] = ()
