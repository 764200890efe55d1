"""A CA's key in a PKCS#11 token: a hardware security module, a smart card, SoftHSM.

asyncssh's own PKCS#11 support reads an EC key's point from the private object, which many tokens
do not have, so the token is asked here: the public half comes from the public object of the same
id. RSA and EC on P-256 are what tokens and SSH have in common.

What always holds: one thread at a time talks to a token, and never the event loop's; after an error
the session is opened anew. What it does not do: make keys in the token; its own tools do.
"""

import asyncio
import hashlib
import threading
from pathlib import Path
from typing import Any

import asyncssh
import pkcs11
from asyncssh.packet import MPInt, String
from asyncssh.public_key import decode_ssh_public_key
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.util.ec import encode_ec_public_key

from bastion.ca.certificate import signature_algorithm
from bastion.errors import SigningError


class Token:
    """One token, logged in.

    Attributes:
        pin: the user PIN.
    """

    def __init__(self, module: Path, label: str, pin: str) -> None:
        self._module, self._label, self.pin = module, label, pin
        self._lock = threading.Lock()
        self._session: pkcs11.Session | None = None

    async def signer(self, key: str) -> "TokenSigner":
        """The key labelled *key*; raises SigningError."""
        return TokenSigner(self, key, await asyncio.to_thread(self.public_key, key))

    def public_key(self, key: str) -> asyncssh.SSHKey:
        """The public half of *key*; blocks; raises SigningError."""
        with self._lock:
            try:
                return _public_key(self._opened(), key)
            except (pkcs11.PKCS11Error, ValueError, KeyError) as error:
                raise self._failure(key, error) from error

    def sign(self, key: str, data: bytes) -> bytes:
        """The raw signature of *data* by *key*; blocks; raises SigningError."""
        with self._lock:
            try:
                private = _private(self._opened(), key)
                if private[Attribute.KEY_TYPE] == KeyType.RSA:
                    return bytes(private.sign(data, mechanism=Mechanism.SHA512_RSA_PKCS))
                # Not every token has ECDSA_SHA256, so it gets the digest.
                digest = hashlib.sha256(data).digest()
                return bytes(private.sign(digest, mechanism=Mechanism.ECDSA))
            except pkcs11.PKCS11Error as error:
                raise self._failure(key, error) from error

    def close(self) -> None:
        """Log out."""
        with self._lock:
            if self._session is not None:
                self._session.close()
                self._session = None

    def _opened(self) -> pkcs11.Session:
        if self._session is None:
            token = pkcs11.lib(str(self._module)).get_token(token_label=self._label)
            self._session = token.open(user_pin=self.pin)
        return self._session

    def _failure(self, key: str, error: Exception) -> SigningError:
        """What to raise; the session is given up, for the token may have been pulled."""
        if self._session is not None:
            try:
                self._session.close()
            except pkcs11.PKCS11Error as closing:
                error.add_note(f"closing: {closing!r}")
            self._session = None
        cause = str(error) or type(error).__name__
        return SigningError(f"the token {self._label!r} does not sign by {key!r}: {cause}")


class TokenSigner:
    """One key of one token."""

    def __init__(self, token: Token, key: str, public_key: asyncssh.SSHKey) -> None:
        self._token, self._key, self.public_key = token, key, public_key

    async def sign(self, data: bytes) -> bytes:
        """The SSH signature of *data*; raises SigningError."""
        raw = await asyncio.to_thread(self._token.sign, self._key, data)
        if self.public_key.algorithm != b"ssh-rsa":
            half = len(raw) // 2
            r, s = int.from_bytes(raw[:half]), int.from_bytes(raw[half:])
            raw = MPInt(r) + MPInt(s)
        return String(signature_algorithm(self.public_key)) + String(raw)


class Tokens:
    """The tokens of this process: one session each, however many CAs have their keys in it."""

    def __init__(self) -> None:
        self._tokens: dict[tuple[Path, str], Token] = {}

    def get(self, module: Path, label: str, pin: str) -> Token:
        """The token labelled *label*."""
        token = self._tokens.setdefault((module, label), Token(module, label, pin))
        token.pin = pin  # it may have been changed, and is needed when the session is opened anew
        return token

    def close(self) -> None:
        """Log out of all of them."""
        for token in self._tokens.values():
            token.close()


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
