"""Who somebody is, once proven: by an ID token (`Person`) or by a certificate (`Identity`).

What always holds: an `Identity` is made only by `bastion.downstream.authentication`, a `Person`
only by `bastion.oidc.id_token`, after every check; holding one means that the checks passed. What
it does not do: decide what the person may do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Evidence:
    """How the identity provider made sure (OpenID Connect core, section 2), and what else it said.

    Attributes:
        authenticated_at: Unix seconds of the `auth_time` claim; 0 where it did not say.
        acr: the authentication context class; empty where it did not say.
        amr: the methods that were used, for example `pwd`, `otp`, `hwk`.
        claims: further claims that the configuration names, for rules; texts only.
    """

    authenticated_at: int = 0
    acr: str = ""
    amr: frozenset[str] = frozenset()
    claims: Mapping[str, str] = field(default_factory=dict)


class Somebody(Protocol):
    """Whoever has a name and groups, however that was proven."""

    @property
    def subject(self) -> str:
        """The `sub` claim."""
        ...

    @property
    def account(self) -> str:
        """The short name."""
        ...

    @property
    def groups(self) -> frozenset[str]:
        """The groups."""
        ...


@dataclass(frozen=True)
class Person:
    """Somebody whom the identity provider vouches for.

    Attributes:
        subject: the `sub` claim: stable and unique at the issuer.
        account: the short name a person is known by, from the configured claim.
        groups: the groups of the configured claim.
        issuer: the provider's issuer identifier.
        evidence: how the provider made sure.
    """

    subject: str
    account: str
    groups: frozenset[str]
    issuer: str
    evidence: Evidence = Evidence()


@dataclass(frozen=True)
class Identity:
    """Somebody who holds the private key of a certificate that the bastion accepts.

    Attributes:
        subject: the certificate's key id, which is the `sub` claim it was issued for.
        account: the certificate's first principal.
        groups: from the certificate's groups extension.
        serial: of the certificate.
        valid_before: Unix seconds; the certificate opens no new session from then on.
        fingerprint: SHA-256 fingerprint of the certified public key.
        address: the address the connection came from.
        issuer: the identity provider's; empty for a certificate of an outside CA.
        evidence: from the certificate's extension; empty without it.
        is_pinned: the certificate is good from certain addresses only, and this is one of them.
    """

    subject: str
    account: str
    groups: frozenset[str]
    serial: int
    valid_before: int
    fingerprint: str
    address: str
    issuer: str = ""
    evidence: Evidence = Evidence()
    is_pinned: bool = False
