"""Which host keys a host may present: those pinned in the inventory, or certified by its host CA.

What always holds: there is no trust on first use, and no file of the bastion's own user is
consulted (an empty answer to asyncssh means that nothing is trusted). What it does not do: learn
keys.
"""

from collections.abc import Callable, Sequence

import asyncssh

from bastion.target import Target

HostKeys = tuple[list[asyncssh.SSHKey], list[asyncssh.SSHKey], list[asyncssh.SSHKey]]


def pinned(target: Target) -> Callable[[str, str, int | None], HostKeys]:
    """What asyncssh asks for (trusted keys, trusted CAs, revoked keys), for *target* alone."""
    trusted, authorities = _keys(target.host_keys), _keys(target.host_cas)

    def known(_host: str, _address: str, _port: int | None) -> HostKeys:
        return trusted, authorities, []

    return known


def _keys(lines: Sequence[str]) -> list[asyncssh.SSHKey]:
    return [asyncssh.import_public_key(line) for line in lines]
