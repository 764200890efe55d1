"""Which keys are strong enough, for people, hosts and CAs.

What always holds: unknown algorithms are weak. What it does not do: look at signatures; their
algorithms are in `bastion.guards.algorithms`.
"""

import asyncssh

_ACCEPTED = frozenset(
    {b"ssh-ed25519", b"sk-ssh-ed25519@openssh.com", b"ecdsa-sha2-nistp256", b"ssh-rsa"}
)
_MIN_RSA_BITS = 3072


def is_strong(key: asyncssh.SSHKey) -> bool:
    """Whether *key* is of an accepted algorithm and size."""
    if key.algorithm not in _ACCEPTED:
        return False
    bits = getattr(key.pyca_key, "key_size", 0)  # ed25519 has no size to choose
    return key.algorithm != b"ssh-rsa" or bits >= _MIN_RSA_BITS
