"""The algorithms that are offered, hardened by ssh-audit, and what counts as a public key.

What always holds: no SHA-1, no NIST curve for key exchange, no encrypt-and-MAC, unless it is for a
host that the inventory names; `LEGACY` is never offered to people. No CBC at all: `speed` leaves
out what guards it. What it does not do: negotiate.
"""

from typing import Any, get_args

import asyncssh

from bastion.config.algorithms import Algorithms, Cipher, Kex, Mac, Signature

SERVER_VERSION = "OpenSSH_9.9 Bastion"
"""Starts with OpenSSH so that OpenSSH clients send `eow@openssh.com` (see `bastion.guards.eow`)."""

KEX: tuple[str, ...] = get_args(Kex)
"""curve25519 stands first, for asyncssh is fastest at it."""
FAST_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
CIPHERS: tuple[str, ...] = get_args(Cipher)
MACS: tuple[str, ...] = get_args(Mac)
SIGNATURES: tuple[str, ...] = get_args(Signature)

LEGACY = {
    "kex_algs": (
        "diffie-hellman-group-exchange-sha256",
        "diffie-hellman-group16-sha512",
        "diffie-hellman-group18-sha512",
        "diffie-hellman-group14-sha256",
        "ecdh-sha2-nistp256",
        "ecdh-sha2-nistp384",
        "ecdh-sha2-nistp521",
        "diffie-hellman-group14-sha1",
    ),
    "encryption_algs": ("aes192-ctr", "aes128-ctr"),
    "mac_algs": (
        "hmac-sha2-256",
        "hmac-sha2-512",
        "hmac-sha1-etm@openssh.com",
        "hmac-sha1",
    ),
    "signature_algs": ("ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"),
}
"""What is offered as well, and last, to a host with `allow_legacy_algorithms`."""


def options(algorithms: Algorithms, *, allow_legacy: bool = False) -> dict[str, Any]:
    """Options of a connection, for either side."""
    chosen = {
        "kex_algs": _kept(KEX, algorithms.key_exchanges),
        "encryption_algs": _kept(CIPHERS, algorithms.ciphers),
        "mac_algs": _kept(MACS, algorithms.macs),
        "signature_algs": _kept(SIGNATURES, algorithms.signatures),
    }
    if allow_legacy:
        chosen = {name: (*names, *LEGACY[name]) for name, names in chosen.items()}
    return {**chosen, "compression_algs": None}


def _kept(names: tuple[str, ...], allowed: tuple[str, ...]) -> tuple[str, ...]:
    """The *names* that are *allowed*, in our order."""
    return tuple(name for name in names if name in allowed)


def is_public_key(line: str) -> bool:
    """Whether *line* is a public key in OpenSSH's one-line format."""
    try:
        asyncssh.import_public_key(line)
    except (asyncssh.KeyImportError, ValueError):
        return False
    return True
