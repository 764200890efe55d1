"""The inventory: which hosts there are, from hosts.toml or a folder of such files.

What always holds: names are unique, and every host has a pinned host key or host CA that can be
read; a host without one is refused with file and line, never trusted on first use. A way through
other hosts has an end. What it does not do: say who may reach a host.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from bastion.errors import RulesError
from bastion.guards.algorithms import is_public_key
from bastion.policy.rulefile import Located, load_tables
from bastion.target import Family, Method, Target

_MAX_JUMPS = 4
_NO_FILE = "holds no inventory file; `bastion hosts scan HOST` pins the first host"
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

    model_config = ConfigDict(frozen=True, extra="forbid")

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
    method: Method = Method.CERTIFICATE
    """How the bastion logs in: `certificate`, or a stored `key` or `password`."""
    credential: str = ""
    """Name of the stored key or password: `bastion keys add NAME`."""
    family: Family = Family.ANY
    """Which of its addresses are dialed: `any`, `ipv4` or `ipv6`."""
    via: str = ""
    """Name of the host that it is reached through."""
    jump_login: str = ""
    """The account by which the bastion passes through this host to others."""
    allow_legacy_algorithms: bool = False
    """Whether it may use outdated algorithms (SHA-1, ssh-rsa), for appliances that have no other:
    docs/limits.md."""
    integration: bool = True
    """Whether people's shells there are opened so that they ask before they run a line; without,
    what their screens show is judged: docs/gate.md."""

    @model_validator(mode="after")
    def _is_pinned(self) -> "Host":
        if not self.host_keys and not self.host_cas:
            raise ValueError("needs host_keys or host_cas: no host is trusted on first use")
        return self

    @model_validator(mode="after")
    def _has_what_its_method_needs(self) -> "Host":
        if (self.method is Method.CERTIFICATE) is bool(self.credential):
            raise ValueError(
                "the methods `key` and `password` need a credential, `certificate` takes none"
            )
        if self.via and self.family is not Family.ANY:
            raise ValueError("family: the host that it is reached through chooses the address")
        return self

    def target(self) -> Target:
        """The host as the rest of the product knows it."""
        return Target(**self.model_dump(exclude={"via"}))


class Inventory:
    """The hosts, by name."""

    def __init__(self, targets: Mapping[str, Target]) -> None:
        self._targets = dict(targets)

    def __iter__(self) -> Iterator[Target]:
        return iter(self._targets.values())

    def find(self, name: str) -> Target | None:
        """The host called *name*; host names are compared without regard to case."""
        return self._targets.get(name.lower())


def files(path: Path) -> list[Path]:
    """The files of the inventory at *path*: itself, or the `*.toml` in it if it is a folder."""
    return sorted(path.glob("*.toml")) if path.is_dir() else [path]


def load(path: Path) -> Inventory:
    """The inventory in the file, or in the files of the folder, at *path*; raises RulesError."""
    found = files(path)
    if not found:
        raise RulesError(path, 0, "", _NO_FILE)
    if _is_missing(path):
        problem = "there are no hosts yet; `bastion hosts scan HOST` pins the first"
        raise RulesError(path, 0, "", problem)
    hosts: dict[str, Located[Host]] = {}
    for located in (entry for file in found for entry in load_tables(file, "host", Host)):
        name = located.value.name
        if first := hosts.get(name):
            problem = f"there are two hosts of that name; see {first.path.name}:{first.line}"
            raise RulesError(located.path, located.line, name, problem)
        hosts[name] = located
    return Inventory({name: _routed(hosts, (name,)) for name in hosts})


def _is_missing(path: Path) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False  # it is there; reading it says what is wrong
    return False


def _routed(hosts: Mapping[str, Located[Host]], way: tuple[str, ...]) -> Target:
    """The last host of *way*, with the hosts that it is reached through; raises RulesError."""
    located = hosts[way[-1]]
    host = located.value
    if not host.via:
        return host.target()
    if problem := _problem_of_way(hosts, way, host.via):
        raise RulesError(located.path, located.line, host.name, problem)
    return replace(host.target(), via=_routed(hosts, (*way, host.via)))


def _problem_of_way(hosts: Mapping[str, Located[Host]], way: tuple[str, ...], via: str) -> str:
    """Why the bastion cannot go by *via* after *way*; empty where it can."""
    if via not in hosts:
        return f"via: there is no host {via!r}"
    if via in way:
        return f"via goes in a circle: {' via '.join((*way, via))}"
    if len(way) > _MAX_JUMPS:
        return f"via: more than {_MAX_JUMPS} hosts on the way"
    if not hosts[via].value.jump_login:
        return f"via: {via!r} has no jump_login, the account to pass through it"
    return ""
