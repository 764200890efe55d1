"""`[upstream.sealing]`: what stored keys and passwords of hosts are sealed with.

What always holds: the key itself never stands here. What it does not do: seal.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from bastion.config.keepers import (
    CREDENTIAL,
    FILE_BY_DEFAULT,
    OpenBaoServer,
    Pkcs11Token,
    one_secret,
)
from bastion.config.section import FilePath, Section


class FileSealing(Section):
    """The key is a file of 32 bytes, mode 0600; without more, `keys/sealing` in `state_dir`."""

    custody: Literal["file"] = "file"
    """`file`."""
    key_file: FilePath | None = None
    """The file, if it is another one."""
    key_credential: str = Field(default="", pattern=CREDENTIAL)
    """Name of the systemd credential (`LoadCredential=`) that is the key, instead."""

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        return one_secret(self, "key", is_needed=False)


class Pkcs11Sealing(Pkcs11Token):
    """Each secret has a key of its own, which an AES key in a PKCS#11 token encrypts."""

    custody: Literal["pkcs11"]
    """`pkcs11`."""
    key: str
    """Label of the AES key, of 256 bits; it needs no right but to encrypt and decrypt."""


class OpenBaoSealing(OpenBaoServer):
    """Each secret has a key of its own, which the transit engine of OpenBao or Vault encrypts."""

    custody: Literal["openbao"]
    """`openbao`."""
    mount: str = Field(default="transit", pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$")
    """Where the transit engine is mounted."""
    key: str = Field(pattern=r"^[A-Za-z0-9_-]+$")
    """Name of the key there, of a type that takes associated data (`aes256-gcm96`)."""


Sealing = Annotated[
    FileSealing | Pkcs11Sealing | OpenBaoSealing,
    Field(discriminator="custody"),
    FILE_BY_DEFAULT,
]
