"""The algorithms that are offered, hardened by ssh-audit, and what counts as a public key.

What always holds: no SHA-1, no NIST curve for key exchange, no encrypt-and-MAC. curve25519 stands
first because Dropbear guesses the server's first. What it does not do: negotiate.
"""

from typing import Any

import asyncssh

SERVER_VERSION = "OpenSSH_9.9 Bastion"
"""Starts with OpenSSH so that OpenSSH clients send `eow@openssh.com` (see `bastion.guards.eow`)."""

KEX = ("curve25519-sha256", "curve25519-sha256@libssh.org", "mlkem768x25519-sha256")
FAST_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
CIPHERS = (*FAST_CIPHERS, "chacha20-poly1305@openssh.com", "aes256-ctr")
MACS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com")
SIGNATURES = (
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
OPTIONS: dict[str, Any] = {
    "kex_algs": KEX,
    "encryption_algs": CIPHERS,
    "mac_algs": MACS,
    "signature_algs": SIGNATURES,
    "compression_algs": None,
}
"""Options of a connection, for either side."""


def is_public_key(line: str) -> bool:
    """Whether *line* is a public key in OpenSSH's one-line format."""
    try:
        asyncssh.import_public_key(line)
    except (asyncssh.KeyImportError, ValueError):
        return False
    return True
