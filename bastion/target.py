"""A host behind the bastion, as the inventory describes it.

What always holds: a `Target` has at least one pinned host key or host CA; the inventory refuses one
without. What it does not do: say who may reach it, or dial it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType, Optional

Login = NewType("Login", str)
"""The account on the host (RFC 4252's user name of the upstream connection)."""


class Method(StrEnum):
    """How the bastion logs in to a host."""

    CERTIFICATE = "certificate"
    KEY = "key"
    PASSWORD = "password"  # noqa: S105  a method, not a password


class Family(StrEnum):
    """Which addresses of a host are dialed."""

    ANY = "any"
    IPV4 = "ipv4"
    IPV6 = "ipv6"


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
        method: how the bastion logs in.
        credential: name of the stored key or password; empty with certificates.
        family: which of its addresses are dialed.
        jump_login: the account by which the bastion passes through this host to others.
        via: the host that it is reached through; never in a circle.
        allow_legacy_algorithms: whether it may prove itself and encrypt with what is outdated.
        integration: whether people's shells there are to ask before they run anything.
    """

    name: str
    address: str
    port: int = 22
    labels: Mapping[str, str] = field(default_factory=dict)
    host_keys: tuple[str, ...] = ()
    host_cas: tuple[str, ...] = ()
    method: Method = Method.CERTIFICATE
    credential: str = ""
    family: Family = Family.ANY
    jump_login: str = ""
    via: Optional["Target"] = None
    allow_legacy_algorithms: bool = False
    integration: bool = True

    @property
    def way(self) -> tuple[str, ...]:
        """The names of the hosts that are passed to reach it, its own the first."""
        return (self.name, *(self.via.way if self.via else ()))
