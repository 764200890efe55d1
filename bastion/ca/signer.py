"""What holds a CA's private key, behind one small protocol: a public key, and signing bytes.

    Signer      signs bytes: a file's key, ssh-agent, a PKCS#11 token
    Certifier   makes a certificate of a draft: a Signer with our own encoding (`Signing`), or a
                service that encodes certificates itself (`bastion.ca.openbao`)

What always holds: a certificate is verified before anybody gets it, so a broken key or service
cannot hand out something else; signing that takes longer than a moment leaves the event loop free.
What it does not do: decide what is signed.
"""

import asyncio
from typing import Protocol

import asyncssh
from asyncssh.public_key import SSHOpenSSHCertificate

from bastion.ca.certificate import Draft, completed, signature_algorithm, unsigned
from bastion.errors import SigningError


class Signer(Protocol):
    """Holds one private key."""

    @property
    def public_key(self) -> asyncssh.SSHKey:
        """Its public half."""
        ...

    async def sign(self, data: bytes) -> bytes:
        """The SSH signature of *data*, algorithm and all; raises SigningError."""
        ...


class Certifier(Protocol):
    """Makes certificates of one CA."""

    @property
    def public_key(self) -> asyncssh.SSHKey:
        """The CA's public key."""
        ...

    async def certify(self, draft: Draft) -> SSHOpenSSHCertificate:
        """The certificate of *draft*; raises SigningError."""
        ...


class Signing:
    """Certificates encoded here and signed by a Signer."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    @property
    def public_key(self) -> asyncssh.SSHKey:
        """The CA's public key."""
        return self._signer.public_key

    async def certify(self, draft: Draft) -> SSHOpenSSHCertificate:
        """The certificate of *draft*; raises SigningError."""
        blob = unsigned(draft, self.public_key)
        signature = await self._signer.sign(blob)
        try:
            return completed(blob, signature, draft.wanted.key_id)
        except ValueError as error:
            raise SigningError("the CA's key signed something else than it was given") from error


class KeySigner:
    """A key in this process's memory."""

    def __init__(self, key: asyncssh.SSHKey) -> None:
        self._key, self.public_key = key, key.convert_to_public()

    async def sign(self, data: bytes) -> bytes:
        """The SSH signature of *data*."""
        algorithm = signature_algorithm(self._key)
        if algorithm == b"ssh-ed25519":  # 0.03 ms: less than a thread costs
            return self._key.sign(data, algorithm)
        return await asyncio.to_thread(self._key.sign, data, algorithm)
