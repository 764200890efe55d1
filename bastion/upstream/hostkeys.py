"""Which host keys a host may present: those pinned in the inventory, or certified by its host CA.

What always holds: there is no trust on first use, and no file of the bastion's own user is
consulted (an empty answer to asyncssh means that nothing is trusted). What it does not do: learn
keys.
"""

from collections.abc import Callable, Sequence

import asyncssh

from bastion.target import Target

HostKeys = tuple[list[asyncssh.SSHKey], list[asyncssh.SSHKey], list[asyncssh.SSHKey]]

KINDS = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}
"""Kinds of host keys, each with the algorithms that prove it (RFC 8332)."""
LEGACY_KINDS = {
    **KINDS,
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": (*KINDS["ssh-rsa"], "ssh-rsa"),
}
"""The same for a host with `allow_legacy_algorithms`."""


def pinned(target: Target) -> Callable[[str, str, int | None], HostKeys]:
    """What asyncssh asks for (trusted keys, trusted CAs, revoked keys), for *target* alone."""
    trusted, authorities = _keys(target.host_keys), _keys(target.host_cas)

    def known(_host: str, _address: str, _port: int | None) -> HostKeys:
        return trusted, authorities, []

    return known


def fingerprints(target: Target) -> list[str]:
    """The pinned keys, then the CAs, as kind and SHA-256."""
    keys = _keys((*target.host_keys, *target.host_cas))
    return [f"{key.get_algorithm()} {key.get_fingerprint()}" for key in keys]


def algorithms(target: Target) -> list[str]:
    """What a host is asked to prove itself with: what is pinned first, then all else.

    With what is pinned alone, a host whose key changed in kind would fail to agree on an algorithm,
    and nobody would learn that it has another key.
    """
    kinds = {key.get_algorithm() for key in _keys(target.host_keys)}
    known = LEGACY_KINDS if target.allow_legacy_algorithms else KINDS
    ordered = sorted(known, key=lambda kind: kind not in kinds)
    names = [name for kind in ordered for name in known[kind]]
    certified = [f"{name}-cert-v01@openssh.com" for name in names] if target.host_cas else []
    return certified + names


def _keys(lines: Sequence[str]) -> list[asyncssh.SSHKey]:
    return [asyncssh.import_public_key(line) for line in lines]
