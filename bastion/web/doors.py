"""Where people sign in to the pages: at which issuers, and which address each sends them back to.

What always holds: every issuer has a callback of its own, so that an answer counts only at the
issuer that was asked; with one address for all, a dishonest issuer could have the code of an honest
one redeemed at itself (RFC 9700, 4.4). What it does not do: ask an issuer anything.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bastion.config.issuers import Issuer
from bastion.oidc.code_flow import CodeFlow
from bastion.oidc.provider import Provider
from bastion.oidc.trust import Trust

CALLBACK = "/login/callback"


@dataclass(frozen=True)
class Door:
    """One issuer that people sign in at.

    Attributes:
        callback: the path that it sends people back to.
        reserved: the names that its people may not use.
    """

    provider: Provider
    flow: CodeFlow
    callback: str
    reserved: frozenset[str]

    @property
    def label(self) -> str:
        """What a person chooses it by."""
        return self.provider.settings.label


def doors(trust: Trust, secret: Callable[[Issuer], str]) -> tuple[Door, ...]:
    """One for each issuer of people in *trust*; *secret* tells the client's, or an empty text."""
    return tuple(
        Door(
            provider,
            CodeFlow(provider, client_secret=secret(provider.settings)),
            CALLBACK if provider is trust.first else f"{CALLBACK}/{provider.settings.name}",
            trust.reserved(provider),
        )
        for provider in trust.people
    )
