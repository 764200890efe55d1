"""What the identity provider said when it made sure of somebody, as a certificate carries it.

The extension `evidence@bastion` holds one string: a JSON object whose members are `acr`, `amr`,
`auth_time`, `claims` and `iss`, in this order, without spaces, each only where it says something.

What always holds: what cannot be read exactly is no statement, because bytes of strangers are read
here before any signature was checked. What it does not do: judge what was said.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bastion.identity import Evidence

MAX_BYTES = 32 * 1024

_NO_EVIDENCE = Evidence()

_Text = Annotated[str, Field(max_length=2000)]


@dataclass(frozen=True)
class Statement:
    """Who said it, and what.

    Attributes:
        issuer: the identity provider's issuer identifier; empty where nobody said anything.
        evidence: how it made sure.
    """

    issuer: str = ""
    evidence: Evidence = _NO_EVIDENCE

    def __bool__(self) -> bool:
        """Whether it says anything; asyncssh leaves out what is false."""
        return self != NOTHING_SAID

    def texts(self) -> Iterator[str]:
        """Every text in it."""
        evidence = self.evidence
        yield from (self.issuer, evidence.acr, *evidence.amr)
        yield from (*evidence.claims, *evidence.claims.values())


NOTHING_SAID = Statement()


class _Wire(BaseModel):
    """The JSON object."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    acr: _Text = ""
    amr: Annotated[list[_Text], Field(max_length=20)] = []
    auth_time: int = Field(default=0, ge=0)
    claims: dict[_Text, _Text] = {}
    iss: _Text = ""


def encode(statement: Statement) -> bytes:
    """The JSON of *statement*; raises ValueError where it is too long for a certificate."""
    evidence = statement.evidence
    said = {
        "acr": evidence.acr,
        "amr": sorted(evidence.amr),
        "auth_time": evidence.authenticated_at,
        "claims": dict(sorted(evidence.claims.items())),
        "iss": statement.issuer,
    }
    encoded = orjson.dumps({name: value for name, value in said.items() if value})
    if len(encoded) > MAX_BYTES:
        raise ValueError("the evidence is too long for a certificate")
    return encoded


def decode(encoded: bytes) -> Statement:
    """The statement in the JSON *encoded*; raises ValueError where it is none."""
    if len(encoded) > MAX_BYTES:
        raise ValueError("too long")
    try:
        said = _Wire.model_validate(orjson.loads(encoded))
    except (ValidationError, orjson.JSONDecodeError):
        raise ValueError("cannot be read") from None
    evidence = Evidence(
        authenticated_at=said.auth_time,
        acr=said.acr,
        amr=frozenset(said.amr),
        claims=said.claims,
    )
    return Statement(said.iss, evidence)
