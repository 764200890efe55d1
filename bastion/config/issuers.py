"""The sections that say whose ID tokens are accepted: `[oidc]`, `[[oidc.more]]`, `[[workload]]`.

What always holds: an issuer is on https, or on loopback; names that keep issuers apart are there
and differ. What it does not do: reach an issuer.
"""

from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from bastion.config.section import FilePath, SafeUrl, Seconds, Section


class Issuer(Section):
    """An identity provider whose ID tokens are accepted."""

    name: str = Field(default="", pattern=r"^([a-z0-9][a-z0-9-]{0,31})?$")
    """Set before subjects, accounts and groups (`NAME:alice`); needed in `[[oidc.more]]`."""
    issuer: SafeUrl
    """Issuer identifier, as in the provider's discovery document."""
    client_id: str
    """Client id of the bastion and its command line client (a public client)."""
    scopes: tuple[str, ...] = ("openid", "profile", "email", "groups")
    """Scopes to ask for."""
    groups_claim: str = "groups"
    """Claim that lists the person's groups."""
    userinfo_groups: bool = False
    """Whether the groups are asked of the userinfo endpoint where the ID token has none."""
    account_claim: str = "preferred_username"
    """Claim with the short name that becomes the certificate's principal; `sub` where absent."""
    loopback_port: int = Field(default=0, ge=0, le=65535)
    """Port that `bastion login --browser` waits on, for a provider that sends people only to
    registered addresses (`http://127.0.0.1:PORT/callback`, in `[[oidc.more]]` with `/NAME` after
    it); 0 takes any that is free."""
    claims: tuple[str, ...] = Field(default=(), max_length=20)
    """Further claims (texts, numbers, true or false) that certificates carry, for rules."""
    clock_skew_seconds: int = Field(default=30, ge=0)
    """How far the provider's clock may be off."""
    max_token_age_seconds: Seconds = 900
    """ID tokens older than this are not exchanged for a certificate."""
    keys_seconds: Seconds = 4 * 3600
    """How long the provider's keys are trusted after it was last reached; then nobody logs in."""
    client_secret_file: FilePath | None = None
    """File with the client secret, where the provider wants one for the web login."""
    ca_file: FilePath | None = None
    """PEM file with the CA of the provider's TLS certificate; the system's where absent."""

    @property
    def label(self) -> str:
        """What people choose it by: its name, where it has one, and where it is."""
        host = urlsplit(self.issuer).netloc
        return f"{self.name} ({host})" if self.name else host


class Oidc(Issuer):
    """`[oidc]`: the identity provider of the bastion's own people."""

    more: tuple[Issuer, ...] = ()
    """Further providers, as tables `[[oidc.more]]` with the keys of this one and a name."""

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        names = [further.name for further in self.more]
        issuers = [self.issuer, *(further.issuer for further in self.more)]
        if "" in names or len({self.name, *names}) <= len(names):
            raise ValueError("every issuer in oidc.more needs a name of its own")
        if len(set(issuers)) < len(issuers):
            raise ValueError("two issuers are the same")
        return self


class Workload(Section):
    """`[[workload]]`: a job or an agent that logs in with an ID token of its own."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    """Names the rule; set before the token's subject (`NAME:repo:acme/infra`)."""
    issuer: SafeUrl
    """Issuer identifier of the jobs' tokens."""
    audience: str = Field(min_length=1)
    """What the token must be meant for; choose one that no other service accepts."""
    claims: dict[str, str] = Field(min_length=1)
    """What the token must say: exact values, or globs (`*`, `?`); all of them."""
    account: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$")
    """The certificate's principal."""
    groups: tuple[str, ...]
    """Its groups; the token's own count for nothing."""
    lifetime_seconds: int = Field(default=900, gt=0, le=24 * 3600)
    """How long the certificate lives at most."""
    keys_seconds: Seconds = 4 * 3600
    """How long the issuer's keys are trusted after it was last reached."""
    ca_file: FilePath | None = None
    """PEM file with the CA of the issuer's TLS certificate; the system's where absent."""

    @field_validator("claims")
    @classmethod
    def _says_something(cls, claims: dict[str, str]) -> dict[str, str]:
        if all(not wanted.strip("*?") for wanted in claims.values()):
            raise ValueError("a rule that every token of the issuer meets lets strangers in")
        return claims
