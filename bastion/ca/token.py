"""A CA's key in a PKCS#11 token: a hardware security module, a smart card, SoftHSM.

asyncssh's own PKCS#11 support reads an EC key's point from the private object, which many tokens
do not have, so the token is asked here: the public half comes from the public object of the same
id. RSA and EC on P-256 are what tokens and SSH have in common.

What always holds: the event loop never waits for a token. What it does not do: make keys in the
token; its own tools do.
"""

import asyncio
import hashlib
from typing import Any

import asyncssh
import pkcs11
from asyncssh.packet import MPInt, String
from asyncssh.public_key import decode_ssh_public_key
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.util.ec import encode_ec_public_key

from bastion.ca.certificate import signature_algorithm
from bastion.errors import KeeperError, SigningError
from bastion.hsm import Token


class TokenSigner:
    """One key of one token."""

    def __init__(self, token: Token, key: str, public_key: asyncssh.SSHKey) -> None:
        self._token, self._key, self.public_key = token, key, public_key

    async def sign(self, data: bytes) -> bytes:
        """The SSH signature of *data*; raises SigningError."""
        raw = await _used(self._token, self._key, lambda session: _sign(session, self._key, data))
        if self.public_key.algorithm != b"ssh-rsa":
            half = len(raw) // 2
            r, s = int.from_bytes(raw[:half]), int.from_bytes(raw[half:])
            raw = MPInt(r) + MPInt(s)
        return String(signature_algorithm(self.public_key)) + String(raw)


async def signer(token: Token, key: str) -> TokenSigner:
    """The key labelled *key* in *token*; raises SigningError."""
    public = await _used(token, key, lambda session: _public_key(session, key))
    return TokenSigner(token, key, public)


async def _used(token: Token, key: str, operation: Any) -> Any:
    try:
        return await asyncio.to_thread(token.use, operation)
    except KeeperError as error:
        raise SigningError(f"{error}; it does not sign by {key!r}") from error


def _sign(session: pkcs11.Session, key: str, data: bytes) -> bytes:
    """The raw signature."""
    private = _private(session, key)
    if private[Attribute.KEY_TYPE] == KeyType.RSA:
        return bytes(private.sign(data, mechanism=Mechanism.SHA512_RSA_PKCS))
    # Not every token has ECDSA_SHA256, so it gets the digest.
    return bytes(private.sign(hashlib.sha256(data).digest(), mechanism=Mechanism.ECDSA))


def _private(session: pkcs11.Session, label: str) -> Any:
    """The private key; what it can do depends on its kind, which the library has no types for."""
    return session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=label)


def _public_key(session: pkcs11.Session, label: str) -> asyncssh.SSHKey:
    """The public half of the private key *label*."""
    identifier = _private(session, label)[Attribute.ID]
    public: Any = session.get_key(object_class=ObjectClass.PUBLIC_KEY, id=identifier)
    if public[Attribute.KEY_TYPE] != KeyType.RSA:
        return asyncssh.import_public_key(encode_ec_public_key(public))
    numbers = (public[Attribute.PUBLIC_EXPONENT], public[Attribute.MODULUS])
    wire = b"".join(MPInt(int.from_bytes(number)) for number in numbers)
    return decode_ssh_public_key(String("ssh-rsa") + wire)
