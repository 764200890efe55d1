"""The inventory: which hosts there are, from hosts.toml.

What always holds: names are unique, and every host has a pinned host key or host CA that can be
read; a host without one is refused with file and line, never trusted on first use. What it does not
do: say who may reach a host.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from bastion.errors import RulesError
from bastion.guards.algorithms import is_public_key
from bastion.policy.rulefile import load_tables
from bastion.target import Target

_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,252}[a-z0-9])?")


def _host_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no host name: use small letters, digits, '.', '-' and '_'")
    return name


def _public_key(line: str) -> str:
    if not is_public_key(line):
        raise ValueError("is no OpenSSH public key line")
    return line


HostName = Annotated[str, AfterValidator(_host_name)]
PublicKey = Annotated[str, AfterValidator(_public_key)]


class Host(BaseModel):
    """One `[[host]]` of hosts.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: HostName
    """What people type: `ssh NAME`."""
    address: str = Field(min_length=1)
    """Host name or address that the bastion dials."""
    port: int = Field(default=22, ge=1, le=65535)
    """TCP port of the host's sshd."""
    labels: Mapping[str, str] = {}
    """For access rules: `pool = "research"`."""
    host_keys: tuple[PublicKey, ...] = ()
    """Host keys that the host may present."""
    host_cas: tuple[PublicKey, ...] = ()
    """CAs that may certify its host key."""

    @model_validator(mode="after")
    def _is_pinned(self) -> "Host":
        if not self.host_keys and not self.host_cas:
            raise ValueError("needs host_keys or host_cas: no host is trusted on first use")
        return self

    def target(self) -> Target:
        """The host as the rest of the product knows it."""
        return Target(**self.model_dump())


class Inventory:
    """The hosts, by name."""

    def __init__(self, targets: Mapping[str, Target]) -> None:
        self._targets = dict(targets)

    def __iter__(self) -> Iterator[Target]:
        return iter(self._targets.values())

    def find(self, name: str) -> Target | None:
        """The host called *name*; host names are compared without regard to case."""
        return self._targets.get(name.lower())


def load(path: Path) -> Inventory:
    """The inventory in the file at *path*; raises RulesError."""
    targets: dict[str, Target] = {}
    for located in load_tables(path, "host", Host):
        host = located.value
        if host.name in targets:
            raise RulesError(path, located.line, host.name, "there are two hosts of that name")
        targets[host.name] = host.target()
    return Inventory(targets)
