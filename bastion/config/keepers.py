"""What sections have in common whose key is kept by something else: a token, a server.

What always holds: a PIN or a token is in a file that is named here, or in a systemd credential.
What it does not do: say what the key is for; `bastion.config.ca` and `bastion.config.sealing` do.
"""

from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import BeforeValidator, Field, model_validator

from bastion.config.section import WITHOUT_SLASH, FilePath, SafeUrl, Seconds, Section


def _file_by_default(table: Any) -> Any:
    return {"custody": "file"} | table if isinstance(table, dict) else table


FILE_BY_DEFAULT = BeforeValidator(_file_by_default)
"""A table that does not say its custody is of the kind `file`."""
CREDENTIAL = r"^[A-Za-z0-9_.-]*$"


S = TypeVar("S", bound=Section)


def one_secret(section: S, name: str, *, is_needed: bool = True) -> S:
    """*section*, if its secret *name* comes from a file or a credential, not from both."""
    file, credential = f"{name}_file", f"{name}_credential"
    given = [bool(getattr(section, each)) for each in (file, credential)]
    if all(given):
        raise ValueError(f"{file} and {credential} exclude each other")
    if is_needed and not any(given):
        raise ValueError(f"one of {file} and {credential} is needed")
    return section


class Pkcs11Token(Section):
    """A PKCS#11 token: a hardware security module, a smart card, SoftHSM."""

    module: Path
    """The token's PKCS#11 library."""
    token: str
    """Label of the token."""
    pin_file: FilePath | None = None
    """File with the user PIN."""
    pin_credential: str = Field(default="", pattern=CREDENTIAL)
    """Name of the systemd credential with the user PIN, instead."""

    @model_validator(mode="after")
    def _one_pin(self) -> Self:
        return one_secret(self, "pin")


class OpenBaoServer(Section):
    """An OpenBao or Vault server."""

    url: Annotated[SafeUrl, WITHOUT_SLASH]
    """Where it answers; plain HTTP is for loopback only."""
    token_file: FilePath | None = None
    """File with the token; read anew for each use, so an agent may renew it."""
    token_credential: str = Field(default="", pattern=CREDENTIAL)
    """Name of the systemd credential with the token, instead."""
    ca_file: FilePath | None = None
    """PEM file with the CA of its TLS certificate; the system's where absent."""
    timeout_seconds: Seconds = 5
    """How long it may take to answer."""

    @model_validator(mode="after")
    def _one_token(self) -> Self:
        return one_secret(self, "token")
