"""`[ca]`: where the private keys of the three certificate authorities are kept.

What always holds: a secret (passphrase, PIN, token) is in a file that is named here, or in a
systemd credential, never in the environment or in this file. What it does not do: open keys.
"""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from bastion.config.keepers import (
    CREDENTIAL,
    FILE_BY_DEFAULT,
    OpenBaoServer,
    Pkcs11Token,
    one_secret,
)
from bastion.config.section import FilePath, Seconds, Section

Fingerprint = Annotated[str, Field(pattern=r"^SHA256:[A-Za-z0-9+/]{43}$")]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]


class Also(Section):
    """A further public key of a CA whose own key is not in a file: for a rotation."""

    public_key: str
    """The key, as a line of OpenSSH's format."""
    until: datetime
    """How long it is trusted and published (RFC 3339, with its offset)."""

    @field_validator("until")
    @classmethod
    def _with_offset(cls, until: datetime) -> datetime:
        if until.tzinfo is None:
            raise ValueError("the time needs its offset from UTC, for example a Z at the end")
        return until


class _Custody(Section):
    also: tuple[Also, ...] = ()
    """Further public keys of this CA, each `{ public_key, until }`: the other one of a rotation."""


class FileCustody(Section):
    """The key is a file below `state_dir/keys`, made by `bastion init`."""

    custody: Literal["file"] = "file"
    """`file`."""
    passphrase_file: FilePath | None = None
    """File with the passphrase of the key; without one the key is not encrypted."""
    passphrase_credential: str = Field(default="", pattern=CREDENTIAL)
    """Name of the systemd credential (`LoadCredential=`) with the passphrase, instead."""

    @model_validator(mode="after")
    def _one_passphrase(self) -> Self:
        return one_secret(self, "passphrase", is_needed=False)


class AgentCustody(_Custody):
    """The key is in an ssh-agent that only the bastion's user reaches."""

    custody: Literal["agent"]
    """`agent`."""
    socket: FilePath
    """The agent's socket."""
    fingerprint: Fingerprint
    """Which of its keys: as `ssh-add -l` shows it."""


class Pkcs11Custody(Pkcs11Token, _Custody):
    """The key is in a PKCS#11 token: a hardware security module, a smart card, SoftHSM."""

    custody: Literal["pkcs11"]
    """`pkcs11`."""
    key: str
    """Label of the key: RSA of at least 3072 bits, or EC on the curve P-256."""


class OpenBaoCustody(OpenBaoServer, _Custody):
    """The key is in the SSH engine of OpenBao or Vault, which makes the certificates."""

    custody: Literal["openbao"]
    """`openbao`."""
    mount: str = Field(default="ssh", pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$")
    """Where the SSH engine is mounted."""
    role: str = Field(pattern=r"^[A-Za-z0-9_-]+$")
    """The engine's role to sign by."""


Custody = Annotated[
    FileCustody | AgentCustody | Pkcs11Custody | OpenBaoCustody,
    Field(discriminator="custody"),
    FILE_BY_DEFAULT,
]


class Outside(Section):
    """A CA of somebody else whose user certificates are accepted as logins."""

    name: Name
    """Stands before the key id of its certificates: `NAME:KEYID` is who that is to the rules."""
    public_key: str
    """Its public key, as a line of OpenSSH's format."""
    max_seconds: Seconds = 8 * 3600
    """Its certificates may not live longer; `ssh.max_certificate_seconds` counts as well."""
    groups: tuple[str, ...] = ()
    """The groups of everybody who comes with a certificate of it."""
    allow_groups: bool = False
    """Whether the groups that the certificate itself names (`groups@bastion`) count, too."""


class CertificateAuthorities(Section):
    """`[ca]`: the keys of the CAs, and which CAs of others are accepted."""

    user: Custody = FileCustody()
    """The CA of people's certificates; a table `[ca.user]`, its keys depend on `custody`."""
    host: Custody = FileCustody()
    """The CA of the names that the bastion answers for; a table `[ca.host]`."""
    access: Custody = FileCustody()
    """The CA of the certificates that open hosts; a table `[ca.access]`."""
    outside: tuple[Outside, ...] = ()
    """CAs of others, as tables `[[ca.outside]]`."""

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        names = [outside.name for outside in self.outside]
        if len(set(names)) < len(names):
            raise ValueError("two tables of ca.outside have one name")
        return self
