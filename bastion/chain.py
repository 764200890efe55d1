"""Hash chains and signatures: what makes tampering with a record show.

The theory. A record is a sequence of pieces. Each link hashes the link before it and the piece's
own hash, so a piece that is changed, moved, added or taken out changes every later link. Links are
signed with Ed25519, so whoever can write the file but not sign cannot make a new chain that fits.

What always holds: hashes are SHA-256 under a domain label, so no link can be taken for another kind
of hash. What it does not do: notice that the end of a chain is missing; for that, somebody else
must remember the last link (docs/threat-model.md).
"""

import hashlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bastion import private_file

_LABEL = b"bastion chain 1\n"
_SIGNED = b"bastion link 1\n"


def start(name: str) -> bytes:
    """The link before the first: the hash of the record's *name*, so chains cannot be swapped."""
    return hashlib.sha256(_LABEL + name.encode()).digest()


def link(previous: bytes, piece_sha256: bytes) -> bytes:
    """The link that follows *previous* for a piece with the hash *piece_sha256*."""
    return hashlib.sha256(_LABEL + previous + piece_sha256).digest()


class Signer:
    """Signs links with the record's Ed25519 key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def sign(self, head: bytes) -> bytes:
        """The 64 byte signature of the link *head*."""
        return self._key.sign(_SIGNED + head)

    @property
    def verifier(self) -> "Verifier":
        """What checks this signer's signatures."""
        return Verifier(self._key.public_key())


class Verifier:
    """Checks signatures of links."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key

    def is_signed(self, head: bytes, signature: bytes) -> bool:
        """Whether *signature* is the key's signature of the link *head*."""
        try:
            self._key.verify(signature, _SIGNED + head)
        except InvalidSignature:
            return False
        return True

    def pem(self) -> bytes:
        """The public key as PEM (SubjectPublicKeyInfo)."""
        return self._key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )


def signature(text: str) -> bytes:
    """The signature that *text* spells in hex; empty, which signs nothing, where it is no hex."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def create_key(path: Path) -> None:
    """Make a new private key at *path*, mode 0600, and its public half at *path*.pub.

    Raises FileExistsError where there is one: a record's key is never overwritten.
    """
    if path.exists():
        raise FileExistsError(path)
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    Path(f"{path}.pub").write_bytes(Verifier(key.public_key()).pem())
    private_file.create(path, pem)


def load_signer(path: Path) -> Signer:
    """The signer whose private key stands at *path*; raises ValueError for any other key."""
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} is no Ed25519 private key")  # noqa: TRY004  a bad value in a file
    return Signer(key)


def load_verifier(path: Path) -> Verifier:
    """The verifier whose public key (PEM) stands at *path*; raises ValueError for any other."""
    key = serialization.load_pem_public_key(path.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{path} is no Ed25519 public key")  # noqa: TRY004  a bad value in a file
    return Verifier(key)
