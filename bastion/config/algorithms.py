"""`[algorithms]`: which of the hardened algorithms are offered; the configuration cannot add any.

What always holds: nothing is named here that `ssh-audit` fails or warns about (but that curve25519
is not post-quantum); a list may leave names out and must keep one. What it does not do: order them;
`bastion.guards.algorithms` does.
"""

from typing import Annotated, Literal, get_args

from pydantic import Field

from bastion.config.section import Section

Kex = Literal["curve25519-sha256", "curve25519-sha256@libssh.org", "mlkem768x25519-sha256"]
Cipher = Literal[
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes256-ctr",
]
Mac = Literal["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com"]
Signature = Literal[
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "rsa-sha2-512",
    "rsa-sha2-256",
]

AtLeastOne = Field(min_length=1)


class Algorithms(Section):
    """`[algorithms]`: what is offered, to engineers and to hosts; a list can only be shortened.

    A host that has none of these needs `allow_legacy_algorithms` in the inventory.
    """

    key_exchanges: Annotated[tuple[Kex, ...], AtLeastOne] = get_args(Kex)
    """Key exchanges."""
    ciphers: Annotated[tuple[Cipher, ...], AtLeastOne] = get_args(Cipher)
    """Ciphers."""
    macs: Annotated[tuple[Mac, ...], AtLeastOne] = get_args(Mac)
    """Message authentication codes, for ciphers that have none of their own."""
    signatures: Annotated[tuple[Signature, ...], AtLeastOne] = get_args(Signature)
    """Signatures of people's certificates, and of the bastion's keys to hosts."""
