"""Makes the demo provider's ID tokens and its public key document.

What always holds: tokens are ES256, live five minutes, name one audience and carry only the claims
that the scope asked for. What it does not do: decide who gets one.
"""

import hashlib
import secrets
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from bastion.demo.identity_provider.accounts import Account

LIFE_SECONDS = 300


class Mint:
    """Makes tokens with one key."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        public = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self._kid = hashlib.sha256(public).hexdigest()[:16]

    def public_keys(self) -> dict[str, Any]:
        """The JWKS document."""
        key = ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**key, "kid": self._kid, "use": "sig", "alg": "ES256"}]}

    def id_token(self, claims: dict[str, Any]) -> str:
        """*claims*, signed."""
        return jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": self._kid})


def person_claims(account: Account, scopes: frozenset[str]) -> dict[str, Any]:
    """What the provider says about *account* to whoever may ask for *scopes*."""
    claims: dict[str, Any] = {"sub": account.subject}
    if "profile" in scopes:
        claims |= {"preferred_username": account.name, "name": account.full_name}
    if "email" in scopes:
        claims |= {"email": f"{account.name}@demo.invalid", "email_verified": False}
    if "groups" in scopes:
        claims["groups"] = list(account.groups)
    return claims


def id_token_claims(
    account: Account, scopes: frozenset[str], *, issuer: str, client_id: str, nonce: str, now: float
) -> dict[str, Any]:
    """The claims of an ID token for *account*."""
    times = {"iat": int(now), "auth_time": int(now), "exp": int(now) + LIFE_SECONDS}
    return {
        "iss": issuer,
        "aud": client_id,
        **times,
        "jti": secrets.token_urlsafe(12),
        "amr": ["pwd"],
        **person_claims(account, scopes),
        **({"nonce": nonce} if nonce else {}),
    }
