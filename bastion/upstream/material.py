"""What an operator hands in to be stored: a private key or a password, checked before it is sealed.

What always holds: a key is kept without its passphrase, because nobody is there to type it; the
secret stays out of every repr and error. What it does not do: seal, or store.
"""

from dataclasses import dataclass, field

import asyncssh

from bastion.errors import ClientError
from bastion.target import Method

_MIN_RSA_BITS = 2048
_MAX_PASSWORD_BYTES = 1024


@dataclass(frozen=True)
class Material:
    """A secret, and what may be shown of it.

    Attributes:
        public: a key's public half, one OpenSSH line; empty for a password.
        fingerprint: of the public half; empty for a password.
    """

    kind: Method
    secret: bytes = field(repr=False)
    public: str = ""
    fingerprint: str = ""


def new_key(comment: str) -> Material:
    """A key that was never anywhere else."""
    return _of_key(asyncssh.generate_private_key("ssh-ed25519"), comment)


def needs_passphrase(data: bytes) -> bool:
    """Whether the private key in *data* is encrypted."""
    try:
        asyncssh.import_private_key(data)
    except ValueError as error:
        return "Passphrase must be specified" in str(error)  # asyncssh has no error of its own
    return False


def given_key(data: bytes, comment: str, passphrase: str | None = None) -> Material:
    """The private key in *data*; raises ClientError with a sentence."""
    try:
        key = asyncssh.import_private_key(data, passphrase)
    except ValueError as error:
        if needs_passphrase(data):
            raise ClientError("the passphrase does not open this key") from error
        raise ClientError("this is no private key that can be read") from error
    if key.get_algorithm() == "ssh-rsa" and getattr(key.pyca_key, "key_size", 0) < _MIN_RSA_BITS:
        raise ClientError(f"an RSA key needs {_MIN_RSA_BITS} bits; `--generate` makes a better one")
    return _of_key(key, comment)


def given_password(data: bytes) -> Material:
    """The password in *data*, without the line's end; raises ClientError."""
    line = data.removesuffix(b"\n").removesuffix(b"\r")
    if not line or len(line) > _MAX_PASSWORD_BYTES:
        raise ClientError(f"a password has 1 to {_MAX_PASSWORD_BYTES} bytes")
    try:
        is_odd = not line.decode().isprintable()
    except UnicodeDecodeError as error:
        raise ClientError("a password is UTF-8 text") from error
    if is_odd:
        raise ClientError("a password is one line of printable text")
    return Material(Method.PASSWORD, line)


def _of_key(key: asyncssh.SSHKey, comment: str) -> Material:
    kind, public = key.export_public_key().split()[:2]
    line = f"{kind.decode()} {public.decode()} {comment}"
    return Material(Method.KEY, key.export_private_key(), line, key.get_fingerprint())
