"""What a token endpoint gives: tokens as they came, not yet verified.

What always holds: they show up in no `repr`. What it does not do: say that they are worth anything.
"""

from dataclasses import dataclass, field
from typing import Self

from bastion.oidc.fetch import Answer


@dataclass(frozen=True)
class Tokens:
    """The tokens of one sign-in.

    Attributes:
        id_token: says who signed in, once it is verified.
        access_token: asks the provider's userinfo endpoint; empty where none came.
    """

    id_token: str = field(repr=False)
    access_token: str = field(default="", repr=False)

    @classmethod
    def read(cls, answer: Answer) -> Self:
        """The tokens in the endpoint's *answer*."""
        return cls(answer.text("id_token"), answer.text("access_token"))
